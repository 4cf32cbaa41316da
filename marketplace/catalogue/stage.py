"""What the chapter catalogue brings to the house."""

from app.stage import Stage
from marketplace.catalogue import rules
from marketplace.catalogue.rules import ItemAct

STAGE = Stage(
    name="catalogue",
    title="服务事项清单",
    acts=ItemAct,
    may=rules.MAY,
    opens=rules.OPENS,
)
