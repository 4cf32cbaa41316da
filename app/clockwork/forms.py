"""The demonstration clock's form."""

from datetime import UTC

from wtforms import DateTimeLocalField
from wtforms.validators import InputRequired

from app.clockwork.rules import Advance
from app.values import SHANGHAI
from app.web.perform import ActForm


class AdvanceForm(ActForm):
    """To which local instant."""

    to = DateTimeLocalField("推进到（北京时间）", format="%Y-%m-%dT%H:%M", validators=[InputRequired("请填写时间。")])

    def value(self) -> Advance:
        chosen = self.to.data
        if chosen is None:
            raise ValueError("the form was not validated")
        return Advance(to=chosen.replace(tzinfo=SHANGHAI).astimezone(UTC))
