"""What is read of files and runs: the preview of a file, the runs of an account, the rows of one."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from app import built, files
from app.act import IdempotencyKey, wiring
from app.actor import Actor
from app.database import db
from app.files import TABLES, Upload
from app.intake import judging, reading, rules
from app.intake.judging import Described, Preview
from app.intake.models import IntakeRow, IntakeRun
from app.intake.rules import Outcome
from app.refusal import NotFound, NotYours, Refusal
from app.stage import Intake
from app.web.paging import SIZE, Listing, listing, parsed

PAGE = 50
"""Rows of a table on one page."""

KEPT = 4
"""Previews that one process keeps for paging."""

CHUNK = 500
"""Digests asked for in one query."""


def kinds() -> Mapping[str, Intake]:
    """Every kind of file that a stage brings, by name."""
    found: Mapping[str, Intake] = built.part("intakes")
    return found


def kinds_of(actor: Actor) -> tuple[str, ...]:
    """The kinds of files whose rows this actor may perform."""
    may = wiring().may
    return tuple(kind for kind, intake in kinds().items() if may[str(intake.act)] & actor.roles)


def intake_of(kind: str, actor: Actor) -> Intake:
    """A kind of file, for those who may perform its rows. Raises `NotFound` or `NotYours`."""
    if kind not in kinds():
        raise NotFound(kind)
    if kind not in kinds_of(actor):
        raise NotYours(str(kinds()[kind].act))
    return kinds()[kind]


def columns(kind: str, actor: Actor, *, now: datetime) -> tuple[Described, ...]:
    """The columns of a kind of file, with what each may say for this actor now."""
    intake = intake_of(kind, actor)
    return judging.described(intake, intake.reader(actor, now))


def headings(columns: Collection[Described]) -> Mapping[str, Any]:
    """What `reading.table` is told of the columns."""
    return {
        "headings": {column.field: column.heading for column in columns},
        "required": frozenset(column.field for column in columns if column.required),
        "exact": frozenset(column.field for column in columns if column.exact),
    }


def upload(sha256: str, account_id: int) -> Upload | None:
    """The table this account handed in; None where it never did, or longer ago than files are kept."""
    row = db.session.get(Upload, (sha256, account_id))
    if row is None or row.type not in TABLES or not files.path(sha256).is_file():
        return None
    return row


def preview(kind: str, actor: Actor, sha256: str, *, now: datetime) -> Preview:
    """What the file would do now; nothing is written. Raises `NotFound` for a file that is not there (any more)."""
    intake = intake_of(kind, actor)
    if upload(sha256, actor.account_id or 0) is None:
        raise NotFound("file")
    reader = intake.reader(actor, now)
    described = judging.described(intake, reader)
    table = reading.table(files.path(sha256).read_bytes(), **headings(described))
    return judging.judged(
        table, intake, reader, columns=described, done=lambda digests: done_before(actor.party, digests)
    )


def seen(kind: str, actor: Actor, sha256: str, *, now: datetime, anew: bool) -> Preview:
    """The preview, judged anew, or as it was judged for its first page: so that paging through it changes nothing.

    A worker that did not judge the first page judges now; each keeps a few.
    """
    kept: dict[tuple[str, str, int], Preview] = built.part("previews")
    key = (kind, sha256, actor.account_id or 0)
    found = None if anew else kept.get(key)
    if found is None or upload(sha256, actor.account_id or 0) is None:
        found = preview(kind, actor, sha256, now=now)
    kept.pop(key, None)
    kept[key] = found
    while len(kept) > KEPT:
        kept.pop(next(iter(kept)), None)
    return found


def done_before(party_id: int, digests: Collection[str]) -> Mapping[str, str]:
    """Digest → number of what an organisation's other rows with these digests did, empty while they are under way."""
    found: dict[str, str] = {}
    wanted = sorted(set(digests))
    for start in range(0, len(wanted), CHUNK):
        rows = db.session.execute(
            select(IntakeRow.digest, IntakeRow.subject)
            .join(IntakeRun, IntakeRun.id == IntakeRow.intake_id)
            .where(
                IntakeRow.digest.in_(wanted[start : start + CHUNK]),
                IntakeRow.outcome.is_(None) | IntakeRow.outcome.in_(rules.DOING),
                IntakeRun.party_id == party_id,
            )
        )
        for digest, subject in rows:
            found[digest] = subject or found.get(digest, "")
    return found


def row(no: str) -> Select[IntakeRun]:
    """The row of a run, to be locked."""
    return select(IntakeRun).where(IntakeRun.no == no)


def by_no(no: str) -> IntakeRun | None:
    """A run by its number, whosesoever it is."""
    return db.session.execute(row(no)).scalar_one_or_none()


def running(kind: str, sha256: str, account_id: int) -> IntakeRun | None:
    """The run of a file that has not ended."""
    return db.session.execute(
        select(IntakeRun).where(
            IntakeRun.account_id == account_id,
            IntakeRun.kind == kind,
            IntakeRun.sha256 == sha256,
            IntakeRun.ended_at.is_(None),
        )
    ).scalar_one_or_none()


def ended(run_id: int) -> bool:
    """Whether a run has ended or was stopped."""
    return db.session.execute(select(IntakeRun.ended_at).where(IntakeRun.id == run_id)).scalar_one() is not None


