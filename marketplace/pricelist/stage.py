"""What the chapter pricelist brings to the house."""

from app.refusal import Refusal
from app.stage import Command, Stage
from marketplace.pricelist import rules, services
from marketplace.pricelist.demo import DEMO
from marketplace.pricelist.intake import INTAKE
from marketplace.pricelist.rules import Price, PriceAct, PriceTerms
from marketplace.pricelist.views import bp, counted, of_agency, of_item, offered, pricing
from marketplace.pricelist.wording import WORDS

KNOWN = Refusal("price_known", field="effective_from")

STAGE = Stage(
    name="pricelist",
    title="价目与承诺",
    blueprint=bp,
    acts=PriceAct,
    may=rules.MAY,
    opens=rules.OPENS,
    panels={
        "prices": of_agency,
        "item_prices": of_item,
        "agencies_pricing": pricing,
        "offered_items": offered,
        "priced_items": counted,
    },
    commands={PriceAct.PUBLISH: Command(Price, services.publish, None)},
    terms=(PriceTerms,),
    words=WORDS,
    constraints={"uq_price_entry_agency_id_item_code_effective_from_unit": KNOWN},
    intakes={"prices": INTAKE},
    demo=DEMO,
)
