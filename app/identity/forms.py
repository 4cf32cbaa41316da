"""Signing in and opening an account."""

from wtforms import PasswordField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Regexp

from app.identity.rules import Invited, Joins, NewAccount, Taken
from app.web.choices import offered
from app.web.perform import ActForm, ChineseForm

NOT_CHOSEN = "请选择"


def _person(label: str) -> StringField:
    """Somebody's name."""
    return StringField(
        label, validators=[InputRequired("请填写姓名。"), Length(min=2, max=40, message="姓名为2至40个字。")]
    )


def _chosen_login() -> StringField:
    """The login of a new account."""
    return StringField(
        "登录名",
        validators=[
            InputRequired("请填写登录名。"),
            Regexp(r"^[a-z0-9][a-z0-9._-]{3,39}$", message="登录名为4至40位小写字母、数字或 . _ -。"),
        ],
    )


def _chosen_password() -> PasswordField:
    """The password of a new account; what it must be like the act says."""
    return PasswordField(
        "密码",
        description="至少10位。",
        validators=[InputRequired("请填写密码。"), Length(max=200, message="密码太长。")],
    )


class LoginForm(ChineseForm):
    """Name and password."""

    login = StringField("登录名", validators=[InputRequired("请填写登录名。"), Length(max=60, message="登录名太长。")])
    password = PasswordField("密码", validators=[InputRequired("请填写密码。"), Length(max=200, message="密码太长。")])


class JoinForm(ActForm):
    """A newcomer's organisation and account."""

    joins = RadioField(
        "以什么身份加入",
        choices=offered(
            [(Joins.PURCHASER.value, "项目业主（我要采购）"), (Joins.AGENCY.value, "中介服务机构（我提供服务）")]
        ),
        validators=[InputRequired("请选择身份。")],
    )
    organisation = StringField(
        "单位名称（自然人填姓名）",
        validators=[InputRequired("请填写名称。"), Length(min=2, max=100, message="名称为2至100个字。")],
    )
    code = StringField(
        "统一社会信用代码",
        description="18位；没有代码的业主可以留空，系统会给出市场内编号。",
        validators=[Length(max=18, message="代码为18位。")],
    )
    region = SelectField("所在地", validators=[InputRequired("请选择所在地。")])
    name = _person("经办人姓名")
    login = _chosen_login()
    password = _chosen_password()

    def value(self) -> NewAccount:
        return NewAccount(
            joins=Joins(self.joins.data),
            organisation=(self.organisation.data or "").strip(),
            code=(self.code.data or "").strip().upper() or None,
            region=self.region.data,
            name=(self.name.data or "").strip(),
            login=self.login.data or "",
            password=self.password.data or "",
        )


class InviteForm(ActForm):
    """Whom to invite."""

    name = _person("同事姓名")

    def value(self) -> Invited:
        return Invited((self.name.data or "").strip())


class AcceptForm(ActForm):
    """The colleague's own name and password."""

    login = _chosen_login()
    password = _chosen_password()

    def value(self) -> Taken:
        return Taken(login=self.login.data or "", password=self.password.data or "")
