"""What the chapter selection brings to the house."""

from app.stage import Stage
from bidding.selection import rules
from bidding.selection.rules import SelectionAct

STAGE = Stage(
    name="selection",
    title="选取",
    acts=SelectionAct,
    may=rules.MAY,
    opens=rules.OPENS,
)
