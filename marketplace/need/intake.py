"""Needs from a file: each row is one need of the purchaser that hands it in, a draft as from the page (M39)."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import fields
from datetime import datetime

from flask import url_for
from werkzeug.datastructures import MultiDict

from app.actor import Actor
from app.refusal import Refusal
from app.region import queries as regions
from app.stage import Column, Intake
from app.web.choices import offered
from marketplace.need import queries, services
from marketplace.need.forms import SEPARATORS, NeedForm
from marketplace.need.rules import ROUND_MINUTES, NeedAct, NeedInput, Particulars
from marketplace.purchaser import queries as purchasers

PARTICULARS = tuple(field.name for field in fields(Particulars))
"""What a method asks besides: a column each, empty where the chosen method does not ask."""

COLUMNS = (
    Column("title", width=30),
    Column("item", exact=True, width=30),
    Column("further", exact=True, width=24),
    Column("content", width=50),
    Column("region", exact=True, width=18),
    Column("expected_days", width=12),
    Column("fund", width=14),
    Column("payer", width=16),
    Column("budget_line", exact=True, width=14),
    Column("budget_fen", unit="yuan", width=20),
    Column("method", width=14),
    Column("price_fen", unit="yuan", width=16),
    Column("winners", width=10),
    *(Column(name, width=14) for name in PARTICULARS),
    Column(ROUND_MINUTES, width=14),
    Column("project_code", exact=True, width=28),
    Column("approval", width=24),
    Column("authority", width=20),
    Column("contact", width=12),
    Column("phone", exact=True, width=18),
    Column("above_limit", width=14),
    Column("excluded", width=14),
)


class NeedRows:
    """Reads the rows of one purchaser's needs; what the market knows around them is read once."""

    def __init__(self, actor: Actor, now: datetime) -> None:
        choices = queries.item_choices(now)
        self.items = offered(choices)
        self.codes = {label.removeprefix(code).strip(): code for code, label in choices}
        self.regions = offered(regions.choices())
        self.authorities = offered(regions.authorities().items())
        self.around = services.Around(purchasers.by_party(actor.party), region=actor.region, now=now)

    def form(self, cells: Mapping[str, str], /) -> NeedForm:
        """The page's form, filled with a row."""
        filled = MultiDict(cells)
        named = filter(None, SEPARATORS.split(cells.get("further", "")))
        filled.setlist("further", [self.codes.get(word, word) for word in named])
        form = NeedForm(formdata=filled, meta={"csrf": False})
        form.from_file = True
        form.item.choices, form.region.choices, form.authority.choices = self.items, self.regions, self.authorities
        return form

    def refusals(self, need: NeedInput, /) -> Iterator[Refusal]:
        """What writing it down would refuse now."""
        yield from self.around.refusals(need)

    def mark(self, need: NeedInput, /) -> Hashable:
        """Everything that is said of it: two different needs may share a title."""
        return need

    def title(self, need: NeedInput, /) -> str:
        """The project's name."""
        return need.title


INTAKE = Intake(
    act=NeedAct.CREATE,
    columns=COLUMNS,
    reader=NeedRows,
    address=lambda no: url_for("need.page", no=no),
    once=True,
)
