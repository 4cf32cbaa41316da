"""Preparing a decision."""

from wtforms import IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange

from app.web.choices import offered
from app.web.perform import ActForm
from ratings.sanction.rules import Decided, SanctionKind


class DecisionForm(ActForm):
    """Against whom, what, how long, why."""

    party = StringField(
        "当事人代码",
        description="统一社会信用代码或市场内编号（U-…）。",
        validators=[InputRequired("请填写代码。"), Length(max=18, message="代码最多18位。")],
    )
    kind = SelectField(
        "处理种类",
        choices=offered([("yellow", "黄牌警告"), ("suspend", "暂停参与"), ("blacklist", "列入平台禁入名单（黑名单）")]),
        validators=[InputRequired("请选择种类。")],
    )
    months = IntegerField(
        "期限（月）", validators=[InputRequired("请填写期限。"), NumberRange(1, 36, message="期限为1至36个月。")]
    )
    authority = SelectField("以哪个行业主管部门作出", validators=[InputRequired("请选择主管部门。")])
    facts = TextAreaField("事实", validators=[InputRequired("请写明事实。"), Length(max=2000, message="最多2000字。")])
    basis = TextAreaField("依据", validators=[InputRequired("请写明依据。"), Length(max=500, message="最多500字。")])

    def value(self) -> Decided:
        return Decided(
            party=(self.party.data or "").strip().upper(),
            kind=SanctionKind(self.kind.data),
            months=self.months.data or 0,
            facts=(self.facts.data or "").strip(),
            basis=(self.basis.data or "").strip(),
            authority=self.authority.data,
        )
