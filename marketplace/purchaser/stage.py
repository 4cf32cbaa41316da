"""What the chapter purchaser brings to the house."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from flask import url_for

from app.act import Deed
from app.actor import Actor, Role
from app.refusal import Refusal
from app.stage import Command, Recipient, Stage, Task, Timed, Watch
from marketplace.purchaser import queries, rules, services
from marketplace.purchaser.demo import DEMO
from marketplace.purchaser.rules import Filing, Phase, PurchaserAct, Return, Seen
from marketplace.purchaser.views import bp
from marketplace.purchaser.wording import WORDS


def concerned(deed: Deed) -> Iterator[Recipient]:
    """The purchaser, with the reason where its filing went back."""
    purchaser = queries.by_code(deed.about("purchaser") or "")
    if purchaser is not None:
        yield Recipient(
            purchaser.organisation_id,
            {"purchaser": purchaser.organisation.name, "reason": purchaser.return_reason or ""},
        )


def tasks(actor: Actor, now: datetime) -> Iterator[Task]:
    """The operator's waiting checks; the purchaser's own registration as long as it is missing or came back."""
    if Role.OPERATOR in actor.roles:
        for page in queries.waiting(actor).rows:
            yield Task(PurchaserAct.CHECK, page.name, url_for("purchaser.page", code=page.code), page.check_due_at)
    if Role.PURCHASER in actor.roles and actor.party_id is not None:
        own = queries.own(actor.party_id)
        if own is None:
            yield Task(PurchaserAct.REGISTER, "完成业主注册", url_for("purchaser.register"))
        elif own.phase is Phase.RETURNED:
            yield Task(PurchaserAct.REGISTER, "按退回意见修改后重新提交", url_for("purchaser.register"))


WATCHES = {
    "purchaser_check": Watch(
        title="业主注册核验",
        kind="purchaser",
        running=queries.unchecked,
        page=lambda code: url_for("purchaser.page", code=code),
        offices=(Role.OPERATOR,),
        before=timedelta(hours=12),
        clause="owner.check_deadline",
    )
}

STAGE = Stage(
    name="purchaser",
    title="业主注册",
    blueprint=bp,
    acts=PurchaserAct,
    flow=rules.FLOW,
    may=rules.MAY,
    opens=rules.OPENS,
    timed={"purchaser": Timed(queries.provisional, services.settle, public=False)},
    watches=WATCHES,
    notices={PurchaserAct.CHECK: concerned, PurchaserAct.RETURN: concerned},
    tasks=tasks,
    commands={
        PurchaserAct.REGISTER: Command(Filing, services.register, None),
        PurchaserAct.CHECK: Command(Seen, services.check, "purchaser"),
        PurchaserAct.RETURN: Command(Return, services.return_, "purchaser"),
    },
    terms=(rules.PurchaserTerms,),
    words=WORDS,
    constraints={"uq_purchaser_organisation_id": Refusal("purchaser_known")},
    demo=DEMO,
)
