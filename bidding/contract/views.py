"""The pages of contracts: mine, one contract, its papers and archive, what each side and the regulator do with it.

One short view for each act, so longer than other chapters' views.
"""

from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from app import files
from app.actor import Role
from app.audit.services import timeline
from app.clock import now
from app.enclosure import FileForm
from app.values import Done, Waiting
from app.web import asked
from app.web.desk import panel
from app.web.door import actor, door, members, public
from app.web.money import typed
from app.web.perform import ActForm, perform
from bidding.contract import lists, pages, parcel, queries
from bidding.contract.forms import (
    AccuseForm,
    AgreeForm,
    AgreePriceForm,
    AmendForm,
    BecauseForm,
    ConfirmForm,
    DenyForm,
    ExtendForm,
    FindForm,
    PartForm,
    ProtestForm,
    ReselectForm,
    UploadForm,
)
from bidding.contract.rules import ContractAct

bp = Blueprint("contract", __name__, url_prefix="/contracts")

ARCHIVED = ("archived_performance", "archived_evaluation")
"""The panels in which later chapters bring their part of the archive."""


@bp.get("/")
@members(Role.PURCHASER, Role.AGENCY)
def mine() -> str:
    """My organisation's contracts, on either side."""
    return render_template("bidding/contract/list.html", page=lists.of_party(actor().party, request.args.get("after")))


def prepared(*, subject: str, version: int | None) -> dict[str, Any]:
    """What an act that waits for consent is about: the contract and its open requests, for whom they concern."""
    found = pages.page(subject, actor=actor(), now=now())
    return {"template": "bidding/contract/prepared.html", "page": found} if found.concerned else {}


def _page(no: str, form: ActForm) -> str:
    return render_template(
        "bidding/contract/page.html",
        page=pages.page(no, actor=actor(), now=now()),
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
    own = pages.own_page(no, actor=actor(), now=now())
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
    own = pages.own_page(no, actor=actor(), now=now())
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


@bp.get("/<no>/archive.zip")
@members()
def archive(no: str) -> Response:
    """Everything of this procurement in one file, sent while it is made."""
    later = [found for name in ARCHIVED if (found := panel(name, no=no))]
    pieces, about = parcel.pieces(no, actor=actor(), later=later, now=now())
    sent = Response(files.parcel(pieces, about=about), mimetype="application/zip")
    sent.headers["Content-Disposition"] = f'attachment; filename="{no}.zip"'
    return sent


# Changes and ends


@bp.get("/<no>/requests/<int:number>/file")
@members()
def request_file(no: str, number: int) -> Response:
    """What a request came with, for the parties, the item's regulator and the supervisor."""
    return files.send(queries.request_file_for(no, number, actor=actor()))


def _ask(act: ContractAct, no: str, form: ActForm) -> Answer:
    own = pages.own_page(no, actor=actor(), now=now())
    if isinstance(form, FileForm):
        form.account_id = actor().account_id or 0
    return perform(
        act,
        form,
        no,
        page=lambda: render_template("bidding/contract/ask.html", page=own, act=act, form=form),
        after=lambda done: url_for("contract.page", no=no),
    )


@bp.route("/<no>/extend", methods=["GET", "POST"])
@door(ContractAct.EXTEND)
def extend(no: str) -> Answer:
    """Ask for more time."""
    return _ask(ContractAct.EXTEND, no, ExtendForm())


@bp.route("/<no>/amend", methods=["GET", "POST"])
@door(ContractAct.AMEND)
def amend(no: str) -> Answer:
    """Hand in a changed price or content."""
    own = pages.own_page(no, actor=actor(), now=now())
    return _ask(ContractAct.AMEND, no, AmendForm(amount=typed(own.present_fen)))


@bp.route("/<no>/part", methods=["GET", "POST"])
@door(ContractAct.PART)
def part(no: str) -> Answer:
    """Propose to end the contract."""
    return _ask(ContractAct.PART, no, PartForm())


@bp.route("/<no>/accuse", methods=["GET", "POST"])
@door(ContractAct.ACCUSE)
def accuse(no: str) -> Answer:
    """Report a breach."""
    return _ask(ContractAct.ACCUSE, no, AccuseForm())


@bp.route("/<no>/protest", methods=["GET", "POST"])
@door(ContractAct.PROTEST)
def protest(no: str) -> Answer:
    """Report that the purchaser does not sign."""
    return _ask(ContractAct.PROTEST, no, ProtestForm())


@bp.route("/<no>/reselect", methods=["GET", "POST"])
@door(ContractAct.RESELECT)
def reselect(no: str) -> Answer:
    """After a breach: the next candidate, or a new announcement."""
    return _ask(ContractAct.RESELECT, no, ReselectForm())


def _agree(act: ContractAct, no: str, form: AgreeForm) -> Answer:
    return perform(act, form, no, page=lambda: _page(no, form), after=lambda done: url_for("contract.page", no=no))


@bp.route("/<no>/grant", methods=["GET", "POST"])
@door(ContractAct.GRANT)
def grant(no: str) -> Answer:
    """Give the time asked for."""
    return _agree(ContractAct.GRANT, no, AgreeForm())


@bp.route("/<no>/adopt", methods=["GET", "POST"])
@door(ContractAct.ADOPT)
def adopt(no: str) -> Answer:
    """Agree to a change."""
    return _agree(ContractAct.ADOPT, no, AgreePriceForm())


@bp.route("/<no>/exceed", methods=["GET", "POST"])
@door(ContractAct.EXCEED)
def exceed(no: str) -> Answer:
    """Agree to a large change, which the supervisor must consent to."""
    return _agree(ContractAct.EXCEED, no, AgreePriceForm())


@bp.route("/<no>/terminate", methods=["GET", "POST"])
@door(ContractAct.TERMINATE)
def terminate(no: str) -> Answer:
    """Agree to the end and its settlement."""
    return _agree(ContractAct.TERMINATE, no, AgreePriceForm())


@bp.route("/<no>/recall", methods=["GET", "POST"])
@door(ContractAct.RECALL)
def recall(no: str) -> Answer:
    """Take back what was asked or filed."""
    return _agree(ContractAct.RECALL, no, AgreeForm())


def _deny(act: ContractAct, no: str, form: DenyForm) -> Answer:
    shown = pages.waiting_page(no, actor=actor(), number=form.number.data, now=now())
    return perform(
        act,
        form,
        no,
        page=lambda: render_template("bidding/contract/answer.html", page=shown, act=act, form=form),
        after=lambda done: url_for("contract.page", no=no),
    )


@bp.route("/<no>/refuse", methods=["GET", "POST"])
@door(ContractAct.REFUSE)
def refuse(no: str) -> Answer:
    """Say no, and why."""
    return _deny(ContractAct.REFUSE, no, DenyForm(number=asked.number("number")))


@bp.route("/<no>/uphold", methods=["GET", "POST"])
@door(ContractAct.UPHOLD)
def uphold(no: str) -> Answer:
    """The regulator finds it to be so."""
    return _deny(ContractAct.UPHOLD, no, FindForm(number=asked.number("number"), breach=request.args.get("breach")))


@bp.route("/<no>/dismiss", methods=["GET", "POST"])
@door(ContractAct.DISMISS)
def dismiss(no: str) -> Answer:
    """The regulator does not find it to be so."""
    return _deny(ContractAct.DISMISS, no, DenyForm(number=asked.number("number")))
