"""The one door to a commit: record, receipt, key, role, rows, and what rolls back."""

import json

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.act import IdempotencyKey, NestedAct, NoInstantYet, UnrecordedAct, act, chore
from app.actor import Actor, Role
from app.audit import texts
from app.audit.check import first_difference
from app.audit.models import Entry, EntrySubject
from app.database import db
from app.identity import queries as identities
from app.identity import services
from app.identity.models import Account, Organisation
from app.identity.rules import AccountAct, Joins, NewAccount
from app.keyring import keyring
from app.refusal import AlreadyDone, NotYours, Refused

STRANGER = Actor.stranger()


def newcomer(**changes):
    members = {
        "joins": Joins.AGENCY,
        "organisation": "甲测绘有限公司",
        "code": None,
        "region": "450803",
        "name": "张三",
        "login": "zhangsan",
        "password": "a-long-password",
    }
    return NewAccount(**(members | changes))


def test_an_act_writes_rows_entry_and_receipt_together(app, tick):
    done = services.open_account(STRANGER, None, newcomer(), key="k1")
    tick()
    entry = db.session.execute(select(Entry).where(Entry.act == "account.open")).scalar_one()
    payload = json.loads(entry.payload)
    assert payload["subjects"] == [f"organisation:{done.subject}"]
    assert payload["role"] == "public"
    assert entry.position is not None
    lines = texts.parse_receipt_text(done.receipt.text)
    assert lines.leaf == entry.leaf
    assert texts.verify_signature(keyring().signing_public, done.receipt.text, done.receipt.signature)
    assert first_difference(rows=True) is None


def test_a_row_written_past_the_mapper_is_in_the_record_like_any_other(app, tick):
    with act(AccountAct.OPEN, actor=STRANGER, key="k1") as deed:
        deed.lock_none()
        known = {"name": "甲测绘有限公司", "region": "450803", "created_at": deed.now}
        for wrong in (known, {**known, "code": "U-000000000001", "colour": "red"}):
            with pytest.raises(TypeError):
                deed.insert(Organisation, **wrong)
        key = deed.insert(Organisation, code="U-000000000001", **known)
        deed.on("organisation", "U-000000000001")
        deed.subject = deed.party_code = "U-000000000001"
    tick()
    assert db.session.get_one(Organisation, key).name == "甲测绘有限公司"
    entry = db.session.execute(select(Entry).where(Entry.act == "account.open")).scalar_one()
    assert [row[:2] for row in json.loads(entry.private)["rows"]] == [["organisation", str(key)]]
    assert first_difference(rows=True) is None


def test_a_password_is_nowhere_in_the_record(app):
    services.open_account(STRANGER, None, newcomer(), key="k1")
    entry = db.session.execute(select(Entry).where(Entry.act == "account.open")).scalar_one()
    assert "a-long-password" not in entry.private + entry.payload
    assert json.loads(entry.private)["input"]["login"] == "zhangsan"
    assert "password" not in json.loads(entry.private)["input"]


def test_the_same_key_gives_the_first_answer(app):
    done = services.open_account(STRANGER, None, newcomer(), key="k1")
    with pytest.raises(AlreadyDone) as again:
        services.open_account(STRANGER, None, newcomer(), key="k1")
    assert again.value.receipt == done.receipt
    assert again.value.subject == done.subject
    assert db.session.execute(text("select count(*) from account where login = 'zhangsan'")).scalar() == 1


def test_the_same_key_with_another_input_is_refused(app):
    services.open_account(STRANGER, None, newcomer(), key="k1")
    with pytest.raises(Refused, match="key_reused"):
        services.open_account(STRANGER, None, newcomer(login="lisi"), key="k1")


def test_a_key_of_a_refused_act_can_be_used_again(app):
    services.open_account(STRANGER, None, newcomer(), key="k1")
    with pytest.raises(Refused, match="login_taken"):
        services.open_account(STRANGER, None, newcomer(organisation="乙公司"), key="k2")
    assert services.open_account(STRANGER, None, newcomer(login="lisi"), key="k2").subject is not None


def test_what_is_kept_of_a_key_is_no_digest_of_the_input(app):
    services.open_account(STRANGER, None, newcomer(), key="k1")
    kept = db.session.get(IdempotencyKey, ("public", "k1"))
    assert len(kept.seal) == 64
    assert kept.receipt_text is not None


