"""What may be known of offers: commitments and instants until the opening, bodies after it; the table's only reader."""

import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from sqlalchemy import Select, String, and_, bindparam, cast, func, or_, select

from app import built, files, sealing
from app.actor import Actor, Role
from app.audit.models import Entry
from app.calendar.services import stamp
from app.database import db, values
from app.identity.models import Organisation
from app.refusal import NotFound, Refusal
from app.region import branches
from app.rules_in_force import rulebook
from app.settings import Settings
from app.values import Fen, Ppm
from app.watch.queries import Running, limits
from app.workdays import WorkCalendar
from bidding.offer import envelope, rules
from bidding.offer.models import Offer, PriceQuestion, Proposal
from bidding.offer.rules import Ground, LowPriceTerms, Missing
from bidding.registration import queries as registrations
from bidding.registration.models import Registration
from marketplace.agency import queries as agencies
from marketplace.agency.models import Agency
from marketplace.announcement import queries as announcements
from marketplace.announcement.models import Announcement, Attempt
from marketplace.need.models import Need
from marketplace.need.rules import BY_PROPOSAL, ITEMIZED, RATED, SEALED, SECOND, Method
from marketplace.purchaser.models import Purchaser


@dataclass(frozen=True, slots=True)
class OwnOffer:
    """One envelope of one's own: its commitment, its instant, and whether it is the one that counts as things stand."""

    commitment: str
    submitted_at: datetime
    counts: bool


@dataclass(frozen=True, slots=True)
class OfferPage:
    """What an agency sees when it wants to offer; never an amount."""

    no: str
    title: str
    closes_at: datetime
    ceiling_fen: Fen
    rates: tuple[Ppm, Ppm] | None
    promised_days: int | None
    rulebook: str
    open: bool
    by_proposal: bool
    items: tuple[tuple[str, str], ...]
    own: tuple[OwnOffer, ...]
    refusals: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class Published:
    """One line of the public list after the opening; `body` is None for what stays sealed for ever."""

    id: str
    commitment: str
    body: str | None
    index: int | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """An announcement that waits for a registered agency's price."""

    no: str
    title: str
    closes_at: datetime


def counting(attempt_id: int) -> list[Offer]:
    """The offer that counts of each valid registration, ascending by the agency's code; after the freeze has judged.

    Of several of one registration the one with the greatest log index counts (protocol.md §2.4). Each was handed in
    under its registration's exclusive lock, so instants, entries and ids of one registration all rise in the order of
    their commits, and the sequencer numbers them in that order: the greatest id is the greatest index, also where the
    freeze comes before the numbering. An offer that answers an earlier revision does not count: it is handed in anew.
    """
    latest = (
        select(func.max(Offer.id))
        .join(Offer.registration)
        .join(Registration.attempt)
        .join(Attempt.announcement)
        .where(
            Registration.attempt_id == attempt_id,
            Registration.withdrawn_at.is_(None),
            Registration.reasons == (),
            Offer.revision == Announcement.revision,
        )
        .group_by(Offer.registration_id)
    )
    return list(
        db.session.execute(
            select(Offer)
            .join(Offer.registration)
            .join(Registration.agency)
            .join(Agency.organisation)
            .where(Offer.id.in_(latest), Offer.lapsed_at.is_(None))
            .order_by(Organisation.code)
        ).scalars()
    )


_FILE_AWAITED = (Proposal.broken_at.is_not(None), Proposal.handed_in_at.is_(None))

AWAITED = (
    Offer.broken_at.is_not(None),
    Offer.lapsed_at.is_(None),
    Offer.opened_at.is_(None),
    or_(
        and_(Offer.handed_in_at.is_(None), ~Offer.legible),
        select(Proposal.id).where(Proposal.offer_id == Offer.id, *_FILE_AWAITED).exists(),
    ),
)
"""Did not open whole, and its body or files of it may still come."""


def is_awaited(offer: Offer) -> bool:
    """Whether anything of this envelope may still come; the twin of `AWAITED`."""
    going = offer.broken_at is not None and offer.lapsed_at is None and offer.opened_at is None
    return going and (_body_awaited(offer) or bool(awaited_files(offer.id)))


