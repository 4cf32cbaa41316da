"""What is filled in to object, to answer, and to decide."""

from typing import Any, ClassVar

from flask_wtf.file import FileField
from wtforms import Field, RadioField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Length

from app.enclosure import FileForm
from app.values import Nothing
from app.web.choices import offered
from app.web.perform import ActForm
from ratings.complaint.rules import Because, Filing, Kind

TOO_LONG = Length(max=2000, message="最多2000个字。")
KINDS = {
    Kind.NOTICE: "采购公告的内容",
    Kind.EXCLUSION: "本机构被排除在选取之外",
    Kind.RESULT: "选取结果",
}


class Unless:
    """Asked only of some kinds of objection; whether it may be missing the rules say."""

    field_flags: ClassVar[dict[str, bool]] = {}

    def __call__(self, form: Any, field: Field) -> None:
        return None


class FilingForm(FileForm):
    """An objection and what proves it."""

    kind = RadioField("对什么提出异议", validators=[InputRequired("请选择对什么提出异议。")])
    against = SelectField(
        "认为应当排除的中选机构",
        description="只在对选取结果提出异议时选择；认为选取过程有误的，不选。",
        coerce=lambda code: code or None,
        validators=[Unless()],
    )
    reason = TextAreaField(
        "理由",
        description="写明事实和依据。业主能看到；作出裁决后随裁决公开，请不要写个人信息。",
        validators=[InputRequired("请写明理由。"), TOO_LONG],
    )
    interest = TextAreaField(
        "与本机构有什么关系",
        description="没有报名的机构、对公告提出异议的机构填写，例如：本机构从事这项服务，准备报名。",
        validators=[TOO_LONG],
    )
    file = FileField("证明材料", description="PDF、图片或 Word，不超过20MB。报名截止前业主看不到证明材料。")

    def offer(self, kinds: tuple[Kind, ...], winners: tuple[tuple[str, str], ...]) -> None:
        """Only what this agency may object to now."""
        self.kind.choices = offered((kind, KINDS[kind]) for kind in kinds)
        self.against.choices = offered(winners, empty="（不指定）")
        if len(kinds) == 1 and not self.kind.data:
            self.kind.data = kinds[0].value

    def value(self) -> Filing:
        return Filing(
            kind=Kind(self.kind.data),
            reason=(self.reason.data or "").strip(),
            interest=(self.interest.data or "").strip(),
            against=self.against.data or None,
            file=self.sha256(self.file) or None,
        )


class BecauseForm(ActForm):
    """An answer or a decision, with its reasons."""

    reason = TextAreaField(
        "理由",
        description="随即公开，请不要写个人信息，也不要写明或者猜测是谁提出异议。",
        validators=[InputRequired("请写明理由。"), TOO_LONG],
    )

    def value(self) -> Because:
        return Because(reason=(self.reason.data or "").strip())


class PlainForm(ActForm):
    """Asking for a decision, or taking it back: nothing to fill in."""

    def value(self) -> Nothing:
        return Nothing()
