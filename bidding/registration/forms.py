"""What an agency fills in to register, and the buttons of an existing registration."""

import re

from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional, Regexp

from app.values import Nothing
from app.web.perform import ActForm
from bidding.registration.rules import Made, Membership, Promise


class RegistrationForm(ActForm):
    """The promise; a browser that can fills in a contribution of its own, and what stands empty the server makes."""

    days = StringField(
        "承诺完成时限（工作日）",
        validators=[
            InputRequired("请填写承诺时限。"),
            Regexp(r"^\s*[0-9]{1,4}\s*$", message="承诺时限为工作日数，填写最多四位的整数。"),
        ],
    )
    contribution = StringField(
        "抽取参与值",
        description="64位十六进制数，参与决定抽取结果，截止前只有您能看到。由您的浏览器生成，也可以改成您自己掷出的数；留空由服务器生成。",
        validators=[Length(max=64, message="参与值为64位十六进制数。")],
    )
    members = TextAreaField(
        "联合体成员",
        description="由几家机构合起来承接的，每行填写一家成员的统一社会信用代码，本单位不用写；单独承接的留空。"
        "每家成员须在报名截止前自己登录确认。",
        validators=[Optional(), Length(max=400, message="成员太多。")],
    )

    def value(self) -> Promise:
        contribution = (self.contribution.data or "").strip().lower()
        return Promise(
            days=int((self.days.data or "0").strip()),
            contribution=contribution,
            made=Made.BROWSER if contribution else Made.SERVER,
            members=tuple(filter(None, re.split(r"[\s,，、;；]+", (self.members.data or "").upper()))),
        )


class WithdrawForm(ActForm):
    """One button."""

    def value(self) -> Nothing:
        return Nothing()


class ReconfirmForm(ActForm):
    """One button."""

    def value(self) -> Nothing:
        return Nothing()


class MembershipForm(ActForm):
    """One button beside the consortium it answers."""

    lead = HiddenField(validators=[InputRequired("没有说明是哪个联合体。"), Length(max=18, message="代码太长。")])

    def value(self) -> Membership:
        return Membership((self.lead.data or "").strip())
