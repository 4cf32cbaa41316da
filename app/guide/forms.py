"""A form with a field of every kind, for the page of components; it is never handed in."""

from wtforms import (
    BooleanField,
    DateField,
    FileField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired

from app.web.choices import offered
from app.web.perform import ChineseForm

KINDS = (("first", "随机抽取"), ("second", "报价选取"), ("third", "直接委托"))


class SampleForm(ChineseForm):
    """Every kind of field; `named` has a fault when it is validated empty."""

    named = StringField("项目名称", description="不要写业主名称。", validators=[InputRequired("请填写项目名称。")])
    text = TextAreaField("服务内容和要求")
    amount = StringField("服务预算", validators=[InputRequired("请填写服务预算。")])
    one = SelectField(
        "服务事项", choices=offered(KINDS, empty="请选择"), validators=[InputRequired("请选择服务事项。")]
    )
    radio = RadioField("选取方式", choices=offered(KINDS), validators=[InputRequired("请选择选取方式。")])
    several = SelectMultipleField("将要使用的资金", choices=offered(KINDS))
    agreed = BooleanField("已核对以上内容")
    day = DateField("签订日期")
    secret = PasswordField("密码")
    file = FileField("合同扫描件")
