"""What an agency and the operator fill in."""

from typing import Any

from wtforms import SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Regexp

from app.values import Nothing
from app.web.perform import ActForm
from marketplace.agency.rules import Application, Asking, Rejection


class AllOfThem:
    """Marks a field that must be filled in full; which ticks are missing is the rules' to say, one by one."""

    field_flags = {"required": True}  # noqa: RUF012 - WTForms reads it as it stands

    def __call__(self, form: Any, field: Any) -> None:
        """No shape to check."""


class ApplicationForm(ActForm):
    """An application; `commitments.choices` come from the rulebook."""

    legal_representative = StringField(
        "法定代表人（负责人）",
        validators=[InputRequired("请填写法定代表人。"), Length(max=40, message="姓名最多40个字。")],
    )
    contact = StringField(
        "业务联系人", validators=[InputRequired("请填写联系人。"), Length(max=40, message="姓名最多40个字。")]
    )
    phone = StringField(
        "联系电话",
        description="登录的业主可以看到。",
        validators=[
            InputRequired("请填写联系电话。"),
            Regexp(r"^\+?[0-9][0-9 \-]{5,19}$", message="电话为6至20位数字，可含空格和横线。"),
        ],
    )
    address = StringField(
        "办公地址", validators=[InputRequired("请填写办公地址。"), Length(max=200, message="地址最多200个字。")]
    )
    introduction = TextAreaField(
        "机构简介", description="公开显示在机构名片上。", validators=[Length(max=2000, message="简介最多2000个字。")]
    )
    commitments = SelectMultipleField("书面承诺", description="须逐项承诺，入驻后公开。", validators=[AllOfThem()])

    def value(self) -> Application:
        return Application(
            legal_representative=(self.legal_representative.data or "").strip(),
            contact=(self.contact.data or "").strip(),
            phone=(self.phone.data or "").strip(),
            address=(self.address.data or "").strip(),
            introduction=(self.introduction.data or "").strip(),
            commitments=tuple(self.commitments.data or ()),
        )


class PassForm(ActForm):
    """Passing the formal check."""

    def value(self) -> Nothing:
        return Nothing()


class AskForm(ActForm):
    """The one-time notification."""

    missing = TextAreaField(
        "需要补正的全部内容",
        description="一次性告知：请列全，补正次数有限。",
        validators=[InputRequired("请写明需要补正的内容。"), Length(max=2000, message="最多2000个字。")],
    )

    def value(self) -> Asking:
        return Asking((self.missing.data or "").strip())


class RejectForm(ActForm):
    """Rejecting an application."""

    reason = TextAreaField(
        "不予入驻的理由",
        validators=[InputRequired("请写明理由。"), Length(max=1000, message="最多1000个字。")],
    )

    def value(self) -> Rejection:
        return Rejection((self.reason.data or "").strip())
