"""The watch in the demonstration world: an outage that moved closings, an alarm that was closed, one that was given."""

from datetime import timedelta
from typing import Any

from app.approval import services as approvals
from app.stage import Demo
from app.values import Waiting
from app.watch import queries, services
from app.watch.queries import AlarmLine, Filters
from app.watch.rules import Assignment, Closing, Failed, Level, Outage, Reason, WatchAct

OUT, GIVEN, FOUND, LATE = -18, -11, -9, -1
"""Working days before the last one: the outage; an alarm goes to an office, which closes it; another one is given."""

LASTED = timedelta(minutes=50)


def day(world: Any) -> None:
    """What the operator and the supervisor do about limits on this day."""
    if not world.scale.stories:
        return
    if world.offset == OUT:
        _record(world)
    for alarm in _alarms(world, "late_head") if world.offset in (GIVEN, FOUND) else ():
        supervisor = world.actor("supervisor1")
        if world.offset == GIVEN:
            key = f"demonstration:assign:{alarm.ref}"
            services.assign(supervisor, alarm.ref, Assignment(supervisor.code, "supervisor1"), key=key)
        else:
            closing = Closing(Reason.REFERRED, world.words["watch"]["found"])
            services.close(supervisor, alarm.ref, closing, key=f"demonstration:close:{alarm.ref}")
    for alarm in _alarms(world, "service_days")[:1] if world.offset == LATE else ():
        operator = world.actor("operator1")
        services.assign(operator, alarm.ref, Assignment(operator.code), key=f"demonstration:assign:{alarm.ref}")


def _alarms(world: Any, watch: str) -> tuple[AlarmLine, ...]:
    return queries.listed(Filters(level=Level.ALARM, watch=watch), None, actor=world.actor("supervisor1")).rows


def _record(world: Any) -> None:
    """This morning registering did not work in the whole city; the operator has the provider's letter by now."""
    operator, until = world.actor("operator1"), world.now - timedelta(minutes=20)
    outage = Outage(
        since=until - LASTED,
        until=until,
        region=operator.region,
        failed=Failed.REGISTERING,
        explanation=world.words["watch"]["outage"],
        evidence=world.file(operator, "outage"),
    )
    waiting = approvals.submit(WatchAct.RECORD, operator, None, outage, key="demonstration:outage")
    if isinstance(waiting, Waiting):
        approvals.agree(world.actor("supervisor1"), waiting.prepared)


DEMO = Demo(day=day)
