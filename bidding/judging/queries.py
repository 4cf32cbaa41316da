"""Who is on a roster, who judges what, and who may see which sheet; the only reader of sheets."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, exists, select

from app.actor import Actor, Role
from app.database import db
from app.identity import queries as identities
from app.identity.models import Organisation
from app.refusal import NotFound
from app.region import branches
from bidding.judging import rules
from bidding.judging.models import Judge, Line, Panel, Seat
from bidding.judging.rules import CRITERIA, Phase
from bidding.offer import proposals as proposal_files
from bidding.registration import queries as registrations
from bidding.registration.models import Registration
from bidding.selection import lottery, merit, methods
from bidding.selection import queries as selections
from bidding.selection.models import Selection
from bidding.selection.rules import Awaited
from marketplace.agency.models import Agency
from marketplace.announcement import queries as announcements
from marketplace.announcement.models import Announcement, Attempt
from marketplace.need.models import Need
from marketplace.need.rules import BY_PROPOSAL, Method
from marketplace.purchaser.models import Purchaser

# The roster


def roster(party_id: int) -> list[Judge]:
    """Who is on an organisation's roster now, by number."""
    query = select(Judge).where(Judge.organisation_id == party_id, Judge.retired_at.is_(None)).order_by(Judge.no)
    return list(db.session.execute(query).scalars())


def tied(party_id: int) -> frozenset[str]:
    """Numbers of those on an organisation's roster who stand in a conflict already: they work for an agency.

    Known by the name of the unit; who is tied is never drawn and cannot be named (inferred).
    """
    agency = select(Organisation.id).join(Agency, Agency.organisation_id == Organisation.id)
    query = select(Judge.no).where(
        Judge.organisation_id == party_id,
        Judge.retired_at.is_(None),
        agency.where(Organisation.name == Judge.unit).exists(),
    )
    return frozenset(db.session.execute(query).scalars())


def free(party_id: int) -> list[Judge]:
    """Who of an organisation's roster can judge, by number."""
    bound = tied(party_id)
    return [judge for judge in roster(party_id) if judge.no not in bound]


def most_wanted(party_id: int) -> int:
    """How many judges an owner's roster must keep: the most that anything asks for that is handed in for announcement,
    or announced and not yet frozen; 0 where nothing does.
    """
    rows = db.session.execute(
        select(Need)
        .join(Need.purchaser)
        .join(Announcement, Announcement.need_id == Need.id)
        .outerjoin(
            Attempt,
            and_(Attempt.announcement_id == Announcement.id, Attempt.number == Announcement.attempt_number),
        )
        .where(
            Purchaser.organisation_id == party_id,
            Need.method == Method.COMPARE,
            Announcement.withdrawn_at.is_(None),
            Announcement.returned_at.is_(None),
            Attempt.frozen_at.is_(None),
            Attempt.decision.is_(None),
        )
    ).scalars()
    return max((need.asked.judges or 0 for need in rows), default=0)


def judge_row(no: str, party_id: int) -> Select[Judge]:
    """One judge of an organisation's roster, to be locked."""
    return select(Judge).where(Judge.no == no, Judge.organisation_id == party_id, Judge.retired_at.is_(None))


def is_enrolled(account_id: int) -> bool:
    """Whether an account is on a roster now."""
    query = select(Judge.id).where(Judge.account_id == account_id, Judge.retired_at.is_(None))
    return db.session.execute(query).first() is not None


def not_enrolled(party_id: int) -> list[tuple[str, str]]:
    """Login and name of the accounts of an organisation that are on no roster, by name."""
    known = {judge.account_id for judge in roster(party_id)}
    return [(one.login, one.name) for one in identities.colleagues(party_id) if one.id not in known]


# One attempt


def panel_of(attempt_id: int) -> Panel | None:
    """Who judges an attempt, None while nobody does."""
    return db.session.execute(select(Panel).where(Panel.attempt_id == attempt_id)).scalar_one_or_none()


def drawn_by(attempt: Attempt) -> bool:
    """Whether its judges are drawn."""
    return methods.METHODS[selections.method(attempt)].judges


def awaited(selection: Selection | None) -> bool:
    """Whether sheets are awaited now."""
    return selection is not None and selections.awaited(selection) is Awaited.SHEETS


def judged(selection: Selection) -> list[Registration]:
    """Whose offers are scored, ascending by code: those that count after the low prices were decided on."""
    counting = selections.case(selection).offers
    return [one for one in registrations.valid(selection.attempt_id) if one.agency.organisation.code in counting]


