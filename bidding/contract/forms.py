"""Handing in a contract and answering it; asking for changes and ends, and answering those."""

from typing import Any, ClassVar

from flask_wtf.file import FileField
from wtforms import DateField, Field, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Regexp
from wtforms.widgets import HiddenInput

from app.enclosure import FileChosen, FileForm
from app.values import Fen, Nothing
from app.web.choices import offered
from app.web.money import MONEY, fen
from app.web.perform import ActForm
from bidding.contract.rules import (
    LONGEST_EXTENSION,
    Accusation,
    Agreed,
    AgreedPrice,
    Amendment,
    Because,
    Breach,
    Cause,
    Denied,
    Extension,
    Finding,
    Parting,
    Protest,
    Reselection,
    SignedContract,
    Successor,
)


class UploadForm(FileForm):
    """What was signed."""

    amount = StringField(
        "合同金额",
        validators=[
            InputRequired("请填写合同金额。"),
            Regexp(MONEY, message="金额写成元，最多两位小数。"),
        ],
    )
    days = IntegerField(
        "服务时限（工作日）",
        validators=[InputRequired("请填写时限。"), NumberRange(1, 3650, "时限为1至3650个工作日。")],
    )
    signed_on = DateField("签订日期", validators=[InputRequired("请填写签订日期，例如 2026-03-05。")])
    file = FileField("合同扫描件", description="PDF、图片或 Word，不超过20MB。", validators=[FileChosen()])

    def value(self) -> SignedContract:
        if self.signed_on.data is None:
            raise ValueError("signed_on was not validated")
        return SignedContract(
            amount_fen=fen(self.amount.data) or Fen(0),
            days=self.days.data or 0,
            signed_on=self.signed_on.data,
            file=self.sha256(self.file),
        )


class ConfirmForm(ActForm):
    """The other side's yes."""

    def value(self) -> Nothing:
        return Nothing()


class BecauseForm(ActForm):
    """A reason that both sides will read."""

    reason = TextAreaField(
        "理由", validators=[InputRequired("请填写理由。"), Length(max=2000, message="理由最多2000个字。")]
    )

    def value(self) -> Because:
        return Because(reason=(self.reason.data or "").strip())


LONGEST = 2000
TOO_LONG = Length(max=LONGEST, message="最多2000个字。")
PUBLIC_REASON = "生效后随合同一起公开，请不要写个人信息。"
PROOF = "PDF、图片或 Word，不超过20MB；只供双方和监管部门查阅。"
BREACHES = {
    Breach.SERVICE: "未按公告、合同提供服务（V04）",
    Breach.FEE: "抬高收费、另行索要费用（V03）",
    Breach.STAFF: "承诺的人员未到位（V10）",
    Breach.SUBCONTRACT: "转包、违法分包（V13）",
    Breach.SECRECY: "违反保密义务（V14）",
}


class ExtendForm(FileForm):
    """More time."""

    days = IntegerField(
        "申请延长（工作日）",
        validators=[
            InputRequired("请填写要延长多少个工作日，例如 5。"),
            NumberRange(1, LONGEST_EXTENSION, f"延长1至{LONGEST_EXTENSION}个工作日。"),
        ],
    )
    cause = RadioField(
        "原因",
        choices=offered(
            (
                (Cause.PURCHASER, "业主一方的原因（材料、场地、方案等）"),
                (Cause.FORCE_MAJEURE, "不可抗力"),
                (Cause.SCOPE, "服务内容变化"),
                (Cause.OTHER, "其他"),
            )
        ),
        validators=[InputRequired("请选择原因。")],
    )
    reason = TextAreaField("理由", description=PUBLIC_REASON, validators=[InputRequired("请填写理由。"), TOO_LONG])
    file = FileField("证明材料", description=PROOF)

    def value(self) -> Extension:
        return Extension(
            days=self.days.data or 0,
            cause=Cause(self.cause.data),
            reason=(self.reason.data or "").strip(),
            file=self.sha256(self.file) or None,
        )


class AmendForm(FileForm):
    """A changed price or content."""

    amount = StringField(
        "变更后的合同总价",
        validators=[
            InputRequired("请填写变更后的总价；总价不变的，填原价。"),
            Regexp(MONEY, message="金额写成元，最多两位小数。"),
        ],
    )
    content = TextAreaField(
        "变更的内容", description=PUBLIC_REASON, validators=[InputRequired("请填写变更了什么。"), TOO_LONG]
    )
    reason = TextAreaField("理由", description=PUBLIC_REASON, validators=[InputRequired("请填写理由。"), TOO_LONG])
    file = FileField("双方签署的补充协议", description="PDF、图片或 Word，不超过20MB。", validators=[FileChosen()])

    def value(self) -> Amendment:
        return Amendment(
            amount_fen=fen(self.amount.data) or Fen(0),
            content=(self.content.data or "").strip(),
            reason=(self.reason.data or "").strip(),
            file=self.sha256(self.file),
        )


