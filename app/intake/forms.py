"""Choosing a file, confirming what it would do, stopping."""

from flask_wtf.file import FileField, FileRequired
from wtforms import IntegerField
from wtforms.validators import InputRequired
from wtforms.widgets import HiddenInput

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

    rows = IntegerField(widget=HiddenInput(), validators=[InputRequired("请刷新页面后重新确认。")])


class StopForm(ChineseForm):
    """Nothing to fill in."""
