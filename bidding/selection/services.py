"""Freezing, opening, drawing: what the clockwork does with a closed attempt; choosing; and typing a beacon."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from app import sealing
from app.act import Deed, act
from app.actor import Actor, Role
from app.audit import services as records
from app.audit.canonical import canonical, sha256_hex
from app.audit.models import Head
from app.keyring import keyring
from app.refusal import NotFound, OutOfTurn, Refusal, demand
from app.region import branches
from app.rules_in_force import rulebook
from app.standing import Standing, standing_of
from app.values import Done, Nothing
from bidding.auction import queries as auctions
from bidding.auction import rules as in_auctions
from bidding.auction import services as auctioning
from bidding.offer import queries as offers
from bidding.offer import questions as price_questions
from bidding.offer import services as opening
from bidding.offer.models import Offer
from bidding.offer.rules import LowPriceTerms
from bidding.offer.services import BrokenEnvelope
from bidding.opening import services as keys
from bidding.registration import queries as registrations
from bidding.registration import services as registering
from bidding.registration.models import Registration
from bidding.registration.queries import Member
from bidding.registration.rules import RegistrationAct, refusals_to_unconfirmed
from bidding.selection import beacons, limits, lottery, merit, methods, queries, rules, steps, throws, transcript
from bidding.selection.models import Beacon, BeaconEntry, Selection, SettledThrow, ThrowEntry
from bidding.selection.rules import BeaconInput, Choice, SelectionAct, Throw
from marketplace.agency import queries as agencies
from marketplace.announcement import queries as announcements
from marketplace.announcement import steps as announcing
from marketplace.announcement.models import Attempt
from marketplace.announcement.rules import AnnouncementAct, Decision, Unsuccessful
from marketplace.need import queries as needs
from marketplace.need import services as need_steps
from marketplace.need.rules import SEALED, SECOND

THOUSAND = 1_000
"""Credit scores are thousandths."""


# The freeze


def freeze(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """Fix who takes part, as of the announced closing, whenever this really runs (protocol.md §1.3)."""
    with act(SelectionAct.FREEZE, actor=actor, key=key, subject=subject) as deed:
        announcement, attempt = steps.closed(deed, subject)
        frozen_at = attempt.closes_at
        if announcements.clock_stands(announcement, attempt):
            raise OutOfTurn("held", deed.act)
        if attempt.frozen_at is not None or attempt.decision is not None or frozen_at > deed.now:
            raise OutOfTurn("frozen" if attempt.frozen_at else "registering", deed.act)
        book = rulebook(announcement.rulebook or "")
        scope = needs.scope_of(announcement.need, book.id)
        judged = registrations.in_force_at_closing(attempt)
        stand = {one.id: standing_of(one.agency.organisation_id, now=frozen_at, scope=scope) for one in judged}
        members = registrations.consortia(attempt.id) if announcement.need.further is not None else {}
        verdicts = {
            one.id: _against(one, stand[one.id], members=members.get(one.id, ()), at=frozen_at) for one in judged
        }
        for registration in judged:
            registering.judge(deed, registration, rules.codes(verdicts[registration.id]))
        minimum = queries.minimum_of(attempt).count
        auction = auctions.announced(attempt, announcement.need, book)
        parameters = rules.parameters_of(
            announcement.need.method,
            budget_fen=announcement.need.budget_fen,
            price_fen=announcement.need.price_fen,
            asked=announcement.need.asked,
            minimum=minimum,
            low=book.terms(LowPriceTerms),
            auction=None if auction is None else in_auctions.parameters(auction, frozen_at=frozen_at),
        )
        valid = _counted(attempt, judged)
        text = lottery.frozen_text(
            market=records.market(),
            no=announcement.no or "",
            attempt=attempt.number,
            frozen_at=frozen_at,
            winners=attempt.winners,
            alternates=attempt.alternates,
            commitment=attempt.commitment,
            beacon_rule=attempt.beacon_rule,
            lines=[_line(one, lots=_lots(attempt, stand[one.id]), members=members.get(one.id, ())) for one in judged],
        )
        deed.add(
            Selection(
                attempt_id=attempt.id,
                frozen_at=frozen_at,
                frozen_text=text,
                frozen=sha256_hex(text),
                verdicts=_told(judged, verdicts),
                freeze_ref=deed.ref,
                minimum=minimum,
                parameters=canonical(parameters),
                valid=valid,
                beacon_rule=attempt.beacon_rule,
            )
        )
        announcing.freeze(deed, attempt, frozen_at)
        if auction is not None and valid >= minimum:
            auctioning.open_auction(deed, attempt, auction)
        steps.about(deed, announcement, attempt)
        bound = transcript.terms(
            method=announcement.need.method,
            parameters=parameters,
            rulebook=book.id,
            rulebook_sha256=book.sha256,
        )
        deed.tell(frozen=sha256_hex(text), terms=bound)
    return deed.answer()


def _against(
    registration: Registration, standing: Standing, *, members: Sequence[Member], at: datetime
) -> tuple[Refusal, ...]:
    """What stands against a registration; a consortium is judged together, by those alone who said yes."""
    active = () if agencies.is_active(registration.agency, at) else (Refusal("agency_not_active"),)
    joined = [member.party_id for member in members if member.joined_at]
    if not joined:
        against = standing.to(RegistrationAct.SUBMIT)
    else:
        parties = (registration.agency.organisation_id, *joined)
        against = registrations.together(registration.attempt.announcement, parties, now=at)
    return (*active, *against, *refusals_to_unconfirmed(len(members) - len(joined)))


def _lots(attempt: Attempt, standing: Standing) -> int:
    """One, or where lots follow credit the score as of the closing in whole points (rules.md §2.6 CREDIT_MERIT)."""
    by_credit = methods.METHODS[queries.method(attempt)].lots
    return merit.lots_of((standing.score or 0) // THOUSAND) if by_credit else 1


def _line(registration: Registration, *, lots: int, members: Sequence[Member]) -> lottery.Line:
    lead = registration.agency.organisation.code
    reasons = registration.reasons or ()
    return lottery.Line(
        id=lead,
        lots=0 if reasons else lots,
        contribution=registration.contribution,
        made=registration.made.value,
        members=tuple(member.code for member in members if member.joined_at),
        reasons=reasons,
    )


def _told(judged: Sequence[Registration], verdicts: Mapping[int, tuple[Refusal, ...]]) -> str:
    """Each verdict in full, so that a later page says the clause and the figures of the freeze (M46)."""
    return canonical(
        {
            registration.agency.organisation.code: [
                {"code": one.code, "clause": one.clause, "field": None, "params": dict(one.params)}
                for one in verdicts[registration.id]
            ]
            for registration in judged
        }
    )


def _counted(attempt: Attempt, judged: Sequence[Registration]) -> int:
    """What the minimum is compared with: valid registrations, in a price method those with an unopened envelope."""
    valid = {registration.id for registration in judged if not registration.reasons}
    if queries.method(attempt) in SEALED:
        valid &= {offer.registration_id for offer in offers.counting(attempt.id)}
    return len(valid)


# Too few


def destroy_key(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """Too few envelopes: the key goes, so that nobody enters the next attempt knowing everybody's price (§2.5)."""
    with act(SelectionAct.DESTROY_KEY, actor=actor, key=key, subject=subject) as deed:
        announcement, attempt = steps.closed(deed, subject)
        selection = _in_turn(attempt, SelectionAct.DESTROY_KEY, now=deed.now)
        keys.destroy(deed, attempt)
        selection.key_destroyed_at = deed.now
        steps.about(deed, announcement, attempt)
        deed.tell(offer_key="" if attempt.offer_key is None else attempt.offer_key.hex())
    return deed.answer()


