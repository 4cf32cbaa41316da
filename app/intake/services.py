"""Taking a file in, confirming what its preview said, performing its rows one by one, stopping.

No act of its own: each row is the act of the person who confirmed, with that person's rights at that instant, its own
entry in the record and its own receipt. Confirming and counting are housekeeping.
"""

import json
import logging
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from typing import Any, BinaryIO

from sqlalchemy import select

from app import built, files
from app.act import chance, chore
from app.actor import Actor
from app.audit.canonical import canonical
from app.chance import letters
from app.clock import clock
from app.identity import queries as identities
from app.identity.models import Organisation
from app.intake import queries, reading, rules
from app.intake.models import IntakeRow, IntakeRun
from app.intake.rules import Outcome
from app.refusal import AlreadyDone, NotFound, NotYours, OutOfTurn, Refusal, Refused, Stale, demand
from app.stage import Intake
from app.values import Done, Waiting

log = logging.getLogger("market.intake")

LATER = "clock_moving"
"""The one refusal that says nothing of the row: it is tried again."""

Submit = Callable[..., Done | Waiting]


def take(actor: Actor, kind: str, stream: BinaryIO, *, name: str, now: datetime) -> str:
    """Take a table in, after reading it: the SHA-256 under which its preview is found for 24 h.

    Raises `Refused` for what cannot be read as this kind of table; then nothing is kept.
    """
    columns = queries.columns(kind, actor, now=now)
    content = reading.measured(stream)
    reading.table(content, **queries.headings(columns))
    stored = files.store(BytesIO(content), account_id=actor.account_id or 0, name=name, kinds=files.TABLES)
    return stored.sha256


def confirm(actor: Actor, kind: str, sha256: str, *, seen: int, now: datetime) -> str:
    """Begin to perform the rows without fault, `seen` of which stood on the page; the number of the run.

    Twice is once: a file that is being worked through answers with its run, and a row that another file of the same
    organisation is doing is not ready. Raises `Refused` where something changed since the preview.
    """
    going_on = queries.running(kind, sha256, actor.account_id or 0)
    if going_on is not None:
        return going_on.no
    intake = queries.intake_of(kind, actor)
    found = queries.preview(kind, actor, sha256, now=now)
    upload = queries.upload(sha256, actor.account_id or 0)
    name = upload.name if upload is not None else ""
    with chore("intake") as session:
        # Who confirms twice at once waits here for himself, and colleagues with the same rows for each other.
        session.execute(
            select(Organisation.id).where(Organisation.id == actor.party).with_for_update(key_share=True)
        ).scalar_one()
        going_on = queries.running(kind, sha256, actor.account_id or 0)
        if going_on is not None:
            return going_on.no
        ready = [row for row in found.rows if row.ready]
        if intake.once:
            taken = queries.done_before(actor.party, [row.digest for row in ready])
            ready = [row for row in ready if row.digest not in taken]
        demand(rules.refusals_to_confirm(seen=seen, ready=len(ready)))
        run = IntakeRun(
            no=letters(chance().secret(), 12),
            account_id=actor.account_id,
            party_id=actor.party,
            kind=kind,
            sha256=sha256,
            name=name,
            file_rows=len(found.rows),
            chosen_rows=len(ready),
            confirmed_at=now,
        )
        session.add(run)
        session.flush()
        session.add_all(
            IntakeRow(
                intake_id=run.id,
                row=row.number,
                digest=row.digest,
                title=row.title,
                cells=canonical(dict(row.given)),
            )
            for row in ready
        )
        return run.no


def stop(account_id: int, no: str) -> None:
    """Leave undone what is not done yet. Raises `NotFound` for anybody else's run."""
    if queries.run_of(account_id, no).ended_at is not None:
        return
    with chore("intake") as session:
        run = session.execute(queries.row(no).with_for_update()).scalar_one()
        _end(run, reason=Refusal("import_stopped"))


