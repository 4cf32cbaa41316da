"""What the chapter award brings to the house."""

from app.stage import Stage
from bidding.award import rules
from bidding.award.rules import AwardAct

STAGE = Stage(
    name="award",
    title="中选",
    acts=AwardAct,
    may=rules.MAY,
    opens=rules.OPENS,
)
