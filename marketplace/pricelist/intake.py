"""Price tables from a file: each row is one price of the agency that hands it in, published as from the page (M39)."""

from collections.abc import Hashable, Iterator, Mapping
from datetime import date, datetime
from functools import cache

from flask import url_for
from werkzeug.datastructures import MultiDict

from app.actor import Actor
from app.refusal import Refusal
from app.rules_in_force import rulebook_for
from app.stage import Column, Intake
from app.web.filters import say
from marketplace.agency import queries as agencies
from marketplace.catalogue import queries as catalogue
from marketplace.pricelist import queries, rules
from marketplace.pricelist.forms import PriceForm
from marketplace.pricelist.rules import Offered, Price, PriceAct, PriceTerms

COLUMNS = (
    Column("item", exact=True, width=30),
    Column("unit", width=14),
    Column("price", unit="yuan", width=14),
    Column("rate", unit="percent", width=10),
    Column("content", width=40),
    Column("basis", width=24),
    Column("complaint_phone", exact=True, width=18),
    Column("committed_days", unit="workdays", width=20),
    Column("effective_from", width=14),
)


class PriceRows:
    """Reads the rows of one agency's price table; what the market knows around them is read once."""

    def __init__(self, actor: Actor, now: datetime) -> None:
        self.today = queries.local_day(now)
        items = catalogue.items_in_force(self.today)
        self.names = {item.item_code: item.name for item in items}
        self.units = {item.item_code: item.units for item in items}
        agency = agencies.by_party(actor.party)
        self.phase = None if agency is None else agencies.phase_of(agency, now)
        self.known = set() if agency is None else queries.keys_of(agency.id)
        self.terms = rulebook_for(actor.region, now).terms(PriceTerms)
        self.versions = cache(self._versions)

    def form(self, cells: Mapping[str, str], /) -> PriceForm:
        """The page's form, filled with a row; its units are those of the row's item."""
        form = PriceForm(formdata=MultiDict(cells), meta={"csrf": False})
        every = sorted({unit for units in self.units.values() for unit in units})
        units = self.units.get(cells.get("item", ""), every)
        form.offer(
            items=[(code, f"{code} {name}") for code, name in self.names.items()],
            units=[(unit, say(unit, "unit")) for unit in units],
        )
        return form

    def refusals(self, price: Price, /) -> Iterator[Refusal]:
        """What publishing would refuse now."""
        yield from rules.refusals_to_publish(
            price,
            agency_phase=self.phase,
            item=self._offered(price.item, max(self.today, price.effective_from)),
            known=(price.item, price.effective_from, price.unit) in self.known,
            terms=self.terms,
            today=self.today,
        )

    def _offered(self, item: str, on: date) -> Offered | None:
        """What `catalogue.item_in_force` says, from all versions of the item."""
        return next((offered for since, offered in self.versions(item) if since <= on), None)

    def _versions(self, item: str) -> list[tuple[date, Offered]]:
        found = sorted(catalogue.versions(item), key=lambda version: version.effective_from, reverse=True)
        return [(version.effective_from, Offered(version.units, version.days)) for version in found]

    def mark(self, price: Price, /) -> Hashable:
        """One price for an item, unit and day."""
        return price.item, price.unit, price.effective_from

    def title(self, price: Price, /) -> str:
        """The item and its unit."""
        return f"{price.item} {self.names.get(price.item, '')} {say(price.unit, 'unit')} {price.effective_from}"


INTAKE = Intake(
    act=PriceAct.PUBLISH,
    columns=COLUMNS,
    reader=PriceRows,
    address=lambda no: url_for("pricelist.mine"),
)
