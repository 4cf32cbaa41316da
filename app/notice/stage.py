"""What notices bring to the house."""

from app.notice.views import bp
from app.stage import Stage

STAGE = Stage(name="notice", title="消息", blueprint=bp)