def _body_awaited(offer: Offer) -> bool:
    return offer.handed_in_at is None and not offer.legible


def awaited_files(offer_id: int) -> list[Proposal]:
    """The files of an envelope that may still come, in the order of its body's lines."""
    query = select(Proposal).where(Proposal.offer_id == offer_id, *_FILE_AWAITED)
    return list(db.session.execute(query.order_by(Proposal.place)).scalars())


def missing(offer: Offer) -> Missing | None:
    """What may still be handed in of an envelope, None where nothing."""
    if offer.hand_in_due_at is None or not is_awaited(offer):
        return None
    some = awaited_files(offer.id)
    known = tuple(one.sha256 for one in some if one.sha256 is not None)
    return Missing(offer.commitment, offer.hand_in_due_at, _body_awaited(offer), known, len(some))


def awaited_of(attempt_id: int) -> list[str]:
    """Commitments of the attempt's envelopes of which anything is awaited, ascending."""
    query = select(Offer.commitment).join(Offer.registration).where(Registration.attempt_id == attempt_id, *AWAITED)
    return list(db.session.execute(query.order_by(Offer.commitment)).scalars())


def came(attempt_id: int) -> int:
    """How many bodies and files were handed in for what did not open."""
    bodies = select(func.count(Offer.handed_in_at)).join(Offer.registration)
    files = select(func.count(Proposal.handed_in_at)).join(Proposal.offer).join(Offer.registration)
    counted = (query.where(Registration.attempt_id == attempt_id) for query in (bodies, files))
    return sum(db.session.execute(query).scalar_one() for query in counted)


def broken(attempt_id: int) -> list[Offer]:
    """The attempt's envelopes that did not open, ascending by the agency's code."""
    return list(db.session.execute(_of(attempt_id).where(Offer.broken_at.is_not(None))).scalars())


def awaited(attempt_id: int, party_id: int | None) -> Offer | None:
    """The envelope of this organisation's agency of which anything is awaited, None where none is."""
    query = _of(attempt_id).where(Agency.organisation_id == party_id, *AWAITED)
    return db.session.execute(query).scalar_one_or_none()


def by_commitment(commitment: str) -> Offer:
    """The envelope with a commitment. Raises `NotFound`."""
    found = db.session.execute(select(Offer).where(Offer.commitment == commitment)).scalar_one_or_none()
    if found is None:
        raise NotFound("offer")
    return found


def need_of(offer: Offer) -> Need:
    """What the offer answers."""
    return offer.registration.attempt.announcement.need


def due_for_lapse(now: datetime) -> list[str]:
    """Commitments of envelopes whose body did not come in time, oldest limit first."""
    query = select(Offer.commitment).where(*AWAITED, Offer.hand_in_due_at <= now)
    return list(db.session.execute(query.order_by(Offer.hand_in_due_at, Offer.id)).scalars())


def next_lapse(now: datetime) -> datetime | None:
    """The first limit after `now` for handing in a body."""
    query = select(func.min(Offer.hand_in_due_at)).where(*AWAITED, Offer.hand_in_due_at > now)
    return db.session.execute(query).scalar_one_or_none()


def provisional(days: WorkCalendar) -> Select[str, str]:
    """Commitment and stamp of every awaited body whose provisional limit this calendar can tell better."""
    return select(Offer.commitment, func.replace(cast(Offer.hand_in_due_at, String), ":", "")).where(
        Offer.provisional, Offer.hand_in_due_at <= days.certain_until
    )


@dataclass(frozen=True, slots=True)
class Unopened:
    """An own envelope that did not open: where, its commitment, until when what of it may be handed in.

    `missing` is None once all has come, or its time is over; `files`: places and instants of files that came.
    """

    no: str
    title: str
    commitment: str
    due_at: datetime
    rulebook: str
    handed_in_at: datetime | None
    lapsed_at: datetime | None
    legible: bool
    missing: Missing | None
    files: tuple[tuple[int, datetime], ...]


def unopened(party_id: int | None, no: str) -> Unopened:
    """The envelope of this organisation, in the present attempt, that did not open. Raises `NotFound`."""
    announcement = registrations.announced(no)
    attempt = announcements.present_attempt(announcement)
    query = _of(attempt.id).where(Agency.organisation_id == party_id, Offer.broken_at.is_not(None))
    found = db.session.execute(query).scalar_one_or_none()
    if found is None:
        raise NotFound("offer")
    return _unopened(found)


