"""What the statistics bring to the house: their page, the front page's figures, a read model for machines."""

from collections.abc import Mapping
from typing import Any

from app.clock import now
from app.refusal import NotFound
from app.stage import Resource, Stage
from app.web.filters import percent, say, wan
from app.web.paging import Listing
from ratings.insight import queries, reports, rules
from ratings.insight.rules import Asked, SupervisionTerms
from ratings.insight.views import bp
from ratings.insight.wording import WORDS


def market_figures(**_: object) -> Mapping[str, Any]:
    """The market this year in a few figures, for the front page: ready as the macro `figures` takes them."""
    at = now()
    tally = reports.year(now=at)
    since = rules.of_year(at).since
    rows = [
        _figure("announcements", f"{tally.announcements:,}", url=f"/statistics/?from={since}"),
        _figure(
            "completed", f"{tally.completed:,}", note=say("insight.year.completed_note", award=wan(tally.award_fen))
        ),
        _figure(
            "saving",
            wan(tally.saving_fen),
            note=say("insight.year.saving_note", rate=percent(tally.saving_ppm or 0)),
        ),
        _figure("library", f"{queries.library(as_of=at):,}", url="/agencies/"),
        _figure("open", f"{queries.open_now(at):,}", url="/announcements/?phase=registering"),
    ]
    return {"rows": rows}


def _figure(name: str, value: str, *, note: str | None = None, url: str | None = None) -> Mapping[str, Any]:
    return {"label": say(f"insight.year.{name}"), "value": value, "note": note, "url": url}


def rows(after: str | None, limit: int, **given: str) -> Listing[Mapping[str, Any]]:
    """`/api/v1/statistics`: the rows of every table, one after the other."""
    asked, refused = reports.asked(given)
    if refused:
        raise NotFound("statistics")
    return reports.rows(reports.figures(asked, now=now()), after, limit)


def one(name: str) -> Mapping[str, Any] | None:
    """`/api/v1/statistics/{table}`: the whole market's figures by one property, or all further ones: `summary`."""
    return reports.members(reports.figures(Asked(), now=now()), name)


STAGE = Stage(
    name="insight",
    title="统计",
    blueprint=bp,
    panels={"market_figures": market_figures},
    resources={
        "statistics": Resource(
            page=rows,
            one=one,
            id="table",
            params={
                "region": "a division of GB/T 2260: its whole branch",
                "from": "the first month of publication, 2026-03",
                "until": "the last month of publication, included",
            },
            schema=reports.SCHEMA,
        )
    },
    terms=(SupervisionTerms,),
    words=WORDS,
)
