"""What is told of all draws together: every published record, and the statistics that follow from them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from app.database import db
from bidding.selection import fairness
from bidding.selection.fairness import Draw, Fairness
from bidding.selection.models import BeaconEntry, Selection, ThrowEntry

COLUMNS = ("no", "attempt", "drawn_at", "rule", "decision", "position", "id", "lots", "made", "place")
"""Of the file that holds a row for each line of each register: all that the statistics are made of."""


AT_ONCE = 100
"""Records in memory at a time; one of a large draw is a megabyte."""


@dataclass(frozen=True, slots=True)
class FairnessPage:
    """The statistics, names by id as the records have them, and how many entries of beacons were set aside."""

    figures: Fairness
    names: Mapping[str, str]
    set_aside: int


def records() -> Iterator[Mapping[str, Any]]:
    """Every published record, oldest first."""
    query = select(Selection.record).where(Selection.record.is_not(None)).order_by(Selection.drawn_at, Selection.id)
    query = query.execution_options(yield_per=AT_ONCE)
    for record in db.session.execute(query).scalars():
        yield json.loads(record or "")


def page() -> FairnessPage:
    """Two questions and a third, however many draws there are."""
    draws: list[Draw] = []
    names: dict[str, str] = {}
    for record in records():
        draws.append(fairness.of_record(record))
        names.update(record["names"])
    aside = sum(
        db.session.execute(select(func.count()).where(entry.set_aside_at.is_not(None))).scalar_one()
        for entry in (BeaconEntry, ThrowEntry)
    )
    return FairnessPage(fairness.fairness(draws), names, aside)


def rows() -> Iterator[tuple[str | int | None, ...]]:
    """The lines of all frozen registers in order, by COLUMNS; `position` counts those who took part, from 1."""
    for record in records():
        draw = fairness.of_record(record)
        at = {one.id: position for position, one in enumerate(draw.standing, 1)}
        for one in draw.entrants:
            about = (draw.no, draw.attempt, draw.drawn_at, draw.rule, draw.decision)
            yield (*about, at.get(one.id), one.id, one.lots, one.made, one.place)
