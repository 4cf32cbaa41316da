"""From a posted form to a command and back: the one place where a page meets a refusal; nothing typed is lost."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Protocol, cast

from flask import current_app, flash, g, make_response, redirect, request
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import DateField, DateTimeField, Field, HiddenField
from wtforms.csrf.core import CSRFTokenField
from wtforms.fields.core import UnboundField
from wtforms.form import BaseForm
from wtforms.validators import Regexp, StopValidation

from app.actor import Actor
from app.chance import fresh_key
from app.clock import now
from app.refusal import AlreadyDone, Refusal, Refused
from app.values import Done, Waiting
from app.web.door import actor
from app.web.words import FORM_SENTENCES


class TokenField(CSRFTokenField):
    """The forgery token of a form, signed when the form is shown: most that are posted are not shown again."""

    def process(self, *given: Any, **more: Any) -> None:
        # Past WTForms' own field, which signs one for every form that is made.
        HiddenField.process(self, *given, **more)

    def _value(self) -> str:
        token: str = self.csrf_impl.generate_csrf_token(self)
        return token


class Forgery(FlaskForm.Meta.csrf_class):
    """Flask-WTF's check, with the token as above."""

    field_class = TokenField


class ChineseForm(FlaskForm):
    """Flask-WTF's form, whose own sentences are Chinese too."""

    class Meta(FlaskForm.Meta):
        """WTForms' own Chinese is partly wrong: ours stands in `app.web.words`."""

        csrf_class = Forgery

        def get_translations(self, form: object) -> "Sentences":
            return SENTENCES

        def bind_field(self, form: BaseForm, unbound_field: "UnboundField[Any]", options: Mapping[str, Any]) -> Field:
            """Where a shape is asked for (an amount, a telephone), full-width figures are read as they mean."""
            field: Field = super().bind_field(form, unbound_field, options)
            if any(isinstance(validator, Regexp) for validator in field.validators):
                field.filters = (*field.filters, half_width)
            if isinstance(field, DateField | DateTimeField):
                field.validators = (*field.validators, plausible_year)
            return field


HALF = {0x3000: 0x20} | {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
"""What a Chinese keyboard writes for the characters of ASCII."""


def half_width(data: object) -> object:
    """A text as ASCII keys would have written it, １，２３４．５ as 1,234.5; what is no text (a default) as it is."""
    return data.translate(HALF) if isinstance(data, str) else data


def plausible_year(form: BaseForm, field: Field) -> None:
    """A day of a year that cannot be meant (0001, 9999) is a slip, and no time zone reaches beyond it."""
    if field.data is not None and not 1900 <= field.data.year < 3000:
        raise StopValidation(field.gettext("Not a plausible year."))


class Sentences:
    """What WTForms asks for its own sentences."""

    def gettext(self, text: str) -> str:
        return FORM_SENTENCES.get(text, text)

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return FORM_SENTENCES.get(plural, plural)


SENTENCES = Sentences()


class ActForm(ChineseForm):
    """A form that performs one act: CSRF by Flask-WTF, and the idempotency key as a hidden field."""

    key = HiddenField(default=fresh_key)

    def value(self) -> Any:
        """The act's frozen input; each form says its own."""
        raise NotImplementedError

    def take_in_files(self) -> None:
        """Take in what was chosen, so that a form that comes back need not be given its file again.

        Raises `Refused` where the market does not take a file; most forms have none.
        """


class Submits(Protocol):
    """How an act is handed in: performed at once, or prepared for another hand (`app.approval`)."""

    def __call__(self, act: str, actor: Actor, subject: str | None, input: Any, /, *, key: str) -> Done | Waiting: ...


Page = Callable[[], str | Response]


def perform(
    act: str,
    form: ActForm,
    subject: str | None,
    *,
    page: Page,
    after: Callable[[Done | Waiting], str],
    answer: Callable[[Done], Response] | None = None,
) -> Response:
    """GET: the page. POST: shape errors → the page again, 422; refusals → the page again, 409; done → redirect, 303.

    `page()` renders the form as it stands in the caller's hands (what was typed stays); refusals are in `g.refusals`
    for the macro. `after(done)` gives the address of what was done. `answer(done)` replaces the redirect for the one
    act whose answer must hold what is stored nowhere (offer.submit).
    """
    if request.method != "POST":
        return make_response(page())
    if not form.validate():
        # What is wrong with a file is said when the rest is right.
        with suppress(Refused):
            form.take_in_files()
        return _again(page, 422)
    submit = cast(Submits, current_app.extensions["market.submit"])
    key = form.key.data or fresh_key()
    try:
        done = submit(str(act), actor(), subject, form.value(), key=key)
    except Refused as refused:
        g.refusals = refused
        _beside(form, refused.reasons)
        # The same key must stay usable once the cause is cured; it was rolled back with the act.
        return _again(page, 409)
    except AlreadyDone as known:
        flash("already_done", "info")
        return redirect(after(Done(str(act), known.subject, now(), known.receipt)), code=303)
    if isinstance(done, Done) and answer is not None:
        return answer(done)
    flash(act if isinstance(done, Done) else "waiting", "done")
    return redirect(after(done), code=303)


def hand_in(form: ChineseForm, *, page: Page, do: Callable[[], str]) -> Response:
    """The same for what is no act (a file to be looked at first): `do()` gives the address to go on at, or refuses."""
    if request.method != "POST":
        return make_response(page())
    if not form.validate():
        return _again(page, 422)
    try:
        address = do()
    except Refused as refused:
        g.refusals = refused
        _beside(form, refused.reasons)
        return _again(page, 409)
    return redirect(address, code=303)


def _again(page: Page, status: int) -> Response:
    response = make_response(page())
    response.status_code = status
    return response


def _beside(form: ChineseForm, reasons: tuple[Refusal, ...]) -> None:
    """Note each refusal beside the field it names, as well as at the top."""
    beside: Mapping[str, list[Refusal]] = g.setdefault("refusals_beside", {})
    for reason in reasons:
        if reason.field is not None and reason.field in form:
            cast(dict[str, list[Refusal]], beside).setdefault(reason.field, []).append(reason)
