"""What the chapter pricelist brings to the house."""

from app.stage import Stage
from marketplace.pricelist import rules
from marketplace.pricelist.rules import PriceAct

STAGE = Stage(
    name="pricelist",
    title="价目与承诺",
    acts=PriceAct,
    may=rules.MAY,
    opens=rules.OPENS,
)
