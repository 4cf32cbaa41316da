"""Who acts: roles, and the plain value that stands for a person or the market's own clockwork."""

from dataclasses import dataclass, field, replace
from enum import StrEnum


class Role(StrEnum):
    """The roles of mission.md; SYSTEM is the market's own clockwork (sweeps, reference data)."""

    PUBLIC = "public"
    PURCHASER = "purchaser"
    AGENCY = "agency"
    CLERK = "clerk"
    OPERATOR = "operator"
    REGULATOR = "regulator"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"
    SYSTEM = "system"


OUTSIDE = frozenset({Role.PUBLIC, Role.PURCHASER, Role.AGENCY, Role.CLERK})
"""Roles whose every act answers with a receipt (protocol.md §3.5)."""


@dataclass(frozen=True, slots=True)
class Hand:
    """The last hand of a prepared act: who agreed, for which organisation and role, and to which prepared act.

    `version`: as which version its subject stood when it was prepared; None where nothing counts them.
    """

    account_id: int
    party_id: int
    role: Role
    prepared: str
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """A plain value: nothing mapped, nothing of the web. `party_id` is the organisation, `code` its USCC or `U-…`."""

    roles: frozenset[Role]
    account_id: int | None = None
    party_id: int | None = None
    code: str | None = None
    name: str = ""
    region: str = ""
    authorities: frozenset[str] = field(default_factory=frozenset)
    agreed: Hand | None = None

    @classmethod
    def sweeper(cls) -> "Actor":
        """The market's own clockwork."""
        return cls(roles=frozenset({Role.SYSTEM}))

    @classmethod
    def stranger(cls) -> "Actor":
        """Anybody who has not signed in."""
        return cls(roles=frozenset({Role.PUBLIC}))

    @property
    def party(self) -> int:
        """The organisation's id; for actors that certainly have one."""
        if self.party_id is None:
            raise TypeError("this actor stands for no organisation")
        return self.party_id

    def with_hand(self, hand: Hand) -> "Actor":
        """The same actor, with the hand that agreed to what he prepared."""
        return replace(self, agreed=hand)
