"""Typing in a year's arrangement."""

import re
from datetime import date

from wtforms import IntegerField, StringField, TextAreaField, ValidationError
from wtforms.validators import InputRequired, NumberRange

from app.calendar.rules import Year
from app.web.perform import ActForm


def days_in(text: str) -> tuple[date, ...]:
    """Dates as `2027-01-01`, one a line or separated by spaces and commas; raises ValueError for anything else."""
    return tuple(sorted({date.fromisoformat(part) for part in re.split(r"[\s,，、;；]+", text.strip()) if part}))


class YearForm(ActForm):
    """One year."""

    year = IntegerField(
        "年份", validators=[InputRequired("请填写年份。"), NumberRange(2017, 2100, message="年份为2017至2100。")]
    )
    notice = StringField(
        "通知文号", description="国务院办公厅关于节假日安排的通知文号。", validators=[InputRequired("请填写文号。")]
    )
    days_off = TextAreaField(
        "放假的日期", description="每行一个，例如 2027-01-01。", validators=[InputRequired("请填写放假日期。")]
    )
    make_up_days = TextAreaField("调休上班的周末", description="每行一个；没有则留空。")

    def validate_days_off(self, field: TextAreaField) -> None:
        _check(field)

    def validate_make_up_days(self, field: TextAreaField) -> None:
        _check(field)

    def value(self) -> Year:
        return Year(
            year=self.year.data or 0,
            days_off=days_in(self.days_off.data or ""),
            make_up_days=days_in(self.make_up_days.data or ""),
            notice=(self.notice.data or "").strip(),
        )


def _check(field: TextAreaField) -> None:
    try:
        days_in(field.data or "")
    except ValueError as error:
        raise ValidationError("日期写法应为 2027-01-01，每行一个。") from error
