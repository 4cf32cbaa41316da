"""A form with one file, which is taken in before the act and need not be chosen again after a refusal."""

from typing import Any, ClassVar

from flask_wtf.file import FileField
from wtforms import Field, HiddenField
from wtforms.validators import StopValidation

from app import files
from app.web.filters import say
from app.web.perform import ActForm


class FileChosen:
    """A file was chosen now, or taken in before a refusal."""

    field_flags: ClassVar[dict[str, bool]] = {"required": True}

    def __call__(self, form: Any, field: Field) -> None:
        if not field.data and not form.taken.data:
            raise StopValidation(say("file_not_chosen"))


class FileForm(ActForm):
    """A form of one act with one file; `account_id` hands it in."""

    taken = HiddenField()
    account_id: int = 0

    def take_in_files(self) -> None:
        for field in self:
            if isinstance(field, FileField):
                self.sha256(field)

    def sha256(self, chosen: FileField) -> str:
        """The SHA-256 of the file, empty without one; raises `FileRefused` where the market does not take it."""
        if chosen.data:
            stored = files.store(chosen.data.stream, account_id=self.account_id, name=chosen.data.filename or "")
            self.taken.data = stored.sha256
        return self.taken.data or ""
