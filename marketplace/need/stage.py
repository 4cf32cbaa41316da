"""What the chapter need brings to the house."""

from app.refusal import Refusal
from app.stage import Command, Stage
from app.values import Nothing
from marketplace.need import rules, services
from marketplace.need.demo import DEMO
from marketplace.need.intake import INTAKE
from marketplace.need.rules import NeedAct, NeedInput
from marketplace.need.views import bp, prepared
from marketplace.need.wording import WORDS

STAGE = Stage(
    name="need",
    title="采购需求",
    blueprint=bp,
    acts=NeedAct,
    flow=rules.FLOW,
    may=rules.MAY,
    opens=rules.OPENS,
    commands={
        NeedAct.CREATE: Command(NeedInput, services.create, None),
        NeedAct.REVISE: Command(NeedInput, services.revise, "need"),
        NeedAct.ABANDON: Command(Nothing, services.abandon, "need"),
    },
    terms=(
        rules.ScopeTerms,
        rules.HandsTerms,
        rules.DirectTerms,
        rules.ShortlistTerms,
        rules.ListTerms,
        rules.MinimumTerms,
        rules.RoundTerms,
        rules.SchemeTerms,
        rules.CompareTerms,
    ),
    panels={"prepared_need": prepared},
    words=WORDS,
    constraints={"ck_need_taken_or_abandoned": Refusal("need_abandoned")},
    intakes={"needs": INTAKE},
    demo=DEMO,
)
