"""What the chapter sanction brings to the house."""

from app.stage import Stage
from ratings.sanction import rules
from ratings.sanction.rules import SanctionAct

STAGE = Stage(
    name="sanction",
    title="惩戒",
    acts=SanctionAct,
    may=rules.MAY,
    opens=rules.OPENS,
)