def phase_of(seat: Seat) -> Phase:
    """How far a judge is."""
    return rules.phase_of(
        declared=seat.declared_at is not None,
        locked=seat.locked_at is not None,
        stepped_back=seat.stepped_back_at is not None,
    )


def active(panel: Panel) -> list[Seat]:
    """Those who did not step back, as they were seated."""
    return [seat for seat in panel.seats if seat.stepped_back_at is None]


def order(panel: Panel, seed: str) -> list[str]:
    """The numbers of the roster as it stood at the freeze, in the order of the purpose `judge` (protocol.md §1.5)."""
    return lottery.order(seed, "judge", dict.fromkeys(json.loads(panel.roster or "[]"), 1))


def by_no(no: str) -> Judge:
    """A judge by his number, retired or not. Raises `NotFound`."""
    found = db.session.execute(select(Judge).where(Judge.no == no)).scalar_one_or_none()
    if found is None:
        raise NotFound("judge")
    return found


def is_complete(panel: Panel) -> bool:
    """Whether everybody who has to has locked his sheet: those named, or as many as are drawn."""
    standing = active(panel)
    wanted = panel.attempt.announcement.need.asked.judges if panel.roster is not None else 1
    return len(standing) >= (wanted or 1) and all(seat.locked_at is not None for seat in standing)


def is_exhausted(panel: Panel) -> bool:
    """Whether so many of the judges that are drawn stepped back that too few are left."""
    if panel.roster is None:
        return False
    wanted = panel.attempt.announcement.need.asked.judges or 0
    left = len(json.loads(panel.roster)) - len(panel.seats)
    return rules.is_exhausted(wanted=wanted, standing=len(active(panel)), left=left)


def due_for_exhaust(now: datetime) -> list[str]:
    """The attempts whose sheets are awaited from more judges than are left."""
    query = (
        select(Panel)
        .join(Selection, Selection.attempt_id == Panel.attempt_id)
        .where(Panel.closed_at.is_(None), Panel.roster.is_not(None), *selections.AWAITED)
        .order_by(Panel.id)
    )
    return [
        selections.subject(panel.attempt.announcement.no, panel.attempt.number)
        for panel in db.session.execute(query).scalars()
        if is_exhausted(panel) and awaited(selections.of(panel.attempt_id))
    ]


def due_for_close(now: datetime) -> list[str]:
    """The attempts whose sheets are all locked and not yet counted."""
    locked = exists().where(Seat.panel_id == Panel.id, Seat.locked_at.is_not(None))
    waiting = exists().where(Seat.panel_id == Panel.id, Seat.locked_at.is_(None), Seat.stepped_back_at.is_(None))
    query = (
        select(Panel)
        .join(Selection, Selection.attempt_id == Panel.attempt_id)
        .where(Panel.closed_at.is_(None), locked, ~waiting, *selections.AWAITED)
        .order_by(Panel.id)
    )
    return [
        selections.subject(panel.attempt.announcement.no, panel.attempt.number)
        for panel in db.session.execute(query).scalars()
        if is_complete(panel)
    ]


def marks(panel: Panel) -> list[merit.Mark]:
    """The locked sheets as the transcript publishes them: judge by number, agency by code, in the sheet's order."""
    return [
        merit.Mark(seat.judge.no, line.registration.agency.organisation.code, criterion, getattr(line, criterion) or 0)
        for seat in sorted(active(panel), key=lambda seat: seat.judge.no)
        for line in sorted(seat.lines, key=lambda line: line.registration.agency.organisation.code)
        for criterion in CRITERIA
    ]


def own_seat(attempt_id: int, account_id: int | None) -> Seat | None:
    """This very person's seat in an attempt, None where he is no judge of it."""
    return db.session.execute(
        select(Seat)
        .join(Seat.judge)
        .join(Panel, Panel.id == Seat.panel_id)
        .where(Panel.attempt_id == attempt_id, Judge.account_id == account_id)
    ).scalar_one_or_none()


def line_of(seat_id: int, registration_id: int) -> Line | None:
    """What a judge has given an offer so far."""
    return db.session.get(Line, (seat_id, registration_id))


# What a judge has to do


@dataclass(frozen=True, slots=True)
class Duty:
    """One attempt in which a person judges and is not done."""

    no: str
    title: str
    phase: Phase
    due_at: datetime | None


