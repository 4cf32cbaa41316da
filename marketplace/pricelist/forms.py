"""What an agency fills in about a price."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from wtforms import DateField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp

from app.web.money import MONEY, fen
from app.web.perform import ActForm
from marketplace.pricelist.rules import RATES, Price


def ppm(text: str | None) -> int | None:
    """Per cent with at most four decimals as exact ppm; None where nothing was typed."""
    return int(Decimal(text.strip()) * 10_000) if text and text.strip() else None


class PriceForm(ActForm):
    """A price for one item; `offer` says which items, units and kinds of amount there are."""

    item = SelectField("服务事项", validators=[InputRequired("请选择服务事项。")])
    unit = SelectField("计价单位", validators=[InputRequired("请选择计价单位。")])
    price = StringField(
        "单价",
        description="按“比例”计价的不填。",
        validators=[Optional(), Regexp(MONEY, message="金额写法如 12000 或 12000.50。")],
    )
    rate = StringField(
        "费率",
        description="只有按比例计价的才填，百分数，如 1.5。",
        validators=[Optional(), Regexp(r"^\s*\d{1,3}(\.\d{1,4})?\s*$", message="费率写法如 1.5，最多四位小数。")],
    )
    content = TextAreaField(
        "服务内容", validators=[InputRequired("请填写服务内容。"), Length(max=1000, message="最多1000个字。")]
    )
    basis = StringField(
        "计价依据",
        description="如：市场调节价。",
        validators=[InputRequired("请填写计价依据。"), Length(max=200, message="最多200个字。")],
    )
    complaint_phone = StringField(
        "投诉电话",
        validators=[
            InputRequired("请填写投诉电话。"),
            Regexp(r"^\+?[0-9][0-9 \-]{2,19}$", message="电话为3至20位数字，可含空格和横线。"),
        ],
    )
    committed_days = IntegerField(
        "承诺服务时限",
        validators=[InputRequired("请填写工作日数。"), NumberRange(0, 3650, message="工作日数为0至3650。")],
    )
    effective_from = DateField("生效日期", validators=[InputRequired("请填写生效日期。")])

    def offer(self, *, items: Iterable[tuple[str, str]], units: Iterable[tuple[str, str]]) -> None:
        """Give the form its choices: items in force, and units of the chosen one, which say what amount is wanted."""
        offered = list(units)
        self.item.choices = list(items)
        self.unit.choices = offered
        shares = {unit in RATES for unit, _ in offered}
        for kind, amount in ((False, self.price), (True, self.rate)):
            if shares == {kind}:
                amount.flags.required = True
                amount.description = ""

    def value(self) -> Price:
        return Price(
            item=self.item.data,
            unit=self.unit.data,
            price_fen=fen(self.price.data),
            rate_ppm=ppm(self.rate.data),
            content=(self.content.data or "").strip(),
            basis=(self.basis.data or "").strip(),
            complaint_phone=(self.complaint_phone.data or "").strip(),
            committed_days=self.committed_days.data or 0,
            effective_from=self.effective_from.data or date.min,
        )
