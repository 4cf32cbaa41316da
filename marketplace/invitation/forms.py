"""What the operator writes of an organisation, and what it brings itself; shapes are those of joining and applying."""

from typing import cast

from wtforms import PasswordField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Regexp

from app.identity.forms import JoinForm
from app.web.perform import ActForm
from marketplace.agency.forms import ApplicationForm
from marketplace.invitation.rules import Acceptance, Invitation

CODE = r"^\s*[0-9A-Za-z]{18}\s*$"


class InvitationForm(ActForm):
    """One line of the register."""

    name = StringField(
        "机构名称",
        validators=[InputRequired("请填写机构名称。"), Length(min=2, max=100, message="名称为2至100个字。")],
    )
    code = StringField(
        "统一社会信用代码",
        validators=[InputRequired("请填写代码。"), Regexp(CODE, message="代码为18位数字和字母。")],
    )
    region = SelectField("所在地", validate_choice=False, validators=[InputRequired("请选择所在地。")])
    legal_representative = cast(StringField, ApplicationForm.legal_representative)
    contact = cast(StringField, ApplicationForm.contact)
    phone = StringField(
        "联系电话",
        description="激活码寄送、核对所用的电话；机构入驻时可以改。",
        validators=[
            InputRequired("请填写联系电话。"),
            Regexp(r"^\+?[0-9][0-9 \-]{5,19}$", message="电话为6至20位数字，可含空格和横线。"),
        ],
    )
    address = cast(StringField, ApplicationForm.address)
    introduction = cast(TextAreaField, ApplicationForm.introduction)

    def value(self) -> Invitation:
        return Invitation(
            code=(self.code.data or "").strip().upper(),
            name=(self.name.data or "").strip(),
            region=self.region.data or "",
            legal_representative=(self.legal_representative.data or "").strip(),
            contact=(self.contact.data or "").strip(),
            phone=(self.phone.data or "").strip(),
            address=(self.address.data or "").strip(),
            introduction=(self.introduction.data or "").strip(),
        )


class AcceptForm(ActForm):
    """What the letter's reader brings."""

    code = StringField(
        "统一社会信用代码",
        validators=[InputRequired("请填写代码。"), Regexp(CODE, message="代码为18位数字和字母。")],
    )
    activation = StringField(
        "激活码",
        description="邀请函上的16位代码，不分大小写，横线可写可不写；只能使用一次。",
        validators=[InputRequired("请填写激活码。"), Length(max=40, message="激活码为16位。")],
    )
    name = cast(StringField, JoinForm.name)
    login = cast(StringField, JoinForm.login)
    password = cast(PasswordField, JoinForm.password)

    def value(self) -> Acceptance:
        return Acceptance(
            code=(self.code.data or "").strip().upper(),
            name=(self.name.data or "").strip(),
            login=self.login.data or "",
            activation=self.activation.data or "",
            password=self.password.data or "",
        )
