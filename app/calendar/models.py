"""Years of working days that were published here."""

from datetime import date, datetime

from sqlalchemy import Boolean, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base


class CalendarYear(Base):
    """One year's arrangement with the number of its notice."""

    __tablename__ = "calendar_year"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    notice: Mapped[str]
    published_at: Mapped[datetime]

    days: Mapped[list["CalendarDay"]] = relationship(lazy="selectin", order_by="CalendarDay.day")


class CalendarDay(Base):
    """One day that differs from its weekday, off or a make-up working day, and what it is for ('' where unsaid).

    A notice may also name days of the December before: such a day may stand under both years, and the later counts.
    """

    __tablename__ = "calendar_day"

    year: Mapped[int] = mapped_column(
        ForeignKey("calendar_year.year"), primary_key=True, autoincrement=False, index=True
    )
    day: Mapped[date] = mapped_column(primary_key=True)
    working: Mapped[bool] = mapped_column(Boolean)
    name: Mapped[str]
