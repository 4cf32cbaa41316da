"""What the chapter announcement brings to the house."""

from app.stage import Stage
from marketplace.announcement import rules
from marketplace.announcement.rules import AnnouncementAct

STAGE = Stage(
    name="announcement",
    title="采购公告",
    acts=AnnouncementAct,
    may=rules.MAY,
    opens=rules.OPENS,
)
