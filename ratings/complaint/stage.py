"""What the chapter complaint brings to the house; of it, the objections."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import url_for

from app.act import Deed
from app.actor import Actor, Role
from app.clock import now
from app.refusal import Refusal
from app.stage import Command, Recipient, Stage, Task, Timed, Watch
from app.values import Nothing
from app.web.door import actor
from bidding.award.rules import AwardAct
from bidding.contract.rules import ContractAct
from bidding.judging.rules import JudgingAct
from bidding.offer.rules import OfferAct
from bidding.registration import queries as registrations
from bidding.selection.rules import SelectionAct
from ratings.complaint import queries, rules, services
from ratings.complaint.demo import DEMO
from ratings.complaint.rules import Because, DecisionTerms, Effect, Filing, ObjectionAct, ObjectionTerms
from ratings.complaint.sweeps import SWEEPS
from ratings.complaint.views import bp
from ratings.complaint.wording import WORDS


def concerned(deed: Deed) -> Iterator[Recipient]:
    """The agency and the purchaser; the offices of the trade once it is theirs; who loses an award or an attempt."""
    objection = queries.by_no(deed.subject or "")
    announcement = objection.announcement
    params: dict[str, str | int] = {
        "no": objection.no,
        "announcement_no": announcement.no or "",
        "title": announcement.need.title,
        "kind": objection.kind.value,
    }
    told = [objection.party_id, queries.purchaser_party(announcement)]
    yield Recipient(told[0], {**params, "side": "agency"})
    yield Recipient(told[1], {**params, "side": "purchaser"})
    if objection.appealed_at is not None:
        for office in queries.offices(announcement):
            told.append(office)
            yield Recipient(office, {**params, "side": "office"})
    touched: list[int] = []
    if objection.effect is Effect.SKIPPED and objection.award is not None:
        touched = [objection.award.agency.organisation_id]
    elif objection.effect is Effect.VOID:
        touched = registrations.registrants_of(announcement.no or "")
    for party in touched:
        if party not in told:
            yield Recipient(party, {**params, "side": "touched"})


def tasks(actor: Actor, now: datetime) -> Iterator[Task]:
    """What the purchaser answers, where the agency may ask for a decision, what the office decides."""
    found: list[tuple[ObjectionAct, Iterator[queries.Waits]]] = []
    if Role.PURCHASER in actor.roles and actor.party_id is not None:
        found.append((ObjectionAct.REJECT, queries.to_answer(actor.party_id)))
    if Role.AGENCY in actor.roles and actor.party_id is not None:
        found.append((ObjectionAct.APPEAL, queries.to_appeal(actor.party_id, now=now)))
    if Role.REGULATOR in actor.roles:
        found.append((ObjectionAct.UPHOLD, queries.to_decide(actor)))
    for act, waiting in found:
        for one in waiting:
            yield Task(act, one.title, url_for("objection.page", no=one.no), one.due_at)


def objection_box(*, no: str, open: bool) -> Mapping[str, Any]:
    """On the announcement's page: the objections, and for an agency the way to object (`open`: it is not direct)."""
    reader = actor()
    return {
        "template": "ratings/complaint/box.html",
        "no": no,
        "lines": queries.of_announcement(no, actor=reader, now=now()),
        "may": open and Role.AGENCY in reader.roles and bool(queries.opening(no, actor=reader, now=now()).kinds),
    }


def _page(no: str) -> str:
    return url_for("objection.page", no=no)


WATCHES = {
    "objection_answer": Watch(
        title="答复异议",
        kind="objection",
        running=queries.unanswered,
        page=_page,
        before=timedelta(hours=8),
        clause="objection.result_answer_days",
    ),
    "objection_decision": Watch(
        title="裁决异议",
        kind="objection",
        running=queries.undecided,
        page=_page,
        others=queries.offices_of,
        before=timedelta(days=3),
        clause="complaint.decide_days",
    ),
}

MAKES_AWARDS = (
    SelectionAct.OPEN,
    SelectionAct.DRAW,
    SelectionAct.CHOOSE,
    JudgingAct.CLOSE,
    OfferAct.JUDGE,
    OfferAct.UNEXPLAINED,
    AwardAct.DECLINE,
    AwardAct.LAPSE,
    ContractAct.LAPSE,
    ContractAct.RESELECT,
)
"""After each of these somebody may have an award who had none."""

STAGE = Stage(
    name="complaint",
    title="异议",
    blueprint=bp,
    acts=ObjectionAct,
    flow=rules.FLOW,
    may=rules.MAY,
    second=rules.SECOND,
    opens=rules.OPENS,
    hears=dict.fromkeys(MAKES_AWARDS, services.on_award),
    sweeps=SWEEPS,
    timed={"objection": Timed(queries.provisional, services.settle)},
    watches=WATCHES,
    notices=dict.fromkeys(ObjectionAct, concerned),
    tasks=tasks,
    panels={"objection_box": objection_box},
    commands={
        ObjectionAct.FILE: Command(Filing, services.file, "announcement"),
        ObjectionAct.CONCEDE: Command(Because, services.concede, "objection"),
        ObjectionAct.REJECT: Command(Because, services.reject, "objection"),
        ObjectionAct.APPEAL: Command(Nothing, services.appeal, "objection"),
        ObjectionAct.UPHOLD: Command(Because, services.uphold, "objection"),
        ObjectionAct.DISMISS: Command(Because, services.dismiss, "objection"),
        ObjectionAct.RECALL: Command(Nothing, services.recall, "objection"),
    },
    constraints={"uq_objection_open": Refusal("objection_open_already")},
    terms=(ObjectionTerms, DecisionTerms),
    words=WORDS,
    demo=DEMO,
)
