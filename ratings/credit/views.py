"""The public pages of credit: the list by name, and each party's score line by line."""

from datetime import datetime, time

from flask import Blueprint, render_template, request

from app.clock import now
from app.refusal import NotFound
from app.rules_in_force import rulebooks
from app.standing import Grade
from app.values import SHANGHAI
from app.web.door import public
from marketplace.catalogue import queries as catalogue
from ratings.credit import queries

bp = Blueprint("credit", __name__, url_prefix="/credit")


@bp.get("/")
@public
def directory() -> str:
    """What credit is, how the grades are spread, and every admitted agency's grade by name."""
    q = request.args.get("q", "")[:60].strip()
    grade = {known.value: known for known in Grade}.get(request.args.get("grade", ""))
    return render_template(
        "ratings/credit/list.html",
        rated=queries.directory(as_of=now(), after=request.args.get("after"), q=q, grade=grade),
        spread=queries.distribution(as_of=now()),
        q=q,
        grade=grade,
        as_of=now(),
    )


@bp.get("/<code>")
@public
def page(code: str) -> str:
    """Why this score: every line with its evidence, as of today or any past day."""
    found = queries.page(code, as_of=_as_of(request.args.get("as_of")))
    if found is None:
        raise NotFound(code)
    names = {category.code: category.name for category in catalogue.categories()}
    return render_template("ratings/credit/page.html", page=found, rulebook_id=found.rulebook_id, categories=names)


def _as_of(text: str | None) -> datetime:
    """The end of a past local day, from the first with a rulebook to now; anything unreadable is now."""
    try:
        day = datetime.fromisoformat(text or "").date()
    except ValueError:
        return now()
    first = min(book.in_force_from for book in rulebooks().all())
    return min(now(), datetime.combine(max(day, first), time(23, 59, 59, 999_999), SHANGHAI))
