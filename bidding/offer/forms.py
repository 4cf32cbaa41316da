"""What an agency fills in to offer; the amount is typed in 元 and becomes whole fen, exactly."""

from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Regexp

from app.values import Fen
from app.web.money import MONEY, fen
from app.web.perform import ActForm
from bidding.offer.rules import BodyInput, OfferInput


class OfferForm(ActForm):
    """Price and time; there is no draft, and a refused form is filled again from its own answer only."""

    amount_fen = StringField(
        "报价总额",
        validators=[
            InputRequired("请填写报价。"),
            Regexp(MONEY, message="请填写以元为单位的数，最多两位小数。"),
        ],
    )
    days = StringField(
        "承诺完成时限（工作日）",
        validators=[
            InputRequired("请填写承诺时限。"),
            Regexp(r"^\s*[0-9]{1,4}\s*$", message="承诺时限为工作日数，填写最多四位的整数。"),
        ],
    )

    def value(self) -> OfferInput:
        return OfferInput(
            amount_fen=fen(self.amount_fen.data) or Fen(0),
            days=int((self.days.data or "0").strip()),
        )


class BodyForm(ActForm):
    """The body as the agency received it when it offered."""

    body = TextAreaField(
        "报价正文",
        description="提交报价时显示并可下载的那份文本，从“zjcs-offer-1”一行起，原样粘贴。",
        validators=[InputRequired("请粘贴报价正文。"), Length(max=20_000, message="正文太长。")],
    )

    def value(self) -> BodyInput:
        return BodyInput(body=self.body.data or "")
