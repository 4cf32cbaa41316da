"""The directory and the cards for everybody, the application for the agency, the formal check for the operator."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from app.actor import Actor, Role
from app.clock import now
from app.rules_in_force import rulebook_for
from app.stage import Task
from app.standing import Grade
from app.values import SHANGHAI
from app.web.desk import panel
from app.web.door import actor, door, members, public
from app.web.filters import say
from app.web.paging import Listing
from app.web.perform import perform
from marketplace.agency import queries
from marketplace.agency.forms import ApplicationForm, AskForm, PassForm, RejectForm
from marketplace.agency.queries import ApplicationPage
from marketplace.agency.rules import AgencyAct, EntryTerms, Phase
from marketplace.catalogue import queries as catalogue

bp = Blueprint("agency", __name__, url_prefix="/agencies")

MOST_TASKS = 20
"""So many waiting applications stand on an operator's desk; the list has them all."""

NARROWING = {"item": "agencies_pricing", "qualification": "agencies_holding", "grade": "agencies_graded"}
"""Filters that only a later chapter can answer, and the panel that answers each with keys of agencies."""


@bp.get("/")
@public
def directory() -> str:
    """Admitted agencies by name, narrowed by what the reader asks, and those in publicity."""
    asked = {name: request.args.get(name, "")[:60].strip() for name in ("q", "letter", "region", *NARROWING)}
    found = queries.directory(
        request.args.get("after"),
        asked["q"],
        letter=asked["letter"][:1].lower(),
        region=asked["region"] if asked["region"].isdigit() else "",
        within=[keys for name in NARROWING if asked[name] and (keys := _keys(name, asked[name])) is not None],
    )
    branches = queries.branches()
    return render_template(
        "marketplace/agency/list.html",
        agencies=found,
        notes=_notes(found),
        publicised=queries.in_publicity(),
        asked=asked,
        letters=queries.letters(),
        branches=branches,
        seats=dict(branches),
        items=catalogue.items_in_force(now().astimezone(SHANGHAI).date()),
        licences=catalogue.qualifications(),
        grades=tuple(Grade),
    )


def _keys(name: str, value: str) -> Any:
    found = panel(NARROWING[name], value=value)
    return None if found is None else found["keys"]


def _notes(found: Listing[Any]) -> Mapping[str, Mapping[int, Any]]:
    """What later chapters note beside each line: items by agency, grades and sanctions by organisation."""
    agencies = [agency.id for agency in found.rows]
    parties = {agency.organisation_id: agency.organisation.region for agency in found.rows}
    said = {
        "items": panel("offered_items", agencies=agencies),
        "grades": panel("grades_of", regions=parties),
        "sanctions": panel("sanctions_of", parties=list(parties)),
    }
    return {name: {} if notes is None else notes["of"] for name, notes in said.items()}


@bp.get("/<code>")
@public
def card(code: str) -> str:
    """机构名片 (M57)."""
    return render_template("marketplace/agency/card.html", card=queries.card(code, actor=actor(), now=now()))


def _application_form(page: ApplicationPage | None) -> ApplicationForm:
    # Who came by an invitation finds what the register says of it; every word is still its own to change.
    invited = panel("invited", code=actor().code or "") if page is None else None
    form = ApplicationForm(obj=page, data=invited)
    terms = rulebook_for(actor().region, now()).terms(EntryTerms)
    form.commitments.choices = [(code, say(code, "commitment")) for code in terms.commitments]
    return form


def _application(act: AgencyAct) -> Response:
    page = queries.own_application(actor().party, now=now())
    form = _application_form(page)
    return perform(
        act,
        form,
        None,
        page=lambda: render_template("marketplace/agency/apply.html", form=form, page=page),
        after=lambda done: url_for("agency.apply"),
    )


@bp.route("/apply", methods=["GET", "POST"])
@door(AgencyAct.APPLY)
def apply() -> Response:
    """The agency's own application: the form, or how far it is."""
    return _application(AgencyAct.APPLY)


@bp.route("/supplement", methods=["GET", "POST"])
@door(AgencyAct.SUPPLEMENT)
def supplement() -> Response:
    """The corrected application."""
    return _application(AgencyAct.SUPPLEMENT)


@bp.get("/waiting")
@members(Role.OPERATOR)
def waiting() -> str:
    """Applications that wait for the formal check."""
    return render_template(
        "marketplace/agency/waiting.html", agencies=queries.waiting(actor(), request.args.get("after"))
    )


Check = PassForm | AskForm | RejectForm


def _check(code: str, act: AgencyAct | None = None, form: Check | None = None) -> str:
    forms: dict[AgencyAct, Check] = {
        AgencyAct.PASS: PassForm(formdata=None),
        AgencyAct.ASK: AskForm(formdata=None),
        AgencyAct.REJECT: RejectForm(formdata=None),
    }
    if act is not None and form is not None:
        forms[act] = form
    page = queries.application_of(code, actor=actor(), now=now())
    return render_template("marketplace/agency/check.html", page=page, forms=forms)


@bp.get("/<code>/check")
@members(Role.OPERATOR)
def check(code: str) -> str:
    """One application in full, and what the operator may answer."""
    return _check(code)


def _answer(code: str, act: AgencyAct, form: Check) -> Response:
    return perform(
        act,
        form,
        code,
        page=lambda: _check(code, act, form),
        after=lambda done: url_for("agency.check", code=code),
    )


@bp.post("/<code>/pass")
@door(AgencyAct.PASS)
def passes(code: str) -> Response:
    """The formal check is passed."""
    return _answer(code, AgencyAct.PASS, PassForm())


@bp.post("/<code>/ask")
@door(AgencyAct.ASK)
def ask(code: str) -> Response:
    """Ask for what is missing, once and in full."""
    return _answer(code, AgencyAct.ASK, AskForm())


@bp.post("/<code>/reject")
@door(AgencyAct.REJECT)
def reject(code: str) -> Response:
    """Reject, with the reason."""
    return _answer(code, AgencyAct.REJECT, RejectForm())


def tasks(who: Actor, at: datetime) -> Iterator[Task]:
    """What waits on a desk: the operator's checks; an agency's own application."""
    if Role.OPERATOR in who.roles:
        for agency in queries.waiting(who, size=MOST_TASKS).rows:
            url = url_for("agency.check", code=agency.organisation.code)
            yield Task(AgencyAct.PASS, agency.organisation.name, url, agency.check_due_at)
    if Role.AGENCY in who.roles:
        page = queries.own_application(who.party, now=at)
        if page is None or AgencyAct.APPLY in page.acts:
            yield Task(AgencyAct.APPLY, "", url_for("agency.apply"))
        elif page.phase is Phase.SUPPLEMENT:
            yield Task(AgencyAct.SUPPLEMENT, "", url_for("agency.apply"), page.supplement_due_at)
