"""What sanctions bring to the house."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.act import Deed
from app.clock import now
from app.identity import queries as identities
from app.stage import Command, Recipient, Resource, Stage
from app.web.paging import Listing
from ratings.sanction import queries, rules, services
from ratings.sanction.demo import DEMO
from ratings.sanction.rules import BlackTerms, Decided, Phase, RedTerms, SanctionAct, YellowTerms
from ratings.sanction.views import bp
from ratings.sanction.wording import WORDS


def told(deed: Deed) -> Iterator[Recipient]:
    """The party itself."""
    party = identities.organisation_by_code(deed.about("agency") or "")
    if party is not None:
        yield Recipient(party.id, {"name": party.name})


def sanctions_panel(*, code: str, **_: object) -> Mapping[str, Any]:
    """Sanctions on an agency's card, past ones included; `worst` is the gravest kind in force."""
    rows = queries.listed_of(code, now=now())
    worst = rules.worst(row.kind for row in rows if row.phase is Phase.IN_FORCE)
    return {"template": "ratings/sanction/panel.html", "title": "处理决定与名单", "rows": rows, "worst": worst}


def sanctions_of(*, parties: list[int]) -> Mapping[str, Any]:
    """The gravest kind in force of each of these parties, for the directory's lines."""
    found = queries.running(now=now(), parties=parties)
    return {"of": {party: rules.worst(row.kind for row in rows) for party, rows in found.items()}}


def listed(after: str | None, limit: int) -> Listing[dict[str, Any]]:
    """The public list for the API."""
    found = queries.public_list(now=now(), after=after, size=limit)
    return Listing(tuple(queries.members(row) for row in found.rows), found.after)


def one(no: str) -> dict[str, Any] | None:
    """One sanction for the API."""
    found = queries.page(no, now=now())
    return None if found is None else queries.members(found)


STAGE = Stage(
    name="sanction",
    title="惩戒",
    blueprint=bp,
    acts=SanctionAct,
    may=rules.MAY,
    opens=rules.OPENS,
    second=rules.SECOND,
    ahead={SanctionAct.DECIDE: services.against_deciding},
    notices={SanctionAct.DECIDE: told},
    panels={"sanctions": sanctions_panel, "sanctions_of": sanctions_of},
    commands={SanctionAct.DECIDE: Command(Decided, services.decide, None)},
    resources={"sanctions": Resource(listed, one)},
    terms=(YellowTerms, RedTerms, BlackTerms),
    words=WORDS,
    demo=DEMO,
)
