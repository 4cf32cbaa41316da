"""What the chapter need brings to the house."""

from app.stage import Stage
from marketplace.need import rules
from marketplace.need.rules import NeedAct

STAGE = Stage(
    name="need",
    title="采购需求",
    acts=NeedAct,
    may=rules.MAY,
    opens=rules.OPENS,
)
