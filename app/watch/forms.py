"""To whom an alarm goes, why it is closed, what did not work and when."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, ClassVar

from flask_wtf.file import FileField
from werkzeug.datastructures import FileStorage
from wtforms import DateTimeLocalField, Field, HiddenField, RadioField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Length, Regexp, StopValidation

from app.values import SHANGHAI
from app.watch.rules import Assignment, Closing, Failed, Outage, Reason
from app.web.choices import offered
from app.web.perform import ActForm

LOCAL_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]


class AssignForm(ActForm):
    """Which office, and whom there; a choice is `<code>` or `<code>/<login>`."""

    to = SelectField("交给谁办理", validators=[InputRequired("请选择单位或人员。")])

    def value(self) -> Assignment:
        office, _, account = (self.to.data or "").partition("/")
        return Assignment(office, account or None)


class CloseForm(ActForm):
    """Why an alarm is closed."""

    reason = RadioField(
        "处理结果",
        choices=offered(
            [
                (Reason.REMEDIED.value, "已经补办"),
                (Reason.EXCUSED.value, "有正当理由"),
                (Reason.REFERRED.value, "已移送处理"),
                (Reason.UNFOUNDED.value, "报警有误"),
            ]
        ),
        validators=[InputRequired("请选择处理结果。")],
    )
    explanation = TextAreaField(
        "说明",
        description="写清查到了什么、怎样处理；记入存证，责任单位会看到处理结果。",
        validators=[InputRequired("请写明处理情况。"), Length(max=1000, message="说明最多1000字。")],
    )

    def value(self) -> Closing:
        return Closing(Reason(self.reason.data), (self.explanation.data or "").replace("\r\n", "\n").strip())


def _moment(label: str) -> DateTimeLocalField:
    return DateTimeLocalField(
        label, format=LOCAL_FORMATS, validators=[InputRequired("请填写日期和时间，例如 2026-03-05 09:00。")]
    )


class FileChosen:
    """A file was chosen now, or taken in before a refusal."""

    field_flags: ClassVar[dict[str, bool]] = {"required": True}

    def __call__(self, form: Any, field: Field) -> None:
        if not field.data and not form.kept.data:
            raise StopValidation("请上传证据文件。")


class OutageForm(ActForm):
    """An outage with its evidence. `store` takes the file in and gives its SHA-256."""

    store: Callable[[FileStorage], str]
    since = _moment("故障开始（北京时间）")
    until = _moment("恢复正常（北京时间）")
    region = SelectField("影响的地区", validators=[InputRequired("请选择地区。")])
    failed = RadioField(
        "不能使用的功能",
        choices=offered(
            [
                (Failed.ALL.value, "整个系统"),
                (Failed.SIGNING_IN.value, "登录"),
                (Failed.REGISTERING.value, "报名"),
                (Failed.OFFERING.value, "报价"),
            ]
        ),
        validators=[InputRequired("请选择不能使用的功能。")],
    )
    explanation = TextAreaField(
        "情况说明",
        description="向社会公布：发生了什么、怎样恢复的。",
        validators=[InputRequired("请说明情况。"), Length(max=2000, message="说明最多2000字。")],
    )
    evidence = FileField(
        "证据",
        description="监控记录、机房或运营商的书面说明等；PDF或图片，随记录公布，请勿包含个人信息。",
        validators=[FileChosen()],
    )
    kept = HiddenField(validators=[Regexp(r"^([0-9a-f]{64})?$", message="请重新选择证据文件。")])

    def take_in_files(self) -> None:
        if self.evidence.data:
            # A refused form comes back without its file; the hash of what was taken in stays.
            self.kept.data = self.store(self.evidence.data)

    def value(self) -> Outage:
        self.take_in_files()
        return Outage(
            since=_instant(self.since.data),
            until=_instant(self.until.data),
            region=self.region.data or "",
            failed=Failed(self.failed.data),
            explanation=(self.explanation.data or "").replace("\r\n", "\n").strip(),
            evidence=self.kept.data or "",
        )


def _instant(typed: datetime | None) -> datetime:
    if typed is None:
        raise ValueError("the form was not validated")
    return typed.replace(tzinfo=SHANGHAI).astimezone(UTC)
