"""What the chapter purchaser brings to the house."""

from app.stage import Stage
from marketplace.purchaser import rules
from marketplace.purchaser.rules import PurchaserAct

STAGE = Stage(
    name="purchaser",
    title="业主注册",
    acts=PurchaserAct,
    may=rules.MAY,
    opens=rules.OPENS,
)
