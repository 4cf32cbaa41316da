"""Answering an award, and judging why it was refused."""

import hashlib
from collections.abc import Iterable

from flask_wtf.file import FileField, FileRequired
from wtforms import RadioField, TextAreaField
from wtforms.validators import InputRequired, Length

from app.enclosure import FileForm
from app.values import Nothing
from app.web.choices import offered
from app.web.perform import ActForm, ChineseForm
from bidding.award.rules import Declined, Excuse, Judged

EXCUSES = {
    "": "没有以上情形",
    Excuse.FORCE_MAJEURE: "不可抗力（自然灾害、政府行为等不能预见、不能避免的情况）",
    Excuse.TERMS_CHANGED: "业主改变了公告的条件",
}


class AcceptForm(ActForm):
    """Taking the award needs nothing but the click."""

    def value(self) -> Nothing:
        return Nothing()


class DeclineForm(FileForm):
    """Why not, and what excuses it."""

    excuse = RadioField(
        "可以免责的情形",
        description="选了情形的，由事项的行业主管部门认定；认定之前不扣分，认定不成立的照扣。",
        default="",
    )
    reason = TextAreaField(
        "放弃的理由",
        description="写明事实和凭据；理由由双方和行业主管部门可见，不公开。",
        validators=[InputRequired("请填写理由。"), Length(max=2000, message="理由最多2000个字。")],
    )
    file = FileField("凭据", description="PDF、图片或 Word，不超过20MB；由双方和行业主管部门、监察审计查阅，不公开。")

    def offer(self, codes: Iterable[str]) -> None:
        """The excuses that the rulebook knows, and none."""
        self.excuse.choices = offered((code, EXCUSES[code]) for code in (*codes, "") if code in EXCUSES)

    def value(self) -> Declined:
        excuse = Excuse(self.excuse.data) if self.excuse.data else None
        return Declined((self.reason.data or "").strip(), excuse, self.sha256(self.file) or None)


class JudgeForm(ActForm):
    """Whether the excuse holds."""

    excused = RadioField(
        "认定结果",
        choices=offered([("yes", "免责情形成立，不计入信用"), ("no", "免责情形不成立，按无正当理由弃选记入信用")]),
        validators=[InputRequired("请选择认定结果。")],
    )
    reason = TextAreaField(
        "认定的理由",
        description="由双方可见，不公开。",
        validators=[InputRequired("请填写理由。"), Length(max=2000, message="理由最多2000个字。")],
    )

    def value(self) -> Judged:
        return Judged(excused=self.excused.data == "yes", reason=(self.reason.data or "").strip())


class CompareForm(ChineseForm):
    """A file to be held against the notice that was issued; it is read, and kept nowhere."""

    file = FileField(
        "通知书的 PDF 文件",
        description="只用来比对，比对以后不保存。",
        validators=[FileRequired("请选择文件。")],
    )

    def sha256(self) -> str:
        """The SHA-256 of the file, in hex."""
        return hashlib.file_digest(self.file.data.stream, "sha256").hexdigest()
