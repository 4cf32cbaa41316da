"""What an agency fills in to offer in an auction; the amount is typed in 元 and becomes whole fen, exactly."""

from wtforms import StringField
from wtforms.validators import InputRequired, Regexp

from app.values import Fen
from app.web.money import MONEY, fen
from app.web.perform import ActForm
from bidding.auction.rules import BidInput


class BidForm(ActForm):
    """One price; filled in beforehand with the highest that would count now."""

    amount_fen = StringField(
        "您的出价",
        validators=[
            InputRequired("请填写出价。"),
            Regexp(MONEY, message="请填写以元为单位的数，最多两位小数。"),
        ],
    )

    def value(self) -> BidInput:
        return BidInput(amount_fen=fen(self.amount_fen.data) or Fen(0))