def due(real: datetime) -> list[str]:
    """Runs whose next portion is due at a real instant, the oldest first."""
    query = (
        select(IntakeRun.no)
        .where(
            IntakeRun.ended_at.is_(None),
            IntakeRun.worked_at.is_(None) | (IntakeRun.worked_at <= real - rules.PAUSE),
        )
        .order_by(IntakeRun.id)
    )
    return list(db.session.execute(query).scalars())


def waiting_rows(run_id: int, *, limit: int = rules.PORTION) -> list[IntakeRow]:
    """The next rows of a run, in the order of the file."""
    query = (
        select(IntakeRow)
        .where(IntakeRow.intake_id == run_id, IntakeRow.outcome.is_(None))
        .order_by(IntakeRow.row)
        .limit(limit)
    )
    return list(db.session.execute(query).scalars())


@dataclass(frozen=True, slots=True)
class Progress:
    """One run with how far it is; `counts` by outcome."""

    no: str
    kind: str
    name: str
    sha256: str
    file_rows: int
    chosen_rows: int
    confirmed_at: datetime
    ended_at: datetime | None
    counts: Mapping[str, int]

    @property
    def ended(self) -> int:
        """Rows that have an outcome."""
        return sum(self.counts.values())

    @property
    def handed_in(self) -> int:
        """Rows that were performed, now or before."""
        return sum(self.counts.get(outcome, 0) for outcome in rules.DOING)


@dataclass(frozen=True, slots=True)
class Ended:
    """One row of a run as its page shows it; `receipt` is the reference of its receipt's file."""

    row: int
    title: str
    outcome: Outcome | None
    subject: str | None
    reasons: tuple[Refusal, ...]
    receipt: str | None


def _progress(runs: Collection[IntakeRun]) -> list[Progress]:
    counted: dict[int, dict[str, int]] = {}
    query = (
        select(IntakeRow.intake_id, IntakeRow.outcome, func.count())
        .where(IntakeRow.intake_id.in_([run.id for run in runs]), IntakeRow.outcome.is_not(None))
        .group_by(IntakeRow.intake_id, IntakeRow.outcome)
    )
    for run_id, outcome, number in db.session.execute(query):
        counted.setdefault(run_id, {})[str(outcome)] = number
    return [
        Progress(
            no=run.no,
            kind=run.kind,
            name=run.name,
            sha256=run.sha256,
            file_rows=run.file_rows,
            chosen_rows=run.chosen_rows,
            confirmed_at=run.confirmed_at,
            ended_at=run.ended_at,
            counts=counted.get(run.id, {}),
        )
        for run in runs
    ]


def mine(account_id: int, after: str | None = None, *, size: int = SIZE) -> Listing[Progress]:
    """An account's runs, the newest first."""
    query = select(IntakeRun).where(IntakeRun.account_id == account_id)
    key = parsed(after, (int,))
    if key is not None:
        query = query.where(IntakeRun.id < key[0])
    found = listing(
        db.session.execute(query.order_by(IntakeRun.id.desc()).limit(size + 1)).scalars().all(),
        size=size,
        key=lambda run: (run.id,),
    )
    return Listing(tuple(_progress(found.rows)), found.after)


def unfinished(account_id: int) -> list[Progress]:
    """An account's runs that go on, for the desk."""
    query = select(IntakeRun).where(IntakeRun.account_id == account_id, IntakeRun.ended_at.is_(None))
    return _progress(db.session.execute(query.order_by(IntakeRun.id)).scalars().all())


def run_of(account_id: int, no: str) -> Progress:
    """One run of an account; raises `NotFound` for anybody else's."""
    found = by_no(no)
    if found is None or found.account_id != account_id:
        raise NotFound("intake")
    return _progress([found])[0]


def rows_of(account_id: int, no: str, after: str | None, *, refused: bool, size: int = PAGE) -> Listing[Ended]:
    """The rows of a run in the order of the file, all or the refused ones; the caller has asked for `run_of`."""
    run = by_no(no)
    if run is None:
        raise NotFound("intake")
    query = select(IntakeRow).where(IntakeRow.intake_id == run.id)
    if refused:
        query = query.where(IntakeRow.outcome.in_((Outcome.REFUSED, Outcome.STOPPED)))
    key = parsed(after, (int,))
    if key is not None:
        query = query.where(IntakeRow.row > key[0])
    page = listing(
        db.session.execute(query.order_by(IntakeRow.row).limit(size + 1)).scalars().all(),
        size=size,
        key=lambda row: (row.row,),
    )
    keys = {key_of(run.sha256, row.row): row.row for row in page.rows}
    receipts = db.session.execute(
        select(IdempotencyKey.key, IdempotencyKey.ref).where(
            IdempotencyKey.account == str(account_id),
            IdempotencyKey.key.in_(keys),
            IdempotencyKey.receipt_text.is_not(None),
        )
    ).all()
    by_row = {keys[key]: ref for key, ref in receipts}
    return Listing(
        tuple(
            Ended(row.row, row.title, row.outcome, row.subject, reasons_of(row.reasons), by_row.get(row.row))
            for row in page.rows
        ),
        page.after,
    )


def key_of(sha256: str, row: int) -> str:
    """The idempotency key under which a row is performed: the same row of the same file is done once."""
    return f"import:{sha256}:{row}"


def reasons_of(text: str | None) -> tuple[Refusal, ...]:
    """The refusals of a row as they were kept."""
    return tuple(Refusal(**reason) for reason in json.loads(text or "[]"))
