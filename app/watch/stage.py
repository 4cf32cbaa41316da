"""What the watch over time limits brings to the house."""

from app.refusal import Refusal
from app.stage import Command, Stage
from app.watch import rules, services
from app.watch.demo import DEMO
from app.watch.rules import Assignment, Closing, Outage, WatchAct
from app.watch.sweeps import SWEEPS
from app.watch.views import bp, standing, tasks
from app.watch.wording import WORDS

STAGE = Stage(
    name="watch",
    title="期限督办",
    blueprint=bp,
    acts=WatchAct,
    flow=rules.FLOW,
    may=rules.MAY,
    consent=rules.CONSENT,
    ahead={WatchAct.RECORD: services.against_recording},
    opens=rules.OPENS,
    sweeps=SWEEPS,
    notices={
        WatchAct.WARN: services.told,
        WatchAct.RAISE: services.told,
        WatchAct.RAISE_UNSEEN: services.told,
        WatchAct.ASSIGN: services.told_assigned,
        WatchAct.CLOSE: services.told_closed,
    },
    tasks=tasks,
    panels={"standing_alarms": standing},
    commands={
        WatchAct.ASSIGN: Command(Assignment, services.assign, "alarm"),
        WatchAct.CLOSE: Command(Closing, services.close, "alarm"),
        WatchAct.RECORD: Command(Outage, services.record, None),
    },
    words=WORDS,
    demo=DEMO,
    constraints={"uq_alarm_watch_no_since_at_level": Refusal("alarm_known")},
)
