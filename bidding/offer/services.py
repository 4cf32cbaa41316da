"""Sealing an offer at submission, and opening all that count in one act; the amount is in clear nowhere in between."""

import hashlib
import hmac
import threading
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO

from app import files, sealing
from app.act import Deed, act, chance
from app.actor import Actor
from app.audit import services as audit
from app.calendar.services import anew, calendar
from app.keyring import keyring
from app.refusal import NotFound, OutOfTurn, Refusal, demand
from app.region import branches
from app.region import queries as regions
from app.stage import Moved, Settled
from app.values import Done, Fen, Nothing, Ppm
from app.workdays import Deadline
from bidding.offer import proposals, queries, questions, rules
from bidding.offer.envelope import (
    Body,
    Envelope,
    Item,
    Kind,
    Malformed,
    body_text,
    open_offer,
    parse_body,
    proposal_key,
    seal_offer,
    seal_proposal,
)
from bidding.offer.models import Offer, PriceQuestion, Proposal
from bidding.offer.rules import BodyInput, Judgement, OfferAct, OfferDone, OfferInput, Statement
from bidding.registration import queries as registrations
from bidding.registration import services as registering
from bidding.registration.models import Registration
from marketplace.agency import queries as agencies
from marketplace.agency.models import Agency
from marketplace.announcement import queries as announcements
from marketplace.announcement import steps as announcing
from marketplace.announcement.models import Announcement, Attempt
from marketplace.need.rules import RATED

HANDED_IN_INFO = b"zjcs-offer-1 handed in"

HAND_IN_DAYS = 1
"""Working days within which an agency may hand in what did not open (protocol.md §2.5)."""

SEALERS = threading.BoundedSemaphore(2)
"""Files of proposals that one process seals at once: a few copies of each are in memory meanwhile."""


@dataclass(frozen=True, slots=True)
class Broken:
    """One envelope of which something does not open: its body unless `legible`; these files, by SHA-256 if known."""

    offer: Offer
    legible: bool
    files: tuple[tuple[Proposal, str | None], ...] = ()


class BrokenEnvelope(Exception):
    """Envelopes that do not open whole, or hold no body of this attempt: the selection stops (protocol.md §2.5)."""

    def __init__(self, broken: Sequence[Broken]) -> None:
        self.broken = broken
        super().__init__(", ".join(one.offer.commitment for one in broken))


@dataclass(frozen=True, slots=True)
class Opened:
    """One opened offer: whose, fen, working days, and the body as it is published."""

    registration_id: int
    amount_fen: Fen = field(repr=False)
    days: int
    body: str = field(repr=False)


def submit(actor: Actor, subject: str | None, offer: OfferInput, /, *, key: str) -> Done:
    """An agency hands in its price: sealed at once, replacing its earlier one (M18a; protocol.md §2).

    The answer is an `OfferDone` with the body, which is stored nowhere. Raises `Refused` with every reason at once, and
    `AlreadyDone` with the receipt only.
    """
    with act(OfferAct.SUBMIT, actor=actor, key=key, subject=subject, input=offer) as deed:

        def reasons(
            announcement: Announcement,
            attempt: Attempt,
            now: datetime,
            agency: Agency | None,
            own: Registration | None,
        ) -> list[Refusal]:
            return list(
                rules.refusals_to_submit(
                    offer,
                    position=registrations.position(actor, announcement, agency=agency, own=own, now=now),
                    ground=queries.ground(announcement, own),
                    window=registrations.offer_window(announcement, attempt),
                    terms=registrations.terms(announcement),
                    now=now,
                )
            )

        def early(announcement: Announcement, attempt: Attempt, now: datetime) -> list[Refusal]:
            agency = agencies.by_party(actor.party)
            own = None if agency is None else registrations.of(attempt.id, agency.id)
            return reasons(announcement, attempt, now, agency, own)

        announcement, attempt, agency, registration = registering.entered(deed, subject, early, offers=True)
        demand(reasons(announcement, attempt, deed.now, agency, registration), rulebook=announcement.rulebook)
        if agency is None or registration is None:
            raise NotFound(deed.act)
        body, envelope = _sealed(offer, announcement=announcement, attempt=attempt, code=agency.organisation.code)
        offer_id = _keep(deed, registration, envelope, revision=announcement.revision)
        files.keep(deed, offer.boxes, by=f"announcement:{announcement.no}", sealed=True)
        for place, box in enumerate(offer.boxes, 1):
            deed.add(Proposal(offer_id=offer_id, place=place, box=box))
        registering.record(deed, announcement, attempt, agency)
        deed.commit_to(envelope.commitment)
        deed.tell(commitment=envelope.commitment)
    done = deed.answer()
    return OfferDone(done.act, done.subject, done.at, done.receipt, body=body)


