"""When an act waits for another hand, and which hand may be the last one (M54, layout.md §6)."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from app.actor import Role
from app.flow import Flow
from app.refusal import Refusal
from app.values import Opens


class ApprovalAct(StrEnum):
    """Preparing an act for another hand, taking it back, and refusing one's hand."""

    PREPARE = "approval.prepare"
    WITHDRAW = "approval.withdraw"
    REFUSE = "approval.refuse"


class Phase(StrEnum):
    """Of a prepared act; derived from its instants."""

    WAITING = "waiting"
    PERFORMED = "performed"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"


HANDS = set(Role) - {Role.PUBLIC, Role.SYSTEM}
MAY = {ApprovalAct.PREPARE: HANDS, ApprovalAct.WITHDRAW: HANDS, ApprovalAct.REFUSE: HANDS}
OPENS = dict.fromkeys(ApprovalAct, Opens.NEVER)
FLOW = Flow(
    {
        (Phase.WAITING, ApprovalAct.WITHDRAW): Phase.WITHDRAWN,
        (Phase.WAITING, ApprovalAct.REFUSE): Phase.REFUSED,
    }
)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a hand is refused or a prepared act taken back."""

    reason: str


MOST_WAITING = 100
"""So many acts of one account wait for other hands at once: more than anybody prepares, and no flood (inferred)."""


def refusals_to_prepare(*, waiting: int) -> Iterator[Refusal]:
    """Why an account prepares nothing more: what it prepared stands on other people's desks until they answer."""
    if waiting >= MOST_WAITING:
        yield Refusal("prepared_too_many", params={"most": MOST_WAITING})


def refusals_to_pass(*, colleagues: int, waiting: bool) -> Iterator[Refusal]:
    """Why an act cannot wait for a colleague's hand: there is none, or the same is waiting already.

    Source: rules.md owner.approval_chain (at least two people).
    """
    if not colleagues:
        yield Refusal("two_people_alone", clause="owner.two_people_above")
    if waiting:
        yield Refusal("prepared_already")


def refusals_to_ask_again(*, waiting: bool) -> Iterator[Refusal]:
    """Why the same is not handed to another office twice: the first one still waits for its consent (inferred)."""
    if waiting:
        yield Refusal("consent_awaited")


def refusals_to_agree(
    *,
    prepared_by: int,
    prepared_party: int,
    account: int,
    party: int,
    consent: Role | None,
    may: frozenset[Role],
    roles: frozenset[Role],
) -> Iterator[Refusal]:
    """Why this account may not be the last hand: two accounts always; of two organisations where a role consents.

    `may`: the roles that perform the act, one of which a colleague's hand must hold too.
    """
    if account == prepared_by:
        yield Refusal("same_account")
    if consent is None and (party != prepared_party or not may & roles):
        yield Refusal("other_organisation")
    if consent is not None and (consent not in roles or party == prepared_party):
        yield Refusal("no_consent_of_yours")
