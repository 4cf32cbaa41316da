"""What is published of an attempt: its record, its transcript, and the selection told again."""

import json
from collections.abc import Mapping
from typing import Any

from app.audit.canonical import canonical
from app.refusal import NotFound
from app.rules_in_force import rulebook
from bidding.auction import queries as auctions
from bidding.offer import lists as offer_lists
from bidding.offer import questions as price_questions
from bidding.selection import queries
from bidding.selection import transcript as transcripts
from bidding.selection.models import Selection
from bidding.selection.replay import replay
from bidding.selection.scenes import Replay
from marketplace.announcement.rules import AnnouncementKind
from marketplace.need.rules import LIVE, SECOND


def record(no: str, number: int | None = None) -> Mapping[str, Any]:
    """The published record of an attempt, the latest one's where none is named. Raises `NotFound` before the draw."""
    stored = record_text(no, number)
    found: Mapping[str, Any] = json.loads(stored)
    return found


def record_text(no: str, number: int | None = None) -> str:
    """The record as it was stored: the file `record.json`. Raises `NotFound`."""
    found = queries.of(queries.attempt_of(no, number).id)
    if found is None or found.record is None:
        raise NotFound(no)
    return found.record


def transcript(no: str, number: int | None = None) -> Mapping[str, Any]:
    """The transcript `zjcs-transcript-1` of an attempt (protocol.md §4).

    Raises `NotFound` before its record, and while a low price, a choice or sheets are not decided on.
    """
    selection = queries.of(queries.attempt_of(no, number).id)
    if selection is None or selection.record is None or not is_told(selection):
        raise NotFound(no)
    attempt = selection.attempt
    book = rulebook(attempt.announcement.rulebook or "")
    return transcripts.transcript(
        record=json.loads(selection.record),
        rulebook=book.id,
        rulebook_sha256=book.sha256,
        method=queries.method(attempt),
        parameters=queries.parameters_of(selection),
        offers=[
            transcripts.Offer(line.id, line.commitment, line.body, line.index, line.refused, line.outdated)
            for line in offer_lists.of_listed(attempt.id)
        ],
        live=auctions.counted(attempt.id) if queries.method(attempt) in LIVE else (),
        scores=queries.scores_of(selection),
    )


def is_told(selection: Selection) -> bool:
    """Whether the transcript is public: with the record, but not while a low price, a choice or sheets are awaited.

    Nor while those whom the draw invited still offer: until the opening not even a number is told.
    """
    if queries.method(selection.attempt) in SECOND and selection.attempt.decision is None:
        return False
    return (
        selection.record is not None
        and not queries.is_awaited(selection)
        and not price_questions.undecided(selection.attempt_id)
    )


def replayed(no: str, number: int | None = None) -> Replay:
    """The selection told again out of its transcript alone; raises `NotFound` as long as there is none."""
    # As any reader has it: through its file.
    return replay(json.loads(canonical(transcript(no, number))))


def attempts(no: str) -> tuple[int, ...]:
    """The attempts of an announcement that can have a record: none of a direct commission. Raises `NotFound`."""
    present = queries.attempt_of(no, None)
    if present.announcement.kind is AnnouncementKind.DIRECT:
        return ()
    return tuple(range(1, present.number + 1))
