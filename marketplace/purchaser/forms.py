"""Filing as a purchaser, and the operator's answer."""

from wtforms import HiddenField, RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Regexp

from app.web.choices import offered
from app.web.perform import ActForm
from marketplace.purchaser.rules import Filing, Fund, PurchaserKind, Return, Seen

VERSION = Regexp(r"^[0-9]{1,9}$", message="页面已过期，请刷新后重试。")


class FilingForm(ActForm):
    """Kind, funds, contact."""

    kind = RadioField(
        "业主类别",
        choices=offered(
            [
                (PurchaserKind.ORGAN.value, "机关"),
                (PurchaserKind.INSTITUTION.value, "事业单位"),
                (PurchaserKind.ENTERPRISE.value, "企业"),
                (PurchaserKind.VILLAGE.value, "村（居）民委员会"),
                (PurchaserKind.SOCIAL_ORGANISATION.value, "社会组织"),
                (PurchaserKind.PERSON.value, "自然人"),
            ]
        ),
        validators=[InputRequired("请选择业主类别。")],
    )
    funds = SelectMultipleField(
        "将要使用的资金",
        description="可多选。使用财政性或国有资金的，由运营管理机构核验后生效；自然人只能使用社会资金。",
        choices=offered(
            [
                (Fund.FISCAL.value, "财政性资金"),
                (Fund.STATE.value, "国有资金（国有企业、村集体等）"),
                (Fund.SOCIAL.value, "社会资金"),
            ]
        ),
        validators=[InputRequired("请至少选择一种资金。")],
    )
    contact = StringField(
        "联系人", validators=[InputRequired("请填写联系人。"), Length(min=2, max=40, message="联系人为2至40个字。")]
    )
    phone = StringField(
        "联系电话",
        description="只供运营管理机构和成交后的对方使用，不公开。",
        validators=[
            InputRequired("请填写联系电话。"),
            Regexp(r"^\+?[0-9][0-9 \-]{5,19}$", message="电话只含数字、空格和短横，6至20位。"),
        ],
    )

    def value(self) -> Filing:
        return Filing(
            kind=PurchaserKind(self.kind.data),
            funds=tuple(Fund(fund) for fund in self.funds.data or ()),
            contact=(self.contact.data or "").strip(),
            phone=(self.phone.data or "").strip(),
        )


class CheckForm(ActForm):
    """Nothing to fill in: which version was looked at."""

    version = HiddenField(validators=[VERSION])

    def value(self) -> Seen:
        return Seen(int(self.version.data or 0))


class ReturnForm(ActForm):
    """Why not."""

    version = HiddenField(validators=[VERSION])
    reason = TextAreaField(
        "退回的理由",
        description="业主会看到全文；请写明需要修改什么。",
        validators=[InputRequired("请写明理由。"), Length(max=500, message="最多500字。")],
    )

    def value(self) -> Return:
        return Return(version=int(self.version.data or 0), reason=(self.reason.data or "").strip())
