"""The one door to a commit."""

from app.actor import Actor
from app.audit.check import first_difference
from app.identity import services as identities
from app.identity.rules import Joins, NewAccount


def test_an_account_is_opened_once(app, tick):
    new = NewAccount(Joins.AGENCY, "甲公司", None, "450803", "张三", "zhangsan", "a-long-password")
    done = identities.open_account(Actor.stranger(), None, new, key="k1")
    assert done.receipt is not None
    tick()
    assert first_difference(rows=True) is None