def duties(account_id: int) -> list[Duty]:
    """Where this person still has to declare or to score, most urgent first."""
    rows = db.session.execute(
        select(Seat, Announcement.no, Need.title, Selection.decide_by)
        .join(Seat.judge)
        .join(Panel, Panel.id == Seat.panel_id)
        .join(Selection, Selection.attempt_id == Panel.attempt_id)
        .join(Attempt, Attempt.id == Panel.attempt_id)
        .join(Announcement, Announcement.id == Attempt.announcement_id)
        .join(Need, Need.id == Announcement.need_id)
        .where(
            Judge.account_id == account_id,
            Seat.locked_at.is_(None),
            Seat.stepped_back_at.is_(None),
            *selections.AWAITED,
        )
        .order_by(Selection.decide_by, Seat.id)
    ).all()
    return [Duty(no or "", title, phase_of(seat), due) for seat, no, title, due in rows]


def to_name(party_id: int) -> list[Selection]:
    """An owner's attempts for which he must name who judges."""
    found = []
    for selection in selections.undecided_of(party_id):
        panel = panel_of(selection.attempt_id)
        seated = panel is not None and bool(active(panel))
        if awaited(selection) and not drawn_by(selection.attempt) and not seated:
            found.append(selection)
    return found


@dataclass(frozen=True, slots=True)
class Short:
    """An announcement whose judges will be drawn from a roster that is still too short."""

    no: str
    title: str
    wanted: int
    enrolled: int
    closes_at: datetime


def short_rosters(party_id: int, *, now: datetime) -> list[Short]:
    """An owner's announcements that still take registrations and ask for more judges than his roster has."""
    rows = db.session.execute(
        select(Attempt)
        .join(Attempt.announcement)
        .join(Announcement.need)
        .join(Need.purchaser)
        .where(
            Purchaser.organisation_id == party_id,
            Need.method == Method.COMPARE,
            Attempt.number == Announcement.attempt_number,
            Attempt.frozen_at.is_(None),
            Attempt.decision.is_(None),
            Attempt.closes_at > now,
            Announcement.withdrawn_at.is_(None),
        )
        .order_by(Attempt.closes_at)
    ).scalars()
    known = len(free(party_id))
    return [
        Short(one.announcement.no or "", one.announcement.need.title, wanted, known, one.closes_at)
        for one in rows
        if (wanted := one.announcement.need.asked.judges or 0) > known
    ]


# What people see


@dataclass(frozen=True, slots=True)
class File:
    """One file of a proposal: its place, its SHA-256, and whether it could be opened."""

    place: int
    sha256: str
    readable: bool


@dataclass(frozen=True, slots=True)
class Candidate:
    """One offer that is judged: who, fen, its proposal; and what the judge who looks has given it so far."""

    code: str
    name: str
    amount_fen: int
    files: tuple[File, ...]
    service: int | None = None
    team: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class JudgingPage:
    """One attempt as a judge, or the owner who names the judges, sees it."""

    no: str
    title: str
    attempt: int
    rulebook: str
    weights: Mapping[str, int]
    due_at: datetime | None
    awaited: bool
    phase: Phase | None
    candidates: tuple[Candidate, ...]


def _selection(no: str) -> Selection:
    found = selections.of(selections.attempt_of(no, None).id)
    if found is None or selections.method(found.attempt) not in BY_PROPOSAL:
        raise NotFound("judging")
    return found


def _files(selection: Selection) -> Mapping[int, tuple[File, ...]]:
    return {
        registration: tuple(File(one.place, one.sha256 or "", one.key is not None) for one in some)
        for registration, some in proposal_files.proposals(selection.attempt_id).items()
    }


def _page(selection: Selection, seat: Seat | None) -> JudgingPage:
    announcement, prices = selection.attempt.announcement, selections.case(selection).offers
    files, given = _files(selection), {} if seat is None else {line.registration_id: line for line in seat.lines}
    found = []
    for one in judged(selection):
        code, line = one.agency.organisation.code, given.get(one.id)
        found.append(
            Candidate(
                code=code,
                name=one.agency.organisation.name,
                amount_fen=prices[code],
                files=files.get(one.id, ()),
                service=None if line is None else line.service,
                team=None if line is None else line.team,
                reason="" if line is None else line.reason,
            )
        )
    return JudgingPage(
        no=announcement.no or "",
        title=announcement.need.title,
        attempt=selection.attempt.number,
        rulebook=announcement.rulebook or "",
        weights=methods.weights(announcement.need.asked.given()),
        due_at=selection.decide_by,
        awaited=awaited(selection),
        phase=None if seat is None else phase_of(seat),
        candidates=tuple(found),
    )


