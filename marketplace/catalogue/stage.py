"""What the chapter catalogue brings to the house."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from app.clock import now
from app.stage import Resource, Rows, Stage
from app.values import SHANGHAI
from marketplace.catalogue import queries, rules, services
from marketplace.catalogue.rules import ItemAct
from marketplace.catalogue.views import bp
from marketplace.catalogue.wording import WORDS


def today() -> date:
    """The local day of the request."""
    return now().astimezone(SHANGHAI).date()


def items(after: str | None, limit: int, *, category: str | None = None) -> Rows:
    """The list in force today."""
    return queries.resource_page(after, limit, on=today(), category=category)


def item(code: str) -> Mapping[str, Any] | None:
    """One item as it stands today."""
    found = queries.item_in_force(code, today())
    return None if found is None else queries.members(found)


STAGE = Stage(
    name="catalogue",
    title="服务事项清单",
    blueprint=bp,
    acts=ItemAct,
    may=rules.MAY,
    opens=rules.OPENS,
    resources={
        "items": Resource(
            page=items,
            one=item,
            id="code",
            params={"category": "two digits: the items of one category"},
            schema={
                "type": "object",
                "required": ["code", "category", "version", "effective_from", "name", "days", "verified"],
                "properties": {
                    "code": {"type": "string"},
                    "category": {"type": "string"},
                    "version": {"type": "integer"},
                    "effective_from": {"type": "string", "format": "date"},
                    "name": {"type": "string"},
                    "authorities": {"type": "array", "items": {"type": "string"}},
                    "approval": {"type": "string"},
                    "basis": {"type": "string"},
                    "q": {"enum": [code.value for code in rules.Q]},
                    "qualification": {"type": "string"},
                    "requires": {"type": "array", "items": {"type": "string"}},
                    "units": {"type": "array", "items": {"type": "string"}},
                    "fee_nature": {"enum": [nature.value for nature in rules.FeeNature]},
                    "fee_basis": {"type": "string"},
                    "self_service": {"type": "boolean"},
                    "days": {
                        "type": ["integer", "null"],
                        "description": "working days; null: as long as the works last",
                    },
                    "evidence": {"enum": [evidence.value for evidence in rules.Evidence]},
                    "verified": {"type": "array", "items": {"type": "string"}},
                    "sources": {"type": "array", "items": {"type": "string"}},
                    "note": {"type": ["string", "null"]},
                },
            },
        )
    },
    reference=services.load,
    words=WORDS,
)
