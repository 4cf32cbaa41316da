"""What stands against making a need public, and what its page shows before anybody tries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.act import Passes, Passing
from app.actor import Actor
from app.refusal import Refusal
from app.rulebook import Rulebook
from app.rules_in_force import rulebook, rulebook_for
from app.standing import standing_of
from app.values import Fen
from marketplace.announcement import eligible, queries, rules, times
from marketplace.announcement.models import EligibleCount
from marketplace.announcement.rules import AnnouncementAct, PublishTerms, Timetable
from marketplace.holder import queries as holders
from marketplace.holder import rules as holder_rules
from marketplace.holder.rules import OpeningTerms
from marketplace.need import queries as needs
from marketplace.need import services as need_steps
from marketplace.need.models import Need
from marketplace.need.rules import SEALED, SECOND, Method, same_terms
from marketplace.need.rules import Phase as NeedPhase
from marketplace.purchaser.rules import Fund


def against_thin(need: Need, *, book: Rulebook, now: datetime) -> tuple[tuple[Refusal, ...], tuple[str, ...]]:
    """Why nothing follows from the count for a need, and whom it named."""
    counted = eligible.counted(need, book=book, now=now)
    reasons = tuple(rules.refusals_to_thin(counted, winners=need.winners, now=now))
    return reasons, () if counted is None else counted.agencies


def against(need: Need, act: AnnouncementAct, *, now: datetime) -> tuple[Refusal, ...]:
    """Every reason against handing in or publishing a need as of `now`; the page shows them before anybody tries."""
    book = rulebook_for(need.region, now)
    standing = standing_of(need.purchaser.organisation_id, now=now, scope=needs.scope_of(need, book.id))
    return (
        *rules.refusals_to_announce(method=need.method, abandoned=need.abandoned_at is not None),
        *rules.refusals_to_way(act=act, reviewed=book.terms(PublishTerms).reviewed(need.fund)),
        *need_steps.refusals_now(need, now=now),
        *_unchanged(need),
        *undivided(need, book),
        *standing.to(act),
    )


def _unchanged(need: Need) -> Iterable[Refusal]:
    """What is written in the place of a purchase that failed under its terms must have other ones (attempts.max)."""
    before = None if need.follows_id is None else queries.by_need_id(need.follows_id)
    if before is not None and same_terms(needs.input_of(need), queries.announced(before)):
        yield Refusal("terms_unchanged", clause="attempts.max")


def undivided(need: Need, book: Rulebook) -> Iterable[Refusal]:
    """Where two of three holders open the offers, all three must be named before anything can be sealed to them."""
    if need.method not in SEALED | SECOND or not book.terms(OpeningTerms).shared:
        return ()
    return holder_rules.refusals_to_divide(holders.serving(need.region).keys())


@dataclass(frozen=True, slots=True)
class Way:
    """How a need becomes public as of an instant: by which act, from when it may close, and what stands against it."""

    act: AnnouncementAct
    rulebook: str
    earliest: times.Earliest
    refusals: tuple[Refusal, ...]
    minimum: int
    able: tuple[tuple[str, str], ...]
    against_count: tuple[Refusal, ...]
    counted: EligibleCount | None
    counted_until: datetime | None
    against_thin: tuple[Refusal, ...]
    two: bool

    @property
    def few(self) -> bool:
        """Whether so few could register now that a count makes a difference, or one was published."""
        return not self.against_count or self.counted is not None


def way_of(need: Need, *, now: datetime) -> Way:
    """What the page of publishing shows before anybody tries; decided again inside the act."""
    book = rulebook_for(need.region, now)
    reviewed = book.terms(PublishTerms).reviewed(need.fund)
    verb = AnnouncementAct.SUBMIT if reviewed else AnnouncementAct.PUBLISH
    taken = (Refusal("need_taken"),) if needs.phase_of(need) is NeedPhase.ANNOUNCED else ()
    reasons = (*taken, *against(need, verb, now=now))
    able, minimum = eligible.able_for_need(need, book=book, now=now), needs.minimum_of(need, book)
    direct = need.method is Method.DIRECT
    count = eligible.count_of(need.id)
    return Way(
        act=verb,
        rulebook=book.id,
        earliest=times.earliest(need, book, now),
        refusals=reasons,
        minimum=minimum.count,
        able=tuple(able),
        against_count=tuple(
            rules.refusals_to_count(direct=direct, able=len(able), winners=need.winners, minimum=minimum)
        ),
        counted=count,
        counted_until=None if count is None else eligible.public_until(count),
        against_thin=against_thin(need, book=book, now=now)[0],
        two=needs.takes_two(need, book),
    )


def announcing(identifier: str, *, region: str, fund: Fund | None, budget_fen: Fen, now: datetime) -> dict[str, Any]:
    """The same look ahead for a need that is still being written: `earliest`, and whether it is `reviewed` first."""
    book = rulebook(identifier)
    return {
        "earliest": times.earliest_for(book, region=region, budget_fen=budget_fen, now=now),
        "reviewed": fund is not None and book.terms(PublishTerms).reviewed(fund),
    }


def against_all(need: Need, verb: AnnouncementAct, timetable: Timetable, *, now: datetime) -> Sequence[Refusal]:
    """The same with the wished closing, and that it was not handed in already."""
    taken = needs.phase_of(need) is NeedPhase.ANNOUNCED
    return (
        *((Refusal("need_taken"),) if taken else ()),
        *against(need, verb, now=now),
        *against_wish(need, timetable, rulebook_for(need.region, now), now=now),
    )


def against_wish(need: Need, timetable: Timetable, book: Rulebook, *, now: datetime) -> Sequence[Refusal]:
    """What stands against the closing that was wished; nothing where none was."""
    if timetable.closes_at is None:
        return ()
    return tuple(
        rules.refusals_to_closing(
            timetable.closes_at,
            workday=times.day_of(timetable.closes_at, need).working,
            window=times.earliest(need, book, now).window,
        )
    )


def passes_to_announce(verb: AnnouncementAct) -> Passes:
    """Whether a need is handed in by two people of its purchaser, and what stands against it already."""

    def asked(actor: Actor, subject: str | None, timetable: Timetable, /, *, now: datetime) -> Passing | None:
        need = needs.own(actor.party, subject or "")
        if not needs.takes_two(need, rulebook_for(need.region, now)):
            return None
        return Passing(need.version, tuple(against_all(need, verb, timetable, now=now)))

    return asked


def passes(actor: Actor, subject: str | None, wanted: object, /, *, now: datetime) -> Passing | None:
    """Whether a purchaser's act on its announcement takes two; a revision or an attempt in between makes it void."""
    announcement = queries.own(actor.party, subject or "")
    two = needs.takes_two(announcement.need, queries.book_of(announcement))
    return Passing(queries.version_of(announcement), ()) if two else None
