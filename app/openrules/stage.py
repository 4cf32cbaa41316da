"""What the room of the rules brings to the house."""

from app.openrules.views import bp
from app.openrules.wording import WORDS
from app.stage import Stage

STAGE = Stage(name="openrules", title="现行规则", blueprint=bp, words=WORDS)
