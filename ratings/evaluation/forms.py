"""The evaluation form: a mark on each dimension that people judge, and the reasons."""

from wtforms import RadioField, TextAreaField
from wtforms.validators import InputRequired, Length

from app.web.choices import offered
from app.web.perform import ActForm
from ratings.evaluation.rules import Marks

MARKS = (("5", "5分 很好"), ("4", "4分 好"), ("3", "3分 一般"), ("2", "2分 较差"), ("1", "1分 差"))


def mark(label: str, description: str) -> RadioField:
    """One dimension, 5 to 1; no mark is chosen beforehand."""
    return RadioField(
        label, description=description, coerce=int, choices=offered(MARKS), validators=[InputRequired("请选择1至5分。")]
    )


class MarksForm(ActForm):
    """One sheet."""

    quality = mark("成果质量", "成果是否完整、准确，能否直接用于审批。")
    fees = mark("收费合理", "是否按约定收费，有无另行加收。")
    attitude = mark("服务态度", "沟通、答复和配合是否及时。")
    conduct = mark("规范诚信", "是否遵守程序、保密和廉洁要求。")
    comment = TextAreaField(
        "说明",
        description="任何一项为1分或2分时必填。会公开显示，请勿写入他人的个人信息。",
        validators=[Length(max=2000, message="说明不超过2000个字。")],
    )

    def value(self) -> Marks:
        return Marks(
            quality=self.quality.data,
            fees=self.fees.data,
            attitude=self.attitude.data,
            conduct=self.conduct.data,
            comment=(self.comment.data or "").strip(),
        )
