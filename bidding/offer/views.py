"""Handing in a sealed offer; and what everybody may fetch after the opening."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flask import Blueprint, jsonify, make_response, render_template, url_for
from werkzeug.wrappers import Response

from app import files
from app.clock import now
from app.values import Done, Waiting
from app.web import asked
from app.web.door import actor, door, members, public
from app.web.perform import perform
from bidding.offer import lists, pages, queries, questions, services
from bidding.offer.forms import EnvelopeForm, HandInForm, JudgementForm, OfferForm, RateForm, StatementForm, itemized
from bidding.offer.rules import OfferAct, OfferDone

bp = Blueprint("offer", __name__)


def _form(no: str) -> EnvelopeForm | RateForm:
    """What an announcement asks for: a rate, or an amount, of several items each its own, and perhaps a proposal."""
    asked_for = queries.asked_for(no)
    if asked_for.rate:
        return RateForm()
    form: EnvelopeForm = itemized(asked_for.items) if asked_for.items else OfferForm()
    form.take_in = lambda stream: services.take_in(actor(), no, stream, key=form.key.data or "")
    return form


@bp.route("/announcements/<no>/offer", methods=["GET", "POST"])
@door(OfferAct.SUBMIT)
def submit(no: str) -> Response:
    """The form, why not, and the commitments of what was handed in; never an amount."""
    form = _form(no)

    def page() -> str:
        shown = pages.page(actor(), no, now=now())
        if form.days.raw_data is None:
            form.days.data = str(shown.promised_days or "")
        return render_template("bidding/offer/page.html", page=shown, form=form)

    def after(done: Done | Waiting) -> str:
        return url_for("offer.submit", no=no)

    def answer(done: Done) -> Response:
        body = done.body if isinstance(done, OfferDone) else ""
        response = make_response(render_template("bidding/offer/handed_in.html", no=no, done=done, body=body))
        response.headers["Cache-Control"] = "no-store"
        return response

    return perform(OfferAct.SUBMIT, form, no, page=page, after=after, answer=answer)


@bp.route("/announcements/<no>/offer/body", methods=["GET", "POST"])
@door(OfferAct.HAND_IN)
def hand_in(no: str) -> Response:
    """What of the envelope did not open, until when it is awaited, and the form."""
    form, shown = HandInForm(), pages.unopened(actor().party, no)
    form.take_in = lambda stream: services.take_in_again(actor(), no, stream, key=form.key.data or "")
    form.only(shown.missing)

    def page() -> str:
        if shown.missing is not None and not shown.missing.body:
            form.keep(shown.missing.files)
        kept = pages.kept_body(shown)
        return render_template("bidding/offer/hand_in.html", page=shown, form=form, kept=kept)

    return perform(OfferAct.HAND_IN, form, no, page=page, after=lambda done: url_for("offer.hand_in", no=no))


@bp.route("/announcements/<no>/offer/explanation", methods=["GET", "POST"])
@door(OfferAct.EXPLAIN)
def explain(no: str) -> Response:
    """Why this price must be explained, until when, and the form."""
    form = StatementForm()
    form.account_id = actor().account_id or 0

    def page() -> str:
        question = questions.to_explain(no, actor().party)
        return render_template("bidding/offer/explain.html", question=question, form=form)

    return perform(OfferAct.EXPLAIN, form, no, page=page, after=lambda done: url_for("offer.explain", no=no))


@bp.get("/announcements/<no>/offers/<code>/explanation")
@members()
def statement(no: str, code: str) -> str:
    """A low price and what its agency says of it, for both sides and the supervisor who consents."""
    return render_template("bidding/offer/statement.html", question=questions.stated(no, code, actor()))


@bp.get("/announcements/<no>/offers/<code>/explanation/file")
@members()
def statement_file(no: str, code: str) -> Response:
    """What came with it."""
    return files.send(questions.stated(no, code, actor()).file or "")


@bp.route("/announcements/<no>/offers/<code>/judgement", methods=["GET", "POST"])
@door(OfferAct.JUDGE)
def judge(no: str, code: str) -> Response:
    """A low price, what its agency says of it, and the purchaser's decision."""
    form = JudgementForm()
    form.agency = code

    def page() -> str:
        question = questions.to_judge(no, code, actor().party)
        return render_template("bidding/offer/judge.html", question=question, form=form)

    def after(done: Done | Waiting) -> str:
        if isinstance(done, Waiting):
            return url_for("approval.page", no=done.prepared)
        return url_for("offer.judge", no=no, code=code)

    return perform(OfferAct.JUDGE, form, no, page=page, after=after)


def prepared(*, subject: str, input: Mapping[str, Any]) -> dict[str, Any]:
    """The low price that a decision which waits for consent is about, and what its agency says of it."""
    question = questions.stated(subject, input["agency"], actor())
    return {"template": "bidding/offer/prepared.html", "question": question}


@bp.get("/announcements/<no>/offers.json")
@public
def published(no: str) -> Response:
    """Bodies, commitments and log indexes of an attempt's offers, once they were opened (protocol.md §2.5)."""
    found = lists.published(no, attempt=asked.number("attempt"))
    return jsonify([asdict(line) for line in found])
