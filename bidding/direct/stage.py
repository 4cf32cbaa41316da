"""What the chapter direct brings to the house."""

from app.stage import Stage
from bidding.direct import rules
from bidding.direct.rules import DirectAct

STAGE = Stage(
    name="direct",
    title="直接委托",
    acts=DirectAct,
    may=rules.MAY,
    opens=rules.OPENS,
)