def drawer(commitment: str) -> Path | None:
    """The file in which a demonstration's agency has kept its body, there or not; None in a real market."""
    settings: Settings = built.part("settings")
    return settings.instance / "bodies" / f"{commitment}.txt" if settings.demonstration else None


def kept_body(page: Unopened) -> str | None:
    """The body that the demonstration has kept for the agency whose envelope this is, as long as it is awaited."""
    file = None if page.missing is None or not page.missing.body else drawer(page.commitment)
    return file.read_text() if file is not None and file.exists() else None


def to_hand_in(party_id: int) -> list[Unopened]:
    """Everything of which this organisation may still hand in what did not open, most urgent first."""
    query = select(Offer).join(Offer.registration).join(Registration.agency)
    query = query.where(Agency.organisation_id == party_id, *AWAITED)
    return [_unopened(one) for one in db.session.execute(query.order_by(Offer.hand_in_due_at, Offer.id)).scalars()]


def _unopened(offer: Offer) -> Unopened:
    announcement = offer.registration.attempt.announcement
    if offer.hand_in_due_at is None:
        raise NotFound("offer")
    return Unopened(
        announcement.no or "",
        announcement.need.title,
        offer.commitment,
        offer.hand_in_due_at,
        registrations.rulebook_of(announcement),
        offer.handed_in_at,
        offer.lapsed_at,
        offer.legible,
        missing(offer),
        tuple((one.place, one.handed_in_at) for one in sealed_files(offer.id) if one.handed_in_at is not None),
    )


# Prices that must be explained


def low_price_terms(announcement: Announcement) -> LowPriceTerms:
    """What counts as a low price under the announcement's rulebook."""
    return rulebook(registrations.rulebook_of(announcement)).terms(LowPriceTerms)


def _questions(attempt_id: int) -> Select[PriceQuestion]:
    return (
        select(PriceQuestion)
        .join(PriceQuestion.offer)
        .join(Offer.registration)
        .join(Registration.agency)
        .join(Agency.organisation)
        .where(Registration.attempt_id == attempt_id)
        .order_by(Organisation.code)
    )


def questions(attempt_id: int) -> list[PriceQuestion]:
    """The attempt's prices that had to be explained, ascending by the agency's code."""
    return list(db.session.execute(_questions(attempt_id)).scalars())


def question_of(offer_id: int) -> PriceQuestion:
    """What is asked about an offer. Raises `NotFound` where nothing is."""
    found = db.session.execute(select(PriceQuestion).where(PriceQuestion.offer_id == offer_id)).scalar_one_or_none()
    if found is None:
        raise NotFound("price question")
    return found


def question_of_party(attempt_id: int, party_id: int | None) -> PriceQuestion | None:
    """What is asked about this organisation's price, None where nothing is."""
    return db.session.execute(_questions(attempt_id).where(Agency.organisation_id == party_id)).scalar_one_or_none()


def question_of_agency(attempt_id: int, code: str) -> PriceQuestion | None:
    """What is asked about the price of the agency with this USCC, None where nothing is."""
    return db.session.execute(_questions(attempt_id).where(Organisation.code == code)).scalar_one_or_none()


def due_for_unexplained(now: datetime) -> list[str]:
    """Commitments of offers whose price nobody explained in time."""
    query = select(Offer.commitment).join(PriceQuestion, PriceQuestion.offer_id == Offer.id)
    query = query.where(PriceQuestion.stated_at.is_(None), PriceQuestion.decided_at.is_(None))
    return list(db.session.execute(query.where(PriceQuestion.due_at <= now).order_by(PriceQuestion.id)).scalars())


def next_unexplained(now: datetime) -> datetime | None:
    """The first limit after `now` for explaining a price."""
    query = select(func.min(PriceQuestion.due_at)).where(
        PriceQuestion.stated_at.is_(None), PriceQuestion.decided_at.is_(None), PriceQuestion.due_at > now
    )
    return db.session.execute(query).scalar_one_or_none()


