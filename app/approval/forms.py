"""Agreeing to a prepared act, refusing it, taking it back."""

from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from app.approval.rules import Reason
from app.values import Nothing
from app.web.perform import ActForm


class AgreeForm(FlaskForm):
    """No input: the prepared act has its own."""


class WithdrawForm(ActForm):
    """No input."""

    def value(self) -> Nothing:
        return Nothing()


class RefuseForm(ActForm):
    """Why not."""

    reason = TextAreaField(
        "不同意的理由", validators=[InputRequired("请写明理由。"), Length(max=500, message="最多500字。")]
    )

    def value(self) -> Reason:
        return Reason((self.reason.data or "").strip())
