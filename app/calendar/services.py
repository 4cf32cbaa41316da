"""Publishing a year, and the calendar in force: the base, the regional days, and what was published here."""

from sqlalchemy import select

from app import built
from app.act import act
from app.actor import Actor
from app.calendar import rules
from app.calendar.models import CalendarDay, CalendarYear
from app.calendar.rules import CalendarAct, Year
from app.database import db
from app.refusal import demand
from app.values import Done
from app.workdays import PublishedYear, WorkCalendar


def publish(actor: Actor, subject: str | None, year: Year, /, *, key: str) -> Done:
    """Take a year's arrangement into force at once; provisional deadlines are computed anew where they show."""
    with act(CalendarAct.PUBLISH, actor=actor, key=key, subject=subject, input=year) as deed:
        deed.lock_none()
        demand(rules.refusals_to_publish(year, known=deed.session.get(CalendarYear, year.year) is not None))
        deed.add(CalendarYear(year=year.year, notice=year.notice, published_at=deed.now))
        for days, working in ((year.days_off, False), (year.make_up_days, True)):
            for day in days:
                deed.add(CalendarDay(day=day, year=year.year, working=working))
        deed.subject = str(year.year)
        deed.on("calendar", str(year.year))
        deed.tell(
            year=year.year,
            notice=year.notice,
            days_off=[day.isoformat() for day in year.days_off],
            make_up_days=[day.isoformat() for day in year.make_up_days],
        )
    return deed.answer()


def years() -> list[CalendarYear]:
    """The years published here, newest first."""
    return list(db.session.execute(select(CalendarYear).order_by(CalendarYear.year.desc())).scalars())


def calendar() -> WorkCalendar:
    """The calendar in force: a year published here counts from its commit on, in every process."""
    base: WorkCalendar = built.part("calendar")
    published = years()
    if not published:
        return base
    return base.published(
        PublishedYear(
            year=row.year,
            days_off=frozenset(day.day for day in row.days if not day.working),
            make_up_days=frozenset(day.day for day in row.days if day.working),
            notice=row.notice,
        )
        for row in published
    )