def test_an_exception_leaves_nothing(app):
    before = db.session.execute(text("select count(*) from entry")).scalar()

    def broken() -> None:
        with act(AccountAct.OPEN, actor=STRANGER, key="k") as deed:
            deed.lock_none()
            deed.add(Organisation(code="U-000000000000", name="x", region="450800", created_at=deed.now))
            deed.on("organisation", "U-000000000000")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    assert db.session.execute(text("select count(*) from entry")).scalar() == before
    assert identities.organisation_by_code("U-000000000000") is None


def test_an_act_without_subject_is_not_committed(app):
    with pytest.raises(UnrecordedAct), act(AccountAct.OPEN, actor=STRANGER, key="k") as deed:
        deed.lock_none()


def test_acts_do_not_nest(app):
    def nested() -> None:
        with act(AccountAct.OPEN, actor=STRANGER, key="k"), act(AccountAct.OPEN, actor=STRANGER, key="l"):
            pass

    with pytest.raises(NestedAct):
        nested()


def test_there_is_no_instant_before_the_lock(app):
    with pytest.raises(NoInstantYet), act(AccountAct.OPEN, actor=STRANGER, key="k") as deed:
        _ = deed.now


def test_a_role_that_may_not_is_stopped_at_the_door(app):
    with pytest.raises(NotYours), act(AccountAct.OPEN, actor=Actor(roles=frozenset({Role.OPERATOR})), key="k"):
        pass


def test_rows_are_written_inside_an_act_only(app):
    db.session.add(Organisation(code="U-000000000000", name="x", region="450800", created_at=app_now(app)))
    with pytest.raises(UnrecordedAct):
        db.session.flush()
    db.session.rollback()


def test_what_was_written_before_an_act_is_not_committed_with_it(app):
    services.open_account(STRANGER, None, newcomer(), key="k1")
    db.session.execute(text("update account set name = '李四' where login = 'zhangsan'"))
    services.open_account(STRANGER, None, newcomer(login="lisi1", organisation="乙测绘有限公司"), key="k2")
    assert first_difference(rows=True) is None
    assert identities.account_by_login("zhangsan").name == "张三"


def test_a_chore_keeps_to_its_own_tables(app):
    def overreaching() -> None:
        with chore("sign in") as session:
            session.add(Organisation(code="U-000000000000", name="x", region="450800", created_at=app_now(app)))

    with pytest.raises(UnrecordedAct):
        overreaching()


def test_a_row_changed_behind_the_record_is_named(app, tick):
    services.open_account(STRANGER, None, newcomer(), key="k1")
    tick()
    account = db.session.execute(select(Account).where(Account.login == "zhangsan")).scalar_one()
    db.session.execute(text("update account set name = '李四' where login = 'zhangsan'"))
    db.session.expire_all()
    assert first_difference(rows=True) == f"account {account.id}: the row is not the one its last act wrote"


def test_a_row_that_no_act_wrote_is_named(app, tick):
    tick()
    db.session.execute(
        text("insert into organisation (code, name, region, created_at) values ('U-00000000000X', 'x', '450800', :at)"),
        {"at": "2026-03-02 01:00:00"},
    )
    assert first_difference(rows=True).endswith("no act wrote this row")


@pytest.mark.parametrize(
    "statement",
    [
        "delete from entry",
        "update entry set payload = '{}'",
        "update entry set position = position + 1",
        "update entry set position = null",
        "update entry set act = 'x', position = 7 where position is null",
    ],
)
def test_the_database_itself_keeps_the_entries(app, tick, statement):
    """protocol.md §3.3: no DELETE, no UPDATE except index NULL → n."""
    tick()
    services.open_account(STRANGER, None, newcomer(), key="k1")
    savepoint = db.session.begin_nested()
    with pytest.raises(DBAPIError):
        db.session.execute(text(statement))
    savepoint.rollback()


def test_an_entry_names_its_subjects_for_timelines(app):
    done = services.open_account(STRANGER, None, newcomer(), key="k1")
    found = db.session.execute(
        select(EntrySubject.subject).where(EntrySubject.subject == f"organisation:{done.subject}")
    )
    assert found.scalar() is not None


def app_now(app):
    return app.extensions["market.clock"].market()
