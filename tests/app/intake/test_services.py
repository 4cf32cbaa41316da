"""A preview writes nothing; a confirmed file does each row once, whatever happens (M39, U6)."""

import io
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select, text

from app import files
from app.act import IdempotencyKey
from app.audit.check import first_difference
from app.clock import clock
from app.database import Base, db
from app.identity.models import Account
from app.intake import queries, rules, services
from app.intake.models import IntakeRow, IntakeRun
from app.intake.rules import Outcome
from app.refusal import NotFound, NotYours, Refused
from app.sweep import keep_log
from marketplace.need import services as need_services
from marketplace.need.forms import EXPLAINED
from marketplace.need.models import Need
from marketplace.need.rules import OFFERED
from marketplace.pricelist.models import PriceEntry
from tests.builders.agency import an_applicant
from tests.builders.intake import a_csv, an_xlsx, needs, prices
from tests.builders.people import an_operator
from tests.builders.pricelist import a_price
from tests.builders.purchaser import a_purchaser, an_unregistered_purchaser


def take(actor, kind, content, name="需求.csv"):
    return services.take(actor, kind, io.BytesIO(content), name=name, now=clock().market())


def look(actor, kind, sha256):
    return queries.preview(kind, actor, sha256, now=clock().market())


def confirm(actor, kind, sha256):
    return services.confirm(actor, kind, sha256, seen=look(actor, kind, sha256).ready, now=clock().market())


def outcomes(no):
    run = queries.by_no(no)
    query = select(IntakeRow.row, IntakeRow.outcome).where(IntakeRow.intake_id == run.id).order_by(IntakeRow.row)
    return dict(db.session.execute(query).all())


def rows(model):
    return db.session.execute(select(func.count()).select_from(model)).scalar_one()


def every_table():
    return {
        name: db.session.execute(select(func.count()).select_from(table)).scalar_one()
        for name, table in Base.metadata.tables.items()
    }


@pytest.fixture
def purchaser(app):
    return a_purchaser()


def test_a_preview_writes_nothing_but_the_file(purchaser):
    before = every_table()
    sha256 = take(purchaser, "needs", a_csv("needs", purchaser, needs(3)))
    found = look(purchaser, "needs", sha256)
    after = every_table()
    assert (found.ready, found.faulty) == (3, 0)
    assert {name for name in before if before[name] != after[name]} == {"upload"}
    assert after["upload"] == before["upload"] + 1


def test_a_refused_file_leaves_nothing_at_all(purchaser):
    before = every_table()
    for content in (b"", b"\x00\x01", "甲,乙\n1,2\n".encode()):
        with pytest.raises(Refused):
            take(purchaser, "needs", content)
    assert every_table() == before
    assert not [path for path in files.folder().rglob("*") if path.is_file() and "incoming" in path.name]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_every_encoding_and_a_workbook_mean_the_same(purchaser, encoding):
    plain = look(purchaser, "needs", take(purchaser, "needs", a_csv("needs", purchaser, needs(2), encoding=encoding)))
    book = look(purchaser, "needs", take(purchaser, "needs", an_xlsx("needs", purchaser, needs(2))))
    assert [row.digest for row in plain.rows] == [row.digest for row in book.rows]


def test_each_fault_stands_beside_its_cell(purchaser):
    """Shape in the page's own sentences, reasons in the rules' own, and what the file alone can know."""
    lines = [
        *needs(1),
        *needs(1, title="甲", budget_fen="一万", method="摇号"),
        *needs(1, title="乙学校测绘", item="9999"),
        *needs(1, title="丙学校测绘", price_fen="13000"),
        *needs(1),
        *needs(1, title="丁学校测绘", phone="=A1", contact=""),
    ]
    found = look(purchaser, "needs", take(purchaser, "needs", a_csv("needs", purchaser, lines)))
    told = {row.number: {fault.field: fault.text for fault in row.faults} for row in found.rows}
    assert told[2] == {}
    assert told[3] == {
        "title": "项目名称为2至100个字。",
        "budget_fen": "请填写以元为单位的数，最多两位小数，例如 50000.00。",
        "method": "请从列出的选项中选择。",
    }
    assert set(told[4]) == {"item"}
    assert told[5] == {"price_fen": "服务价格高于预算12,000.50元。"}
    assert told[6] == {None: "与第2行办理的是同一件事。"}
    assert told[7] == {"phone": "这一格是公式。", "contact": "请填写联系人。"}
    assert (found.ready, found.faulty, found.done) == (1, 5, 0)
    offered = "、".join(EXPLAINED[method].split("：")[0] for method in OFFERED)
    assert f"可填：{offered}。" in [fault.cure for fault in found.rows[1].faults]


