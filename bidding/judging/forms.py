"""What an owner fills in about judges, and a judge about proposals."""

from collections.abc import Iterable, Sequence

from wtforms import (
    BooleanField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional, Regexp

from app.web.choices import offered
from app.web.perform import ActForm
from bidding.judging.queries import Candidate, Person
from bidding.judging.rules import Declaration, JudgeInput, Named, Sheet, SheetLine

POINTS = r"^\s*(100|[0-9]{1,2})\s*$"


class JudgeForm(ActForm):
    """A person of the roster."""

    login = SelectField(
        "评审账号",
        description="本单位的账号，评审人用它登录。外单位专家请先由系统管理员在本单位名下开立账号。",
        validators=[InputRequired("请选择账号。")],
    )
    name = StringField("姓名", validators=[InputRequired("请填写姓名。"), Length(max=40, message="姓名太长。")])
    unit = StringField(
        "工作单位",
        validators=[InputRequired("请填写工作单位。"), Length(max=60, message="单位名称太长。")],
    )
    trade = StringField(
        "专业",
        description="例如工程测量。",
        validators=[InputRequired("请填写专业。"), Length(max=40, message="专业太长。")],
    )

    def among(self, accounts: Iterable[tuple[str, str]]) -> None:
        """Offer the accounts (login and name) that are on no roster."""
        self.login.choices = offered((login, f"{name}（{login}）") for login, name in accounts)

    def value(self) -> JudgeInput:
        return JudgeInput(self.login.data or "", self.name.data or "", self.unit.data or "", self.trade.data or "")


class RetireForm(ActForm):
    """A button, no field."""

    def value(self) -> None:
        return None


class NameForm(ActForm):
    """Who judges."""

    judges = SelectMultipleField("评审人", validators=[InputRequired("请选择评审人。")])

    def among(self, judges: Iterable[Person]) -> None:
        """Offer the roster."""
        self.judges.choices = offered((one.no, f"{one.name}，{one.unit}，{one.trade}") for one in judges)

    def value(self) -> Named:
        return Named(tuple(self.judges.data or ()))


class DeclareForm(ActForm):
    """No tie to each agency, one by one; or stepping back."""

    free = SelectMultipleField(
        "我与下列机构没有利害关系",
        description="逐家勾选。亲属任职、本人近三年任职、持股、代理、诉讼等都算利害关系。",
    )
    step_back = BooleanField("我与其中的机构有利害关系，申请回避")
    reason = TextAreaField(
        "回避的理由",
        description="不公开；只写关系，不写姓名以外的个人信息。",
        validators=[Optional(), Length(max=500, message="理由太长。")],
    )

    def among(self, candidates: Iterable[Candidate]) -> None:
        """Offer the agencies whose proposals are judged."""
        self.free.choices = offered((one.code, f"{one.name}（{one.code}）") for one in candidates)

    def value(self) -> Declaration:
        return Declaration(tuple(self.free.data or ()), bool(self.step_back.data), _plain(self.reason.data))


class LineForm(Form):
    """What one agency is given."""

    agency = HiddenField()
    service = StringField("服务方案", validators=[Optional(), Regexp(POINTS, message="服务方案：填写0至100的整数。")])
    team = StringField("人员", validators=[Optional(), Regexp(POINTS, message="人员：填写0至100的整数。")])
    reason = TextAreaField("理由", validators=[Optional(), Length(max=500, message="理由太长。")])


class SheetForm(ActForm):
    """The whole sheet; `lock` is the second button."""

    lines = FieldList(FormField(LineForm), label="评分")
    lock = HiddenField()

    def begin(self, candidates: Sequence[Candidate]) -> None:
        """What was kept, until something is typed; always one line for each agency."""
        if not len(self.lines):
            for one in candidates:
                self.lines.append_entry(
                    {
                        "agency": one.code,
                        "service": "" if one.service is None else str(one.service),
                        "team": "" if one.team is None else str(one.team),
                        "reason": one.reason,
                    }
                )

    def value(self) -> Sheet:
        return Sheet(
            tuple(
                SheetLine(
                    agency=line.form.agency.data or "",
                    service=_points(line.form.service.data),
                    team=_points(line.form.team.data),
                    reason=_plain(line.form.reason.data),
                )
                for line in self.lines
            )
        )


def _points(text: str | None) -> int | None:
    return int(text.strip()) if text and text.strip() else None


def _plain(text: str | None) -> str:
    return (text or "").replace("\r\n", "\n").strip()