def _sealed(offer: OfferInput, *, announcement: Announcement, attempt: Attempt, code: str) -> tuple[str, Envelope]:
    if attempt.offer_key is None:
        raise NotFound("offer key")
    body = body_text(
        Body(
            market=audit.market(),
            no=announcement.no or "",
            attempt=attempt.number,
            id=code,
            kind=Kind.AMOUNT if offer.rate_ppm is None else Kind.RATE,
            total=(offer.amount_fen or 0) if offer.rate_ppm is None else offer.rate_ppm,
            promised_days=offer.days,
            nonce=chance().secret().hex(),
            items=tuple(
                Item(item.code, item.amount_fen, item.days) for item in sorted(offer.items, key=lambda one: one.code)
            ),
            files=offer.files,
        )
    )
    return body, seal_offer(body, attempt_key=attempt.offer_key, ephemeral=chance().secret())


def _keep(deed: Deed, registration: Registration, envelope: Envelope, *, revision: int) -> int | None:
    return deed.insert(
        Offer,
        registration_id=registration.id,
        revision=revision,
        commitment=envelope.commitment,
        envelope=envelope.box,
        entry_ref=deed.ref,
        submitted_at=deed.now,
    )


def take_in(actor: Actor, no: str, stream: BinaryIO, /, *, key: str) -> tuple[str, str]:
    """Seals one file of a proposal before the act that names it: SHA-256 of the file, and of its box as it lies here.

    Nothing of the file is written anywhere in clear. Raises `FileRefused`, and `NotFound` where no offers are sealed.
    """
    attempt = announcements.present_attempt(registrations.announced(no))
    if attempt.offer_key is None:
        raise NotFound("offer key")
    return _take_in(actor, attempt, stream, recipient=attempt.offer_key, key=key)


def take_in_again(actor: Actor, no: str, stream: BinaryIO, /, *, key: str) -> tuple[str, str]:
    """The same for a file whose box did not open: to the deployment's own key, the attempt's may be what is broken.

    Raises `NotFound` where nothing of this organisation is awaited.
    """
    attempt = announcements.present_attempt(registrations.announced(no))
    if queries.awaited(attempt.id, actor.party_id) is None:
        raise NotFound("offer")
    return _take_in(actor, attempt, stream, recipient=keyring().opening_public, key=key)


def _take_in(actor: Actor, attempt: Attempt, stream: BinaryIO, *, recipient: bytes, key: str) -> tuple[str, str]:
    """e is derived, from this market's secret and the file itself, so that the same request again is the same request;
    who does not have the file cannot derive it.
    """
    with SEALERS:
        content = files.content(stream)
        digest = hashlib.sha256(content).hexdigest()
        about = f"{actor.account_id}\n{attempt.announcement.no}\n{attempt.number}\n{recipient.hex()}"
        text = f"zjcs-proposal-1\n{about}\n{key}\n{digest}\n"
        ephemeral = hmac.new(keyring().secret, text.encode(), hashlib.sha256).digest()
        box = seal_proposal(content, recipient=recipient, ephemeral=ephemeral)
        return digest, files.store_sealed(box, account_id=actor.account_id or 0)


def hand_in(actor: Actor, subject: str | None, handed: BodyInput, /, *, key: str) -> Done:
    """An agency hands in what did not open, its body or files of its proposal; all stays sealed until the opening.

    It may come in parts, until all of it is there. Source: protocol.md §2.5.
    """
    with act(OfferAct.HAND_IN, actor=actor, key=key, subject=subject, input=handed) as deed:
        announcement = deed.lock(announcements.row(subject or ""))
        attempt = announcements.present_attempt(announcement)
        offer = queries.awaited(attempt.id, actor.party)
        missing = None if offer is None else queries.missing(offer)
        text = rules.as_received(handed.body) if handed.body.strip() else ""
        demand(
            rules.refusals_to_hand_in(text, handed.files, boxes=len(handed.boxes), missing=missing, now=deed.now),
            rulebook=announcement.rulebook,
        )
        if offer is None or missing is None:
            raise NotFound(deed.act)
        if missing.body:
            offer.handed_in_at, offer.handed_in = deed.now, _kept(text, offer)
            for proposal, sha256 in zip(proposals.sealed_files(offer.id), parse_body(text).files, strict=False):
                proposal.sha256 = sha256 if proposal.broken_at is not None else None
        files.keep(deed, handed.boxes, by=f"announcement:{announcement.no}", sealed=True)
        came = dict(zip(handed.files, handed.boxes, strict=True))
        for proposal in queries.awaited_files(offer.id):
            if proposal.sha256 in came:
                proposal.handed_in_at, proposal.handed_in = deed.now, came[proposal.sha256]
        registering.record(deed, announcement, attempt, offer.registration.agency)
        deed.commit_to(offer.commitment)
        deed.tell(commitment=offer.commitment, files=list(handed.files))
    return deed.answer()