def test_words_and_codes_mean_the_same(purchaser):
    spoken = needs(1, item="0401 地形图测绘", region="450803 港南区", fund="社会资金", above_limit="否")
    coded = needs(1, item="0401", region="450803", fund="social", payer="purchaser", method="RANDOM", excluded="no")
    first, second = look(
        purchaser, "needs", take(purchaser, "needs", a_csv("needs", purchaser, [*spoken, *coded]))
    ).rows
    assert first.digest == second.digest
    assert [fault.field for fault in second.faults] == [None]


def test_a_confirmed_file_does_each_row_by_its_own_act(purchaser, tick):
    no = confirm(purchaser, "needs", take(purchaser, "needs", a_csv("needs", purchaser, needs(3))))
    assert rows(Need) == 0
    tick()
    assert outcomes(no) == dict.fromkeys((2, 3, 4), Outcome.DONE)
    assert rows(Need) == 3
    run = queries.run_of(purchaser.account_id, no)
    assert (run.ended, run.handed_in, run.ended_at) == (3, 3, clock().market())
    shown = queries.rows_of(purchaser.account_id, no, None, refused=False).rows
    assert all(row.subject and row.receipt for row in shown)
    assert len({row.receipt for row in shown}) == 3
    kept = db.session.execute(select(IdempotencyKey.account).where(IdempotencyKey.key.like("import:%"))).scalars()
    assert set(kept) == {str(purchaser.account_id)}
    keep_log()
    assert first_difference(rows=True) is None


def test_what_was_typed_is_kept_no_longer_than_needed(purchaser, tick):
    confirm(purchaser, "needs", take(purchaser, "needs", a_csv("needs", purchaser, needs(2))))
    assert "0775-1234567" in db.session.execute(select(IntakeRow.cells)).scalars().first()
    tick()
    assert set(db.session.execute(select(IntakeRow.cells)).scalars()) == {None}


def test_only_rows_without_fault_are_done(purchaser, tick):
    lines = [*needs(1), *needs(1, title="甲"), *needs(1, title="乙学校测绘")]
    no = confirm(purchaser, "needs", take(purchaser, "needs", a_csv("needs", purchaser, lines)))
    tick()
    assert outcomes(no) == {2: Outcome.DONE, 4: Outcome.DONE}
    run = queries.run_of(purchaser.account_id, no)
    assert (run.file_rows, run.chosen_rows) == (3, 2)


def test_confirmed_twice_is_once(purchaser, tick):
    sha256 = take(purchaser, "needs", a_csv("needs", purchaser, needs(2)))
    seen = look(purchaser, "needs", sha256).ready
    first = services.confirm(purchaser, "needs", sha256, seen=seen, now=clock().market())
    assert services.confirm(purchaser, "needs", sha256, seen=seen, now=clock().market()) == first
    tick()
    assert rows(Need) == 2
    with pytest.raises(Refused) as refused:
        services.confirm(purchaser, "needs", sha256, seen=seen, now=clock().market())
    assert [reason.code for reason in refused.value.reasons] == ["nothing_ready"]


def test_what_another_file_is_still_to_do_is_not_ready(purchaser, tick):
    """Two files with the same rows, both looked at before either is confirmed: each need is written down once."""
    first, second = (
        take(purchaser, "needs", make("needs", purchaser, lines))
        for make, lines in ((a_csv, needs(2)), (an_xlsx, needs(3)))
    )
    kept = look(purchaser, "needs", second).ready
    assert kept == 3
    confirm(purchaser, "needs", first)
    with pytest.raises(Refused) as refused:
        services.confirm(purchaser, "needs", second, seen=kept, now=clock().market())
    reason = refused.value.reasons[0]
    assert (reason.code, dict(reason.params)) == ("preview_changed", {"seen": 3, "ready": 1})
    found = look(purchaser, "needs", second)
    assert (found.ready, found.under_way, found.done) == (1, 2, 0)
    confirm(purchaser, "needs", second)
    tick()
    assert rows(Need) == 3


