"""Typing a day's beacon."""

from datetime import date

from wtforms import StringField
from wtforms.validators import InputRequired, Length

from app.web.perform import ActForm
from bidding.selection.rules import BeaconInput


class BeaconForm(ActForm):
    """One value; the day is the page's own."""

    day: date
    number = StringField(
        "开奖号码",
        description="福彩3D的3位和排列5的5位，中间用短横线连接，例如 372-90418。",
        validators=[InputRequired("请填写开奖号码。"), Length(max=20, message="开奖号码太长。")],
    )

    def value(self) -> BeaconInput:
        return BeaconInput(on=self.day, value=(self.number.data or "").strip())
