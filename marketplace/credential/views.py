"""An agency's certificates, the competent authority's verification, and the panel on the agency's card."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from app import files
from app.actor import Actor, Role
from app.clock import now
from app.stage import Task
from app.web.door import actor, door, members
from app.web.filters import say
from app.web.perform import perform
from marketplace.catalogue import queries as catalogue
from marketplace.credential import queries
from marketplace.credential.forms import CertificateForm, RefuseForm, VerifyForm
from marketplace.credential.queries import local_day
from marketplace.credential.rules import CredentialAct

bp = Blueprint("credential", __name__, url_prefix="/credentials")

MOST_TASKS = 20
"""So many certificates stand on an authority's desk; the list has them all."""


@bp.get("/")
@members(Role.AGENCY)
def mine() -> str:
    """An agency's own certificates, in every phase."""
    lines = queries.of_party(actor().party, day=local_day(now()))
    return render_template("marketplace/credential/list.html", lines=lines)


@bp.route("/submit", methods=["GET", "POST"])
@door(CredentialAct.SUBMIT)
def submit() -> Response:
    """Hand in a certificate."""
    form = CertificateForm()
    known = catalogue.qualifications()
    form.qualification.choices = [("", say("credential_choose")), *((each.code, each.name) for each in known)]
    grades = sorted({grade for each in known for grade in each.grades})
    form.grade.choices = [("", say("credential_no_grade")), *((grade, grade) for grade in grades)]
    return perform(
        CredentialAct.SUBMIT,
        form,
        None,
        page=lambda: render_template("marketplace/credential/submit.html", form=form, known=known),
        after=lambda done: url_for("credential.mine"),
    )


@bp.get("/waiting")
@members(Role.REGULATOR)
def waiting() -> str:
    """Certificates that wait for this authority."""
    lines = queries.waiting(actor(), request.args.get("after"), day=local_day(now()))
    return render_template("marketplace/credential/waiting.html", lines=lines)


def _page(no: str, verify: VerifyForm | None = None, refuse: RefuseForm | None = None) -> str:
    return render_template(
        "marketplace/credential/page.html",
        line=queries.seen_by(actor(), no, day=local_day(now())),
        verify=verify or VerifyForm(formdata=None),
        refuse=refuse or RefuseForm(formdata=None),
    )


@bp.get("/<no>")
@members(Role.AGENCY, Role.REGULATOR, Role.SUPERVISOR)
def page(no: str) -> str:
    """One certificate, and the authority's answer."""
    return _page(no)


@bp.get("/<no>/file")
@members(Role.AGENCY, Role.REGULATOR, Role.SUPERVISOR)
def file(no: str) -> Response:
    """The scan, for those who may see the certificate."""
    return files.send(queries.file_of(actor(), no, day=local_day(now())))


@bp.post("/<no>/verify")
@door(CredentialAct.VERIFY)
def verify(no: str) -> Response:
    """Confirm it."""
    form = VerifyForm()
    return perform(
        CredentialAct.VERIFY,
        form,
        no,
        page=lambda: _page(no, verify=form),
        after=lambda done: url_for("credential.waiting"),
    )


@bp.post("/<no>/refuse")
@door(CredentialAct.REFUSE)
def refuse(no: str) -> Response:
    """Do not confirm it."""
    form = RefuseForm()
    return perform(
        CredentialAct.REFUSE,
        form,
        no,
        page=lambda: _page(no, refuse=form),
        after=lambda done: url_for("credential.waiting"),
    )


def panel(*, code: str) -> Mapping[str, Any]:
    """An agency's verified certificates, for its card."""
    return {
        "template": "marketplace/credential/panel.html",
        "title": say("credentials", "card"),
        "lines": queries.public_of(code, day=local_day(now())),
    }


def holding(*, value: str) -> Mapping[str, Any]:
    """Keys of the agencies that hold a licence, for the directory."""
    return {"keys": queries.holding(value, local_day(now()))}


def tasks(who: Actor, at: datetime) -> Iterator[Task]:
    """What waits on an authority's desk."""
    if Role.REGULATOR not in who.roles:
        return
    for line in queries.waiting(who, day=local_day(at), size=MOST_TASKS).rows:
        yield Task(CredentialAct.VERIFY, line.agency_name, url_for("credential.page", no=line.no), line.verify_due_at)
