"""When a need may become public, change, or end."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import ClassVar, NamedTuple

from app.actor import Role
from app.calendar.rules import HoursTerms
from app.flow import Flow
from app.pinyin import folded, initials, spelt
from app.refusal import Refusal
from app.rulebook import RulebookError, term
from app.values import LONGEST_DAYS, SHANGHAI, Fen, Opens, Period
from marketplace.need.rules import PUBLIC_MONEY, Method, Minimum, Payer
from marketplace.purchaser.rules import Fund


class AnnouncementAct(StrEnum):
    """The acts on announcements."""

    COUNT = "announcement.count"
    SUBMIT = "announcement.submit"
    APPROVE = "announcement.approve"
    RETURN = "announcement.return"
    PUBLISH = "announcement.publish"
    AMEND = "announcement.amend"
    EXTEND = "announcement.extend"
    WITHDRAW = "announcement.withdraw"
    CLOSE_UNSUCCESSFUL = "announcement.close_unsuccessful"
    REPEAT = "announcement.repeat"
    CONCLUDE = "announcement.conclude"
    HOLD = "announcement.hold"
    HOLD_FAULT = "announcement.hold_fault"
    RELEASE = "announcement.release"
    RELEASE_FAULT = "announcement.release_fault"


class AnnouncementKind(StrEnum):
    """`open` invites registrations; `direct` publishes a direct commission."""

    OPEN = "open"
    DIRECT = "direct"


class Decision(StrEnum):
    """How an attempt ended for good."""

    DRAWN = "drawn"
    UNSUCCESSFUL = "unsuccessful"
    VOID = "void"
    WITHDRAWN = "withdrawn"


class Phase(StrEnum):
    """Derived from instants and decisions (rules.md §3.1)."""

    IN_REVIEW = "in_review"
    RETURNED = "returned"
    SCHEDULED = "scheduled"
    REGISTERING = "registering"
    SELECTING = "selecting"
    HELD = "held"
    DECIDED = "decided"
    UNSUCCESSFUL = "unsuccessful"
    VOID = "void"
    WITHDRAWN = "withdrawn"
    DIRECT = "direct"


class WithdrawReason(StrEnum):
    """The closed list of reasons to withdraw (rules.md §3.1 row 10; its members inferred)."""

    NEED_CEASED = "need_ceased"
    TERMS_WRONG = "terms_wrong"
    PROJECT_CHANGED = "project_changed"
    FUNDS_WITHDRAWN = "funds_withdrawn"


class Ending(StrEnum):
    """What becomes of a purchase that failed. Source: rules.md attempts.max."""

    CHANGE = "change"
    DIRECT = "direct"
    CANCEL = "cancel"


class HoldKind(StrEnum):
    """Who holds: the supervisor, for what it looks into; or the operator with its consent, for a fault."""

    SUPERVISION = "supervision"
    FAULT = "fault"


MAY = {
    AnnouncementAct.COUNT: {Role.PURCHASER},
    AnnouncementAct.SUBMIT: {Role.PURCHASER},
    AnnouncementAct.APPROVE: {Role.OPERATOR},
    AnnouncementAct.RETURN: {Role.OPERATOR},
    AnnouncementAct.PUBLISH: {Role.PURCHASER, Role.SYSTEM},
    AnnouncementAct.AMEND: {Role.PURCHASER},
    AnnouncementAct.EXTEND: {Role.SYSTEM},
    AnnouncementAct.WITHDRAW: {Role.PURCHASER},
    AnnouncementAct.CLOSE_UNSUCCESSFUL: {Role.SYSTEM},
    AnnouncementAct.REPEAT: {Role.PURCHASER},
    AnnouncementAct.CONCLUDE: {Role.PURCHASER},
    AnnouncementAct.HOLD: {Role.SUPERVISOR},
    AnnouncementAct.HOLD_FAULT: {Role.OPERATOR},
    AnnouncementAct.RELEASE: {Role.SUPERVISOR},
    AnnouncementAct.RELEASE_FAULT: {Role.OPERATOR},
}
CONSENT = {AnnouncementAct.HOLD_FAULT: Role.SUPERVISOR, AnnouncementAct.RELEASE_FAULT: Role.SUPERVISOR}
"""For a fault the operator performs and the supervisor consents. Source: rules.md §3.1 rows 11 and 12."""
OPENS = {
    AnnouncementAct.COUNT: Opens.AT_ONCE,
    AnnouncementAct.SUBMIT: Opens.NEVER,
    AnnouncementAct.APPROVE: Opens.NEVER,
    AnnouncementAct.RETURN: Opens.NEVER,
    AnnouncementAct.PUBLISH: Opens.AT_ONCE,
    AnnouncementAct.AMEND: Opens.AT_ONCE,
    AnnouncementAct.EXTEND: Opens.AT_ONCE,
    AnnouncementAct.WITHDRAW: Opens.AT_ONCE,
    AnnouncementAct.CLOSE_UNSUCCESSFUL: Opens.AT_ONCE,
    AnnouncementAct.REPEAT: Opens.AT_ONCE,
    AnnouncementAct.CONCLUDE: Opens.AT_ONCE,
    AnnouncementAct.HOLD: Opens.AT_ONCE,
    AnnouncementAct.HOLD_FAULT: Opens.AT_ONCE,
    AnnouncementAct.RELEASE: Opens.AT_ONCE,
    AnnouncementAct.RELEASE_FAULT: Opens.AT_ONCE,
}
BY_ITS_PURCHASER = (
    AnnouncementAct.AMEND,
    AnnouncementAct.WITHDRAW,
    AnnouncementAct.REPEAT,
    AnnouncementAct.CONCLUDE,
)
"""What a purchaser does with its published announcement; of much public money by two people (owner.approval_chain)."""
HOLDS = {AnnouncementAct.HOLD: HoldKind.SUPERVISION, AnnouncementAct.HOLD_FAULT: HoldKind.FAULT}
RELEASES = {AnnouncementAct.RELEASE: HoldKind.SUPERVISION, AnnouncementAct.RELEASE_FAULT: HoldKind.FAULT}
FLOW = Flow(
    {
        (Phase.IN_REVIEW, AnnouncementAct.APPROVE): Phase.SCHEDULED,
        (Phase.IN_REVIEW, AnnouncementAct.RETURN): Phase.RETURNED,
        (Phase.RETURNED, AnnouncementAct.SUBMIT): Phase.IN_REVIEW,
        (Phase.RETURNED, AnnouncementAct.PUBLISH): Phase.REGISTERING,
        (Phase.SCHEDULED, AnnouncementAct.PUBLISH): Phase.REGISTERING,
        (Phase.REGISTERING, AnnouncementAct.AMEND): Phase.REGISTERING,
        (Phase.REGISTERING, AnnouncementAct.EXTEND): Phase.REGISTERING,
        (Phase.REGISTERING, AnnouncementAct.WITHDRAW): Phase.WITHDRAWN,
        (Phase.SELECTING, AnnouncementAct.CLOSE_UNSUCCESSFUL): Phase.UNSUCCESSFUL,
        # The time to offer after a draw; an attempt that is already frozen has no other closing to move.
        (Phase.SELECTING, AnnouncementAct.EXTEND): Phase.SELECTING,
        (Phase.UNSUCCESSFUL, AnnouncementAct.REPEAT): Phase.SCHEDULED,
        (Phase.VOID, AnnouncementAct.REPEAT): Phase.SCHEDULED,
        # It stays what it was: what comes next has a number of its own.
        (Phase.UNSUCCESSFUL, AnnouncementAct.CONCLUDE): Phase.UNSUCCESSFUL,
        (Phase.VOID, AnnouncementAct.CONCLUDE): Phase.VOID,
        **{(phase, act): Phase.HELD for act in HOLDS for phase in (Phase.REGISTERING, Phase.SELECTING, Phase.DECIDED)},
        # Back to where it stood; only a hold before the closing has kept anything from happening.
        **{(Phase.HELD, act): Phase.REGISTERING for act in RELEASES},
        # After the freeze the computation never waits, also where it finds too few.
        (Phase.HELD, AnnouncementAct.CLOSE_UNSUCCESSFUL): Phase.UNSUCCESSFUL,
    }
)


@dataclass(frozen=True)
class PublishTerms:
    """Who looks at an announcement first, and how long it stands at least."""

    SECTION: ClassVar[str] = "publish"

    review_fiscal_state: bool = term("bool")
    review_social: bool = term("bool")
    review_deadline: int = term("workday")
    small_limit: Fen = term("fen")
    min_days_small: int = term("workday")
    min_days_large: int = term("workday")

    def reviewed(self, fund: Fund) -> bool:
        """Whether the operator checks an announcement of this fund class before it is published."""
        return self.review_fiscal_state if fund in PUBLIC_MONEY else self.review_social

    def minimum(self, budget: Fen) -> tuple[int, str]:
        """The full working days an announcement stands at least, and the key that says so."""
        if budget <= self.small_limit:
            return self.min_days_small, "publish.min_days_small"
        return self.min_days_large, "publish.min_days_large"


BEACONS = frozenset({"none", "lottery 3d+pl5", "witness"})
"""The beacon rules that can be followed to their end (protocol.md §1.1)."""


@dataclass(frozen=True)
class DrawTerms:
    """The beacon rule by fund class, and where digits are thrown where it is `witness` (protocol.md §1.1)."""

    SECTION: ClassVar[str] = "draw"

    beacon_fiscal_state: str = term("code")
    beacon_social: str = term("code")
    witness_place: str = term("text")

    def __post_init__(self) -> None:
        """No rulebook asks for a beacon that nobody could enter, nor for none where public money is spent (§2.5)."""
        for key, known in (("beacon_fiscal_state", BEACONS - {"none"}), ("beacon_social", BEACONS)):
            if getattr(self, key) not in known:
                raise RulebookError(f"draw.{key} is one of {', '.join(sorted(known))}")

    def beacon(self, fund: Fund) -> str:
        """The beacon rule of an attempt that spends this fund."""
        return self.beacon_fiscal_state if fund in PUBLIC_MONEY else self.beacon_social


@dataclass(frozen=True)
class OfferDaysTerms:
    """How many full working days those whom the draw invited have to offer."""

    SECTION: ClassVar[str] = "shortlist"

    offer_days: int = term("workday")


@dataclass(frozen=True)
class StandbyTerms:
    """How many alternates stand behind a winner."""

    SECTION: ClassVar[str] = "award"

    alternates: int = term("count")


@dataclass(frozen=True)
class AttemptTerms:
    """How often the same terms may be announced."""

    SECTION: ClassVar[str] = "attempts"

    max: int = term("count")


@dataclass(frozen=True)
class ThinTerms:
    """How long the count of eligible agencies is public before anything follows from it."""

    SECTION: ClassVar[str] = "min_valid"

    thin_publicity_days: int = term("workday")


@dataclass(frozen=True, slots=True)
class Timetable:
    """When registration should close; None = as early as the rules allow.

    `thin`: as few as were counted and published are enough (rules.md min_valid.thin).
    """

    closes_at: datetime | None = None
    thin: bool = False


@dataclass(frozen=True, slots=True)
class Return:
    """Why the operator sends an announcement back."""

    reason: str


@dataclass(frozen=True, slots=True)
class Change:
    """An amendment: why, and what is new; None = as before (the closing moves where the rules want it)."""

    reason: str
    content: str | None = None
    expected_days: int | None = None
    closes_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Why an announcement is withdrawn, for the public."""

    reason: WithdrawReason
    explanation: str


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What becomes of a purchase that failed, and why, for the public."""

    way: Ending
    explanation: str


@dataclass(frozen=True, slots=True)
class Because:
    """Why an announcement is held, or goes on: for the public."""

    reason: str


@dataclass(frozen=True, slots=True)
class Mended:
    """How a fault was ended, for the public, and what proves it (a file's SHA-256)."""

    reason: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Unsuccessful:
    """How an attempt failed: the reason's code, how many counted, how many it takes by which rulebook key."""

    reason_code: str
    valid: int
    minimum: int
    clause: str = ""


@dataclass(frozen=True, slots=True)
class Window:
    """Where a closing may lie: from the instant `earliest` on (`clause` says why), on a working day, in its hours."""

    earliest: datetime
    clause: str
    hours: HoursTerms


LONGEST = timedelta(days=366)
"""A closing lies at most this long after the earliest one, so that a slip of the year is noticed (inferred)."""


def refusals_to_closing(wish: datetime, *, workday: bool, window: Window) -> Iterator[Refusal]:
    """Why registration may not close at `wish`; `workday`: whether its local day is one. All name the earliest instant.

    Source: rules.md §2.1 period.minimum and opening_window; how late at the latest: inferred.
    """
    params = {"earliest_at": window.earliest.isoformat()}
    if wish - window.earliest > LONGEST:
        latest = {"latest_at": (window.earliest + LONGEST).isoformat()}
        yield Refusal("closing_too_late", field="closes_at", params={**params, **latest})
    if wish < window.earliest:
        yield Refusal("closing_too_early", clause=window.clause, field="closes_at", params=params)
    if not workday:
        yield Refusal("closing_not_workday", clause="calendar.opens", field="closes_at", params=params)
    if not window.hours.opens <= wish.astimezone(SHANGHAI).time() <= window.hours.closes:
        hours = {"opens": window.hours.opens.strftime("%H:%M"), "closes": window.hours.closes.strftime("%H:%M")}
        yield Refusal("closing_outside_hours", clause="calendar.opens", field="closes_at", params={**params, **hours})


AUCTION_PAUSE = timedelta(minutes=30)
"""At the least between the closing and an auction, so that whoever was admitted hears of it (inferred)."""


def auction_today(closing: datetime, *, length: timedelta, hours: HoursTerms) -> datetime | None:
    """When an auction begins on the day of the closing: whole within the hours; None where it must be another day.

    A whole number of seconds after the closing, which is how its transcript tells it. Source: rules.md §2.6 BID_LIVE
    (an announced instant; which one is inferred).
    """
    begins = max(closing + AUCTION_PAUSE, whole_seconds_after(closing, _at(closing, hours.opens)))
    return begins if begins + length <= _at(closing, hours.closes) else None


def whole_seconds_after(closing: datetime, wish: datetime) -> datetime:
    """The first instant, `wish` or later, that lies a whole number of seconds after the closing."""
    return closing - (closing - wish) // timedelta(seconds=1) * timedelta(seconds=1)


def _at(day: datetime, clock: time) -> datetime:
    return datetime.combine(day.astimezone(SHANGHAI).date(), clock, SHANGHAI).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Counted:
    """A published count of those who could register: who (USCC, ascending), public until `until_at`, for what.

    `what`: items, division and fund, which must be the need's still. `able`: how many could register now.
    """

    agencies: tuple[str, ...]
    until_at: datetime
    same: bool
    able: int


def refusals_to_count(*, direct: bool, able: int, winners: int, minimum: Minimum) -> Iterator[Refusal]:
    """Why a count changes nothing: there are enough, none at all, or fewer than places.

    Source: rules.md min_valid.thin.
    """
    if direct:
        yield Refusal("count_direct")
    elif able >= minimum.count:
        yield Refusal("count_enough", minimum.clause, params={"able": able, "minimum": minimum.count})
    elif able == 0:
        yield Refusal("count_nobody", "min_valid.thin")
    elif able < winners:
        yield Refusal("count_below_winners", "min_valid.thin", params={"able": able, "winners": winners})


def refusals_to_thin(counted: Counted | None, *, winners: int, now: datetime) -> Iterator[Refusal]:
    """Why nothing follows from a count: none, not public long enough (half-open), of something else, or outdated.

    Source: rules.md min_valid.thin; that more who became able meanwhile make it void: (inferred).
    """
    if counted is None:
        yield Refusal("thin_not_counted", "min_valid.thin", "thin")
        return
    if now < counted.until_at:
        until = {"until_at": counted.until_at.isoformat()}
        yield Refusal("thin_publicity_open", "min_valid.thin_publicity_days", "thin", params=until)
    if not counted.same or counted.able > len(counted.agencies) or len(counted.agencies) < winners:
        yield Refusal("thin_outdated", "min_valid.thin", "thin")


def refusals_to_announce(*, method: Method, abandoned: bool) -> Iterator[Refusal]:
    """Why a need cannot be announced for registration at all. Source: rules.md §3.1 rows 2 and 3."""
    if abandoned:
        yield Refusal("need_abandoned")
    if method is Method.DIRECT:
        yield Refusal("announce_direct")


def refusals_to_way(*, act: AnnouncementAct, reviewed: bool) -> Iterator[Refusal]:
    """Public money is handed in for review, social money published at once. Source: rules.md publish.review."""
    if act is AnnouncementAct.PUBLISH and reviewed:
        yield Refusal("review_needed", clause="publish.review_fiscal_state")
    if act is AnnouncementAct.SUBMIT and not reviewed:
        yield Refusal("review_not_needed", clause="publish.review_social")


def refusals_to_return(reason: str) -> Iterator[Refusal]:
    """A return says why. Source: rules.md §3.1 row 5."""
    if not reason.strip():
        yield Refusal("return_without_reason", field="reason")


def refusals_to_amend(change: Change, *, content: str, expected_days: int, closes_at: datetime) -> Iterator[Refusal]:
    """Why an amendment is none. The closing itself is judged by `refusals_to_closing`.

    Source: rules.md publish.revision.
    """
    if not change.reason.strip():
        yield Refusal("amend_without_reason", field="reason")
    if change.content is not None and not change.content.strip():
        yield Refusal("need_incomplete", field="content", params={"what": "need_field.content"})
    if change.expected_days is not None and not 1 <= change.expected_days <= LONGEST_DAYS:
        yield Refusal("need_days_out_of_range", field="expected_days", params={"most": LONGEST_DAYS})
    unchanged = (
        change.content in (None, content)
        and change.expected_days in (None, expected_days)
        and change.closes_at in (None, closes_at)
    )
    if unchanged:
        yield Refusal("nothing_amended")


def amended_closing(change: Change, *, closes_at: datetime, earliest: datetime) -> datetime:
    """Where the closing stands after an amendment: as wished, else as before, moved so that the minimum remains.

    Source: rules.md publish.revision: closing moves so that `publish.min_days` remain.
    """
    return change.closes_at if change.closes_at is not None else max(closes_at, earliest)


def settled_closing(
    *, closes_at: datetime, workday: bool, next_workday_at: datetime, earliest: datetime, earliest_now: datetime
) -> datetime:
    """Where a provisional closing stands once its year is published; nobody's time to register gets shorter.

    It stays where it is lawful: on a working day (`workday`), and not before `earliest`, the minimum counted anew from
    the publication or the last amendment. Otherwise it moves later: to the next working day (`next_workday_at`) or to
    `earliest`, and as after any change so that the minimum remains from now on (`earliest_now`).
    Source: rules.md §2.1 (recomputed with notice to the parties), publish.revision; that it never moves nearer is
    (inferred): the minimum is the least, and who has seen a later closing counts on it.
    """
    if workday and closes_at >= earliest:
        return closes_at
    return max(earliest, earliest_now, closes_at if workday else next_workday_at)


def lost_time(*, registering: Period, outage: Period) -> timedelta:
    """How much of the time to register an outage took away; zero where they do not meet."""
    return max(min(registering.closes, outage.closes) - max(registering.opens, outage.opens), timedelta(0))


def refusals_to_extend(lost: timedelta) -> Iterator[Refusal]:
    """An outage that took no time gives none back. Source: mission.md (extension after an outage)."""
    if lost <= timedelta(0):
        yield Refusal("nothing_lost")


LONGEST_HOLD = timedelta(days=30)
"""An attempt is held no longer than this in all. Source: rules.md §3.1 rows 11 and 12."""


def refusals_to_hold(reason: str, *, held: timedelta) -> Iterator[Refusal]:
    """Why an attempt cannot be held; `held`: for how long it was before. Source: rules.md §3.1 row 11."""
    if held >= LONGEST_HOLD:
        yield Refusal("hold_used_up", params={"days": LONGEST_HOLD.days})
    if not reason.strip():
        yield Refusal("hold_without_reason", field="reason")


def refusals_to_release(reason: str, *, kind: HoldKind, act: AnnouncementAct, evidence: bool) -> Iterator[Refusal]:
    """Why a hold cannot be ended so; `kind`: who holds. Source: rules.md §3.1 row 12."""
    if RELEASES[act] is not kind:
        yield Refusal("hold_of_fault" if kind is HoldKind.FAULT else "hold_of_supervision")
    if not reason.strip():
        yield Refusal("release_without_reason", field="reason")
    if act is AnnouncementAct.RELEASE_FAULT and not evidence:
        yield Refusal("release_without_evidence", field="evidence")


def stops_clock(*, held_at: datetime | None, closes_at: datetime) -> bool:
    """Whether a hold keeps the closing from coming: one that began before it. Source: rules.md §2.11 hold.effect."""
    return held_at is not None and held_at < closes_at


def refusals_to_withdraw(withdrawal: Withdrawal) -> Iterator[Refusal]:
    """A withdrawal is explained to the public. Source: rules.md §3.1 row 10."""
    if not withdrawal.explanation.strip():
        yield Refusal("withdraw_without_explanation", field="explanation")


def refusals_to_close_unsuccessful(*, frozen: bool) -> Iterator[Refusal]:
    """Whether an attempt failed is known at its freeze, not before. Source: protocol.md §0, §2.5."""
    if not frozen:
        yield Refusal("attempt_not_frozen")


CONCLUDE_DAYS = 10
"""Working days after a failure within which its purchaser announces again or says what becomes of the purchase.

Source: rules.md §3.1 rows 36 and 37.
"""


def refusals_to_conclude(
    conclusion: Conclusion, *, failed: int, void: bool, concluded: bool, payer: Payer, terms: AttemptTerms
) -> Iterator[Refusal]:
    """Why a failed purchase cannot go on so; `failed`: how many attempts did, `void`: the present one is void instead.

    To end it is always possible. Source: rules.md attempts.max, §3.1 rows 36 to 38; scope.authority_pays.
    """
    if concluded:
        yield Refusal("concluded_already")
    if not conclusion.explanation.strip():
        yield Refusal("conclude_without_explanation", field="explanation")
    if conclusion.way is Ending.CANCEL or (conclusion.way is Ending.CHANGE and void):
        return
    if failed < terms.max:
        yield Refusal("attempts_left", clause="attempts.max", field="way", params={"attempts": terms.max})
    if conclusion.way is Ending.DIRECT and payer is Payer.AUTHORITY:
        yield Refusal("need_authority_pays_competes", field="way")


def refusals_to_repeat(*, attempts: int, concluded: bool, terms: AttemptTerms) -> Iterator[Refusal]:
    """The same terms are not announced for ever. Source: rules.md attempts.max."""
    if concluded:
        yield Refusal("concluded_already")
    if attempts >= terms.max:
        yield Refusal("attempts_used_up", clause="attempts.max", params={"attempts": attempts})


class Instants(NamedTuple):
    """The instants and the decision an announcement's phase follows from; `decision` of its present attempt."""

    kind: AnnouncementKind
    approved_at: datetime | None
    returned_at: datetime | None
    published_at: datetime | None
    repeat_at: datetime | None
    withdrawn_at: datetime | None
    closes_at: datetime | None
    decision: Decision | None
    held_at: datetime | None


WORDS_LONGEST = 400
SPELLING_LONGEST = 1000
"""What an index takes of a row in every database that serves the market."""


def searched(no: str, title: str, items: str, purchaser: str) -> tuple[str, str]:
    """What an announcement is found by: its words, and number and sound (pinyin, initials), both folded."""
    spelling = (no.lower(), spelt(title), spelt(items), *(initials(text) for text in (title, items, purchaser)))
    words = " ".join(folded(text) for text in (title, items, purchaser))
    return words[:WORDS_LONGEST], " ".join(spelling)[:SPELLING_LONGEST]


def terms_of(text: str) -> tuple[str, ...]:
    """The terms of a search, folded; every one of them must be found."""
    return tuple(filter(None, (folded(part) for part in text.split())))


ENDED = {
    Decision.DRAWN: Phase.DECIDED,
    Decision.UNSUCCESSFUL: Phase.UNSUCCESSFUL,
    Decision.VOID: Phase.VOID,
    Decision.WITHDRAWN: Phase.WITHDRAWN,
}


def phase_of(facts: Instants, *, now: datetime) -> Phase:
    """Derived, half-open: at the instant of closing registration is over. The SQL twin is `queries.in_phase`."""
    if facts.published_at is None:
        if facts.returned_at is not None:
            return Phase.RETURNED
        return Phase.IN_REVIEW if facts.approved_at is None else Phase.SCHEDULED
    if facts.withdrawn_at is not None:
        return Phase.WITHDRAWN
    if facts.repeat_at is not None:
        return Phase.SCHEDULED
    if facts.kind is AnnouncementKind.DIRECT:
        return Phase.DIRECT
    if facts.held_at is not None and facts.decision in (None, Decision.DRAWN):
        return Phase.HELD
    if facts.decision is not None:
        return ENDED[facts.decision]
    return Phase.REGISTERING if facts.closes_at is not None and now < facts.closes_at else Phase.SELECTING