def _kept(text: str, offer: Offer) -> bytes:
    """To the deployment's own key: the attempt's may be what is broken."""
    return sealing.seal(
        text.encode(),
        recipient=sealing.public_key(keyring().opening),
        associated=bytes.fromhex(offer.commitment),
        info=HANDED_IN_INFO,
        ephemeral=chance().secret(),
    )


def lapse(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """No body came in time: the offer is withdrawn, and it counts as a refusal (protocol.md §2.5)."""
    with act(OfferAct.LAPSE, actor=actor, key=key, subject=subject) as deed:
        found = queries.by_commitment(subject or "")
        announcement = deed.lock(announcements.row(found.registration.attempt.announcement.no or ""))
        deed.session.refresh(found)
        if not queries.is_awaited(found) or found.hand_in_due_at is None or found.hand_in_due_at > deed.now:
            raise OutOfTurn("answered", deed.act)
        found.lapsed_at = deed.now
        deed.subject = announcement.no
        registering.record(deed, announcement, found.registration.attempt, found.registration.agency)
        deed.tell(commitment=found.commitment)
    return deed.answer()


def await_missing(deed: Deed, broken: Collection[Broken], *, region: str) -> datetime:
    """A step of an opening that had to stop: until when what did not open may be handed in (protocol.md §2.5)."""
    due = _hand_in_due(region, deed.now)
    for one in broken:
        offer = one.offer
        offer.broken_at, offer.hand_in_due_at, offer.provisional = deed.now, due.at, due.provisional
        offer.legible = one.legible and offer.handed_in is None
        if not one.legible:
            offer.handed_in_at = offer.handed_in = None
        for proposal, sha256 in one.files:
            proposal.sha256, proposal.broken_at = sha256, deed.now
            proposal.handed_in_at = proposal.handed_in = None
    return due.at


def _hand_in_due(region: str, since: datetime) -> Deadline:
    return calendar().due(since, HAND_IN_DAYS, path=regions.path(region))


def settle(deed: Deed, commitment: str) -> Settled:
    """A step: the time to hand in a body, computed anew (rules.md §2.1)."""
    offer = queries.by_commitment(commitment)
    announcement = deed.lock(announcements.row(offer.registration.attempt.announcement.no or ""))
    deed.session.refresh(offer)
    if not offer.provisional or offer.broken_at is None or offer.hand_in_due_at is None:
        raise OutOfTurn("settled", deed.act)
    before = after = offer.hand_in_due_at
    offer.provisional = False
    if queries.is_awaited(offer):
        due = _hand_in_due(announcement.need.region, offer.broken_at)
        after = anew(before, due, path=regions.path(announcement.need.region), now=deed.now)
        offer.hand_in_due_at, offer.provisional = after, due.provisional
    registering.record(deed, announcement, offer.registration.attempt, offer.registration.agency)
    party = offer.registration.agency.organisation_id
    return Settled((Moved("hand_in", before, after),), (party,), announcement.need.title)


def ask_about(deed: Deed, offers: Collection[Offer], *, region: str, days: int) -> datetime:
    """A step of the opening: until when each of these prices must be explained, in `days` working days."""
    due = calendar().due(deed.now, days, path=regions.path(region))
    for offer in offers:
        deed.add(PriceQuestion(offer_id=offer.id, due_at=due.at, provisional=due.provisional))
    return due.at


def explain(actor: Actor, subject: str | None, said: Statement, /, *, key: str) -> Done:
    """An agency explains its low price, once (rules.md §2.5 offer.low_price_alert)."""
    with act(OfferAct.EXPLAIN, actor=actor, key=key, subject=subject, input=said) as deed:
        announcement = deed.lock(announcements.row(subject or ""))
        attempt = announcements.present_attempt(announcement)
        question = questions.question_of_party(attempt.id, actor.party)
        asked = question is not None and question.decided_at is None
        demand(
            rules.refusals_to_explain(
                said.statement,
                due_at=question.due_at if question is not None and asked else None,
                stated=question is not None and question.stated_at is not None,
                now=deed.now,
            ),
            rulebook=announcement.rulebook,
        )
        if question is None:
            raise NotFound(deed.act)
        if said.file is not None:
            files.keep(deed, [said.file], by=f"announcement:{announcement.no}")
        due = _decide_due(announcement, deed.now)
        question.stated_at, question.statement, question.file = deed.now, said.statement.strip(), said.file
        question.decide_due_at, question.provisional = due.at, due.provisional
        deed.tell(decide_due_at=due.at)
        registering.record(deed, announcement, attempt, question.offer.registration.agency)
    return deed.answer()


def against_judging(actor: Actor, subject: str | None, judgement: Judgement, /, *, now: datetime) -> Iterable[Refusal]:
    """What stands against a decision on a low price, before the supervisor is asked. Raises `NotFound`."""
    announcement = announcements.by_no(subject or "")
    if announcement is None or announcement.need.purchaser.organisation_id != actor.party:
        raise NotFound(OfferAct.JUDGE)
    attempt = announcements.present_attempt(announcement)
    return _against_judging(questions.question_of_agency(attempt.id, judgement.agency), judgement)


def _against_judging(question: PriceQuestion | None, judgement: Judgement) -> Iterable[Refusal]:
    return rules.refusals_to_judge(
        judgement,
        open=question is not None and question.decided_at is None,
        stated=question is not None and question.stated_at is not None,
    )


def judge_price(actor: Actor, subject: str | None, judgement: Judgement, /, *, key: str) -> Done:
    """The purchaser accepts a low price or does not, with reasons; a supervisor has consented (M18)."""
    with act(OfferAct.JUDGE, actor=actor, key=key, subject=subject, input=judgement) as deed:
        announcement = deed.lock(announcements.row(subject or ""))
        if announcement.need.purchaser.organisation_id != actor.party:
            raise NotFound(deed.act)
        attempt = announcements.present_attempt(announcement)
        question = questions.question_of_agency(attempt.id, judgement.agency)
        demand(_against_judging(question, judgement), rulebook=announcement.rulebook)
        if question is None:
            raise NotFound(deed.act)
        branches.guard_consent(deed, announcement.need.region)
        question.decided_at, question.accepted, question.reason = deed.now, judgement.accepted, judgement.reason.strip()
        registering.record(deed, announcement, attempt, question.offer.registration.agency)
        deed.tell(agency=judgement.agency, accepted=judgement.accepted, reason=judgement.reason.strip())
    return deed.answer()


def _decide_due(announcement: Announcement, since: datetime) -> Deadline:
    """Until when the purchaser should decide. Source: rules.md §2.5 offer.low_price_alert; the days (inferred)."""
    days = questions.low_price_terms(announcement).low_price_decide_days
    return calendar().due(since, days, path=regions.path(announcement.need.region))


def leave_unexplained(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """No statement came in time: the offer is invalid (rules.md §2.5 offer.low_price_alert)."""
    with act(OfferAct.UNEXPLAINED, actor=actor, key=key, subject=subject) as deed:
        offer = queries.by_commitment(subject or "")
        announcement = deed.lock(announcements.row(offer.registration.attempt.announcement.no or ""))
        question = questions.question_of(offer.id)
        deed.session.refresh(question)
        if question.stated_at is not None or question.decided_at is not None or question.due_at > deed.now:
            raise OutOfTurn("explained", deed.act)
        question.decided_at, question.accepted = deed.now, False
        deed.subject = announcement.no
        registering.record(deed, announcement, offer.registration.attempt, offer.registration.agency)
        deed.tell(agency=offer.registration.agency.organisation.code)
    return deed.answer()


def settle_offers(deed: Deed, no: str) -> Settled:
    """A step: the closing for those whom the draw invited, computed anew (rules.md §2.1)."""
    announcement = deed.lock(announcements.row(no))
    attempt = announcements.present_attempt(announcement)
    moved = announcing.settle_offers(deed, announcement, attempt)
    invited = (one.agency.organisation_id for one in registrations.valid(attempt.id) if one.invited_at is not None)
    return Settled((moved,), (*invited, announcement.need.purchaser.organisation_id), announcement.need.title)


def settle_question(deed: Deed, commitment: str) -> Settled:
    """A step: the time to explain a price, or to decide on what was said, computed anew (rules.md §2.1)."""
    offer = queries.by_commitment(commitment)
    announcement = deed.lock(announcements.row(offer.registration.attempt.announcement.no or ""))
    question = questions.question_of(offer.id)
    deed.session.refresh(question)
    if not question.provisional:
        raise OutOfTurn("settled", deed.act)
    name, before = "explanation", question.due_at
    after, question.provisional = before, False
    if question.stated_at is None and question.decided_at is None and offer.opened_at is not None:
        path = regions.path(announcement.need.region)
        days = questions.low_price_terms(announcement).low_price_statement_days
        due = calendar().due(offer.opened_at, days, path=path)
        after = anew(before, due, path=path, now=deed.now)
        question.due_at, question.provisional = after, due.provisional
    elif question.stated_at is not None and question.decide_due_at is not None:
        name, before = "low_price_decision", question.decide_due_at
        after = before
        if question.decided_at is None:
            path, due = regions.path(announcement.need.region), _decide_due(announcement, question.stated_at)
            after = anew(before, due, path=path, now=deed.now)
            question.decide_due_at, question.provisional = after, due.provisional
    registering.record(deed, announcement, offer.registration.attempt, offer.registration.agency)
    party = offer.registration.agency.organisation_id
    parties = (party, announcement.need.purchaser.organisation_id)
    return Settled((Moved(name, before, after),), parties, announcement.need.title)


def open_all(deed: Deed, attempt: Attempt, offers: Collection[Offer], private: bytes | None) -> list[Opened]:
    """A step of the opening: write body and amount of each, in the given order. `private` is the attempt's key K.

    Raises `BrokenEnvelope` with all that do not open, do not match their commitment, are not of this attempt and
    agency, or have a file that does not open, before anything is written (protocol.md §2.5); with every one where there
    is no K. What was handed in stands in for what did not open.
    """
    bodies: list[tuple[str, Body]] = []
    broken: list[Broken] = []
    keys: dict[int, tuple[str, bytes]] = {}
    for offer in offers:
        sealed = proposals.sealed_files(offer.id)
        try:
            text, body = _opened(offer, attempt, private)
        except (sealing.Unopenable, Malformed):
            # Without K no box opens; with it each is tried once its hash is known.
            broken.append(Broken(offer, False, () if private else tuple((one, None) for one in sealed)))
            continue
        found = {
            one.id: (sha256, _file_key(one, sha256, private)) for one, sha256 in zip(sealed, body.files, strict=False)
        }
        lost = [(one, found[one.id][0]) for one in sealed if one.id in found and found[one.id][1] is None]
        if lost:
            broken.append(Broken(offer, True, tuple(lost)))
        bodies.append((text, body))
        keys |= {id: (sha256, key) for id, (sha256, key) in found.items() if key is not None}
    if broken:
        raise BrokenEnvelope(broken)
    opened = []
    for offer, (text, body) in zip(offers, bodies, strict=True):
        rate = Ppm(body.total) if body.kind is Kind.RATE else None
        base = attempt.announcement.need.budget_fen
        amount = Fen(body.total) if rate is None else rules.discounted(base, rate)
        offer.opened_at, offer.body, offer.amount_fen, offer.rate_ppm = deed.now, text, amount, rate
        for proposal in proposals.sealed_files(offer.id):
            proposal.sha256, proposal.key = keys[proposal.id]
        opened.append(Opened(offer.registration_id, amount, body.promised_days, text))
    return opened


def _file_key(proposal: Proposal, sha256: str, private: bytes | None) -> bytes | None:
    """The key of one sealed file, of the box that was handed in where one was; None where it does not open."""
    holder = private if proposal.handed_in is None else keyring().opening
    if holder is None:
        return None
    try:
        box = files.path(proposal.handed_in or proposal.box).read_bytes()
        return proposal_key(box, private=holder, sha256=sha256)
    except (sealing.Unopenable, OSError):
        return None


def _opened(offer: Offer, attempt: Attempt, private: bytes | None) -> tuple[str, Body]:
    text = _text(offer, private)
    body = parse_body(text)
    expected = (audit.market(), attempt.announcement.no, attempt.number, offer.registration.agency.organisation.code)
    asked = Kind.RATE if attempt.announcement.need.method in RATED else Kind.AMOUNT
    if (body.market, body.no, body.attempt, body.id) != expected or body.kind is not asked:
        raise Malformed("attempt, agency or kind")
    return text, body


def _text(offer: Offer, private: bytes | None) -> str:
    if offer.handed_in is not None:
        return sealing.open_box(
            offer.handed_in,
            private=keyring().opening,
            associated=bytes.fromhex(offer.commitment),
            info=HANDED_IN_INFO,
        ).decode()
    if private is None:
        raise sealing.Unopenable
    return open_offer(Envelope(offer.commitment, offer.envelope), private=private)
