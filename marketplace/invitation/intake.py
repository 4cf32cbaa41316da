"""An existing register from a file: each row is one invitation, never an application in somebody's name (M39)."""

from collections.abc import Hashable, Iterator, Mapping
from datetime import datetime
from functools import cache

from flask import url_for
from werkzeug.datastructures import MultiDict

from app.actor import Actor, Role
from app.identity.uscc import is_uscc
from app.refusal import Refusal
from app.region import branches
from app.region import queries as regions
from app.stage import Column, Intake
from app.web.choices import offered
from marketplace.invitation import queries, rules
from marketplace.invitation.forms import InvitationForm
from marketplace.invitation.rules import Invitation, InvitationAct

COLUMNS = (
    Column("name", width=30),
    Column("code", exact=True, width=24),
    Column("region", exact=True, width=18),
    Column("legal_representative", width=16),
    Column("contact", width=12),
    Column("phone", exact=True, width=18),
    Column("address", width=36),
    Column("introduction", width=40),
)


class Register:
    """Reads the rows of a register for one operator; what the market knows around them is read once."""

    def __init__(self, actor: Actor, now: datetime) -> None:
        self.actor = actor
        self.divisions = regions.choices()
        self.choices = offered(self.divisions)
        self.here = queries.known_codes()
        self.phases = queries.phases(now)
        self.outside = cache(self._outside)

    def form(self, cells: Mapping[str, str], /) -> InvitationForm:
        """The page's form, filled with a row."""
        form = InvitationForm(formdata=MultiDict(cells), meta={"csrf": False})
        form.region.choices = self.choices
        return form

    def refusals(self, invitation: Invitation, /) -> Iterator[Refusal]:
        """What sending would refuse now."""
        known = any(invitation.region == code for code, _ in self.divisions)
        outside = self.outside(invitation.region) if known else None
        if outside is not None:
            yield outside
        yield from rules.refusals_to_send(
            invitation,
            code_valid=is_uscc(invitation.code),
            region_known=known,
            here=invitation.code in self.here,
            phase=self.phases.get(invitation.code),
        )

    def _outside(self, region: str) -> Refusal | None:
        if branches.serves(self.actor, region, role=Role.OPERATOR):
            return None
        return branches.outside(str(InvitationAct.SEND), self.actor, region).reason

    def mark(self, invitation: Invitation, /) -> Hashable:
        """One letter for an organisation."""
        return invitation.code

    def title(self, invitation: Invitation, /) -> str:
        """The organisation's name."""
        return invitation.name


INTAKE = Intake(
    act=InvitationAct.SEND,
    columns=COLUMNS,
    reader=Register,
    address=lambda code: url_for("invitation.letter", code=code),
)
