"""From the closing to the published record, as the clockwork and the two offices bring it about."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from app.chance import fresh_key
from app.clockwork import services as clockwork
from app.database import db
from app.sweep import run_due
from app.values import Done
from bidding.selection import queries, records, rules, services, throws
from bidding.selection.models import Selection
from bidding.selection.rules import BeaconInput, Throw, Witness
from tests.builders.people import a_supervisor, an_operator
from tests.grounds import ready

VALUE = "372-90418"
"""A beacon as tests type it: 福彩3D and 排列5 of one evening."""


HALL = "450881"
"""The region whose public money is drawn with digits thrown in the hall, in the demonstration's rulebooks."""

DIGITS = "370491825600"


def closed(no: str) -> Selection:
    """Walk to the closing of the present attempt, doing there whatever follows; its selection."""
    _closed(no)
    return selection(no)


@ready
def _closed(no: str) -> None:
    clockwork.go_to(queries.attempt_of(no, None).closes_at)
    db.session.rollback()


def selection(no: str, attempt: int | None = None) -> Selection:
    """The selection of an attempt, the present one's where none is named, read anew."""
    found = queries.of(queries.attempt_of(no, attempt).id)
    if found is None:
        raise LookupError(no)
    return found


def a_beacon(on: date, value: str = VALUE) -> Done:
    """Both offices type the same value, at 22:00 of the day or later."""
    clockwork.go_to(rules.entry_opens(on))
    services.enter_beacon(an_operator(), on.isoformat(), BeaconInput(on, value), key=fresh_key())
    done = services.enter_beacon(a_supervisor(), on.isoformat(), BeaconInput(on, value), key=fresh_key())
    run_due()
    db.session.rollback()
    return done


def seen(no: str, *, value: str = DIGITS, minutes: int = 5) -> Throw:
    """A throw some minutes after the first that counts, in the hall, before somebody who registered."""
    after = queries.beacon_after(selection(no))
    if after is None:
        raise LookupError(no)
    return Throw(value, after + timedelta(minutes=minutes), "the hall", Witness.REGISTRANT, "Liang of agency1")


def a_throw(no: str, value: str = DIGITS) -> Done:
    """Both offices type the same throw for the present attempt, ten minutes after it."""
    typed, key = seen(no, value=value), throws.throw_key(no, queries.attempt_of(no, None).number)
    clockwork.go_to(typed.thrown_at + timedelta(minutes=10))
    services.enter_throw(an_operator(), key, typed, key=fresh_key())
    done = services.enter_throw(a_supervisor(), key, typed, key=fresh_key())
    run_due()
    db.session.rollback()
    return done


def drawn(no: str, *, value: str = VALUE) -> Mapping[str, Any]:
    """The published record of the present attempt: closed, and where a beacon is waited for, with this value typed."""
    _drawn(no, value)
    return records.record(no)


@ready
def _drawn(no: str, value: str) -> None:
    found = closed(no)
    after = queries.beacon_after(found)
    if found.beacon_rule == rules.WITNESS and found.drawn_at is None:
        a_throw(no)
    elif after is not None and found.drawn_at is None:
        a_beacon(rules.first_day(after), value)
