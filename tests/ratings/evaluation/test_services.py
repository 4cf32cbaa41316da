"""Sheets open, are filled in, changed once, locked or expire; each act is on record and told (M25, M30)."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.actor import Actor, Role
from app.audit.check import first_difference
from app.audit.models import Entry
from app.chance import fresh_key
from app.clockwork import services as clockwork
from app.database import db
from app.notice.models import Notice
from app.refusal import AlreadyDone, NotFound, NotYours, OutOfTurn, Refused
from ratings.evaluation import queries, services
from ratings.evaluation.rules import EvaluationAct, Evaluator, Phase
from tests.builders import people
from tests.builders.contract import a_contract
from tests.builders.evaluation import a_locked_evaluation, an_evaluation, evaluator_for, marks, sheet_of
from tests.builders.performance import a_delivery, handed_in, performance_of, sent_back
from tests.conftest import instant

MOMENT = timedelta(microseconds=1)
OWNER, AUTHORITY = Evaluator.OWNER, Evaluator.AUTHORITY


def owner_of(no: str) -> Actor:
    return evaluator_for(sheet_of(no).contract, OWNER)


def told(act: str) -> list[dict[str, object]]:
    """The public parts of an act's entries."""
    entries = db.session.execute(select(Entry).where(Entry.act == act).order_by(Entry.id)).scalars()
    return [json.loads(entry.payload)["public"] for entry in entries]


def written_to(party_id: int, act: str) -> list[str]:
    rows = db.session.execute(select(Notice.body).where(Notice.party_id == party_id, Notice.act == act))
    return list(rows.scalars())


def go(to: datetime) -> None:
    clockwork.go_to(to)
    db.session.rollback()


def test_both_sheets_open_when_the_deliverable_is_confirmed(app: Flask) -> None:
    """rules.md eval.opens, eval.sheets; the days count from the day after."""
    people.a_regulator("natural_resources")
    no = a_delivery()
    opened = performance_of(no).done_at
    sheets = queries.by_contract(no)
    assert [(sheet.evaluator, queries.phase_of(sheet)) for sheet in sheets] == [
        (OWNER, Phase.OPEN),
        (AUTHORITY, Phase.OPEN),
    ]
    assert {sheet.opened_at for sheet in sheets} == {opened}
    assert [sheet.late_days for sheet in sheets] == [0, 0]
    calendar_days = [(sheet.due_at - opened).days for sheet in sheets]
    assert calendar_days[0] >= 15
    assert calendar_days[1] >= 10
    assert told("deliverable.confirm")[-1]["owner_due_at"]


def test_silence_opens_the_sheets_five_working_days_after_the_upload(app: Flask, at: Callable[[str], datetime]) -> None:
    """rules.md eval.opens: 5 wd after the upload if the owner is silent."""
    no = a_contract()
    at("2026-03-11 10:00")
    handed_in(no)
    assert queries.next_opening(instant("2026-03-11 10:00")) == instant("2026-03-19 00:00")
    at("2026-03-18 23:59")
    assert queries.by_contract(no) == ()
    at("2026-03-19 00:00")
    assert [sheet.opened_at for sheet in queries.by_contract(no)] == [instant("2026-03-19 00:00")] * 2
    assert told("evaluation.open") == [
        {"owner_due_at": "2026-04-10T16:00:00.000000Z", "authority_due_at": "2026-04-02T16:00:00.000000Z"}
    ]
    assert len(written_to(owner_of(no).party, "evaluation.open")) == 1
    assert first_difference(rows=True) is None


def test_what_was_returned_opens_nothing(app: Flask, at: Callable[[str], datetime]) -> None:
    no = a_contract()
    handed_in(no)
    sent_back(no)
    at("2026-03-31 09:00")
    assert queries.by_contract(no) == ()


def test_the_owner_marks_once_and_the_system_marks_the_time(app: Flask) -> None:
    no = a_delivery()
    done = an_evaluation(no, given=marks(4, quality=5))
    assert done.receipt is not None
    sheet = sheet_of(no)
    assert (sheet.quality, sheet.timeliness, sheet.fees, sheet.attitude, sheet.conduct) == (5, 5, 4, 4, 4)
    assert sheet.evaluated_by == owner_of(no).party
    assert queries.phase_of(sheet) is Phase.SUBMITTED
    entry = told("evaluation.submit")[-1]
    assert (entry["evaluator"], entry["quality"], entry["timeliness"], entry["late"]) == ("owner", 5, 5, False)
    assert "comment" not in entry
    agency = sheet.contract.award.agency.organisation_id
    assert "成果质量 5 分" in written_to(agency, "evaluation.submit")[0]
    with pytest.raises(OutOfTurn):
        an_evaluation(no)


def test_late_service_lowers_the_mark_for_time_by_itself(app: Flask) -> None:
    """rules.md eval.timeliness_auto; frozen at the opening."""
    no = a_contract(days=1)
    go(performance_of(no).due_at + timedelta(days=10))
    a_delivery(no)
    an_evaluation(no, given=marks(5))
    sheet = sheet_of(no)
    assert 6 <= sheet.late_days <= 10
    assert sheet.timeliness == 2
    assert (sheet.quality, sheet.conduct) == (5, 5)


def test_the_same_form_twice_is_one_evaluation(app: Flask) -> None:
    no = a_delivery()
    key, who = fresh_key(), owner_of(no)
    services.submit(who, no, marks(), key=key)
    with pytest.raises(AlreadyDone):
        services.submit(who, no, marks(), key=key)


