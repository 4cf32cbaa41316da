"""A purchaser's own needs: the list, one page of input, and what comes next."""

from typing import Any

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from app.actor import Role
from app.clock import now
from app.region import branches
from app.region import queries as regions
from app.values import Done, Waiting
from app.web.choices import offered
from app.web.door import actor, door, members
from app.web.perform import perform
from marketplace.need import queries
from marketplace.need.forms import NOT_CHOSEN, AbandonForm, NeedForm, begun, shown
from marketplace.need.rules import OFFERED, Method, NeedAct

bp = Blueprint("need", __name__, url_prefix="/needs")


def _offered(form: NeedForm) -> NeedForm:
    items = queries.item_choices(now())
    form.item.choices = offered(items, empty=NOT_CHOSEN)
    form.further.choices = {name: offered(group) for name, group in queries.grouped(items).items()}
    form.region.choices = offered(regions.choices(), empty=NOT_CHOSEN)
    form.authority.choices = offered(regions.authorities().items(), empty=NOT_CHOSEN)
    return form


def _seen(form: NeedForm) -> dict[str, Any]:
    asked = form.so_far()
    return {"asked": asked, "outlook": queries.outlook(asked, region=actor().region, now=now())}


def _form(form: NeedForm, need: Any = None) -> str:
    return render_template("marketplace/need/form.html", form=form, need=need, offered=OFFERED, **_seen(form))


def _next(done: Done | Waiting) -> str:
    """On to publishing or proposing, which is the second and last page; or only kept, where that was asked for."""
    subject = done.subject if isinstance(done, Done) else None
    if subject is None:
        return url_for("need.mine")
    if "keep" in request.form:
        return url_for("need.page", no=subject)
    direct = request.form.get("method") == Method.DIRECT
    return url_for("direct.propose" if direct else "announcement.publish", no=subject)


@bp.get("/")
@members(Role.PURCHASER)
def mine() -> str:
    """My organisation's needs."""
    return render_template("marketplace/need/list.html", page=queries.mine(actor().party, request.args.get("after")))


@bp.route("/new", methods=["GET", "POST"])
@door(NeedAct.CREATE)
def create() -> Response:
    """Write one down; `?item=` names the item, several times a bundle."""
    items = request.args.getlist("item")
    form = _offered(
        NeedForm(
            data=begun(
                queries.begun(actor().party, items, region=actor().region, now=now()),
                items=items,
                region=actor().region,
            )
        )
    )
    return perform(NeedAct.CREATE, form, None, page=lambda: _form(form), after=_next)


@bp.get("/outlook")
@members(Role.PURCHASER)
def outlook() -> str:
    """What the rules make of a form that is being filled in; asked for by the page while somebody types."""
    return render_template("marketplace/need/outlook.html", **_seen(NeedForm(request.args)))


@bp.get("/<no>")
@members(Role.PURCHASER)
def page(no: str) -> str:
    """One need, and what comes next."""
    return render_template("marketplace/need/page.html", page=queries.page(actor().party, no), abandon=AbandonForm())


def prepared(*, subject: str, version: int | None) -> dict[str, Any]:
    """What an act that waits for a hand is about: for its two people, and for the supervisor who is to consent."""
    need = queries.by_no(subject)
    if need is None:
        return {}
    who, role = actor(), Role.SUPERVISOR
    own = need.purchaser.organisation_id == who.party_id
    if not own and not (role in who.roles and branches.serves(who, need.region, role=role)):
        return {}
    changed = version not in (None, need.version)
    return {"template": "marketplace/need/prepared.html", "need": need, "changed": changed, "own": own}


@bp.route("/<no>/revise", methods=["GET", "POST"])
@door(NeedAct.REVISE)
def revise(no: str) -> Response:
    """Write it anew, from what stands there."""
    need = queries.own(actor().party, no)
    form = _offered(NeedForm(data=shown(queries.input_of(need))))
    return perform(
        NeedAct.REVISE,
        form,
        no,
        page=lambda: _form(form, need),
        after=_next,
    )


@bp.post("/<no>/abandon")
@door(NeedAct.ABANDON)
def abandon(no: str) -> Response:
    """Give it up."""
    form = AbandonForm()
    return perform(
        NeedAct.ABANDON,
        form,
        no,
        page=lambda: render_template("marketplace/need/page.html", page=queries.page(actor().party, no), abandon=form),
        after=lambda done: url_for("need.page", no=no),
    )
