"""The pages of contracts: mine, one contract, its scan, and what each side does with it."""

from flask import Blueprint, Response, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from app import files
from app.actor import Role
from app.audit.services import timeline
from app.clock import now
from app.values import Done, Waiting
from app.web.door import actor, door, members, public
from app.web.money import typed
from app.web.perform import perform
from bidding.contract import queries
from bidding.contract.forms import BecauseForm, ConfirmForm, UploadForm
from bidding.contract.rules import ContractAct

bp = Blueprint("contract", __name__, url_prefix="/contracts")


@bp.get("/")
@members(Role.PURCHASER, Role.AGENCY)
def mine() -> str:
    """My organisation's contracts, on either side."""
    return render_template(
        "bidding/contract/list.html", page=queries.of_party(actor().party, request.args.get("after"))
    )


def _page(no: str, form: ConfirmForm) -> str:
    return render_template(
        "bidding/contract/page.html",
        page=queries.page(no, actor=actor(), now=now()),
        form=form,
        happened=timeline(f"contract:{no}"),
    )


@bp.get("/<no>")
@public
def page(no: str) -> str:
    """One contract; for the public its summary."""
    return _page(no, ConfirmForm())


@bp.get("/<no>/file")
@members()
def file(no: str) -> Response:
    """The scan, for the parties, the item's regulator and the supervisor."""
    return files.send(queries.file_for(no, actor=actor()))


def _after(done: Done | Waiting) -> str:
    return url_for("contract.page", no=done.subject) if isinstance(done, Done) else url_for("contract.mine")


@bp.route("/<no>/upload", methods=["GET", "POST"])
@door(ContractAct.UPLOAD)
def upload(no: str) -> Answer:
    """Hand in what was signed; the award's price and time stand in the fields."""
    own = queries.own_page(no, actor=actor(), now=now())
    form = UploadForm(amount=typed(own.line.amount_fen), days=own.award_days)
    form.account_id = actor().account_id or 0
    return perform(
        ContractAct.UPLOAD,
        form,
        no,
        page=lambda: render_template("bidding/contract/upload.html", page=own, form=form),
        after=_after,
    )


@bp.route("/<no>/confirm", methods=["GET", "POST"])
@door(ContractAct.CONFIRM)
def confirm(no: str) -> Answer:
    """The other side recognises the upload."""
    form = ConfirmForm()
    return perform(ContractAct.CONFIRM, form, no, page=lambda: _page(no, form), after=_after)


def _because(act: ContractAct, no: str) -> Answer:
    own = queries.own_page(no, actor=actor(), now=now())
    form = BecauseForm()
    return perform(
        act,
        form,
        no,
        page=lambda: render_template("bidding/contract/because.html", page=own, act=act, form=form),
        after=_after,
    )


@bp.route("/<no>/reject", methods=["GET", "POST"])
@door(ContractAct.REJECT)
def reject(no: str) -> Answer:
    """The other side does not recognise it, and says why."""
    return _because(ContractAct.REJECT, no)


@bp.route("/<no>/lapse", methods=["GET", "POST"])
@door(ContractAct.LAPSE)
def lapse(no: str) -> Answer:
    """The winner did not sign in time."""
    return _because(ContractAct.LAPSE, no)
