"""The help pages, for everybody; the page of components, in a demonstration alone."""

from pathlib import Path

from flask import Blueprint, Response, current_app, render_template, send_from_directory

from app.clock import now
from app.guide import queries
from app.guide.forms import SampleForm
from app.guide.wording import PAGES
from app.identity.rules import PASSWORD_SHORTEST
from app.refusal import NotFound, Refusal
from app.settings import Settings
from app.values import SHANGHAI
from app.web.door import public

bp = Blueprint("guide", __name__)

PICTURES = Path(__file__).parents[2] / "docs" / "screenshots"


@bp.get("/help/")
@public
def index() -> str:
    """What there is help on."""
    return render_template("guide/index.html", pages=PAGES)


@bp.get("/help/<page>")
@public
def page(page: str) -> str:
    """One page of help, with the values of the rulebook in force."""
    if page not in PAGES:
        raise NotFound(page)
    book = queries.book(on=now().astimezone(SHANGHAI).date())
    return render_template(f"guide/{page}.html", page=page, pages=PAGES, book=book, rulebook_id=book.id)


@bp.get("/help/pictures/<name>.png")
@public
def picture(name: str) -> Response:
    """A screen of the demonstration, as the documentation shows it."""
    return send_from_directory(PICTURES, f"{name}.png", max_age=86_400)


@bp.get("/components")
@public
def components() -> str:
    """Every component in each of its states (docs/design.md)."""
    settings: Settings = current_app.extensions["market.settings"]
    if not settings.demonstration:
        raise NotFound("components")
    faulty = SampleForm(formdata=None, prefix="faulty-", meta={"csrf": False})
    faulty.validate()
    refused = [Refusal("password_short", params={"shortest": PASSWORD_SHORTEST}), Refusal("uscc_invalid")]
    return render_template(
        "guide/components.html", empty=SampleForm(meta={"csrf": False}), faulty=faulty, refused=refused
    )
