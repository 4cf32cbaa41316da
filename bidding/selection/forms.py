"""Typing a day's beacon or a throw; the owner's choice; a transcript from somebody's own disk."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from flask_wtf.file import FileField
from wtforms import DateTimeLocalField, RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from app.values import SHANGHAI
from app.web.choices import offered
from app.web.perform import ActForm, ChineseForm, half_width
from bidding.selection import replay
from bidding.selection.pages import ChoicePage
from bidding.selection.rules import BeaconInput, Choice, Throw, Witness


class BeaconForm(ActForm):
    """One value; the day is the page's own."""

    day: date
    number = StringField(
        "开奖号码",
        description="福彩3D的3位和排列5的5位，中间用短横线连接，例如 372-90418。",
        filters=[half_width],
        validators=[InputRequired("请填写开奖号码。"), Length(max=20, message="开奖号码太长。")],
    )

    def value(self) -> BeaconInput:
        return BeaconInput(on=self.day, value=(self.number.data or "").strip())


LOCAL_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]


class ThrowForm(ActForm):
    """What was thrown, when and where, and who saw it; the attempt is the page's own."""

    digits = StringField(
        "掷出的数字",
        description="按先后次序填写每次得到的一位数字，至少10位；可以留空格，例如 3704 9182 56。",
        validators=[InputRequired("请填写掷出的数字。"), Length(max=80, message="数字太长。")],
    )
    thrown_at = DateTimeLocalField(
        "掷完的时间（北京时间）",
        description="精确到分，两方填写的须相同。",
        format=LOCAL_FORMATS,
        validators=[InputRequired("请填写日期和时间，例如 2026-03-05 17:45。")],
    )
    place = StringField(
        "地点",
        description="公告写明的地点已填好；临时改了地方的请照实改写。随选取记录公开。",
        validators=[InputRequired("请写明地点。"), Length(max=100, message="地点最多100个字。")],
    )
    witness = RadioField(
        "谁在场见证",
        choices=offered(
            [
                (Witness.REGISTRANT.value, "报名机构的代表到场见证"),
                (Witness.SUPERVISOR.value, "没有报名机构到场，由监督部门见证"),
            ]
        ),
        validators=[InputRequired("请选择见证人。")],
    )
    names = StringField(
        "见证人",
        description="姓名，代表机构的写明机构，几人之间用顿号隔开。属于个人信息，不公开，只有录入的两方看到。",
        validators=[InputRequired("请写明见证人。"), Length(max=200, message="见证人最多200个字。")],
    )

    def value(self) -> Throw:
        typed: datetime = self.thrown_at.data  # type: ignore[assignment]  # required
        return Throw(
            value="".join((self.digits.data or "").split()),
            thrown_at=typed.replace(tzinfo=SHANGHAI).astimezone(UTC),
            place=(self.place.data or "").strip(),
            witness=Witness(self.witness.data),
            names=(self.names.data or "").strip(),
        )


UNREADABLE = {
    "empty": "请选择一个文件，或者粘贴全文。",
    "too_large": "文件超过2MB，网页不重算这么大的；请用下载的核验程序 transcript.zip，结果相同。",
    "too_much": "这份记录要算的太多，网页不重算；请用下载的核验程序 transcript.zip，结果相同。",
    "no_text": "这不是文本文件（UTF-8），不是全程记录。",
    "malformed": "这不是一份完整的全程记录：",
}


class ReplayForm(ChineseForm):
    """A file, or its text pasted; nothing of it is kept. `transcript` is what it holds, once validated."""

    file = FileField("全程记录文件", description="选取记录页下载的 transcript.json，不超过2MB。")
    text = TextAreaField("或者粘贴它的全文", description="两处都填的，以文件为准。")
    transcript: Mapping[str, Any]

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """Whether it can be read as a transcript at all; what contradicts itself is read, and told."""
        if not super().validate(extra_validators):
            return False
        chosen, content = self.text, (self.text.data or "").encode()
        if self.file.data:
            chosen, content = self.file, self.file.data.read(replay.MOST_BYTES + 1)
        try:
            self.transcript = replay.read(content)
        except replay.Unreadable as error:
            chosen.errors = [UNREADABLE[error.code] + "；".join(error.faults)]
            return False
        return True


class ReasonedForm(ActForm):
    """Why somebody was chosen."""

    reason = TextAreaField(
        "选定理由",
        description="随选取记录公开，请针对各家方案或者信用情况写，不写与采购无关的内容。",
        validators=[InputRequired("请写明理由。"), Length(max=1_000, message="理由太长。")],
    )

    def because(self) -> str:
        """As it was written, without what a browser adds."""
        return (self.reason.data or "").replace("\r\n", "\n").strip()


class ChoiceForm(ReasonedForm):
    """One of those who stand for choice."""

    agencies = RadioField("选定的机构", validators=[InputRequired("请选择一家。")])

    def value(self) -> Choice:
        return Choice((self.agencies.data,), self.because())


class ChoicesForm(ReasonedForm):
    """Several of those who stand for choice."""

    agencies = SelectMultipleField("选定的机构", validators=[InputRequired("请选择机构。")])

    def value(self) -> Choice:
        return Choice(tuple(self.agencies.data or ()), self.because())


def choice_form(page: ChoicePage) -> ChoiceForm | ChoicesForm:
    """The form with those who stand for choice."""
    form = ChoiceForm() if page.winners == 1 else ChoicesForm()
    form.agencies.choices = offered((one.code, f"{one.name}（{one.code}）") for one in page.standing)
    return form