def provisional_questions(days: WorkCalendar) -> Select[str, str]:
    """Commitment and stamp of every price question whose provisional limit this calendar can tell better."""
    running = func.coalesce(PriceQuestion.decide_due_at, PriceQuestion.due_at)
    return (
        select(Offer.commitment, stamp(running))
        .join(PriceQuestion, PriceQuestion.offer_id == Offer.id)
        .where(PriceQuestion.provisional, running <= days.certain_until)
    )


def undecided_prices() -> Running:
    """Statements that wait for the purchaser's decision, with the end of its time: what is watched."""
    return (
        limits(
            no=Announcement.no,
            at=PriceQuestion.decide_due_at,
            region=Need.region,
            title=Need.title,
            party=Purchaser.organisation_id,
        )
        .select_from(PriceQuestion)
        .join(Offer, Offer.id == PriceQuestion.offer_id)
        .join(Registration, Registration.id == Offer.registration_id)
        .join(Attempt, Attempt.id == Registration.attempt_id)
        .join(Announcement, Announcement.id == Attempt.announcement_id)
        .join(Need, Need.id == Announcement.need_id)
        .join(Purchaser, Purchaser.id == Need.purchaser_id)
        .where(PriceQuestion.decide_due_at.is_not(None), PriceQuestion.decided_at.is_(None))
        .distinct()
    )


@dataclass(frozen=True, slots=True)
class Question:
    """A price that must be explained, as its parties and the public see it; `statement` for the parties alone."""

    no: str
    title: str
    rulebook: str
    code: str
    name: str
    amount_fen: Fen
    ceiling_fen: Fen
    mean_fen: Fen | None
    due_at: datetime
    stated_at: datetime | None
    statement: str | None
    file: str | None
    decide_due_at: datetime | None
    decided_at: datetime | None
    accepted: bool | None
    reason: str | None


def questions_of(no: str, *, attempt: int | None = None) -> list[Question]:
    """The prices of an attempt (the present one unless told) that had to be explained."""
    announcement = registrations.announced(no)
    chosen = announcements.attempt(announcement.id, attempt or announcement.attempt_number)
    found = questions(chosen.id)
    prices = {one.id: one.amount_fen for one in opened(chosen.id) if one.amount_fen is not None} if found else {}
    return [_question(announcement, one, prices) for one in found]


