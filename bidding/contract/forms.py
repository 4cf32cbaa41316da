"""Handing in a contract and answering it."""

from typing import Any, ClassVar

from flask_wtf.file import FileField
from wtforms import DateField, Field, HiddenField, IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Regexp, StopValidation

from app import files
from app.values import Fen, Nothing
from app.web.money import MONEY, fen
from app.web.perform import ActForm
from bidding.contract.rules import Because, SignedContract


class FileChosen:
    """A file was chosen now, or taken in before a refusal."""

    field_flags: ClassVar[dict[str, bool]] = {"required": True}

    def __call__(self, form: Any, field: Field) -> None:
        if not field.data and not form.taken.data:
            raise StopValidation("请选择文件。")


class FileForm(ActForm):
    """A form with one file, taken in before the act; after a refusal it need not be chosen again."""

    taken = HiddenField()
    account_id: int = 0

    def sha256(self, chosen: FileField) -> str:
        """The SHA-256 of the file; raises `FileRefused` where the market does not take it."""
        if chosen.data:
            stored = files.store(chosen.data.stream, account_id=self.account_id, name=chosen.data.filename or "")
            self.taken.data = stored.sha256
        return self.taken.data or ""


class UploadForm(FileForm):
    """What was signed."""

    amount = StringField(
        "合同金额",
        validators=[
            InputRequired("请填写合同金额。"),
            Regexp(MONEY, message="金额写成元，最多两位小数。"),
        ],
    )
    days = IntegerField(
        "服务时限（工作日）",
        validators=[InputRequired("请填写时限。"), NumberRange(1, 3650, "时限为1至3650个工作日。")],
    )
    signed_on = DateField("签订日期", validators=[InputRequired("请填写签订日期，例如 2026-03-05。")])
    file = FileField("合同扫描件", description="PDF、图片或 Word，不超过20MB。", validators=[FileChosen()])

    def value(self) -> SignedContract:
        if self.signed_on.data is None:
            raise ValueError("signed_on was not validated")
        return SignedContract(
            amount_fen=fen(self.amount.data) or Fen(0),
            days=self.days.data or 0,
            signed_on=self.signed_on.data,
            file=self.sha256(self.file),
        )


class ConfirmForm(ActForm):
    """The other side's yes."""

    def value(self) -> Nothing:
        return Nothing()


class BecauseForm(ActForm):
    """A reason that both sides will read."""

    reason = TextAreaField(
        "理由", validators=[InputRequired("请填写理由。"), Length(max=2000, message="理由最多2000个字。")]
    )

    def value(self) -> Because:
        return Because(reason=(self.reason.data or "").strip())
