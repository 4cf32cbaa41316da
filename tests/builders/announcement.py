"""Announcements, published as their purchasers and the operator would do it."""

from datetime import datetime
from zoneinfo import ZoneInfo

from app.actor import Actor
from app.chance import fresh_key
from app.database import db
from app.sweep import run_due
from app.values import Nothing
from marketplace.announcement import queries, services
from marketplace.announcement.rules import Timetable
from marketplace.need.rules import PUBLIC_MONEY
from marketplace.purchaser.rules import Fund
from tests.builders.need import a_need, purchaser_for
from tests.builders.people import an_operator
from tests.grounds import ready

SHANGHAI = ZoneInfo("Asia/Shanghai")


def a_timetable(closes: str | datetime | None = None) -> Timetable:
    """`2026-03-05 17:30` as people say it, an instant, or as early as the rules allow."""
    if isinstance(closes, str):
        closes = datetime.fromisoformat(closes).replace(tzinfo=SHANGHAI)
    return Timetable(closes)


@ready
def an_announcement(
    purchaser: Actor | None = None, *, fund: str = "social", closes: str | datetime | None = None, **what: object
) -> str:
    """The number of a published announcement; public money goes through the operator. `what` as for `a_need`."""
    owner = purchaser or purchaser_for(fund)
    need_no = a_need(owner, fund=fund, **what)
    if Fund(fund) in PUBLIC_MONEY:
        services.submit(owner, need_no, a_timetable(closes), key=fresh_key())
        services.approve(an_operator(), need_no, Nothing(), key=fresh_key())
        run_due()
        db.session.rollback()
    else:
        services.publish(owner, need_no, a_timetable(closes), key=fresh_key())
    found = queries.by_need(need_no)
    assert found is not None
    assert found.no is not None
    return found.no
