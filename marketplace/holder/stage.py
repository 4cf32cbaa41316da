"""What the chapter holder brings to the house."""

from app.refusal import Refusal
from app.stage import Command, Stage
from app.values import Nothing
from marketplace.holder import rules, services
from marketplace.holder.cli import group
from marketplace.holder.demo import DEMO
from marketplace.holder.rules import HolderAct, OpeningTerms, PublicKey
from marketplace.holder.views import bp
from marketplace.holder.wording import WORDS

STAGE = Stage(
    name="holder",
    title="持钥单位",
    blueprint=bp,
    acts=HolderAct,
    may=rules.MAY,
    opens=rules.OPENS,
    commands={
        HolderAct.ENROL: Command(PublicKey, services.enrol, None),
        HolderAct.RESIGN: Command(Nothing, services.resign, "holder"),
    },
    cli=group,
    terms=(OpeningTerms,),
    words=WORDS,
    demo=DEMO,
    constraints={
        "uq_holder_public_key": Refusal("holder_key_known", field="public"),
        "uq_holder_kind": Refusal("holder_just_taken"),
        "uq_holder_office": Refusal("holder_just_taken"),
    },
)
