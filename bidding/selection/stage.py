"""What the chapter selection brings to the house."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum

from flask import url_for

from app.actor import Actor, Role
from app.refusal import Refusal
from app.stage import Command, Stage, Task, Timed, Watch
from bidding.auction.rules import AuctionAct
from bidding.offer.rules import OfferAct
from bidding.registration.rules import RegistrationAct
from bidding.selection import beacons, limits, notices, queries, rules, services, steps, throws
from bidding.selection.demo import DEMO
from bidding.selection.rules import Awaited, BeaconInput, Choice, MeritTerms, SelectionAct, Throw
from bidding.selection.sweeps import SWEEPS
from bidding.selection.views import box, bp
from bidding.selection.wording import WORDS
from marketplace.announcement import ahead as announcement_ahead
from marketplace.announcement.rules import AnnouncementAct

HANDED_IN: frozenset[StrEnum] = frozenset(
    {
        *RegistrationAct,
        *(OfferAct.SUBMIT, OfferAct.HAND_IN, OfferAct.LAPSE),
        AuctionAct.BID,
    }
)
"""What was hidden until the result: whichever act publishes it opens all of them."""


def tasks(actor: Actor, now: datetime) -> Iterator[Task]:
    """The days that a draw waits for first and whose beacon this office may type now, and the throws in the hall; what
    an owner is to choose.
    """
    if Role.PURCHASER in actor.roles and actor.party_id is not None:
        for selection in queries.undecided_of(actor.party_id):
            if queries.awaited(selection) is Awaited.CHOICE:
                announcement = selection.attempt.announcement
                url = url_for("selection.choose", no=announcement.no)
                yield Task(SelectionAct.CHOOSE, announcement.need.title, url, due=selection.decide_by)
    if not actor.roles & beacons.TYPISTS:
        return
    for day in beacons.beacon_days(actor, now=now):
        if day.open:
            yield Task(SelectionAct.ENTER_BEACON, day.on.isoformat(), url_for("selection.enter", on=day.on.isoformat()))
    for throw in throws.waiting_throws(actor, now=now):
        if throw.open:
            url = url_for("selection.throw", no=throw.no, attempt=throw.attempt)
            yield Task(SelectionAct.WITNESS, throw.title, url, due=throw.due_at)


def _recorded(no: str) -> str:
    announcement, _, attempt = no.partition("/")
    return url_for("selection.record", no=announcement, attempt=attempt)


WATCHES = {
    "beacon_entry": Watch(
        title="录入外部随机源",
        kind="announcement",
        running=limits.beaconless,
        page=lambda no: url_for("selection.beacons"),
        offices=(Role.OPERATOR, Role.SUPERVISOR),
        ends=limits.beacon_due,
        before=timedelta(hours=2),
        clause="draw.beacon_fiscal_state",
    ),
    "throw_entry": Watch(
        title="现场掷出并录入数字",
        kind="announcement",
        running=limits.throwless,
        page=lambda no: url_for("selection.throw", no=no.partition("/")[0], attempt=int(no.partition("/")[2])),
        offices=(Role.OPERATOR, Role.SUPERVISOR),
        ends=throws.throw_due,
        before=timedelta(hours=3),
        clause="draw.witness_place",
    ),
    "offer_opening": Watch(
        title="开启报价",
        kind="announcement",
        running=limits.unopened,
        page=_recorded,
        offices=(Role.OPERATOR,),
        ends=limits.opening_due,
        clause="opening.max_wait",
    ),
    "secret_reveal": Watch(
        title="公布随机数和选取记录",
        kind="announcement",
        running=limits.unrevealed,
        page=_recorded,
        offices=(Role.OPERATOR, Role.SUPERVISOR),
        ends=limits.reveal_due,
        before=timedelta(hours=12),
        public=True,
        fixed=True,
    ),
    "broken_envelope": Watch(
        title="一份报价无法开启，选取中止",
        kind="announcement",
        running=limits.broken,
        page=_recorded,
        offices=(Role.OPERATOR,),
        event=True,
        public=True,
        fixed=True,
    ),
    "merit_reminder": Watch(
        title="按通常时间选定机构或者评审评分",
        kind="announcement",
        running=limits.unchosen,
        page=_recorded,
        ends=limits.remind_due,
        before=timedelta(days=1),
        public=True,
        fixed=True,
        clause="merit.remind_days",
    ),
    "merit_decision": Watch(
        title="选定机构或者评审评分",
        kind="announcement",
        running=limits.undecided,
        page=_recorded,
        before=timedelta(days=1),
        alarms=False,
        clause="merit.decide_days",
    ),
    "late_head": Watch(
        title="名单冻结的存证签署过晚，选取作废",
        kind="announcement",
        running=limits.voided,
        page=_recorded,
        offices=(Role.OPERATOR,),
        event=True,
        public=True,
    ),
}

STAGE = Stage(
    name="selection",
    title="选取",
    blueprint=bp,
    acts=SelectionAct,
    may=rules.MAY,
    opens=rules.OPENS,
    passes={SelectionAct.CHOOSE: announcement_ahead.passes},
    discloses={
        SelectionAct.OPEN: HANDED_IN,
        SelectionAct.DRAW: HANDED_IN,
        AnnouncementAct.CLOSE_UNSUCCESSFUL: HANDED_IN,
        AuctionAct.CLOSE: HANDED_IN,
        SelectionAct.ENTER_BEACON: {SelectionAct.ENTER_BEACON},
        SelectionAct.WITNESS: {SelectionAct.WITNESS},
    },
    hears={
        OfferAct.LAPSE: steps.on_lapsed_offer,
        OfferAct.JUDGE: steps.on_judged_price,
        OfferAct.UNEXPLAINED: steps.on_judged_price,
        AuctionAct.CLOSE: steps.on_closed_auction,
    },
    sweeps=SWEEPS,
    watches=WATCHES,
    notices={
        SelectionAct.FREEZE: notices.told_the_verdict,
        SelectionAct.OPEN: notices.told_the_result,
        AuctionAct.CLOSE: notices.told_of_auction,
        SelectionAct.DRAW: notices.told_the_result,
        SelectionAct.CHOOSE: notices.told_the_result,
        SelectionAct.LAPSE: notices.told_the_lapse,
        AnnouncementAct.CLOSE_UNSUCCESSFUL: notices.told_the_result,
    },
    tasks=tasks,
    panels={"selection_result": box},
    commands={
        SelectionAct.ENTER_BEACON: Command(BeaconInput, services.enter_beacon, "beacon"),
        SelectionAct.WITNESS: Command(Throw, services.enter_throw, "throw"),
        SelectionAct.CHOOSE: Command(Choice, services.choose, "announcement"),
    },
    timed={"decision": Timed(limits.provisional, steps.settle)},
    terms=(MeritTerms,),
    words=WORDS,
    constraints={
        "uq_beacon_entry_role": Refusal("beacon_entered", field="number"),
        "uq_throw_entry_role": Refusal("throw_entered", field="digits"),
    },
    demo=DEMO,
)
