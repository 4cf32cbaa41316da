"""Several workers on one imported file: each row is done once, and the journal says so (M39)."""

import io

from sqlalchemy import func, select

from app.audit.check import first_difference
from app.clock import clock
from app.database import db
from app.intake import queries, services
from app.intake.models import IntakeRow
from app.sweep import keep_log
from marketplace.need.models import Need
from tests.builders.intake import a_csv, needs
from tests.builders.purchaser import a_purchaser
from tests.races.conftest import THREADS, at_once

ROWS = 20


def test_many_at_once_confirm_and_work_as_one(live):
    with live.app_context():
        purchaser = a_purchaser()
        content = a_csv("needs", purchaser, needs(ROWS))
        sha256 = services.take(purchaser, "needs", io.BytesIO(content), name="x", now=clock().market())
    confirmed = at_once(
        live,
        THREADS,
        lambda n: services.confirm(purchaser, "needs", sha256, seen=ROWS, now=clock().market()),
    )
    assert confirmed == {"done": THREADS}
    with live.app_context():
        (run,) = queries.mine(purchaser.account_id).rows
    worked = at_once(live, THREADS, lambda n: services.work(run.no))
    assert set(worked) <= {"done", "NotFound: intake"}
    with live.app_context():
        assert db.session.execute(select(func.count()).select_from(Need)).scalar_one() == ROWS
        ended = queries.run_of(purchaser.account_id, run.no)
        assert (ended.handed_in, ended.ended_at is not None) == (ROWS, True)
        assert None not in set(db.session.execute(select(IntakeRow.subject)).scalars())
        keep_log()
        assert first_difference(rows=True) is None


def test_two_files_with_the_same_rows_write_each_need_once(live):
    with live.app_context():
        purchaser = a_purchaser()
        files = [
            services.take(
                purchaser,
                "needs",
                io.BytesIO(a_csv("needs", purchaser, needs(2), encoding=encoding)),
                name="x",
                now=clock().market(),
            )
            for encoding in ("utf-8", "utf-8-sig", "gb18030")
        ]
    confirmed = at_once(
        live,
        len(files),
        lambda n: services.confirm(purchaser, "needs", files[n], seen=2, now=clock().market()),
    )
    assert confirmed == {"done": 1, "nothing_ready": 2}
    with live.app_context():
        (run,) = queries.mine(purchaser.account_id).rows
        services.work(run.no)
        assert db.session.execute(select(func.count()).select_from(Need)).scalar_one() == 2
