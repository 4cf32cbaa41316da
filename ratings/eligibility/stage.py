"""What eligibility brings to the house: the answer to the one backward question, and who could register now."""

from collections.abc import Mapping
from typing import Any

from flask import url_for

from app.actor import Actor, Role
from app.stage import Cure, Stage
from ratings.eligibility import queries, services
from ratings.eligibility.rules import OwnerTerms, ServiceTerms, SuspendTerms
from ratings.eligibility.views import able_for_item, able_for_need, bars, bp
from ratings.eligibility.wording import WORDS


def _own(role: Role, endpoint: str) -> Cure:
    """A page of one role's own things."""
    return lambda actor, _: url_for(endpoint) if role in actor.roles else None


def _late(actor: Actor, figures: Mapping[str, Any]) -> str | None:
    return url_for("performance.page", no=figures["contract"]) if Role.AGENCY in actor.roles else None


def _sanction(actor: Actor, figures: Mapping[str, Any]) -> str | None:
    return url_for("sanction.page", no=figures["no"])


def _score(actor: Actor, figures: Mapping[str, Any]) -> str | None:
    return url_for("credit.page", code=actor.code) if Role.AGENCY in actor.roles and actor.code else None


STAGE = Stage(
    name="eligibility",
    title="准入",
    blueprint=bp,
    panels={"able_agencies": able_for_item, "able_for_need": able_for_need, "agency_bars": bars},
    terms=(ServiceTerms, OwnerTerms, SuspendTerms),
    words=WORDS,
    cures={
        "sanction_in_force": _sanction,
        "late_delivery_open": _late,
        "grade_too_low": _score,
        "qualification_missing": _own(Role.AGENCY, "credential.mine"),
        "price_entry_missing": _own(Role.AGENCY, "pricelist.mine"),
        "evaluations_overdue": _own(Role.PURCHASER, "evaluation.mine"),
        "contracts_unsigned": _own(Role.PURCHASER, "contract.mine"),
    },
    standing=services.standing,
    able=queries.able,
)
