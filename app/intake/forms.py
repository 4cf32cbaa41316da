"""Choosing a file, confirming what it would do, stopping."""

from flask_wtf.file import FileField, FileRequired
from wtforms import HiddenField
from wtforms.validators import Regexp

from app.web.perform import ChineseForm


class FileForm(ChineseForm):
    """The table."""

    file = FileField(
        "要导入的文件",
        description="Excel（.xlsx）或 CSV，不超过5MB、5000行；第一行是表头。",
        validators=[FileRequired("请选择文件。")],
    )


class ConfirmForm(ChineseForm):
    """How many rows were seen to be without fault."""

    rows = HiddenField(validators=[Regexp(r"^[0-9]{1,4}$", message="请刷新页面后重新确认。")])

    def seen(self) -> int:
        """The number that stood on the page."""
        return int(self.rows.data or 0)


class StopForm(ChineseForm):
    """Nothing to fill in."""
