"""When an attempt is frozen, opened and drawn, what follows from the count, and how a day's beacon is typed."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import ClassVar

from app.actor import Role
from app.refusal import Refusal
from app.rulebook import term
from app.values import SHANGHAI, Fen, Opens
from bidding.offer.rules import LowPriceTerms
from bidding.selection import methods
from bidding.selection.methods import METHODS, WEIGHT, Case
from marketplace.announcement.rules import AnnouncementAct
from marketplace.need.rules import Method, Particulars

DRAWINGS = time(20)
ENTRY = time(22)
BEACON_VALUE = re.compile(r"[0-9]{3}-[0-9]{5}")

LOTTERY, WITNESS = "lottery 3d+pl5", "witness"
"""The two beacon rules for which people type a value (protocol.md §1.1)."""

FEWEST_DIGITS, MOST_DIGITS = 10, 40
THROWN = re.compile(rf"[0-9]{{{FEWEST_DIGITS},{MOST_DIGITS}}}")
PLACE_LONGEST, NAMES_LONGEST = 100, 200


class SelectionAct(StrEnum):
    """The acts of selecting, the clockwork's alone; people type a day's beacon or what was thrown in the hall, each for
    himself, and the owner chooses where the method leaves it to him.
    """

    ENTER_BEACON = "beacon.enter"
    WITNESS = "beacon.witness"
    FREEZE = "selection.freeze"
    DESTROY_KEY = "selection.destroy_key"
    OPEN = "selection.open"
    DRAW = "selection.draw"
    CHOOSE = "selection.choose"
    LAPSE = "selection.lapse"


class Phase(StrEnum):
    """Derived from the instants of the selection."""

    FROZEN = "frozen"
    OPENED = "opened"
    STOPPED = "stopped"
    LISTED = "listed"
    DRAWN = "drawn"
    UNSUCCESSFUL = "unsuccessful"
    VOID = "void"


MAY = {
    SelectionAct.ENTER_BEACON: {Role.OPERATOR, Role.SUPERVISOR},
    SelectionAct.WITNESS: {Role.OPERATOR, Role.SUPERVISOR},
    SelectionAct.FREEZE: {Role.SYSTEM},
    SelectionAct.DESTROY_KEY: {Role.SYSTEM},
    SelectionAct.OPEN: {Role.SYSTEM},
    SelectionAct.DRAW: {Role.SYSTEM},
    SelectionAct.CHOOSE: {Role.PURCHASER},
    SelectionAct.LAPSE: {Role.SYSTEM},
}
OPENS = {
    SelectionAct.ENTER_BEACON: Opens.LATER,
    SelectionAct.WITNESS: Opens.LATER,
    SelectionAct.FREEZE: Opens.AT_ONCE,
    SelectionAct.DESTROY_KEY: Opens.AT_ONCE,
    SelectionAct.OPEN: Opens.AT_ONCE,
    SelectionAct.DRAW: Opens.AT_ONCE,
    SelectionAct.CHOOSE: Opens.AT_ONCE,
    SelectionAct.LAPSE: Opens.AT_ONCE,
}

NAMED = frozenset({Role.OPERATOR, Role.REGULATOR, Role.SUPERVISOR})
"""Offices that learn the names at the freeze, as the purchaser itself does; everybody else with the result."""


@dataclass(frozen=True)
class MeritTerms:
    """Within how many working days the owner chooses or the judges score, and after how many it is public that they are
    late (rules.md §3.1 row 17).
    """

    SECTION: ClassVar[str] = "merit"

    decide_days: int = term("workday")
    remind_days: int = term("workday")


@dataclass(frozen=True, slots=True)
class Choice:
    """Whom the owner chooses, the first one first, by USCC; and why."""

    agencies: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class BeaconInput:
    """What one account typed for a day: `on` in Asia/Shanghai, `value` as `ddd-ddddd` (福彩3D and 排列5)."""

    on: date
    value: str


class Witness(StrEnum):
    """Before whom the digits were thrown (protocol.md §1.1)."""

    REGISTRANT = "registrant"
    SUPERVISOR = "supervisor"


@dataclass(frozen=True, slots=True)
class Throw:
    """What one account typed of a throw in the hall: the digits in their order, when and where, and who saw it.

    `names` are the witnesses' names and, of registrants, whom they came for: personal data, never public.
    """

    value: str
    thrown_at: datetime
    place: str
    witness: Witness
    names: str


def parameters_of(
    method: Method,
    *,
    budget_fen: Fen,
    price_fen: Fen | None,
    asked: Particulars,
    minimum: int,
    low: LowPriceTerms,
    auction: Mapping[str, int] | None = None,
) -> dict[str, int]:
    """The integers that a method's result follows from, as its transcript publishes them (protocol.md §4).

    `methods.METHODS` names them; fen, ppm. `asked` is what the purchaser filled in for the method, `auction` what was
    announced of one. There is no floor: offer.floor is off.
    """
    row, given = METHODS[method], asked.given()
    known = {
        "minimum": minimum,
        "price_fen": price_fen or 0,
        "ceiling_fen": budget_fen,
        "floor_fen": 0,
        "low_of_ceiling_ppm": low.low_price_of_ceiling,
        "low_of_mean_ppm": low.low_price_of_mean,
        **given,
        **(auction or {}),
    }
    weighed = [name for name in given if row.weights and name.startswith(WEIGHT)]
    return {name: known[name] for name in (*row.parameters, *weighed)}


def phase_of(
    *,
    resulted: bool,
    voided: bool,
    unsuccessful: bool,
    stopped: bool = False,
    opened: bool = False,
    drawn: bool = False,
) -> Phase:
    """The phase of a frozen attempt; each argument says whether that instant was set (rules.md §3.1 rows 13 to 17).

    One that had to stop is stopped until its opening. LISTED: the order is drawn, and those at its head go on.
    """
    if voided:
        return Phase.VOID
    if resulted:
        return Phase.DRAWN
    if unsuccessful:
        return Phase.UNSUCCESSFUL
    if opened:
        return Phase.OPENED
    if stopped:
        return Phase.STOPPED
    return Phase.LISTED if drawn else Phase.FROZEN


class Awaited(StrEnum):
    """What people still have to decide before a method can rank."""

    CHOICE = "choice"
    SHEETS = "sheets"


def awaited(method: Method, case: Case) -> Awaited | None:
    """Whose decision a case waits for, None where it waits for nobody's, or for something else first.

    A choice stands beside the order in which the others follow, and judges are drawn: both need the draw. Source:
    rules.md §2.6, outcome table (GD1); when it begins inferred.
    """
    row = METHODS[method]
    if row.lots or (row.weights and methods.chooses(case)):
        return Awaited.CHOICE if case.order is not None and case.choices is None else None
    if row.weights and case.offers and case.marks is None and (not row.judges or case.order is not None):
        return Awaited.SHEETS
    return None


CHOICE_LONGEST = 1_000


def refusals_by_limit(decide_by: datetime | None, *, now: datetime) -> Iterator[Refusal]:
    """Why nobody chooses or scores any more; half-open: at the limit the attempt is void, whenever the sweep says so.

    `decide_by` is None where nothing is awaited. Source: rules.md §3.1 row 17 (merit choice: 5 wd else VOID).
    """
    if decide_by is not None and now >= decide_by:
        yield Refusal("decision_too_late", clause="merit.decide_days", params={"due_at": decide_by.isoformat()})


def refusals_to_choose(choice: Choice, *, awaited: bool, standing: Collection[str], places: int) -> Iterator[Refusal]:
    """Why this choice is not taken. `standing`: among whom; `places`: how many are chosen, fewer where fewer stand.

    Source: rules.md §2.6 CREDIT_MERIT and outcome table (GD1): the owner chooses and writes the reason.
    """
    if not awaited:
        yield Refusal("no_choice_awaited")
        return
    wanted = min(places, len(standing))
    if len(set(choice.agencies)) != wanted or len(choice.agencies) != wanted:
        yield Refusal("choice_count", field="agencies", params={"wanted": wanted})
    elif not set(choice.agencies) <= set(standing):
        yield Refusal("choice_not_standing", field="agencies")
    if not choice.reason.strip():
        yield Refusal("choice_without_reason", field="reason")
    elif len(choice.reason.strip()) > CHOICE_LONGEST:
        yield Refusal("choice_reason_too_long", field="reason", params={"longest": CHOICE_LONGEST})


def is_late(*, head_at: datetime, beacon_after: datetime | None) -> bool:
    """Whether the first head over the freeze is not older than the beacon: the attempt can then only be void.

    `beacon_after` is the instant on the beacon line, None for the rule `none`. Source: protocol.md §1.3.
    """
    return beacon_after is not None and head_at >= beacon_after


@dataclass(frozen=True, slots=True)
class Facts:
    """How far a frozen attempt has come; `queries.facts_of` gathers it.

    `sealed`: envelopes were handed in before the closing. `keyed`: its envelopes, whenever handed in, have a key.
    `auctioning`: its auction is not yet closed. `valid`, `minimum`: what was counted at the freeze. `bodies_awaited`:
    the opening had to stop, and waits. `holders_awaited`: it waits for two of three who open. `head_at`: of the first
    signed head over the freeze. `beacon_after`: None for the rule `none`.

    `second`: those whom the draw invites offer after it; `offers_closed`: their time is over; `envelopes`: how many of
    them then count.
    """

    sealed: bool
    keyed: bool
    auctioning: bool
    valid: int
    minimum: int
    opened: bool
    destroyed: bool
    decided: bool
    bodies_awaited: bool
    holders_awaited: bool
    drawn: bool
    head_at: datetime | None
    beacon_after: datetime | None
    beacon_known: bool
    second: bool = False
    offers_closed: bool = False
    envelopes: int = 0


def next_act(facts: Facts) -> StrEnum | None:
    """The one act that now follows from a frozen attempt, None where it must wait or is over.

    Nothing is opened or decided before a signed head covers the freeze. Too late a head leads to the draw at once,
    which then says `void`. Too few: the key is destroyed first, so that no envelope can ever be opened; the record
    still follows. While bodies of envelopes that did not open are awaited, everything waits; then all are opened.
    Where two of three holders open, the opening waits for them as long as it may, and the draw with it. An auction ends
    before anything is revealed.
    Source: protocol.md §1.3, §2.5; rules.md §2.6 and §3.1 rows 13 to 17.
    """
    if facts.second and facts.drawn:
        return _after_short_list(facts)
    if facts.drawn or facts.bodies_awaited or facts.head_at is None:
        return None
    if is_late(head_at=facts.head_at, beacon_after=facts.beacon_after):
        return SelectionAct.DRAW
    if facts.valid < facts.minimum:
        if facts.keyed and not facts.destroyed:
            return SelectionAct.DESTROY_KEY
        if not facts.decided:
            return AnnouncementAct.CLOSE_UNSUCCESSFUL
    elif facts.sealed and not facts.opened:
        return None if facts.holders_awaited else SelectionAct.OPEN
    elif facts.auctioning:
        return None
    return SelectionAct.DRAW if facts.beacon_after is None or facts.beacon_known else None


def _after_short_list(facts: Facts) -> StrEnum | None:
    """What follows once those invited by the draw have offered, as from any sealed offers: they are counted anew.

    Source: rules.md §2.6 SHORTLIST_THEN_BID (inferred).
    """
    if facts.decided or facts.opened or facts.bodies_awaited or not facts.offers_closed:
        return None
    if facts.envelopes < facts.minimum:
        return AnnouncementAct.CLOSE_UNSUCCESSFUL if facts.destroyed else SelectionAct.DESTROY_KEY
    return None if facts.holders_awaited else SelectionAct.OPEN


def first_day(after: datetime) -> date:
    """The first local day whose drawings (20:00 Asia/Shanghai) start at or after the instant (protocol.md §1.1)."""
    local = after.astimezone(SHANGHAI)
    starts = datetime.combine(local.date(), DRAWINGS, SHANGHAI)
    return local.date() if local <= starts else local.date() + timedelta(days=1)


def entry_opens(on: date) -> datetime:
    """The first instant, in UTC, at which the beacon of a day may be typed: 22:00 of `on` (protocol.md §1.1)."""
    return datetime.combine(on, ENTRY, SHANGHAI).astimezone(UTC)


def refusals_to_enter(value: BeaconInput, *, now: datetime, standing: bool, settled: bool) -> Iterator[Refusal]:
    """Why a value cannot be typed for a day; `standing`: this role's own entry stands already.

    Source: protocol.md §1.1.
    """
    if not BEACON_VALUE.fullmatch(value.value):
        yield Refusal("beacon_malformed", field="number")
    if now < entry_opens(value.on):
        yield Refusal("beacon_too_early", field="on", params={"opens_at": entry_opens(value.on).isoformat()})
    if settled:
        yield Refusal("beacon_settled", field="on")
    elif standing:
        yield Refusal("beacon_entered", field="number")


def refusals_to_throw(
    typed: Throw,
    *,
    now: datetime,
    after: datetime,
    head_at: datetime | None,
    standing: bool,
    settled: bool,
) -> Iterator[Refusal]:
    """Why a throw cannot be typed for an attempt.

    `after` is the instant on the beacon line, itself early enough; `head_at` that of the first signed head over the
    freeze, which must be older still. `standing`: this role's own entry, or this account's, stands already.
    Source: protocol.md §1.1 and §1.3.
    """
    if not THROWN.fullmatch(typed.value):
        yield Refusal("throw_malformed", field="digits", params={"fewest": FEWEST_DIGITS, "most": MOST_DIGITS})
    if head_at is None or is_late(head_at=head_at, beacon_after=after):
        yield Refusal("throw_unsigned", field="thrown_at")
    if typed.thrown_at < after:
        yield Refusal("throw_too_early", field="thrown_at", params={"from_at": after.isoformat()})
    if typed.thrown_at > now:
        yield Refusal("throw_to_come", field="thrown_at")
    if not typed.place.strip():
        yield Refusal("throw_without_place", field="place")
    if not typed.names.strip():
        yield Refusal("throw_without_witness", field="names")
    if len(typed.place) > PLACE_LONGEST or len(typed.names) > NAMES_LONGEST:
        field = "place" if len(typed.place) > PLACE_LONGEST else "names"
        yield Refusal("throw_too_long", field=field, params={"longest": PLACE_LONGEST, "names": NAMES_LONGEST})
    if settled:
        yield Refusal("throw_settled")
    elif standing:
        yield Refusal("throw_entered", field="digits")


def agree(pair: Collection[Throw]) -> bool:
    """Whether two accounts saw the same: digits and instant; place and witnesses each tells in his own words.

    Source: protocol.md §1.1 (two unequal entries are set aside); what must be equal (inferred).
    """
    return len({(one.value, one.thrown_at) for one in pair}) == 1


def codes(refusals: Collection[Refusal]) -> tuple[str, ...]:
    """The reasons of an exclusion as the frozen text wants them: each code once, ascending (protocol.md §1.3)."""
    return tuple(sorted({refusal.code for refusal in refusals}))