def own_page(no: str, actor: Actor) -> JudgingPage:
    """The page of a judge of this attempt. Raises `NotFound` for everybody else."""
    selection = _selection(no)
    seat = own_seat(selection.attempt_id, actor.account_id)
    if seat is None:
        raise NotFound("judging")
    return _page(selection, seat)


@dataclass(frozen=True, slots=True)
class Person:
    """A judge as he is named when the sheets are locked."""

    no: str
    name: str
    unit: str
    trade: str


@dataclass(frozen=True, slots=True)
class NamingPage:
    """The owner's page: who is on his roster, and how far those are who judge (their number, never who they are)."""

    judging: JudgingPage
    drawn: bool
    wanted: int
    roster: tuple[Person, ...]
    seated: int
    locked: int


def _person(judge: Judge) -> Person:
    return Person(judge.no, judge.name, judge.unit, judge.trade)


def naming_page(no: str, party_id: int | None) -> NamingPage:
    """The owner's page of an attempt that is judged. Raises `NotFound` for everybody else, and before the opening."""
    selection = _selection(no)
    owner = selection.attempt.announcement.need.purchaser.organisation_id
    if owner != party_id or selection.decide_by is None:
        raise NotFound("judging")
    panel = panel_of(selection.attempt_id)
    standing = [] if panel is None else active(panel)
    return NamingPage(
        judging=_page(selection, None),
        drawn=drawn_by(selection.attempt),
        wanted=selection.attempt.announcement.need.asked.judges or 0,
        roster=tuple(_person(judge) for judge in free(owner)),
        seated=len(standing),
        locked=sum(seat.locked_at is not None for seat in standing),
    )


@dataclass(frozen=True, slots=True)
class Mark:
    """What one judge gave one offer, and why."""

    judge: str
    service: int
    team: int
    reason: str


@dataclass(frozen=True, slots=True)
class Scored:
    """One offer with its proposal, every judge's marks, the points for its price and its total in thousandths.

    `price_points` are thousandths of 100; both are None while the sheets are not published.
    """

    code: str
    name: str
    amount_fen: int
    files: tuple[File, ...]
    marks: tuple[Mark, ...]
    price_points: int | None
    total: int | None


@dataclass(frozen=True, slots=True)
class JudgingResult:
    """What everybody sees of the judging of an attempt; the judges and their sheets once all are locked.

    `stepped_back`: numbers of those who did; `roster`, `digest`: of the freeze, where the judges were drawn.
    """

    no: str
    attempt: int
    rulebook: str
    weights: Mapping[str, int]
    drawn: bool
    closed_at: datetime | None
    judges: tuple[Person, ...]
    stepped_back: tuple[str, ...]
    roster: tuple[str, ...]
    digest: str | None
    exhausted_at: datetime | None
    wanted: int
    scored: tuple[Scored, ...]
    may_read: bool


def result(no: str, number: int | None, *, actor: Actor) -> JudgingResult | None:
    """The proposals of an attempt from the opening on, and its sheets; None where there is nothing of it."""
    attempt = selections.attempt_of(no, number)
    selection = selections.of(attempt.id)
    if selection is None or selections.method(attempt) not in BY_PROPOSAL or selection.opened_at is None:
        return None
    panel = panel_of(attempt.id)
    closed = panel is not None and panel.closed_at is not None
    seats = sorted(active(panel), key=lambda seat: seat.judge.no) if panel is not None and closed else []
    numbers = json.loads(panel.roster) if panel is not None and panel.roster is not None else []
    return JudgingResult(
        no=no,
        attempt=attempt.number,
        rulebook=attempt.announcement.rulebook or "",
        weights=methods.weights(attempt.announcement.need.asked.given()),
        drawn=drawn_by(attempt),
        closed_at=None if panel is None else panel.closed_at,
        judges=tuple(_person(seat.judge) for seat in seats),
        stepped_back=tuple(seat.judge.no for seat in panel.seats if seat.stepped_back_at) if panel and closed else (),
        roster=tuple(numbers) if closed else (),
        digest=rules.roster_digest(numbers) if numbers else None,
        exhausted_at=None if panel is None else panel.exhausted_at,
        wanted=attempt.announcement.need.asked.judges or 0,
        scored=_scored(selection, seats),
        may_read=_reads(actor, selection),
    )


