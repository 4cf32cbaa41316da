"""Direct commissions of the demonstration world: a price goes to and fro, and is taken or still considered."""

from app.approval import services as approvals
from app.demonstration import Happened, Step, World
from app.stage import Demo
from app.values import Nothing, Waiting
from bidding.direct import services
from bidding.direct.rules import DirectAct, Price, Proposal, Reason, Side
from marketplace.announcement import queries as announcements
from marketplace.announcement.rules import AnnouncementAct, Ending
from marketplace.need import queries as needs
from marketplace.need.rules import PUBLIC_MONEY, Method, NeedAct
from marketplace.purchaser.rules import Fund

ANSWER = "direct.answer"
"""The purchaser's counter-offer, which an agency's precedes."""


def _needed(world: World, happened: Happened) -> None:
    if Method(happened.plot["method"]) is Method.DIRECT:
        world.plan(happened.plot, DirectAct.PROPOSE, need=happened["need"])


def _revised(world: World, happened: Happened) -> None:
    """The count was public: the only one who could register may be asked directly."""
    if happened.plot.get("counted"):
        world.plan(happened.plot, DirectAct.PROPOSE, need=happened["need"])


def _concluded(world: World, happened: Happened) -> None:
    """After two failures the plot goes on with the need that follows."""
    if happened.public["way"] == Ending.DIRECT:
        world.plan(happened.plot, DirectAct.PROPOSE_AFTER_FAILURES, after=1, no=happened["announcement"])


def _proposed(world: World, happened: Happened) -> None:
    step = DirectAct.COUNTER if happened.plot.get("counter") else DirectAct.ACCEPT
    world.plan(happened.plot, step, after=1, need=happened["need"])


def _countered(world: World, happened: Happened) -> None:
    """Where the plot goes on, the purchaser names the agency's price himself, and the agency takes it."""
    plot = happened.plot
    if happened.public["side"] == Side.PURCHASER:
        world.plan(plot, DirectAct.ACCEPT, need=happened["need"])
    elif world.goes(plot, DirectAct.ACCEPT):
        world.plan(plot, ANSWER, after=1, need=happened["need"])


def _propose(world: World, step: Step) -> None:
    plot, need_no = step.plot, step["need"]
    owner = world.actor(plot["purchaser"])
    minutes = world.file(owner, f"minutes {need_no}") if Fund(plot["fund"]) in PUBLIC_MONEY else None
    proposal = Proposal(
        agency=world.people[plot["agencies"][0]].code,
        amount_fen=plot["price"] * 100,
        days=plot["days"],
        reason=Reason(plot["reason"]),
        explanation=plot.get("explanation", world.words["texts"]["explanation"]),
        minutes=minutes,
    )
    services.propose(owner, need_no, proposal, key=f"demonstration:propose:{plot.key}")


def _propose_after_failures(world: World, step: Step) -> None:
    """To the first of those who registered in vain; the supervisor agrees at once."""
    plot, before = step.plot, announcements.by_no(step["no"])
    need = None if before is None else needs.following(before.need_id)
    if need is None:
        return
    world.note(plot, "need", need.no)
    owner = world.actor(plot["purchaser"])
    proposal = Proposal(
        agency=world.people[plot["agencies"][0]].code,
        amount_fen=plot["price"] * 100,
        days=plot["days"],
        reason=Reason.TWO_FAILURES,
        explanation=world.words["texts"]["after_failures"],
        minutes=world.file(owner, f"minutes {need.no}"),
    )
    key = f"demonstration:propose:{plot.key}"
    waiting = approvals.submit(DirectAct.PROPOSE_AFTER_FAILURES, owner, need.no, proposal, key=key)
    if isinstance(waiting, Waiting):
        approvals.agree(world.actor("supervisor1"), waiting.prepared)


def _counter(world: World, step: Step) -> None:
    """The agency asks for more."""
    plot = step.plot
    price, agency = Price(plot["counter"] * 100, plot["days"]), world.actor(plot["agencies"][0])
    services.counter(agency, step["need"], price, key=f"demonstration:counter:{plot.key}")


def _answer(world: World, step: Step) -> None:
    plot = step.plot
    price, owner = Price(plot["counter"] * 100, plot["days"]), world.actor(plot["purchaser"])
    services.counter(owner, step["need"], price, key=f"demonstration:answer:{plot.key}")


def _accept(world: World, step: Step) -> None:
    agency = world.actor(step.plot["agencies"][0])
    services.accept(agency, step["need"], Nothing(), key=f"demonstration:accept:{step.plot.key}")


DEMO = Demo(
    hears={
        NeedAct.CREATE: _needed,
        NeedAct.REVISE: _revised,
        AnnouncementAct.CONCLUDE: _concluded,
        DirectAct.PROPOSE: _proposed,
        DirectAct.PROPOSE_AFTER_FAILURES: _proposed,
        DirectAct.COUNTER: _countered,
    },
    steps={
        DirectAct.PROPOSE: _propose,
        DirectAct.PROPOSE_AFTER_FAILURES: _propose_after_failures,
        DirectAct.COUNTER: _counter,
        ANSWER: _answer,
        DirectAct.ACCEPT: _accept,
    },
)