def _question(announcement: Announcement, question: PriceQuestion, prices: Mapping[int, Fen]) -> Question:
    organisation = question.offer.registration.agency.organisation
    others = [amount for offer_id, amount in prices.items() if offer_id != question.offer_id]
    return Question(
        no=announcement.no or "",
        title=announcement.need.title,
        rulebook=registrations.rulebook_of(announcement),
        code=organisation.code,
        name=organisation.name,
        amount_fen=prices[question.offer_id],
        ceiling_fen=announcement.need.budget_fen,
        # Shown, never compared: rules.prices compares without division.
        mean_fen=Fen((2 * sum(others) + len(others)) // (2 * len(others))) if others else None,
        due_at=question.due_at,
        stated_at=question.stated_at,
        statement=question.statement,
        file=question.file,
        decide_due_at=question.decide_due_at,
        decided_at=question.decided_at,
        accepted=question.accepted,
        reason=question.reason,
    )


def to_explain(no: str, party_id: int | None) -> Question:
    """This organisation's own price that must be explained. Raises `NotFound` where none is."""
    own = question_of_party(announcements.present_attempt(registrations.announced(no)).id, party_id)
    if own is None:
        raise NotFound("price question")
    code = own.offer.registration.agency.organisation.code
    return next(question for question in questions_of(no) if question.code == code)


def to_judge(no: str, code: str, party_id: int | None) -> Question:
    """A price that the purchaser of an announcement decides on. Raises `NotFound` for everybody else."""
    if registrations.announced(no).need.purchaser.organisation_id == party_id:
        for question in questions_of(no):
            if question.code == code:
                return question
    raise NotFound("price question")


def stated(no: str, code: str, actor: Actor) -> Question:
    """A price and what its agency said of it; raises `NotFound` for who may not read it.

    The agency, the purchaser who decides, the supervisor of the branch who consents.
    """
    announcement = registrations.announced(no)
    found = next((question for question in questions_of(no) if question.code == code), None)
    side = actor.code == code or announcement.need.purchaser.organisation_id == actor.party_id
    watching = Role.SUPERVISOR in actor.roles and branches.sees(actor, announcement.need.region)
    if found is None or not (side or watching):
        raise NotFound("price question")
    return found


def unanswered(*, agency: int | None = None, purchaser: int | None = None) -> list[tuple[str, str, str, datetime]]:
    """What waits for an agency to explain, or for a purchaser to decide: number, title, agency's code, limit."""
    query = (
        select(PriceQuestion)
        .join(PriceQuestion.offer)
        .join(Offer.registration)
        .join(Registration.agency)
        .join(Registration.attempt)
        .join(Attempt.announcement)
        .join(Announcement.need)
        .join(Need.purchaser)
        .where(PriceQuestion.decided_at.is_(None))
        .order_by(PriceQuestion.due_at, PriceQuestion.id)
    )
    if agency is not None:
        query = query.where(Agency.organisation_id == agency, PriceQuestion.stated_at.is_(None))
    if purchaser is not None:
        query = query.where(Purchaser.organisation_id == purchaser, PriceQuestion.stated_at.is_not(None))
    found = db.session.execute(query).scalars()
    return [
        (
            need_of(one.offer).title,
            one.offer.registration.attempt.announcement.no or "",
            one.offer.registration.agency.organisation.code,
            one.due_at if one.decide_due_at is None else one.decide_due_at,
        )
        for one in found
    ]


def envelopes(attempt_id: int) -> int:
    """How many valid registrations have an envelope that counts; after the freeze has judged."""
    return len(counting(attempt_id))


def opened(attempt_id: int) -> list[Offer]:
    """The offers that were opened, ascending by the agency's code; none before the opening."""
    return list(db.session.execute(_of(attempt_id).where(Offer.opened_at.is_not(None))).scalars())


def _of(attempt_id: int) -> Select[Offer]:
    return (
        select(Offer)
        .join(Offer.registration)
        .join(Registration.agency)
        .join(Agency.organisation)
        .where(Registration.attempt_id == attempt_id)
        .order_by(Organisation.code, Offer.id)
    )


def published(no: str, *, attempt: int | None = None) -> list[Published]:
    """Every envelope of an attempt (the present one unless told), once its counting ones were opened.

    Raises `NotFound` before the opening and where nothing was ever opened: until then not even a number is told.
    """
    announcement = registrations.announced(no)
    chosen = announcements.attempt(announcement.id, attempt or announcement.attempt_number)
    rows = db.session.execute(
        _of(chosen.id).add_columns(Entry.position).join(Entry, Entry.ref == Offer.entry_ref)
    ).all()
    if not any(offer.opened_at is not None for offer, _ in rows):
        raise NotFound("offers")
    return [
        Published(offer.registration.agency.organisation.code, offer.commitment, offer.body, index)
        for offer, index in rows
    ]


@dataclass(frozen=True, slots=True)
class Listed:
    """One envelope of an agency on the frozen list; `body` is None for what was not opened.

    `refused`: how a price that had to be explained was lost, None otherwise. `outdated`: it answers an earlier revision
    than its registration, which was confirmed anew.
    """

    id: str
    commitment: str
    body: str | None
    index: int
    refused: str | None
    outdated: bool


def undecided(attempt_id: int) -> bool:
    """Whether a price of the attempt still has to be explained or decided on."""
    return any(question.decided_at is None for question in questions(attempt_id))


def of_listed(attempt_id: int) -> list[Listed]:
    """Every envelope of everybody on the frozen list, by the agency's code and in the log's order (protocol.md §4)."""
    rows = db.session.execute(
        _of(attempt_id)
        .where(Registration.judged_at.is_not(None))
        .add_columns(Entry.position)
        .join(Entry, Entry.ref == Offer.entry_ref)
    )
    refused = {
        question.offer_id: "low_price_unexplained" if question.stated_at is None else "low_price_refused"
        for question in questions(attempt_id)
        if question.accepted is False
    }
    return [
        Listed(
            offer.registration.agency.organisation.code,
            offer.commitment,
            offer.body,
            index,
            refused.get(offer.id),
            offer.revision != offer.registration.revision,
        )
        for offer, index in rows
        if index is not None
    ]


# Proposals


def sealed_files(offer_id: int) -> list[Proposal]:
    """The files of an offer in the order of its body's lines."""
    return list(
        db.session.execute(select(Proposal).where(Proposal.offer_id == offer_id).order_by(Proposal.place)).scalars()
    )


def proposals(attempt_id: int) -> Mapping[int, tuple[Proposal, ...]]:
    """The files of an attempt's opened offers, by registration, in the order of the body's lines."""
    found: dict[int, list[Proposal]] = {}
    query = (
        select(Proposal)
        .join(Proposal.offer)
        .join(Offer.registration)
        .where(Registration.attempt_id == attempt_id, Offer.opened_at.is_not(None))
    )
    for proposal in db.session.execute(query.order_by(Proposal.offer_id, Proposal.place)).scalars():
        found.setdefault(proposal.offer.registration_id, []).append(proposal)
    return {registration: tuple(some) for registration, some in found.items()}


def content(proposal: Proposal) -> tuple[bytes, str]:
    """The bytes of an opened file, and what its name ends with. Raises `NotFound` for one that cannot be opened."""
    try:
        found = opener(proposal)()
    except (OSError, sealing.Unopenable) as error:
        raise NotFound("proposal") from error
    return found, files.TYPES[files.kind(io.BytesIO(found)) or files.PDF]


def opener(proposal: Proposal) -> Callable[[], bytes]:
    """What gives the bytes of an opened file when they are wanted, without asking the database again.

    It raises `OSError` or `sealing.Unopenable` for one that cannot be opened.
    """
    place = files.path(proposal.handed_in or proposal.box)
    key, sha256 = proposal.key or b"", proposal.sha256 or ""
    return lambda: envelope.open_proposal(place.read_bytes(), key=key, sha256=sha256)


def ground(announcement: Announcement, registration: Registration | None) -> Ground:
    """What an offer of this registration stands on."""
    second = announcement.need.method in SECOND
    return Ground(
        by_price=announcement.need.method in SEALED | SECOND,
        ceiling_fen=announcement.need.budget_fen,
        promised_days=None if registration is None else registration.promised_days,
        confirmed=registration is not None and registration.revision == announcement.revision,
        by_proposal=announcement.need.method in BY_PROPOSAL,
        rates=rates_of(announcement),
        items=_itemized(announcement.need),
        invited=not second or (registration is not None and registration.invited_at is not None),
        drawn=not second or (registration is not None and registration.attempt.offers_close_at is not None),
    )


def _itemized(need: Need) -> tuple[str, ...]:
    return need.codes if need.further is not None and need.method in ITEMIZED else ()


@dataclass(frozen=True, slots=True)
class AskedFor:
    """What a price consists of: a rate, or amounts of several items, or one amount in all."""

    rate: bool
    items: tuple[tuple[str, str], ...]


def asked_for(no: str) -> AskedFor:
    """What an announcement asks its agencies for, mostly in one look. Raises `NotFound`."""
    found = values(_asked_for(), {"no": no}).one_or_none()
    if found is None:
        raise NotFound("announcement")
    if found.method in RATED:
        return AskedFor(rates_of(registrations.announced(no)) is not None, ())
    return AskedFor(False, itemized(no) if found.further is not None and found.method in ITEMIZED else ())


@lru_cache(maxsize=1)
def _asked_for() -> Select[Method, str | None]:
    query = select(Need.method, Need.further).join(Announcement, Announcement.need_id == Need.id)
    return query.where(Announcement.no == bindparam("no", type_=String()))


def itemized(no: str) -> tuple[tuple[str, str], ...]:
    """Code and name of each item that is priced for itself, ascending by code; none where only a total is asked for.

    Raises `NotFound`.
    """
    need = registrations.announced(no).need
    return tuple(sorted((item.item_code, item.name) for item in need.items)) if _itemized(need) else ()


@dataclass(frozen=True, slots=True)
class PricedItem:
    """The part of an opened offer for one service item: fen and working days."""

    code: str
    name: str
    amount_fen: Fen
    days: int


def priced_items(offers: Iterable[Offer]) -> Mapping[int, tuple[PricedItem, ...]]:
    """By registration, what the bodies of opened offers of one attempt say of each item; those that do."""
    found: dict[int, tuple[PricedItem, ...]] = {}
    names: dict[str, str] = {}
    for offer in offers:
        need = need_of(offer)
        if offer.body is None or not _itemized(need):
            continue
        names = names or {item.item_code: item.name for item in need.items}
        found[offer.registration_id] = tuple(
            PricedItem(item.code, names[item.code], Fen(item.value), item.promised_days)
            for item in envelope.parse_body(offer.body).items
        )
    return found


def priced_items_of(attempt: Attempt, agency_id: int) -> tuple[PricedItem, ...]:
    """What an agency's opened offer in an attempt says of each item; none where only a total was asked for."""
    if not _itemized(attempt.announcement.need):
        return ()
    query = _of(attempt.id).where(Registration.agency_id == agency_id, Offer.opened_at.is_not(None))
    return next(iter(priced_items(db.session.execute(query).scalars()).values()), ())


def rates_of(announcement: Announcement) -> tuple[Ppm, Ppm] | None:
    """The least and the most discount in ppm, where the method asks for a rate; None where it asks for an amount."""
    asked = announcement.need.asked
    if announcement.need.method not in RATED or asked.min_ppm is None or asked.max_ppm is None:
        return None
    return asked.min_ppm, asked.max_ppm


def page(actor: Actor, no: str, *, now: datetime) -> OfferPage:
    """An announcement as the actor's agency sees it when it wants to offer. Raises `NotFound`."""
    announcement = registrations.announced(no)
    attempt = announcements.present_attempt(announcement)
    window = registrations.offer_window(announcement, attempt)
    agency = agencies.by_party(actor.party)
    own = None if agency is None else registrations.of(attempt.id, agency.id)
    stands_on = ground(announcement, own)
    return OfferPage(
        no=no,
        title=announcement.need.title,
        closes_at=window.closes,
        ceiling_fen=stands_on.ceiling_fen,
        rates=stands_on.rates,
        promised_days=stands_on.promised_days,
        rulebook=registrations.rulebook_of(announcement),
        open=window.bar(now) is None,
        by_proposal=stands_on.by_proposal,
        items=itemized(no),
        own=() if own is None else _own(own.id, announcement.revision),
        refusals=tuple(
            rules.refusals_to_offer(
                registrations.position(actor, announcement, agency=agency, own=own, now=now),
                ground=stands_on,
                window=window,
                now=now,
            )
        ),
    )


def _own(registration_id: int, revision: int) -> tuple[OwnOffer, ...]:
    rows = db.session.execute(
        select(Offer.commitment, Offer.submitted_at, Offer.revision)
        .where(Offer.registration_id == registration_id)
        .order_by(Offer.id.desc())
    ).all()
    return tuple(
        OwnOffer(commitment, submitted_at, counts=place == 0 and answers == revision)
        for place, (commitment, submitted_at, answers) in enumerate(rows)
    )


def without_offer(party_id: int, *, now: datetime) -> list[Waiting]:
    """Where an organisation is registered and still owes an offer to the present terms, most urgent first."""
    answered = select(Offer.id).where(Offer.registration_id == Registration.id, Offer.revision == Announcement.revision)
    found = db.session.execute(
        select(Registration)
        .join(Registration.agency)
        .join(Registration.attempt)
        .join(Attempt.announcement)
        .join(Announcement.need)
        .where(
            Agency.organisation_id == party_id,
            Registration.withdrawn_at.is_(None),
            Registration.revision == Announcement.revision,
            Announcement.held_at.is_(None),
            Attempt.offer_key.is_not(None),
            or_(
                and_(Attempt.closes_at > now, Need.method.not_in(SECOND)),
                and_(Attempt.offers_close_at > now, Registration.invited_at.is_not(None)),
            ),
            Attempt.decision.is_(None),
            ~answered.exists(),
        )
        .order_by(func.coalesce(Attempt.offers_close_at, Attempt.closes_at), Registration.id)
    ).scalars()
    return [
        Waiting(
            one.attempt.announcement.no or "",
            one.attempt.announcement.need.title,
            one.attempt.offers_close_at or one.attempt.closes_at,
        )
        for one in found
    ]