class PartForm(FileForm):
    """An end by agreement."""

    settlement = StringField(
        "结算金额",
        description="业主就这份合同一共支付多少，含已付的；没有费用的填 0。",
        validators=[
            InputRequired("请填写结算金额；没有费用的填 0。"),
            Regexp(MONEY, message="金额写成元，最多两位小数。"),
        ],
    )
    reason = TextAreaField(
        "终止的理由", description=PUBLIC_REASON, validators=[InputRequired("请填写理由。"), TOO_LONG]
    )
    file = FileField("终止协议", description="PDF、图片或 Word，不超过20MB。")

    def value(self) -> Parting:
        return Parting(
            settlement_fen=fen(self.settlement.data) or Fen(0),
            reason=(self.reason.data or "").strip(),
            file=self.sha256(self.file) or None,
        )


class ProtestForm(FileForm):
    """The purchaser does not sign."""

    reason = TextAreaField("事实和经过", validators=[InputRequired("请写明事实和经过。"), TOO_LONG])
    file = FileField("证明材料", description=PROOF)

    def value(self) -> Protest:
        return Protest(reason=(self.reason.data or "").strip(), file=self.sha256(self.file) or None)


class AccuseForm(FileForm):
    """The agency breaks the contract."""

    breach = RadioField("违约行为", choices=offered(BREACHES.items()), validators=[InputRequired("请选择违约行为。")])
    reason = TextAreaField("事实和经过", validators=[InputRequired("请写明事实和经过。"), TOO_LONG])
    file = FileField("证明材料", description=PROOF)

    def value(self) -> Accusation:
        return Accusation(
            breach=Breach(self.breach.data),
            reason=(self.reason.data or "").strip(),
            file=self.sha256(self.file) or None,
        )


class AgreeForm(ActForm):
    """A yes, or taking back, by the request's number."""

    number = IntegerField(widget=HiddenInput(), validators=[InputRequired("请从合同页办理。")])

    def value(self) -> Agreed | AgreedPrice:
        return Agreed(number=self.number.data or 0)


class AgreePriceForm(AgreeForm):
    """A yes to an amount, which comes with it."""

    amount_fen = IntegerField(widget=HiddenInput(), validators=[InputRequired("请从合同页办理。")])

    def value(self) -> AgreedPrice:
        return AgreedPrice(number=self.number.data or 0, amount_fen=Fen(self.amount_fen.data or 0))


class DenyForm(ActForm):
    """A no, and why."""

    number = IntegerField(widget=HiddenInput(), validators=[InputRequired("请从合同页办理。")])
    reason = TextAreaField("理由", validators=[InputRequired("请填写理由。"), TOO_LONG])

    def value(self) -> Denied | Finding:
        return Denied(number=self.number.data or 0, reason=(self.reason.data or "").strip())


class WhereItIsOne:
    """Asked only where a breach was filed; whether it may be missing the rules say."""

    field_flags: ClassVar[dict[str, bool]] = {"required": True}

    def __call__(self, form: Any, field: Field) -> None:
        return None


class FindForm(DenyForm):
    """What the regulator found."""

    reason = TextAreaField(
        "认定的事实和理由",
        description="随决定公开，请不要写个人信息。",
        validators=[InputRequired("请写明认定的事实和理由。"), TOO_LONG],
    )
    breach = SelectField(
        "认定的违约行为",
        choices=offered(BREACHES.items(), empty="（不适用）"),
        coerce=lambda code: Breach(code) if code else None,
        validators=[WhereItIsOne()],
    )

    def value(self) -> Finding:
        return Finding(
            number=self.number.data or 0, reason=(self.reason.data or "").strip(), breach=self.breach.data or None
        )


class ReselectForm(ActForm):
    """How to go on after a breach."""

    successor = RadioField(
        "接下来",
        choices=offered(
            (
                (Successor.ALTERNATE, "由下一位候补机构递补"),
                (Successor.ANNOUNCE, "不递补，按原条件重新公告"),
            )
        ),
        validators=[InputRequired("请选择一种。")],
    )

    def value(self) -> Reselection:
        return Reselection(successor=Successor(self.successor.data))
