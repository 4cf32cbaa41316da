"""The demonstration clock: forward only, and nobody else acts while it moves."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.act import chore
from app.actor import Actor, Role
from app.audit.models import Head
from app.clock import ClockState, DemonstrationClock
from app.clockwork import services
from app.clockwork.rules import Advance
from app.database import db
from app.identity import services as identities
from app.identity.rules import Joins, NewAccount
from app.refusal import Refused

TEACHER = Actor(roles=frozenset({Role.ADMIN}), account_id=None, party_id=None)


@pytest.fixture
def demonstration(app):
    standing_still = app.extensions["market.clock"]
    app.extensions["market.clock"] = DemonstrationClock()
    yield app.extensions["market.clock"]
    app.extensions["market.clock"] = standing_still


def test_a_step_is_recorded_and_signed(demonstration):
    target = demonstration.market() + timedelta(days=2)
    services.advance(TEACHER, None, Advance(target), key="one")
    assert demonstration.market() >= target
    heads = db.session.execute(select(Head).order_by(Head.id.desc())).scalars().first()
    assert heads.timestamp >= target


def test_real_time_does_not_move(demonstration):
    before = demonstration.real()
    services.advance(TEACHER, None, Advance(demonstration.market() + timedelta(days=2)), key="one")
    assert demonstration.real() - before < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("step", "code"), [(timedelta(seconds=-1), "clock_backward"), (timedelta(days=900), "clock_too_far")]
)
def test_never_back_and_not_by_a_slip(demonstration, step, code):
    with pytest.raises(Refused, match=code):
        services.advance(TEACHER, None, Advance(demonstration.market() + step), key="one")


def test_others_wait_while_the_clock_moves(demonstration):
    with chore("clock") as session:
        session.add(ClockState(id=1, offset_us=0, stepping_until=demonstration.real() + timedelta(minutes=1)))
    new = NewAccount(Joins.AGENCY, "甲公司", None, "450803", "张三", "zhangsan", "a-long-password")
    with pytest.raises(Refused, match="clock_moving"):
        identities.open_account(Actor.stranger(), None, new, key="k")


def test_a_step_that_died_holds_nobody_for_long(demonstration):
    with chore("clock") as session:
        session.add(ClockState(id=1, offset_us=0, stepping_until=demonstration.real() - timedelta(seconds=1)))
    new = NewAccount(Joins.AGENCY, "甲公司", None, "450803", "张三", "zhangsan", "a-long-password")
    assert identities.open_account(Actor.stranger(), None, new, key="k").receipt is not None
