"""What is filled in to go direct; prices are typed in 元 and become whole fen, exactly."""

from collections.abc import Callable

from flask_wtf.file import FileField
from werkzeug.datastructures import FileStorage
from wtforms import HiddenField, IntegerField, RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Regexp

from app.values import Nothing
from app.web.money import MONEY, fen
from app.web.perform import ActForm
from bidding.direct.rules import Price, Proposal, Reason


def _amount() -> StringField:
    return StringField(
        "价格",
        validators=[
            InputRequired("请填写价格。"),
            Regexp(MONEY, message="请填写以元为单位的数，最多两位小数。"),
        ],
    )


def _days() -> IntegerField:
    return IntegerField(
        "完成时限（工作日）",
        validators=[
            InputRequired("请填写时限。"),
            NumberRange(min=1, max=3650, message="时限为1至3650个工作日的整数。"),
        ],
    )


class ProposalForm(ActForm):
    """A first price to one agency. `store` takes the minutes in and gives their SHA-256."""

    store: Callable[[FileStorage], str]
    agency = StringField(
        "机构的统一社会信用代码",
        validators=[InputRequired("请填写或从下表选择机构。"), Length(min=18, max=18, message="代码为18位。")],
    )
    amount_fen = _amount()
    days = _days()
    reason = RadioField("直接委托的理由", validators=[InputRequired("请选择理由。")])
    explanation = TextAreaField(
        "理由说明",
        description="将随结果公布。",
        validators=[InputRequired("请说明理由。"), Length(min=5, max=2000, message="说明为5至2000个字。")],
    )
    minutes = FileField("集体决策会议纪要", description="财政性资金、国有资金必须上传；PDF或图片。")
    kept = HiddenField(validators=[Regexp(r"^([0-9a-f]{64})?$", message="请重新选择会议纪要文件。")])

    def take_in_files(self) -> None:
        if self.minutes.data:
            # A refused form comes back without its file; the hash of what was taken in stays.
            self.kept.data = self.store(self.minutes.data)

    def value(self) -> Proposal:
        self.take_in_files()
        return Proposal(
            agency=(self.agency.data or "").strip().upper(),
            amount_fen=fen(self.amount_fen.data) or 0,
            days=self.days.data or 0,
            reason=Reason(self.reason.data),
            explanation=(self.explanation.data or "").strip(),
            minutes=self.kept.data or None,
        )


class PriceForm(ActForm):
    """Another price in answer."""

    amount_fen = _amount()
    days = _days()

    def value(self) -> Price:
        return Price(amount_fen=fen(self.amount_fen.data) or 0, days=self.days.data or 0)


class AnswerForm(ActForm):
    """Accept, or end it: nothing to fill in."""

    def value(self) -> Nothing:
        return Nothing()