def test_a_corrected_file_does_only_what_is_left(purchaser, tick):
    """The whole file comes again with one row put right: what was done is remembered, not done again."""
    lines = needs(3)
    confirm(
        purchaser, "needs", take(purchaser, "needs", a_csv("needs", purchaser, [*lines[:2], lines[2] | {"fund": ""}]))
    )
    tick()
    assert rows(Need) == 2
    again = take(purchaser, "needs", a_csv("needs", purchaser, lines))
    found = look(purchaser, "needs", again)
    assert (found.ready, found.done, found.faulty) == (1, 2, 0)
    assert found.rows[0].done == db.session.execute(select(Need.no).order_by(Need.id)).scalars().first()
    no = confirm(purchaser, "needs", again)
    tick()
    assert outcomes(no) == {4: Outcome.DONE}
    assert rows(Need) == 3


def test_a_row_that_was_done_before_the_crash_is_known_and_not_done_again(purchaser, tick):
    """The act committed, the journal did not: the key answers for it."""
    sha256 = take(purchaser, "needs", a_csv("needs", purchaser, needs(2)))
    reader = queries.kinds()["needs"].reader(purchaser, clock().market())
    row = look(purchaser, "needs", sha256).rows[0]
    form = reader.form(row.given)
    assert form.validate()
    done = need_services.create(purchaser, None, form.value(), key=queries.key_of(sha256, row.number))
    no = confirm(purchaser, "needs", sha256)
    tick()
    assert outcomes(no) == {2: Outcome.KNOWN, 3: Outcome.DONE}
    assert rows(Need) == 2
    assert queries.rows_of(purchaser.account_id, no, None, refused=False).rows[0].subject == done.subject


def test_a_row_that_the_rules_refuse_meanwhile_is_told_and_the_others_go_on(app, tick):
    agency = an_applicant()
    sha256 = take(agency, "prices", a_csv("prices", agency, prices(3)))
    no = confirm(agency, "prices", sha256)
    a_price(agency, "0401", unit="square_kilometre", effective_from=clock().market().date().replace(month=4, day=2))
    tick()
    assert outcomes(no) == {2: Outcome.DONE, 3: Outcome.REFUSED, 4: Outcome.DONE}
    refused = queries.rows_of(agency.account_id, no, None, refused=True).rows
    assert [[reason.code for reason in row.reasons] for row in refused] == [["price_known"]]
    assert rows(PriceEntry) == 3


def test_what_stood_on_the_page_must_still_hold(app):
    agency = an_applicant()
    sha256 = take(agency, "prices", a_csv("prices", agency, prices(2)))
    a_price(agency, "0401", unit="square_kilometre", effective_from=clock().market().date().replace(month=4, day=2))
    with pytest.raises(Refused) as refused:
        services.confirm(agency, "prices", sha256, seen=2, now=clock().market())
    reason = refused.value.reasons[0]
    assert (reason.code, dict(reason.params)) == ("preview_changed", {"seen": 2, "ready": 1})
    assert rows(IntakeRun) == 0


def test_a_long_file_is_worked_through_in_portions(purchaser, tick, clock):
    no = confirm(purchaser, "needs", take(purchaser, "needs", a_csv("needs", purchaser, needs(rules.PORTION + 3))))
    tick()
    assert queries.run_of(purchaser.account_id, no).ended == rules.PORTION
    tick()
    assert queries.run_of(purchaser.account_id, no).ended == rules.PORTION
    clock.instant += rules.PAUSE
    tick()
    run = queries.run_of(purchaser.account_id, no)
    assert (run.ended, run.ended_at is not None) == (rules.PORTION + 3, True)
    assert rows(Need) == rules.PORTION + 3


def test_what_is_left_can_be_stopped_by_its_own_account_alone(purchaser, tick, clock):
    other = a_purchaser("purchaser2")
    no = confirm(purchaser, "needs", take(purchaser, "needs", a_csv("needs", purchaser, needs(rules.PORTION + 2))))
    tick()
    with pytest.raises(NotFound):
        services.stop(other.account_id, no)
    services.stop(purchaser.account_id, no)
    clock.instant += rules.PAUSE
    tick()
    run = queries.run_of(purchaser.account_id, no)
    assert (run.handed_in, run.counts["stopped"]) == (rules.PORTION, 2)
    assert rows(Need) == rules.PORTION
    sha256 = db.session.execute(select(IntakeRun.sha256)).scalar_one()
    assert look(purchaser, "needs", sha256).ready == 2


