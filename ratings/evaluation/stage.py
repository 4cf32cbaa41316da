"""What the chapter evaluation brings to the house."""

from app.stage import Stage
from ratings.evaluation import rules
from ratings.evaluation.rules import EvaluationAct

STAGE = Stage(
    name="evaluation",
    title="评价",
    acts=EvaluationAct,
    may=rules.MAY,
    opens=rules.OPENS,
)