def _scored(selection: Selection, seats: Sequence[Seat]) -> tuple[Scored, ...]:
    case, files = selections.case(selection), _files(selection)
    totals, weights = {}, methods.weights(case.parameters)
    if seats:
        totals = merit.totals(case.marks or (), offers=case.offers, weights=weights, judges=case.judges)
    least, found = min(case.offers.values(), default=0), []
    for one in judged(selection):
        code = one.agency.organisation.code
        price = case.offers[code]
        found.append(
            Scored(
                code=code,
                name=one.agency.organisation.name,
                amount_fen=price,
                files=files.get(one.id, ()),
                marks=tuple(
                    Mark(seat.judge.no, line.service or 0, line.team or 0, line.reason)
                    for seat in seats
                    for line in seat.lines
                    if line.registration_id == one.id
                ),
                price_points=(merit.price_points(price, least=least) + 5) // 10 if seats else None,
                total=merit.in_thousandths(totals[code], judges=len(seats)) if seats else None,
            )
        )
    return tuple(sorted(found, key=lambda one: (-(one.total or 0), one.code)))


def _reads(actor: Actor, selection: Selection) -> bool:
    """Whether he may read proposals: the supervisor of the branch, the owner, a judge who has declared to be free."""
    announcement = selection.attempt.announcement
    if Role.SUPERVISOR in actor.roles and branches.sees(actor, announcement.need.region):
        return True
    if actor.party_id is None or announcement.need.purchaser.organisation_id != actor.party_id:
        return False
    seat = own_seat(selection.attempt_id, actor.account_id)
    return seat is None or seat.declared_at is not None


def proposal(no: str, number: int, code: str, place: int, *, actor: Actor) -> tuple[bytes, str]:
    """One file of a proposal after the opening, and what its name ends with.

    For its own agency, the owner, a judge who has declared to be free, the supervisor of the branch. Raises `NotFound`
    for everybody else, before the opening, and for a file that could not be opened.
    """
    announcement = announcements.by_no(no)
    if announcement is None:
        raise NotFound("proposal")
    selection = selections.of(announcements.attempt(announcement.id, number).id)
    if selection is None or not (actor.code == code or _reads(actor, selection)):
        raise NotFound("proposal")
    for some in proposal_files.proposals(selection.attempt_id).values():
        for one in some:
            if one.place == place and one.offer.registration.agency.organisation.code == code:
                return proposal_files.content(one)
    raise NotFound("proposal")


# The archive


def archived(no: str, number: int) -> Mapping[str, Any] | None:
    """What an archive keeps of the judging of an attempt, the same for everybody who has one; None where nothing.

    Every proposal by its hashes; judges, declarations and sheets once they are public.
    """
    found = result(no, number, actor=Actor.stranger())
    if found is None:
        return None
    panel = panel_of(selections.attempt_of(no, number).id)
    seats = [] if panel is None or panel.closed_at is None else sorted(panel.seats, key=lambda seat: seat.judge.no)
    members = asdict(found)
    del members["may_read"], members["no"], members["attempt"]
    return members | {
        "declarations": [
            {"judge": seat.judge.no, "declared_at": seat.declared_at, "stepped_back_at": seat.stepped_back_at}
            for seat in seats
        ]
    }


@dataclass(frozen=True, slots=True)
class KeptFile:
    """One file of a proposal for an archive; `opened` gives its bytes, None where this reader may not have them."""

    place: int
    sha256: str
    size: int
    ending: str
    opened: Callable[[], bytes] | None


def kept_files(no: str, number: int, code: str, *, actor: Actor | None) -> list[KeptFile]:
    """An agency's proposal in an attempt, by place; none before the opening, and where there is none.

    Without an actor: for the archive itself, which names every file and shows it to nobody.
    """
    selection = selections.of(selections.attempt_of(no, number).id)
    if selection is None or selection.opened_at is None:
        return []
    may, found = actor is None or actor.code == code or _reads(actor, selection), []
    for some in proposal_files.proposals(selection.attempt_id).values():
        for one in some:
            if one.offer.registration.agency.organisation.code != code:
                continue
            try:
                content, ending = proposal_files.content(one) if may else (b"", "")
            except NotFound:
                content, ending = b"", ""
            opened = proposal_files.opener(one) if content else None
            found.append(KeptFile(one.place, one.sha256 or "", len(content), ending, opened))
    return found