def test_every_reason_is_said_at_once_and_nothing_is_written(app: Flask) -> None:
    no = a_delivery()
    with pytest.raises(Refused) as refused:
        an_evaluation(no, given=marks(3, quality=1, fees=7))
    assert [reason.code for reason in refused.value.reasons] == ["mark_out_of_range", "mark_unexplained"]
    assert refused.value.rulebook == sheet_of(no).contract.award.announcement.rulebook
    assert sheet_of(no).submitted_at is None


def test_only_the_owner_and_competent_offices_mark(app: Flask) -> None:
    no = a_delivery()
    stranger = people.an_account(login="purchaser_of_another", role=Role.PURCHASER, region="450803")
    others = (
        stranger,
        people.a_regulator("housing", login="housing1"),
        people.a_regulator("natural_resources", login="elsewhere", region="450100"),
    )
    for other in others:
        with pytest.raises(NotYours):
            services.submit(other, no, marks(), key=fresh_key())
    agency = sheet_of(no).contract.award.agency.organisation
    for role in (Role.AGENCY, Role.OPERATOR, Role.SUPERVISOR):
        with pytest.raises(NotYours):
            services.submit(
                Actor(frozenset({role}), account_id=1, party_id=agency.id, code=agency.code),
                no,
                marks(),
                key=fresh_key(),
            )
    with pytest.raises(NotFound):
        services.submit(owner_of(no), "450803-2026-999999-C01", marks(), key=fresh_key())


def test_both_classes_mark_independently_and_lock_with_points(app: Flask) -> None:
    """rules.md §2.9: all fours in every dimension give 75; time 5 adds 5."""
    no = a_delivery()
    an_evaluation(no, by=AUTHORITY, given=marks(4))
    a_locked_evaluation(no, by=OWNER)
    locked = {str(entry["evaluator"]): entry for entry in told("evaluation.lock")}
    assert {name: (entry["points"], entry["weight"]) for name, entry in locked.items()} == {
        "owner": (80_000, 60),
        "authority": (80_000, 40),
    }
    assert locked["owner"]["category"] == "04"
    sheet = sheet_of(no)
    assert queries.phase_of(sheet) is Phase.LOCKED
    assert sheet.locked_at == sheet.lock_due_at
    agency = sheet.contract.award.agency.organisation_id
    assert "80.000" in written_to(agency, "evaluation.lock")[0]
    with pytest.raises(OutOfTurn):
        services.edit(owner_of(no), no, marks(1), key=fresh_key())
    assert first_difference(rows=True) is None


def test_marks_are_changed_once_by_who_gave_them(app: Flask) -> None:
    no = a_delivery()
    an_evaluation(no, given=marks(2))
    window = sheet_of(no).lock_due_at
    services.edit(owner_of(no), no, marks(3), key=fresh_key())
    sheet = sheet_of(no)
    assert (sheet.quality, sheet.timeliness, sheet.comment, sheet.lock_due_at) == (3, 5, None, window)
    with pytest.raises(Refused) as refused:
        services.edit(owner_of(no), no, marks(5), key=fresh_key())
    assert [reason.code for reason in refused.value.reasons] == ["evaluation_edited_once"]


def test_another_office_of_the_same_trade_does_not_change_the_marks(app: Flask) -> None:
    no = a_delivery()
    an_evaluation(no, by=AUTHORITY)
    other = people.a_regulator("natural_resources", login="county_office", region="450803")
    with pytest.raises(Refused) as refused:
        services.edit(other, no, marks(1), key=fresh_key())
    assert [reason.code for reason in refused.value.reasons] == ["evaluation_of_another"]


def test_silence_is_recorded_and_an_owner_may_still_mark_late(app: Flask) -> None:
    """rules.md eval.none, §3.4: no default praise; late for 180 days, flagged."""
    no = a_delivery()
    owner, due = owner_of(no), sheet_of(no).due_at
    assert queries.overdue_by(owner.party, now=due - MOMENT) == []
    go(due)
    sheet = sheet_of(no)
    assert (queries.phase_of(sheet), sheet.expired_at, sheet.quality) == (Phase.EXPIRED, due, None)
    assert queries.overdue_by(owner.party, now=due) == [no]
    assert queries.overdue_by(owner.party, now=due + timedelta(days=180)) == []
    assert [entry["evaluator"] for entry in told("evaluation.expire")] == ["authority", "owner"]
    assert "180 天" in written_to(owner.party, "evaluation.expire")[0]
    with pytest.raises(Refused) as refused:
        an_evaluation(no, by=AUTHORITY)
    assert [reason.code for reason in refused.value.reasons] == ["evaluation_over"]
    a_locked_evaluation(no)
    assert told("evaluation.submit")[-1]["late"] is True
    assert told("evaluation.lock")[-1]["late"] is True
    assert queries.overdue_by(owner.party, now=sheet_of(no).locked_at) == []
    assert first_difference(rows=True) is None


def test_the_clockwork_does_nothing_before_its_time(app: Flask) -> None:
    no = a_delivery()
    system = Actor.sweeper()
    with pytest.raises(OutOfTurn):
        services.expire(system, f"{no}/owner", key=fresh_key())
    an_evaluation(no)
    with pytest.raises(OutOfTurn):
        services.lock(system, f"{no}/owner", key=fresh_key())
    with pytest.raises(OutOfTurn):
        services.open_silent(system, no, key=fresh_key())


@pytest.mark.parametrize("act", [EvaluationAct.OPEN, EvaluationAct.LOCK, EvaluationAct.EXPIRE])
def test_nobody_but_the_clockwork_opens_locks_or_expires(app: Flask, act: EvaluationAct) -> None:
    command = {
        EvaluationAct.OPEN: services.open_silent,
        EvaluationAct.LOCK: services.lock,
        EvaluationAct.EXPIRE: services.expire,
    }[act]
    with pytest.raises(NotYours):
        command(people.an_operator(), "450803-2026-000001-C01/owner", key=fresh_key())
