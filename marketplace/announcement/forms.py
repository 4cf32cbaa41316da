"""When registration closes, what is amended; why something is returned, withdrawn, held or goes on."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask_wtf.file import FileField
from werkzeug.datastructures import FileStorage
from wtforms import BooleanField, DateTimeLocalField, HiddenField, RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional, Regexp

from app.values import SHANGHAI, Nothing
from app.watch.forms import FileChosen
from app.web.choices import offered
from app.web.perform import ActForm
from marketplace.announcement.rules import (
    Because,
    Change,
    Conclusion,
    Ending,
    Mended,
    Return,
    Timetable,
    Withdrawal,
    WithdrawReason,
)

LOCAL_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]


class InstantField(DateTimeLocalField):
    """An instant typed in Asia/Shanghai, optional; `instant()` is the aware value."""

    def __init__(self, label: str, **options: Any) -> None:
        super().__init__(label, format=LOCAL_FORMATS, validators=[Optional()], **options)

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError("请按 2026-03-05 09:00 的格式填写日期和时间。") from error

    def instant(self) -> datetime | None:
        typed: datetime | None = self.data
        return None if typed is None else typed.replace(tzinfo=SHANGHAI).astimezone(UTC)


class TimetableForm(ActForm):
    """Publishing, handing in for review, announcing again: until when."""

    closes_at = InstantField("报名截止时间", description="不填写则按规则允许的最早时间。")

    def value(self) -> Timetable:
        return Timetable(self.closes_at.instant())


class PublishForm(TimetableForm):
    """The same, and whether as few as were counted are enough."""

    thin = BooleanField("以公示的合格机构家数为最少有效家数")

    def value(self) -> Timetable:
        return Timetable(self.closes_at.instant(), thin=bool(self.thin.data))


class CountForm(ActForm):
    """Nothing to fill in."""

    def value(self) -> Nothing:
        return Nothing()


class ApproveForm(ActForm):
    """Nothing to fill in."""

    def value(self) -> Nothing:
        return Nothing()


class ReturnForm(ActForm):
    """Why it goes back."""

    reason = TextAreaField(
        "退回理由", validators=[InputRequired("请写明退回的理由。"), Length(max=1000, message="理由太长。")]
    )

    def value(self) -> Return:
        return Return((self.reason.data or "").replace("\r\n", "\n").strip())


class AmendForm(ActForm):
    """What changes, and why."""

    content = TextAreaField(
        "服务内容和要求",
        validators=[InputRequired("请填写服务内容。"), Length(max=10_000, message="服务内容太长。")],
    )
    expected_days = StringField(
        "期望的服务时限（工作日）",
        validators=[
            InputRequired("请填写工作日数。"),
            Regexp(r"^\s*\d{1,4}\s*$", message="请填写工作日数，最多四位的整数。"),
        ],
    )
    closes_at = InstantField("新的报名截止时间", description="不填写则保持不变，公告期不足时自动顺延。")
    reason = TextAreaField(
        "变更理由",
        description="向社会公布。",
        validators=[InputRequired("请写明变更的理由。"), Length(max=1000, message="理由太长。")],
    )

    def value(self) -> Change:
        return Change(
            reason=(self.reason.data or "").replace("\r\n", "\n").strip(),
            content=(self.content.data or "").replace("\r\n", "\n").strip(),
            expected_days=int(self.expected_days.data or 0),
            closes_at=self.closes_at.instant(),
        )


class WithdrawForm(ActForm):
    """Why it ends."""

    reason = RadioField(
        "终止原因",
        choices=offered(
            [
                (WithdrawReason.NEED_CEASED.value, "不再需要该项服务"),
                (WithdrawReason.TERMS_WRONG.value, "公告条件有误"),
                (WithdrawReason.PROJECT_CHANGED.value, "项目发生变化"),
                (WithdrawReason.FUNDS_WITHDRAWN.value, "资金未落实"),
            ]
        ),
        validators=[InputRequired("请选择终止原因。")],
    )
    explanation = TextAreaField(
        "情况说明",
        description="向社会公布。",
        validators=[InputRequired("请说明情况。"), Length(max=1000, message="说明太长。")],
    )

    def value(self) -> Withdrawal:
        return Withdrawal(
            reason=WithdrawReason(self.reason.data),
            explanation=(self.explanation.data or "").replace("\r\n", "\n").strip(),
        )


ENDINGS = offered(
    [
        (Ending.CHANGE.value, "更改条件：另写一份需求，更改预算、时限、内容或者选取方式"),
        (Ending.DIRECT.value, "在已经报名的机构中直接委托：条件不变，须经监督部门同意"),
        (Ending.CANCEL.value, "终止：不再采购"),
    ]
)


class ConcludeForm(ActForm):
    """What becomes of a purchase that failed, and why."""

    way = RadioField(
        "怎样处理",
        choices=ENDINGS,
        validators=[InputRequired("请选择怎样处理。")],
    )
    explanation = TextAreaField(
        "理由",
        description="向社会公布，请勿包含个人信息。",
        validators=[InputRequired("请写明理由。"), Length(max=1000, message="理由太长。")],
    )

    def value(self) -> Conclusion:
        return Conclusion(Ending(self.way.data), (self.explanation.data or "").replace("\r\n", "\n").strip())


class BecauseForm(ActForm):
    """Why it is held, or goes on."""

    reason = TextAreaField(
        "理由",
        description="向社会公布，请勿包含个人信息。",
        validators=[InputRequired("请写明理由。"), Length(max=1000, message="理由太长。")],
    )

    def value(self) -> Because:
        return Because((self.reason.data or "").replace("\r\n", "\n").strip())


class MendedForm(ActForm):
    """How the fault was ended, with its evidence. `store` takes the file in and gives its SHA-256."""

    store: Callable[[FileStorage], str]
    reason = TextAreaField(
        "怎样排除的",
        description="向社会公布，请勿包含个人信息。",
        validators=[InputRequired("请写明怎样排除的。"), Length(max=1000, message="说明太长。")],
    )
    evidence = FileField(
        "故障已经排除的证据", description="监控记录、书面说明等；PDF或图片，随记录公布摘要。", validators=[FileChosen()]
    )
    kept = HiddenField(validators=[Regexp(r"^([0-9a-f]{64})?$", message="请重新选择证据文件。")])

    def take_in_files(self) -> None:
        if self.evidence.data:
            # A refused form comes back without its file; the hash of what was taken in stays.
            self.kept.data = self.store(self.evidence.data)

    def value(self) -> Mended:
        self.take_in_files()
        return Mended((self.reason.data or "").replace("\r\n", "\n").strip(), self.kept.data or "")
