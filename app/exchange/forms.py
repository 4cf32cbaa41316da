"""Making a token on the desk, and revoking one."""

from flask_wtf import FlaskForm
from wtforms import IntegerField, SelectMultipleField
from wtforms.validators import InputRequired, NumberRange

from app.exchange.rules import TOKEN_DAYS
from app.web.perform import ChineseForm


class TokenForm(ChineseForm):
    """Which acts, for how many days."""

    acts = SelectMultipleField("允许办理的事项", description="一项都不选，表示本账户能办的全部事项。")
    days = IntegerField(
        "有效天数",
        default=30,
        validators=[
            InputRequired("请填写天数。"),
            NumberRange(min=1, max=TOKEN_DAYS, message=f"有效天数为1至{TOKEN_DAYS}天。"),
        ],
    )


class RevokeForm(FlaskForm):
    """No input."""
