"""Who judges proposals, when a judge may, and what a sheet must hold before it is locked."""

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from app.actor import Role
from app.refusal import Refusal
from app.values import Opens


class JudgingAct(StrEnum):
    """The acts of judging: the roster, who judges, each judge's own, and the end."""

    ENROL = "judge.enrol"
    RETIRE = "judge.retire"
    NAME = "judging.name"
    DECLARE = "judging.declare"
    SCORE = "judging.score"
    LOCK = "judging.lock"
    CLOSE = "judging.close"
    EXHAUST = "judging.exhaust"


class Phase(StrEnum):
    """How far one judge is; derived from his instants."""

    SEATED = "seated"
    DECLARED = "declared"
    LOCKED = "locked"
    STEPPED_BACK = "stepped_back"


MAY = {
    JudgingAct.ENROL: {Role.PURCHASER},
    JudgingAct.RETIRE: {Role.PURCHASER},
    JudgingAct.NAME: {Role.PURCHASER},
    JudgingAct.DECLARE: {Role.PURCHASER},
    JudgingAct.SCORE: {Role.PURCHASER},
    JudgingAct.LOCK: {Role.PURCHASER},
    JudgingAct.CLOSE: {Role.SYSTEM},
    JudgingAct.EXHAUST: {Role.SYSTEM},
}
OPENS = {
    JudgingAct.ENROL: Opens.NEVER,
    JudgingAct.RETIRE: Opens.NEVER,
    JudgingAct.NAME: Opens.LATER,
    JudgingAct.DECLARE: Opens.LATER,
    JudgingAct.SCORE: Opens.NEVER,
    JudgingAct.LOCK: Opens.LATER,
    JudgingAct.CLOSE: Opens.AT_ONCE,
    JudgingAct.EXHAUST: Opens.AT_ONCE,
}
HIDDEN = frozenset({JudgingAct.NAME, JudgingAct.DECLARE, JudgingAct.LOCK})
"""What would name a judge before the sheets are locked (protocol.md §1.6); the close opens all of it."""

CRITERIA = ("service", "team")
"""What judges score, in the order of the sheet; the price is computed (rules.md §2.6 SCHEME_MERIT, GD1)."""

MOST_POINTS = 100
LONGEST = {"name": 40, "unit": 60, "trade": 40, "reason": 500}
MOST_JUDGES = 15


@dataclass(frozen=True, slots=True)
class JudgeInput:
    """A person of the roster: the account with which he judges, his name, where he works, what he is expert in."""

    login: str
    name: str
    unit: str
    trade: str


@dataclass(frozen=True, slots=True)
class Named:
    """Whom the owner lets judge, by roster numbers."""

    judges: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Declaration:
    """`free`: the agencies with which the judge declares to have no tie, by USCC; or he steps back and says why."""

    free: tuple[str, ...]
    step_back: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SheetLine:
    """What one judge gives one agency: 0 … 100 points each, None where he has not decided yet; and why."""

    agency: str
    service: int | None
    team: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A judge's whole sheet."""

    lines: tuple[SheetLine, ...]


def phase_of(*, declared: bool, locked: bool, stepped_back: bool) -> Phase:
    """Each argument says whether that instant was set."""
    if stepped_back:
        return Phase.STEPPED_BACK
    if locked:
        return Phase.LOCKED
    return Phase.DECLARED if declared else Phase.SEATED


def roster_digest(numbers: Iterable[str]) -> str:
    """What binds a roster at the freeze: SHA-256 of its numbers ascending, each on a line of its own.

    Each number belongs to one person for ever, so that afterwards nobody is added, left out or exchanged. That the
    freeze tells it is inferred: protocol.md §1.5 draws from "the judges' numbers" and does not say which those are.
    """
    return hashlib.sha256("".join(f"{no}\n" for no in sorted(numbers)).encode()).hexdigest()


def refusals_to_enrol(judge: JudgeInput, *, colleague: bool, enrolled: bool) -> Iterator[Refusal]:
    """Why nobody is entered into the roster; `colleague`: the account is one of this very organisation."""
    for name in ("name", "unit", "trade"):
        text = getattr(judge, name).strip()
        if not text:
            yield Refusal("judge_incomplete", field=name, params={"what": f"judge_field.{name}"})
        elif len(text) > LONGEST[name]:
            yield Refusal(
                "judge_too_long", field=name, params={"what": f"judge_field.{name}", "longest": LONGEST[name]}
            )
    if not colleague:
        yield Refusal("judge_account_unknown", field="login")
    elif enrolled:
        yield Refusal("judge_enrolled", field="login")