def close_unsuccessful(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """Too few: the announcement says so at once, with count and minimum; the record follows (rules.md §2.6)."""
    with act(AnnouncementAct.CLOSE_UNSUCCESSFUL, actor=actor, key=key, subject=subject) as deed:
        announcement, attempt = steps.closed(deed, subject)
        selection = _in_turn(attempt, AnnouncementAct.CLOSE_UNSUCCESSFUL, now=deed.now)
        invited = selection.drawn_at is not None
        reason = "too_few_offers" if invited or queries.method(attempt) in SEALED else "too_few_registrations"
        ended = Unsuccessful(
            reason,
            valid=len(offers.counting(attempt.id)) if invited else selection.valid,
            minimum=selection.minimum,
            clause=queries.minimum_of(attempt).clause,
        )
        deed.subject = announcement.no
        announcing.end_unsuccessful(deed, announcement, attempt, ended)
    return deed.answer()


# The opening


def open_offers(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """Open every envelope that counts, in one act; without a tie the result stands (protocol.md §1.5, §2.5).

    One that does not open stops the selection: its agency is to hand in the body, nobody guesses a price. Once every
    body has come, or its time is over, this act is performed again.
    """
    with act(SelectionAct.OPEN, actor=actor, key=key, subject=subject) as deed:
        announcement, attempt = steps.closed(deed, subject)
        selection = _in_turn(attempt, SelectionAct.OPEN, now=deed.now)
        steps.about(deed, announcement, attempt)
        valid = {registration.id: registration for registration in registrations.valid(attempt.id)}
        counting = [offer for offer in offers.counting(attempt.id) if offer.registration_id in valid]
        try:
            opening.open_all(deed, attempt, counting, keys.offer_key(attempt))
        except BrokenEnvelope as broken:
            selection.stopped_at = deed.now
            if keys.is_missing(attempt):
                deed.tell(holders_absent=True)
            due = opening.await_missing(deed, broken.broken, region=announcement.need.region)
            deed.tell(unopened=sorted(one.offer.commitment for one in broken.broken), bodies_due_at=due)
        else:
            selection.opened_at = deed.now
            # The key has served: what was replaced before the closing stays sealed for ever (protocol.md §2.4).
            keys.destroy(deed, attempt)
            deed.tell(
                offers=[
                    {
                        "id": valid[offer.registration_id].agency.organisation.code,
                        "commitment": offer.commitment,
                        "amount_fen": offer.amount_fen,
                        **({} if offer.rate_ppm is None else {"rate_ppm": offer.rate_ppm}),
                        "days": valid[offer.registration_id].promised_days,
                    }
                    for offer in counting
                ]
            )
            _ask_about_low_prices(deed, selection, counting)
            steps.decide(deed, selection, None if selection.record is None else json.loads(selection.record))
            deed.disclose("announcement", announcement.no or "")
    return deed.answer()


def _ask_about_low_prices(deed: Deed, selection: Selection, opened: Sequence[Offer]) -> None:
    """Prices that need a cost statement are told at once; the ranks wait for what becomes of them (rules.md §2.5)."""
    announcement, low = selection.attempt.announcement, queries.abnormally_low(selection)
    asked = [offer for offer in opened if offer.registration.agency.organisation.code in low]
    if asked:
        days = price_questions.low_price_terms(announcement).low_price_statement_days
        due = opening.ask_about(deed, asked, region=announcement.need.region, days=days)
        deed.tell(low=sorted(low), explain_by=due)


# The draw


def draw(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """Reveal the secret, publish the record, and where a draw decides, its result (protocol.md §1.3 to §1.6).

    Every frozen attempt comes here: drawn, unsuccessful, or void because no signed head over the freeze was older than
    the beacon. Raises `Contradiction` where the record does not pass its own verifier.
    """
    with act(SelectionAct.DRAW, actor=actor, key=key, subject=subject) as deed:
        announcement, attempt = steps.closed(deed, subject)
        selection = _frozen(attempt, SelectionAct.DRAW)
        head = queries.head_over(selection)
        _demand_turn(selection, SelectionAct.DRAW, head=head, now=deed.now)
        # Once decided, names and offers are public already; the next attempt's may by now be sealed under this number.
        undecided = attempt.decision is None
        steps.about(deed, announcement, attempt)
        record = _record(deed, selection, attempt, head=head, decision=_decision(selection, head))
        selection.secret, selection.seed, selection.drawn_at = record["secret"], record["seed"], deed.now
        selection.beacon_value = record["beacon_value"]
        selection.record = canonical(record)
        if record["decision"] == "void" and selection.voided_at is None:
            _void(deed, selection, attempt)
        elif undecided and selection.valid >= selection.minimum and queries.method(attempt) in SECOND:
            _invite(deed, selection)
        elif undecided and selection.valid >= selection.minimum:
            steps.decide(deed, selection, record)
        deed.tell(
            decision=record["decision"],
            frozen=selection.frozen,
            secret=record["secret"],
            beacon_on=record["beacon_on"],
            beacon_value=record["beacon_value"],
            seed=record["seed"],
            order=record["order"],
            **({} if record["factor"] is None else {"factor": record["factor"]}),
        )
        if undecided:
            deed.disclose("announcement", announcement.no or "")
    return deed.answer()


def _invite(deed: Deed, selection: Selection) -> None:
    """The head of the order may offer until a second closing (rules.md §2.6 SHORTLIST_THEN_BID)."""
    invited = queries.listed(selection)
    for registration in registrations.valid(selection.attempt_id):
        if registration.agency.organisation.code in invited:
            registering.invite(deed, registration)
    deed.tell(invited=list(invited), offers_close_at=announcing.take_offers(deed, selection.attempt))


def _decision(selection: Selection, head: Head | None) -> lottery.Decision:
    after = queries.beacon_after(selection)
    if selection.voided_at is not None or (
        head is not None and rules.is_late(head_at=head.timestamp, beacon_after=after)
    ):
        return "void"
    # Enough took part, and none of them made an offer that counts.
    nobody = selection.attempt.decision is Decision.UNSUCCESSFUL and selection.resulted_at is None
    return "unsuccessful" if selection.valid < selection.minimum or nobody else "drawn"


def _record(
    deed: Deed, selection: Selection, attempt: Attempt, *, head: Head | None, decision: lottery.Decision
) -> dict[str, Any]:
    about = f"announcement:{attempt.announcement.no}"
    published = records.entry_of(AnnouncementAct.PUBLISH, about, attempt=attempt.number)
    frozen = records.entry_by_ref(selection.freeze_ref)
    if published is None or frozen is None or head is None:
        raise steps.Contradiction(f"{about}: publication, freeze or head is missing")
    publish, freeze = records.entry_proofs((published, frozen), head)
    beacon = queries.beacon_of(selection)
    if beacon is not None:
        selection.beacon_on = beacon.on
    record = lottery.record(
        frozen_text=selection.frozen_text,
        secret=sealing.open_box(
            attempt.sealed_secret,
            private=keyring().opening,
            associated=bytes.fromhex(attempt.commitment),
            info=announcing.SECRET,
        ),
        beacon_value=None if beacon is None else beacon.value,
        beacon_on=None if beacon is None else beacon.on,
        decision=decision,
        names={
            one.agency.organisation.code: "".join(filter(str.isprintable, one.agency.organisation.name))
            for one in registrations.judged(attempt.id)
        },
        drawn_at=deed.now,
        factor=methods.METHODS[queries.method(attempt)].factor,
        publish=publish,
        freeze=freeze,
        head=records.head_members(head),
    )
    faults = lottery.verify(record)
    if faults:
        raise steps.Contradiction(f"{about}: {'; '.join(faults)}")
    return record


def _void(deed: Deed, selection: Selection, attempt: Attempt) -> None:
    selection.voided_at = deed.now
    auctioning.stop(deed, attempt)
    if keys.destroy(deed, attempt):
        selection.key_destroyed_at = deed.now
    # An attempt whose winners all refused before the record has already ended; its record still shows the void.
    if attempt.decision in (None, Decision.DRAWN):
        announcing.decide(deed, attempt, Decision.VOID)


# What people decide


def choose(actor: Actor, subject: str | None, choice: Choice, /, *, key: str) -> Done:
    """The owner chooses, where the method or too few schemes leave it to him, and says why (rules.md §2.6)."""
    with act(SelectionAct.CHOOSE, actor=actor, key=key, subject=subject, input=choice) as deed:
        announcement = deed.lock(announcements.row(subject or ""))
        attempt = announcements.present_attempt(announcement)
        selection = queries.of(attempt.id)
        if selection is None or announcement.need.purchaser.organisation_id != actor.party:
            raise NotFound(deed.act)
        reasons = rules.refusals_to_choose(
            choice,
            awaited=queries.awaited(selection) is rules.Awaited.CHOICE,
            standing=queries.standing_for_choice(selection),
            places=attempt.winners,
        )
        late = queries.refusals_by_limit(selection, now=deed.now)
        demand([*late, *reasons], rulebook=announcement.rulebook)
        need, book = announcement.need, rulebook(announcement.rulebook or "")
        version = announcements.version_of(announcement)
        two = need_steps.against_hands(need, actor, book=book, version=version)
        demand(two, rulebook=book.id)
        steps.about(deed, announcement, attempt)
        selection.choice_reason = choice.reason.strip()
        deed.tell(agencies=list(choice.agencies), reason=choice.reason.strip())
        steps.rank(deed, selection, transcript.choice(actor.code or "", choice.agencies))
    return deed.answer()


def lapse(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """Nobody decided in time: the attempt is void, and the purchaser may announce the next (rules.md §3.1 row 17)."""
    with act(SelectionAct.LAPSE, actor=actor, key=key, subject=subject) as deed:
        announcement, attempt = steps.closed(deed, subject)
        selection = queries.of(attempt.id)
        if selection is None or not queries.is_awaited(selection) or (selection.decide_by or deed.now) > deed.now:
            raise OutOfTurn("drawn", deed.act)
        steps.about(deed, announcement, attempt)
        steps.give_up(deed, selection)
        deed.tell(decide_by=selection.decide_by)
    return deed.answer()


# Whose turn it is


def _frozen(attempt: Attempt, act: StrEnum) -> Selection:
    selection = queries.of(attempt.id)
    if selection is None:
        raise NotFound(act)
    return selection


def _in_turn(attempt: Attempt, act: StrEnum, *, now: datetime) -> Selection:
    selection = _frozen(attempt, act)
    _demand_turn(selection, act, head=queries.head_over(selection), now=now)
    return selection


def _demand_turn(selection: Selection, act: StrEnum, *, head: Head | None, now: datetime) -> None:
    if limits.next_act(selection, head=head, now=now) is not act:
        raise OutOfTurn(queries.phase_of(selection), act)


# The beacon


def enter_beacon(actor: Actor, subject: str | None, typed: BeaconInput, /, *, key: str) -> Done:
    """One office types a day's value; two equal entries settle it, two unequal ones are both set aside (§1.1).

    One pair serves every draw of the day, so an office types where at least one of them is in its branch (M04).
    """
    with act(SelectionAct.ENTER_BEACON, actor=actor, key=key, subject=subject, input=typed) as deed:
        if subject != typed.on.isoformat() or actor.account_id is None:
            raise NotFound(subject)
        beacons.hold_beacons(deed.session)
        deed.lock_none()
        regions = beacons.waiting_regions(typed.on)
        if not beacons.types_for(regions, actor):
            raise branches.outside(deed.act, actor, min(regions))
        entries = beacons.standing_entries(typed.on)
        demand(
            rules.refusals_to_enter(
                typed,
                now=deed.now,
                standing=any(entry.role is deed.role for entry in entries),
                settled=beacons.beacon(typed.on) is not None,
            )
        )
        entry = deed.add(
            BeaconEntry(on=typed.on, role=deed.role, account_id=actor.account_id, value=typed.value, at=deed.now)
        )
        deed.on("beacon", typed.on.isoformat())
        deed.tell(on=typed.on.isoformat(), value=typed.value)
        if entries:
            _compare(deed, [*entries, entry])
            deed.disclose("beacon", typed.on.isoformat())
    return deed.answer()


def _compare(deed: Deed, pair: Sequence[BeaconEntry]) -> None:
    agreed = len({entry.value for entry in pair}) == 1
    deed.tell(agreed=agreed)
    if agreed:
        deed.add(Beacon(on=pair[0].on, value=pair[0].value, settled_at=deed.now))
        return
    for entry in pair:
        entry.set_aside_at = deed.now


def enter_throw(actor: Actor, subject: str | None, typed: Throw, /, *, key: str) -> Done:
    """One office types what was thrown in the hall for one attempt; two that agree settle it, else both are set aside.

    Digits, instant and place become public with the second entry; who witnessed it stays with the offices (§1.1).
    """
    with act(SelectionAct.WITNESS, actor=actor, key=key, subject=subject, input=typed) as deed:
        announcement = deed.lock(announcements.row((subject or "").rpartition("-")[0]))
        selection = throws.of_throw(subject or "")
        attempt, after = selection.attempt, queries.beacon_after(selection)
        if actor.account_id is None or after is None:
            raise NotFound(subject)
        branches.guard(deed, announcement.need.region)
        head, entries = queries.head_over(selection), throws.standing_throws(selection.id)
        demand(
            rules.refusals_to_throw(
                typed,
                now=deed.now,
                after=after,
                head_at=None if head is None else head.timestamp,
                standing=any(entry.role is deed.role or entry.account_id == actor.account_id for entry in entries),
                settled=queries.throw_of(selection.id) is not None or selection.drawn_at is not None,
            ),
            rulebook=announcement.rulebook,
        )
        entry = deed.add(
            ThrowEntry(
                selection_id=selection.id,
                role=deed.role,
                account_id=actor.account_id,
                value=typed.value,
                thrown_at=typed.thrown_at,
                place=typed.place.strip(),
                witness=typed.witness,
                names=typed.names.strip(),
                at=deed.now,
            )
        )
        deed.attempt, deed.basis = attempt.number, announcement.rulebook
        deed.on("throw", subject or "")
        deed.on("announcement", announcement.no or "")
        deed.tell(attempt=attempt.number, value=typed.value, thrown_at=typed.thrown_at, place=typed.place.strip())
        if entries:
            _settle_throw(deed, selection, [*entries, entry])
            deed.disclose("throw", subject or "")
    return deed.answer()


def _settle_throw(deed: Deed, selection: Selection, pair: Sequence[ThrowEntry]) -> None:
    agreed = rules.agree([throws.typed(entry) for entry in pair])
    deed.tell(agreed=agreed)
    if not agreed:
        for entry in pair:
            entry.set_aside_at = deed.now
        return
    overseen = next(entry for entry in pair if entry.role is Role.SUPERVISOR)
    deed.add(
        SettledThrow(
            selection_id=selection.id,
            value=overseen.value,
            thrown_at=overseen.thrown_at,
            place=overseen.place,
            witness=overseen.witness,
            settled_at=deed.now,
        )
    )
