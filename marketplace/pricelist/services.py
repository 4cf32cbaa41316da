"""Publishing prices and committed days."""

from app.act import act
from app.actor import Actor
from app.numbering import next_no
from app.refusal import demand
from app.rules_in_force import rulebook_for
from app.values import Done, Fen, Ppm
from marketplace.agency import queries as agencies
from marketplace.catalogue import queries as catalogue
from marketplace.pricelist import queries, rules
from marketplace.pricelist.models import PriceEntry
from marketplace.pricelist.rules import Offered, Price, PriceAct, PriceTerms


def publish(actor: Actor, subject: str | None, price: Price, /, *, key: str) -> Done:
    """Publish a price and a committed time for an item from a day on; earlier versions stay as they were (M09, M10)."""
    with act(PriceAct.PUBLISH, actor=actor, key=key, subject=subject, input=price) as deed:
        agency = agencies.by_party(actor.party)
        if agency is None:
            deed.lock_none()
        else:
            agency = deed.lock(agencies.row(actor.code or ""), share=True)
        today = queries.local_day(deed.now)
        item = catalogue.item_in_force(price.item, max(today, price.effective_from))
        book = rulebook_for(actor.region, deed.now)
        demand(
            rules.refusals_to_publish(
                price,
                agency_phase=None if agency is None else agencies.phase_of(agency, deed.now),
                item=None if item is None else Offered(item.units, item.days),
                known=agency is not None and queries.is_known(agency.id, price.item, price.effective_from, price.unit),
                terms=book.terms(PriceTerms),
                today=today,
            ),
            rulebook=book.id,
        )
        entry = deed.add(
            PriceEntry(
                no=next_no(deed, region=actor.region, kind="T"),
                agency=agency,
                item_code=price.item,
                unit=price.unit,
                price_fen=None if price.price_fen is None else Fen(price.price_fen),
                rate_ppm=None if price.rate_ppm is None else Ppm(price.rate_ppm),
                content=price.content.strip(),
                basis=price.basis.strip(),
                complaint_phone=price.complaint_phone.strip(),
                committed_days=price.committed_days,
                effective_from=price.effective_from,
                published_at=deed.now,
            )
        )
        deed.subject = entry.no
        deed.basis = book.id
        for kind, no in (("price", entry.no), ("agency", actor.code or ""), ("item", price.item)):
            deed.on(kind, no)
        deed.tell(
            code=actor.code,
            item=price.item,
            unit=price.unit,
            price_fen=price.price_fen,
            rate_ppm=price.rate_ppm,
            committed_days=price.committed_days,
            effective_from=price.effective_from.isoformat(),
        )
    return deed.answer()
