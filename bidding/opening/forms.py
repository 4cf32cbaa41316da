"""The key file at an opening; what was handed in is never given back, not even after a refusal."""

from flask_wtf.file import FileField
from wtforms import TextAreaField, ValidationError
from wtforms.validators import Optional

from app.web.perform import ActForm
from marketplace.holder.rules import PrivateKey

LONGEST = 2_000
"""Characters of a key file; one of OpenSSL's has about 120."""


class Unrepeated(TextAreaField):
    """A text that no page shows again."""

    def _value(self) -> str:
        return ""


class UnsealForm(ActForm):
    """The file as it is, or its text."""

    file = FileField(
        "密钥文件", description="登记公钥时保存的那个文件，通常叫“holder-key.pem”。", validators=[Optional()]
    )
    text = Unrepeated(
        "或者粘贴密钥文件的全文",
        description="以“-----BEGIN PRIVATE KEY-----”开头的三行。不能选择文件时才用；出于安全，提交后不会再显示。",
    )

    def validate_text(self, field: TextAreaField) -> None:
        """One of the two; not both, so that nobody wonders which one was used."""
        if len(field.data or "") > LONGEST:
            raise ValidationError("这不是密钥文件：内容太长。")
        if not field.data and not self._chosen():
            raise ValidationError("请选择密钥文件，或者粘贴它的全文。")

    def _chosen(self) -> bool:
        return bool(self.file.data is not None and self.file.data.filename)

    def value(self) -> PrivateKey:
        if self._chosen():
            return PrivateKey(self.file.data.stream.read(LONGEST).decode("ascii", "replace"))
        return PrivateKey(self.text.data or "")
