"""Typing in a year's arrangement, or handing it in as a table."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from flask_wtf.file import FileField
from wtforms import IntegerField, StringField, TextAreaField, ValidationError
from wtforms.validators import InputRequired, Length, NumberRange

from app.calendar.rules import Year
from app.web.perform import ActForm

DAY = re.compile(r"(\d{4})(?:-|/|\.|年)(\d{1,2})(?:-|/|\.|月)(\d{1,2})日?")
TO = re.compile(r"\s*(?:至|到|—+|~|～)\s*")
BETWEEN = re.compile(r"[\s,，、;；]+")
LONGEST = 31
"""Days from the first to the last of one holiday, so that a slip of the year is noticed."""


def day_of(text: str) -> date:
    """A day as people and spreadsheets write it; raises ValueError for anything else."""
    found = DAY.fullmatch(text)
    try:
        return date(*(int(part) for part in found.groups())) if found else date.fromisoformat(text)
    except ValueError:
        raise ValueError(text) from None


def days_of(text: str) -> list[date]:
    """One day, or all from the first to the last of a span (`2027-02-05至2027-02-11`); raises ValueError."""
    parts = TO.split(text.strip())
    if len(parts) > 2 or not all(parts):
        raise ValueError(text)
    first, last = day_of(parts[0]), day_of(parts[-1])
    if last < first or (last - first).days >= LONGEST:
        raise ValueError(text)
    return [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]


def days_in(text: str) -> dict[date, str]:
    """Days and spans, one a line or separated by spaces and commas, each followed by what it is for where that is said.

    Raises ValueError for anything else.
    """
    found: dict[date, str] = {}
    latest: list[date] = []
    for line in text.splitlines():
        latest = []
        for word in BETWEEN.split(TO.sub("至", line.strip())):
            if not word:
                continue
            if word[0].isdigit():
                latest = days_of(word)
                found.update({day: found.get(day, "") for day in latest})
            elif latest:
                found.update({day: word for day in latest if not found[day]})
            else:
                raise ValueError(word)
    return dict(sorted(found.items()))


def lines_of(days: Iterable[date], names: Mapping[str, str]) -> str:
    """Days as the fields take them: one line for days of one name that follow one another."""
    spans: list[tuple[date, date, str]] = []
    for day in sorted(days):
        name = names.get(day.isoformat(), "")
        first, last, known = spans[-1] if spans else (day, day, None)
        if known == name and day - last == timedelta(days=1):
            spans[-1] = (first, day, name)
        else:
            spans.append((day, day, name))
    return "\n".join(
        f"{first.isoformat()}{'' if first == last else f'至{last.isoformat()}'} {name}".strip()
        for first, last, name in spans
    )


class YearForm(ActForm):
    """One year; a file fills the two lists, and what was typed stays where there is none."""

    year = IntegerField(
        "年份", validators=[InputRequired("请填写年份。"), NumberRange(2017, 2100, message="年份为2017至2100。")]
    )
    notice = StringField(
        "通知文号",
        description="国务院办公厅关于节假日安排的通知文号，例如 国办发明电〔2025〕7号。",
        validators=[InputRequired("请填写文号。"), Length(max=60, message="文号最多60字。")],
    )
    file = FileField("从文件读入", description="Excel（.xlsx）或 CSV，三列：日期、类型（放假或上班）、名称。")
    days_off = TextAreaField(
        "放假的日期",
        description="每行一天或一段，后面可以写名称，例如 2027-01-01 元旦，或 2027-02-05至2027-02-11 春节。",
        validators=[InputRequired("请填写放假日期。"), Length(max=8000, message="最多8000字。")],
    )
    make_up_days = TextAreaField(
        "调休上班的周末",
        description="每行一天；没有则留空。",
        validators=[Length(max=4000, message="最多4000字。")],
    )

    def validate_days_off(self, field: TextAreaField) -> None:
        _check(field)

    def validate_make_up_days(self, field: TextAreaField) -> None:
        _check(field)

    def fill(self, year: Year) -> None:
        """Put what a file says into the fields; the year only where none was typed."""
        self.year.data = self.year.data or year.year
        self.days_off.data = lines_of(year.days_off, year.names)
        self.make_up_days.data = lines_of(year.make_up_days, year.names)
        for field in (self.year, self.days_off, self.make_up_days):
            # Whether something was filled in is seen from what was sent.
            field.raw_data = [str(field.data or "")]
            field.process_errors = []

    def value(self) -> Year:
        off, make_up = days_in(self.days_off.data or ""), days_in(self.make_up_days.data or "")
        return Year(
            year=self.year.data or 0,
            days_off=tuple(off),
            make_up_days=tuple(make_up),
            notice=(self.notice.data or "").strip(),
            names={day.isoformat(): name for day, name in {**off, **make_up}.items() if name},
        )


def _check(field: TextAreaField) -> None:
    try:
        days_in(field.data or "")
    except ValueError as error:
        message = f"这里读不懂：“{error}”。日期写成 2027-01-01，一段写成 2027-02-05至2027-02-11。"
        raise ValidationError(message) from error
