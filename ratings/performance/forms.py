"""Stopping the clock, delivering, and answering a delivery."""

from flask_wtf.file import FileField
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from app.enclosure import FileChosen, FileForm
from app.values import Nothing
from app.web.perform import ActForm
from ratings.performance.rules import Because, Delivery


class BecauseForm(ActForm):
    """A reason that both sides will read."""

    reason = TextAreaField(
        "理由", validators=[InputRequired("请填写理由。"), Length(max=2000, message="理由最多2000个字。")]
    )

    def value(self) -> Because:
        return Because(reason=(self.reason.data or "").strip())


class PlainForm(ActForm):
    """An act that needs nothing but the click."""

    def value(self) -> Nothing:
        return Nothing()


class DeliveryForm(FileForm):
    """One version of what was delivered."""

    file = FileField("成果文件", description="PDF、图片、Word 或 Excel，不超过20MB。", validators=[FileChosen()])
    note = TextAreaField("说明", validators=[Length(max=2000, message="说明最多2000个字。")])

    def value(self) -> Delivery:
        return Delivery(file=self.sha256(self.file), note=(self.note.data or "").strip())
