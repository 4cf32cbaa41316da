"""What the calendar brings to the house."""

from app.calendar import rules, services
from app.calendar.rules import CalendarAct, Year
from app.calendar.sweeps import SWEEPS
from app.calendar.views import bp
from app.calendar.wording import WORDS
from app.stage import Command, Stage

STAGE = Stage(
    name="calendar",
    title="工作日历",
    blueprint=bp,
    acts=CalendarAct,
    may=rules.MAY,
    opens=rules.OPENS,
    sweeps=SWEEPS,
    notices={CalendarAct.SETTLE: services.told, CalendarAct.SETTLE_UNSEEN: services.told},
    commands={CalendarAct.PUBLISH: Command(Year, services.publish, None)},
    terms=(rules.HoursTerms,),
    words=WORDS,
)