def work(no: str) -> int:
    """Perform the next rows of a run, each in its own transaction; how many now have an outcome.

    Two at once do each row once: they share the key. Raises `NotFound` for a run that has ended.
    """
    run = queries.by_no(no)
    if run is None or run.ended_at is not None:
        raise NotFound("intake")
    run_id, kind, sha256, account_id = run.id, run.kind, run.sha256, run.account_id
    waiting = [(row.row, json.loads(row.cells or "{}")) for row in queries.waiting_rows(run_id)]
    who = identities.actor_by_account(account_id)
    intake = queries.kinds().get(kind)
    if not waiting or who is None or intake is None:
        with chore("intake") as session:
            _end(session.execute(queries.row(no).with_for_update()).scalar_one(), reason=Refusal("import_orphaned"))
        return 0
    outcomes = []
    reader = intake.reader(who, clock().market())
    for number, cells in waiting:
        if queries.ended(run_id):
            break
        outcome = _performed(intake, reader, who, cells, key=queries.key_of(sha256, number))
        if outcome is None:
            break
        outcomes.append((number, outcome))
    _note(run_id, outcomes)
    return len(outcomes)


Ended = tuple[Outcome, str | None, tuple[Refusal, ...]]


def _performed(intake: Intake, reader: Any, who: Actor, cells: dict[str, str], *, key: str) -> Ended | None:
    """Perform one row; None where it must be tried again later."""
    form = reader.form(cells)
    if not form.validate():
        return Outcome.REFUSED, None, (Refusal("row_shape"),)
    submit: Submit = built.part("submit")
    try:
        done = submit(str(intake.act), who, None, form.value(), key=key)
    except AlreadyDone as known:
        return Outcome.KNOWN, known.subject, ()
    except Refused as refused:
        later = any(reason.code == LATER for reason in refused.reasons)
        return None if later else (Outcome.REFUSED, None, refused.reasons)
    except NotYours as error:
        return Outcome.REFUSED, None, (getattr(error, "reason", None) or Refusal("row_not_allowed"),)
    except (NotFound, OutOfTurn, Stale):
        return Outcome.REFUSED, None, (Refusal("row_not_allowed"),)
    except Exception:
        # One row that breaks must not hold up the others for ever; the log line is the operator's lead.
        log.exception("import row %s failed", key)
        return Outcome.REFUSED, None, (Refusal("row_broken"),)
    if isinstance(done, Waiting):
        return Outcome.WAITING, done.prepared, ()
    return Outcome.DONE, done.subject, ()


def _note(run_id: int, outcomes: list[tuple[int, Ended]]) -> None:
    with chore("intake") as session:
        run = session.execute(select(IntakeRun).where(IntakeRun.id == run_id).with_for_update()).scalar_one()
        for number, (outcome, subject, reasons) in outcomes:
            row = session.get_one(IntakeRow, (run_id, number), populate_existing=True)
            # Whoever noted it first has seen the same; only the one who did it has the better word. Whoever stopped the
            # run meanwhile could not see that this row was under way.
            noted = row.outcome
            if noted in (None, Outcome.STOPPED) or (noted is Outcome.KNOWN and outcome is Outcome.DONE):
                _write(row, outcome, subject, reasons)
        run.worked_at = clock().real()
        session.flush()
        if not queries.waiting_rows(run_id, limit=1):
            run.ended_at = run.ended_at or clock().market()


def _write(row: IntakeRow, outcome: Outcome, subject: str | None, reasons: tuple[Refusal, ...]) -> None:
    row.outcome, row.subject, row.cells = outcome, subject, None
    row.reasons = canonical([_members(reason) for reason in reasons]) if reasons else None


def _members(reason: Refusal) -> dict[str, Any]:
    return {"code": reason.code, "clause": reason.clause, "field": reason.field, "params": dict(reason.params)}


def _end(run: IntakeRun, *, reason: Refusal) -> None:
    """Give every row that is left its outcome, and the run its end."""
    for row in queries.waiting_rows(run.id, limit=rules.ROWS):
        _write(row, Outcome.STOPPED, None, (reason,))
    run.ended_at = run.ended_at or clock().market()
