"""What the chapter offer brings to the house."""

from app.stage import Stage
from bidding.offer import rules
from bidding.offer.rules import OfferAct

STAGE = Stage(
    name="offer",
    title="报价",
    acts=OfferAct,
    may=rules.MAY,
    opens=rules.OPENS,
)
