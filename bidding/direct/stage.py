"""What the chapter direct brings to the house."""

from collections.abc import Iterator
from datetime import datetime

from flask import url_for

from app.actor import Actor, Role
from app.refusal import Refusal
from app.stage import Command, Stage, Task, Timed, Watch
from app.values import Nothing
from bidding.direct import queries, rules, services
from bidding.direct.demo import DEMO
from bidding.direct.rules import DirectAct, DirectTerms, Price, Proposal, Side
from bidding.direct.sweeps import SWEEPS
from bidding.direct.views import bp, failed_registrants
from bidding.direct.wording import WORDS
from marketplace.announcement.rules import AnnouncementAct
from marketplace.need.rules import NeedAct


def tasks(actor: Actor, now: datetime) -> Iterator[Task]:
    """Prices that wait for this organisation's word."""
    for page in queries.waiting_for(actor, now=now):
        if page.side is Side.AGENCY:
            yield Task(DirectAct.ACCEPT, page.title, url_for("direct.commission", no=page.need_no), due=page.due_at)
        else:
            yield Task(DirectAct.COUNTER, page.title, url_for("direct.propose", no=page.need_no), due=page.due_at)


STAGE = Stage(
    name="direct",
    title="直接委托",
    blueprint=bp,
    acts=DirectAct,
    flow=rules.FLOW,
    may=rules.MAY,
    opens=rules.OPENS,
    consent=rules.CONSENT,
    ahead={DirectAct.PROPOSE_AFTER_FAILURES: services.against_after_failures},
    passes={DirectAct.PROPOSE: services.passes_to_propose, DirectAct.COUNTER: services.passes_to_counter},
    discloses={
        DirectAct.ACCEPT: {
            NeedAct.CREATE,
            NeedAct.REVISE,
            DirectAct.PROPOSE,
            DirectAct.PROPOSE_AFTER_FAILURES,
            DirectAct.COUNTER,
        },
    },
    hears={AnnouncementAct.CONCLUDE: services.on_conclusion},
    sweeps=SWEEPS,
    timed={"commission": Timed(queries.provisional, services.settle, public=False)},
    notices=dict.fromkeys(DirectAct, services.other_side),
    tasks=tasks,
    watches={
        "direct_cap": Watch(
            title="一年内多次直接委托同一机构",
            kind="announcement",
            running=queries.over_cap,
            page=lambda no: url_for("announcement.page", no=no),
            offices=(Role.SUPERVISOR,),
            event=True,
        )
    },
    panels={"failed_registrants": failed_registrants},
    commands={
        DirectAct.PROPOSE: Command(Proposal, services.propose, "need"),
        DirectAct.PROPOSE_AFTER_FAILURES: Command(Proposal, services.propose_after_failures, "need"),
        DirectAct.COUNTER: Command(Price, services.counter, "need"),
        DirectAct.ACCEPT: Command(Nothing, services.accept, "need"),
        DirectAct.DECLINE: Command(Nothing, services.decline, "need"),
    },
    terms=(DirectTerms,),
    words=WORDS,
    constraints={"uq_commission_open": Refusal("direct_open_already", field="agency")},
    demo=DEMO,
)
