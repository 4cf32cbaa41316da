"""What the room of help brings to the house."""

from app.guide.views import bp
from app.stage import Stage

STAGE = Stage(name="guide", title="帮助", blueprint=bp)
