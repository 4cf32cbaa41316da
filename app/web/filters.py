"""How values look to people: money, instants, codes; the only place where fen become 元 and UTC becomes local time."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask import Flask, current_app, g
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from app.clock import now
from app.refusal import Refusal
from app.rulebook import Clause, RulebookError, Rulebooks
from app.stage import Cure
from app.values import SHANGHAI
from app.web.door import actor

_ROW = re.compile(r"<tr\b")
_CELL = re.compile(r"<t([dh])\b([^>]*)>")
_SPAN = re.compile(r'colspan="(\d+)"')


def yuan(fen: int | None) -> str:
    """Fen as 元 with two decimals and thousands separators."""
    if fen is None:
        return ""
    whole, rest = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{whole:,}.{rest:02}"


def wan(fen: int | None) -> str:
    """Fen as 万元 with two decimals, half up, and thousands separators."""
    if fen is None:
        return ""
    hundredths = (fen + 5_000) // 10_000
    return f"{hundredths // 100:,}.{hundredths % 100:02d}"


def percent(ppm: int | None) -> str:
    """Parts per million as per cent with two decimals."""
    return "" if ppm is None else f"{Decimal(ppm) / 10_000:.2f}%"


def thousandths(score: int | None) -> str:
    """A credit score in thousandths with three decimals."""
    return "" if score is None else f"{score // 1000}.{score % 1000:03d}"


MINUTE = "%Y-%m-%d %H:%M"


def local(instant: datetime | None, pattern: str = MINUTE) -> str:
    """An instant in Asia/Shanghai."""
    if instant is None:
        return ""
    moment = instant.astimezone(SHANGHAI)
    return _minute(moment) if pattern == MINUTE else moment.strftime(pattern)


def _minute(moment: datetime) -> str:
    """As `strftime(MINUTE)`, in a third of its time: lists are full of instants."""
    return moment.replace(tzinfo=None).isoformat(" ", "minutes")


def until(instant: datetime | None) -> str:
    """A half-open end as people say it: midnight is 24:00 of the day before."""
    if instant is None:
        return ""
    moment = instant.astimezone(SHANGHAI)
    if moment.hour or moment.minute or moment.second or moment.microsecond:
        return _minute(moment)
    return date.fromordinal(moment.date().toordinal() - 1).isoformat() + " 24:00"


def stamp(instant: datetime | None) -> Markup:
    """An instant as a `time` element that machines can read too."""
    if instant is None:
        return Markup("")
    # Safe: digits and their signs alone.
    return Markup(f'<time datetime="{instant.isoformat()}">{local(instant)}</time>')  # noqa: S704


def words() -> Mapping[str, str]:
    """Every chapter's words, gathered by the factory."""
    found: Mapping[str, str] = current_app.extensions["market.words"]
    return found


def say(code: object, kind: str | None = None, **params: str | int) -> str:
    """The Chinese word of a code of a kind; an act says its kind by itself."""
    text = words().get(f"{kind}.{code}" if kind else str(code))
    if text is None:
        return str(code)
    return text.format_map(_Spoken(params)) if params else text


class _Spoken(dict[str, Any]):
    """Parameters as people read them: instants, money and codes in their own dress."""

    def __missing__(self, key: str) -> str:
        return "—"

    def __getitem__(self, key: str) -> Any:
        value = super().__getitem__(key)
        if key.endswith("_fen") and isinstance(value, int):
            return yuan(value)
        if isinstance(value, str) and key.endswith("_at"):
            return until(datetime.fromisoformat(value))
        if isinstance(value, str):
            return words().get(value, value)
        return value


def sentence(refusal: Refusal) -> str:
    """What fails."""
    return say(refusal.code, "refusal", **refusal.params)


def cure(refusal: Refusal) -> str:
    """How to cure it."""
    return say(refusal.code, "cure", **refusal.params)


def cured_at(refusal: Refusal) -> str | None:
    """The page that cures it, for whoever is signed in; None where no page does."""
    page: Cure | None = current_app.extensions["market.cures"].get(refusal.code)
    return page(actor(), refusal.params) if page else None


@pass_context
def clause(context: Context, key: str, rulebook: str | None = None) -> Clause | None:
    """The clause behind a rulebook key, from the page's own rulebook or the one in force today."""
    books: Rulebooks = current_app.extensions["market.rulebooks"]
    refused = g.get("refusals")
    chosen = rulebook or getattr(refused, "rulebook", None) or context.get("rulebook_id")
    today = now().astimezone(SHANGHAI).date()
    book = books.get(chosen) if chosen else [book for book in books.all() if book.in_force_from <= today][-1]
    try:
        return book.clause(key)
    except RulebookError:
        return None


def paragraphs(text: str | None) -> Markup:
    """Plain text with its line breaks, escaped."""
    return Markup("").join(
        Markup("<p>{}</p>").format(escape(part)) for part in (text or "").splitlines() if part.strip()
    )


def labelled(rows: Markup, heads: Sequence[str | Sequence[str]]) -> Markup:
    """A table's rows, each cell with the head of its column as `data-label`: on a phone a row is read as a card.

    A cell that spans columns stands for all of them and gets no label; nor does a cell under an empty head.
    """
    names = [head if isinstance(head, str) else head[0] for head in heads]

    def row(text: str) -> str:
        at = 0

        def cell(found: re.Match[str]) -> str:
            nonlocal at
            span = _SPAN.search(found[2])
            label = names[at] if span is None and at < len(names) else ""
            at += int(span[1]) if span else 1
            return f'<t{found[1]}{found[2]} data-label="{escape(label)}">' if label else found[0]

        return _CELL.sub(cell, text)

    # Safe: the pieces of escaped rows come back in their order, with an escaped head between them.
    return Markup("<tr".join(row(part) for part in _ROW.split(rows)))  # noqa: S704


def register(app: Flask) -> None:
    """Give the templates their filters."""
    app.jinja_env.filters.update(
        yuan=yuan,
        wan=wan,
        percent=percent,
        thousandths=thousandths,
        local=local,
        until=until,
        stamp=stamp,
        say=say,
        sentence=sentence,
        cure=cure,
        cured_at=cured_at,
        paragraphs=paragraphs,
        labelled=labelled,
    )
    app.jinja_env.globals.update(clause=clause, say=say)
