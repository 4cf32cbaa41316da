"""What the chapter performance brings to the house."""

from app.stage import Stage
from ratings.performance import rules
from ratings.performance.rules import PerformanceAct

STAGE = Stage(
    name="performance",
    title="履约",
    acts=PerformanceAct,
    may=rules.MAY,
    opens=rules.OPENS,
)