def refusals_to_announce(*, wanted: int, free: int) -> Iterator[Refusal]:
    """Why nothing is announced whose judges will be drawn: fewer than `wanted` are `free` to be drawn.

    Source: rules.md §2.6 COMPARE (>= 3 judges from the owner's pool; inferred).
    """
    if free < wanted:
        yield Refusal("roster_too_short", clause="compare.judges", params={"wanted": wanted, "free": free})


def refusals_to_retire(*, wanted: int, free: int) -> Iterator[Refusal]:
    """Why a judge stays: without him fewer than `wanted` would be `free` for what is announced already (inferred)."""
    if free < wanted:
        yield Refusal("judge_needed", clause="compare.judges", params={"wanted": wanted})


def is_exhausted(*, wanted: int, standing: int, left: int) -> bool:
    """Whether judges that are drawn can never be enough: those who stand and those `left` in the order are too few."""
    return standing + left < wanted


def refusals_to_name(
    named: Named, *, awaited: bool, drawn: bool, seated: int, known: Collection[str]
) -> Iterator[Refusal]:
    """Why these do not judge; `drawn`: the judges are drawn; `seated`: how many judge already.

    Source: rules.md §2.6 SCHEME_MERIT (the owner scores, GD1); that he names the persons is inferred.
    """
    if drawn:
        yield Refusal("judges_are_drawn")
    elif not awaited:
        yield Refusal("no_sheets_awaited")
    elif seated:
        yield Refusal("judges_named")
    elif not named.judges or len(set(named.judges)) != len(named.judges) or not set(named.judges) <= set(known):
        yield Refusal("judges_unknown", field="judges")
    elif len(named.judges) > MOST_JUDGES:
        yield Refusal("judges_too_many", field="judges", params={"most": MOST_JUDGES})


def refusals_to_declare(
    said: Declaration, *, awaited: bool, phase: Phase, agencies: Collection[str]
) -> Iterator[Refusal]:
    """Why a declaration is not taken: it names every agency, or he steps back with a reason (inferred)."""
    if not awaited:
        yield Refusal("no_sheets_awaited")
    elif phase is not Phase.SEATED:
        yield Refusal("declared_already")
    elif said.step_back:
        if not said.reason.strip():
            yield Refusal("step_back_without_reason", field="reason")
        elif len(said.reason.strip()) > LONGEST["reason"]:
            yield Refusal("step_back_too_long", field="reason", params={"longest": LONGEST["reason"]})
    elif set(said.free) != set(agencies):
        yield Refusal("declaration_incomplete", field="free", params={"missing": len(set(agencies) - set(said.free))})


def refusals_to_score(
    sheet: Sheet, *, awaited: bool, phase: Phase, agencies: Collection[str], lock: bool
) -> Iterator[Refusal]:
    """Why a sheet is not kept, or not locked; it may have gaps until it is locked.

    Source: rules.md §2.6 SCHEME_MERIT (points and published weights GD1); the sentence for each inferred.
    """
    if not awaited:
        yield Refusal("no_sheets_awaited")
        return
    if phase is not Phase.DECLARED:
        yield Refusal("sheet_locked" if phase is Phase.LOCKED else "not_declared")
        return
    codes = [line.agency for line in sheet.lines]
    points = [getattr(line, criterion) for line in sheet.lines for criterion in CRITERIA]
    if len(set(codes)) != len(codes) or not set(codes) <= set(agencies):
        yield Refusal("sheet_other_agency")
    if not all(each is None or 0 <= each <= MOST_POINTS for each in points):
        yield Refusal("points_outside", params={"most": MOST_POINTS})
    if any(len(line.reason.strip()) > LONGEST["reason"] for line in sheet.lines):
        yield Refusal("sheet_reason_too_long", params={"longest": LONGEST["reason"]})
    if lock:
        gaps = points.count(None) + len(CRITERIA) * len(set(agencies) - set(codes))
        silent = sum(not line.reason.strip() for line in sheet.lines) + len(set(agencies) - set(codes))
        if gaps:
            yield Refusal("sheet_incomplete", params={"missing": gaps})
        if silent:
            yield Refusal("sheet_without_reasons", params={"missing": silent})
