"""Going direct: the purchaser's page of a need, and an agency's incoming commissions."""

from collections.abc import Mapping
from typing import Any, BinaryIO, cast

from flask import Blueprint, render_template, request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from app import files
from app.actor import Role
from app.clock import now
from app.values import Done, Waiting
from app.web.door import actor, door, members
from app.web.filters import say
from app.web.perform import ActForm, perform
from bidding.direct import queries
from bidding.direct.forms import AnswerForm, PriceForm, ProposalForm
from bidding.direct.rules import DirectAct

bp = Blueprint("direct", __name__)


@bp.route("/needs/<no>/direct", methods=["GET", "POST"])
@door(DirectAct.PROPOSE)
def propose(no: str) -> Response:
    """The purchaser's page: choose an agency and name a price, or see how the negotiation stands."""
    form = _choosing(ProposalForm(agency=request.args.get("agency")), _own(no))
    form.store = _stored
    failed = _own(no).after_failures
    return _perform(DirectAct.PROPOSE_AFTER_FAILURES if failed else DirectAct.PROPOSE, no, form, propose=form)


@bp.post("/needs/<no>/direct/counter")
@door(DirectAct.COUNTER)
def counter(no: str) -> Response:
    """The purchaser names another price."""
    form = PriceForm()
    return _perform(DirectAct.COUNTER, no, form, counter=form)


@bp.post("/needs/<no>/direct/decline")
@door(DirectAct.DECLINE)
def decline(no: str) -> Response:
    """The purchaser ends the negotiation."""
    form = AnswerForm()
    return _perform(DirectAct.DECLINE, no, form, decline=form)


@bp.get("/needs/<no>/direct/minutes")
@members(Role.PURCHASER, Role.SUPERVISOR)
def minutes(no: str) -> Response:
    """The minutes of the collective decision: for the purchaser and the supervisor."""
    return cast(Response, files.send(queries.minutes_of(actor(), no)))


def _own(no: str) -> queries.DirectPage:
    return queries.page_for_purchaser(actor(), no, now=now(), after=request.args.get("after"))


def _choosing(form: ProposalForm, page: queries.DirectPage) -> ProposalForm:
    form.reason.choices = [(code, say(code, "direct_reason")) for code in page.reasons]
    return form


def _stored(upload: FileStorage) -> str:
    stream = cast(BinaryIO, upload.stream)
    return files.store(stream, account_id=actor().account_id or 0, name=upload.filename or "").sha256


def _perform(act: DirectAct, no: str, form: ActForm, **forms: ActForm) -> Response:
    """The purchaser's page round the one form that was posted."""

    def page() -> str:
        shown = _own(no)
        # Only the form that was posted may take what was posted, its key above all.
        empty = _choosing(ProposalForm(None), shown)
        fresh = {"propose": empty, "counter": PriceForm(None), "decline": AnswerForm(None)}
        return render_template("bidding/direct/propose.html", page=shown, **{**fresh, **forms})

    def after(done: Done | Waiting) -> str:
        return url_for("approval.page", no=done.prepared) if isinstance(done, Waiting) else _proposed(no)

    return perform(act, form, no, page=page, after=after)


def _proposed(no: str) -> str:
    return url_for("direct.propose", no=no)


def failed_registrants(*, no: str) -> Mapping[str, Any]:
    """On a failed announcement's own page: who was found valid in vain; shown to its purchaser after the freeze."""
    return {"rows": queries.failed_of(no)}


@bp.get("/commissions/")
@members(Role.AGENCY)
def incoming() -> str:
    """What purchasers offered to my organisation directly."""
    page = queries.incoming(actor(), request.args.get("after"), now=now())
    return render_template("bidding/direct/list.html", page=page)


@bp.get("/commissions/<no>")
@members(Role.AGENCY)
def commission(no: str) -> str:
    """One commission as its agency sees it."""
    return _commission(no)


@bp.post("/commissions/<no>/accept")
@door(DirectAct.ACCEPT)
def accept(no: str) -> Response:
    """The agency takes the price on the table."""
    form = AnswerForm()
    return _answer(DirectAct.ACCEPT, no, form, accept=form)


@bp.post("/commissions/<no>/counter")
@door(DirectAct.COUNTER)
def counter_back(no: str) -> Response:
    """The agency names another price."""
    form = PriceForm()
    return _answer(DirectAct.COUNTER, no, form, counter=form)


@bp.post("/commissions/<no>/decline")
@door(DirectAct.DECLINE)
def refuse(no: str) -> Response:
    """The agency ends the negotiation."""
    form = AnswerForm()
    return _answer(DirectAct.DECLINE, no, form, decline=form)


def _commission(no: str, **forms: ActForm) -> str:
    page = queries.page_for_agency(actor(), no, now=now())
    fresh = {"accept": AnswerForm(None), "counter": PriceForm(None), "decline": AnswerForm(None)}
    return render_template("bidding/direct/commission.html", page=page, **{**fresh, **forms})


def _answer(act: DirectAct, no: str, form: ActForm, **forms: ActForm) -> Response:
    def after(done: Done | Waiting) -> str:
        return url_for("direct.commission", no=no)

    return perform(act, form, no, page=lambda: _commission(no, **forms), after=after)
