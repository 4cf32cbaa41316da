"""Prices that must be explained: what was asked, what was said, what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select

from app.actor import Actor, Role
from app.database import db
from app.identity.models import Organisation
from app.refusal import NotFound
from app.region import branches
from app.rules_in_force import rulebook
from app.values import Fen
from bidding.offer import queries
from bidding.offer.models import Offer, PriceQuestion
from bidding.offer.rules import LowPriceTerms
from bidding.registration import queries as registrations
from bidding.registration.models import Registration
from marketplace.agency.models import Agency
from marketplace.announcement import queries as announcements
from marketplace.announcement.models import Announcement, Attempt
from marketplace.need.models import Need
from marketplace.purchaser.models import Purchaser


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


def asked(attempt_id: int) -> list[PriceQuestion]:
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
    found = asked(chosen.id)
    prices = (
        {one.id: one.amount_fen for one in queries.opened(chosen.id) if one.amount_fen is not None} if found else {}
    )
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
            queries.need_of(one.offer).title,
            one.offer.registration.attempt.announcement.no or "",
            one.offer.registration.agency.organisation.code,
            one.due_at if one.decide_due_at is None else one.decide_due_at,
        )
        for one in found
    ]


def undecided(attempt_id: int) -> bool:
    """Whether a price of the attempt still has to be explained or decided on."""
    return any(question.decided_at is None for question in asked(attempt_id))
