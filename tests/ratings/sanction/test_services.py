"""A sanction is decided by two accounts of the competent authority, published, and ends by itself."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.actor import Role
from app.approval import services as approvals
from app.approval.rules import Reason
from app.audit.check import first_difference
from app.audit.services import timeline
from app.database import db
from app.identity import queries as identities
from app.notice.models import Notice
from app.refusal import NotFound, NotYours, Refused
from app.values import Nothing, Waiting
from ratings.sanction import queries, services
from ratings.sanction.rules import Decided, SanctionKind
from tests.builders.people import a_regulator, an_account


@pytest.fixture
def regulator(app):
    return a_regulator("natural_resources")


@pytest.fixture
def colleague(regulator):
    return identities.actor_by_login("regulator1b")


@pytest.fixture
def party(app):
    return an_account(login="agency1", role=Role.AGENCY)


def blacklisted(party):
    return Decided(party.code, SanctionKind.BLACKLIST, 12, "false materials", "rules.md 2.10", "natural_resources")


def prepared(regulator, party, key="one"):
    waiting = approvals.submit("sanction.decide", regulator, None, blacklisted(party), key=key)
    assert isinstance(waiting, Waiting)
    return waiting.prepared


def test_one_hand_prepares_the_other_decides(regulator, colleague, party, tick, clock):
    no = prepared(regulator, party)
    assert queries.in_force(party.party, now=clock.instant) == []
    done = approvals.agree(colleague, no)
    tick()
    running = queries.in_force(party.party, now=clock.instant)
    assert [(row.no, row.decided_by, row.seconded_by) for row in running] == [
        (done.subject, regulator.account_id, colleague.account_id)
    ]
    assert [happened.act for happened in timeline(f"agency:{party.code}")] == ["sanction.decide"]
    assert db.session.execute(select(Notice.body).where(Notice.party_id == party.party)).scalar().startswith("处理决定")
    assert first_difference(rows=True) is None


def test_it_ends_by_itself(regulator, colleague, party, clock):
    approvals.agree(colleague, prepared(regulator, party))
    [row] = queries.in_force(party.party, now=clock.instant)
    assert queries.in_force(party.party, now=row.until_at - timedelta(microseconds=1)) != []
    assert queries.in_force(party.party, now=row.until_at) == []


def test_nobody_agrees_to_his_own(regulator, party):
    with pytest.raises(Refused, match="same_account"):
        approvals.agree(regulator, prepared(regulator, party))


def test_another_authority_cannot_be_the_second_hand(regulator, party):
    other = a_regulator("environment", login="regulator3")
    with pytest.raises(Refused, match="other_organisation"):
        approvals.agree(other, prepared(regulator, party))


def test_the_command_alone_is_not_enough(regulator, party):
    with pytest.raises(NotYours):
        services.decide(regulator, None, blacklisted(party), key="one")


def test_a_prepared_act_is_performed_once(regulator, colleague, party):
    no = prepared(regulator, party)
    approvals.agree(colleague, no)
    with pytest.raises(NotFound):
        approvals.agree(colleague, no)


def test_it_is_judged_again_when_it_is_performed(regulator, colleague, party):
    first, second = prepared(regulator, party), prepared(regulator, party, key="two")
    approvals.agree(colleague, first)
    with pytest.raises(Refused, match="same_sanction_in_force"):
        approvals.agree(colleague, second)


def test_it_can_be_taken_back_and_refused(regulator, colleague, party):
    no = prepared(regulator, party)
    approvals.withdraw(regulator, no, Nothing(), key="back")
    with pytest.raises(NotFound):
        approvals.agree(colleague, no)
    other = prepared(regulator, party, key="two")
    approvals.refuse(colleague, other, Reason("no evidence"), key="no")
    assert approvals.waiting_for(colleague) == []


def test_it_waits_on_the_desk_of_the_other_hand_only(regulator, colleague, party):
    assert [row.act for row in approvals.waiting_for(colleague)] == []
    prepared(regulator, party)
    assert [row.act for row in approvals.waiting_for(colleague)] == ["sanction.decide"]
    assert approvals.waiting_for(regulator) == []