def test_a_run_stopped_while_a_row_is_under_way_ends_after_it_and_says_that_it_was_done(
    app, purchaser, tick, monkeypatch
):
    """The stop comes from another worker between two rows: the second is under way, the third must not begin."""
    no = confirm(purchaser, "needs", take(purchaser, "needs", a_csv("needs", purchaser, needs(4))))
    intakes = app.extensions["market.intakes"]
    read = intakes["needs"].reader

    class Stopping:
        def __init__(self, actor, now):
            self.rows = read(actor, now)
            self.begun = 0

        def form(self, cells):
            self.begun += 1
            if self.begun == 2:
                services.stop(purchaser.account_id, no)
            return self.rows.form(cells)

    monkeypatch.setitem(intakes, "needs", replace(intakes["needs"], reader=Stopping))
    tick()
    assert outcomes(no) == {2: Outcome.DONE, 3: Outcome.DONE, 4: Outcome.STOPPED, 5: Outcome.STOPPED}
    assert rows(Need) == 2


def test_a_closed_account_does_nothing_more(purchaser, tick):
    no = confirm(purchaser, "needs", take(purchaser, "needs", a_csv("needs", purchaser, needs(2))))
    db.session.execute(
        text("UPDATE account SET closed_at = :at WHERE id = :id"),
        {"at": clock().market().replace(tzinfo=None).isoformat(" "), "id": purchaser.account_id},
    )
    db.session.commit()
    assert db.session.get_one(Account, purchaser.account_id).closed_at is not None
    tick()
    assert outcomes(no) == dict.fromkeys((2, 3), Outcome.STOPPED)
    assert rows(Need) == 0


def test_a_file_is_for_its_account_and_its_roles_alone(purchaser):
    other, operator = a_purchaser("purchaser2"), an_operator()
    sha256 = take(purchaser, "needs", a_csv("needs", purchaser, needs(1)))
    with pytest.raises(NotFound):
        look(other, "needs", sha256)
    with pytest.raises(NotYours):
        look(operator, "needs", sha256)
    with pytest.raises(NotFound):
        look(purchaser, "nothing", sha256)
    assert queries.kinds_of(operator) == ("agencies",)
    assert queries.kinds_of(purchaser) == ("needs",)


def test_an_expired_file_is_gone(purchaser):
    sha256 = take(purchaser, "needs", a_csv("needs", purchaser, needs(1)))
    files.expire(clock().real() + timedelta(hours=24))
    with pytest.raises(NotFound):
        look(purchaser, "needs", sha256)


def test_whoever_may_not_sees_why_before_anything_happens(app):
    """The rules' own reasons: not registered, so no row is ready."""
    newcomer = an_unregistered_purchaser("purchaser9")
    found = look(newcomer, "needs", take(newcomer, "needs", a_csv("needs", newcomer, needs(2))))
    assert (found.ready, found.faulty) == (0, 2)


def counted(work):
    statements = []

    def note(connection, cursor, statement, *rest):
        statements.append(statement)

    event.listen(db.engine.engine, "before_cursor_execute", note)
    try:
        work()
    finally:
        event.remove(db.engine.engine, "before_cursor_execute", note)
    return len(statements)


@pytest.mark.parametrize(("kind", "many"), [("needs", needs), ("prices", prices)])
def test_a_preview_asks_as_little_for_many_rows_as_for_few(app, kind, many):
    actor = a_purchaser() if kind == "needs" else an_applicant()
    few, lots = (take(actor, kind, a_csv(kind, actor, many(count))) for count in (2, 30))
    look(actor, kind, few)
    assert counted(lambda: look(actor, kind, lots)) <= counted(lambda: look(actor, kind, few))


def test_the_list_of_runs_asks_as_little_for_many_as_for_few(purchaser, tick):
    def more(first, last):
        for number in range(first, last):
            lines = needs(1, title=f"{number}号学校测绘")
            confirm(purchaser, "needs", take(purchaser, "needs", a_csv("needs", purchaser, lines)))
        tick()

    more(1, 3)
    few = counted(lambda: queries.mine(purchaser.account_id))
    more(3, 12)
    assert counted(lambda: queries.mine(purchaser.account_id)) == few
    no = queries.mine(purchaser.account_id).rows[0].no
    assert counted(lambda: queries.rows_of(purchaser.account_id, no, None, refused=False)) <= 4
