"""What the chapter offer brings to the house."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from flask import url_for

from app.act import Deed
from app.actor import Actor, Role
from app.stage import Command, Recipient, Stage, Task, Timed, Watch
from bidding.offer import limits, lists, pages, queries, questions, rules, services
from bidding.offer.demo import DEMO
from bidding.offer.rules import BodyInput, Judgement, LowPriceTerms, OfferAct, OfferInput, Statement
from bidding.offer.sweeps import SWEEPS
from bidding.offer.views import bp, prepared
from bidding.offer.wording import WORDS
from bidding.registration import queries as registrations
from marketplace.announcement import limits as announcement_limits
from marketplace.announcement import queries as announcements


def tasks(actor: Actor, now: datetime) -> Iterator[Task]:
    """Bodies, explanations and decisions that are awaited; then the announcements that wait for a price."""
    if actor.party_id is None:
        return
    if Role.PURCHASER in actor.roles:
        for title, no, code, due in questions.unanswered(purchaser=actor.party_id):
            yield Task(OfferAct.JUDGE, title, url_for("offer.judge", no=no, code=code), due=due)
    if Role.AGENCY not in actor.roles:
        return
    for title, no, _, due in questions.unanswered(agency=actor.party_id):
        yield Task(OfferAct.EXPLAIN, title, url_for("offer.explain", no=no), due=due)
    for unopened in pages.to_hand_in(actor.party_id):
        url = url_for("offer.hand_in", no=unopened.no)
        yield Task(OfferAct.HAND_IN, unopened.title, url, due=unopened.due_at)
    for waiting in lists.without_offer(actor.party_id, now=now):
        yield Task(OfferAct.SUBMIT, waiting.title, url_for("offer.submit", no=waiting.no), due=waiting.closes_at)


def withdrawn(deed: Deed) -> Iterator[Recipient]:
    """The agency whose body did not come in time."""
    offer = queries.by_commitment(deed.public["commitment"])
    title = queries.need_of(offer).title
    yield Recipient(offer.registration.agency.organisation_id, {"no": deed.subject or "", "title": title})


def explained(deed: Deed) -> Iterator[Recipient]:
    """The purchaser, who is to decide now."""
    announcement = registrations.announced(deed.subject or "")
    params = {"no": deed.subject or "", "title": announcement.need.title}
    yield Recipient(announcement.need.purchaser.organisation_id, params)


def judged(deed: Deed) -> Iterator[Recipient]:
    """Both sides hear what became of a low price."""
    announcement = registrations.announced(deed.subject or "")
    params = {"no": deed.subject or "", "title": announcement.need.title}
    question = questions.question_of_agency(announcements.present_attempt(announcement).id, deed.public["agency"])
    if question is not None:
        yield Recipient(question.offer.registration.agency.organisation_id, {**params, "side": "agency"})
    yield Recipient(announcement.need.purchaser.organisation_id, {**params, "side": "purchaser"})


WATCHES = {
    "low_price_decision": Watch(
        title="决定是否认可低价",
        kind="announcement",
        running=limits.undecided_prices,
        page=lambda no: url_for("announcement.page", no=no),
        before=timedelta(days=1),
        clause="offer.low_price_decide_days",
    )
}

STAGE = Stage(
    name="offer",
    title="报价",
    blueprint=bp,
    acts=OfferAct,
    may=rules.MAY,
    opens=rules.OPENS,
    sealed=rules.SEALED,
    seals={OfferAct.SUBMIT: services.take_in, OfferAct.HAND_IN: services.take_in_again},
    tasks=tasks,
    sweeps=SWEEPS,
    watches=WATCHES,
    consent=rules.CONSENT,
    ahead={OfferAct.JUDGE: services.against_judging},
    panels={f"prepared_{OfferAct.JUDGE}": prepared},
    timed={
        "offer": Timed(limits.provisional, services.settle, public=False),
        "second_closing": Timed(announcement_limits.provisional_offers, services.settle_offers),
        "low_price": Timed(limits.provisional_questions, services.settle_question),
    },
    notices={
        OfferAct.LAPSE: withdrawn,
        OfferAct.EXPLAIN: explained,
        OfferAct.JUDGE: judged,
        OfferAct.UNEXPLAINED: judged,
    },
    commands={
        OfferAct.SUBMIT: Command(OfferInput, services.submit, "announcement"),
        OfferAct.HAND_IN: Command(BodyInput, services.hand_in, "announcement"),
        OfferAct.EXPLAIN: Command(Statement, services.explain, "announcement"),
        OfferAct.JUDGE: Command(Judgement, services.judge_price, "announcement"),
    },
    terms=(LowPriceTerms,),
    words=WORDS,
    demo=DEMO,
)
