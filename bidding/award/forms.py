"""Answering an award."""

from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from app.values import Nothing
from app.web.perform import ActForm
from bidding.award.rules import Declined


class AcceptForm(ActForm):
    """Taking the award needs nothing but the click."""

    def value(self) -> Nothing:
        return Nothing()


class DeclineForm(ActForm):
    """Why not."""

    reason = TextAreaField(
        "放弃的理由",
        description="因不可抗力或者业主改变条件的，请写明情况；理由由双方和行业主管部门可见。",
        validators=[InputRequired("请填写理由。"), Length(max=2000, message="理由最多2000个字。")],
    )

    def value(self) -> Declined:
        return Declined(reason=(self.reason.data or "").strip())
