"""What an agency fills in about a certificate, and what an authority answers."""

from datetime import date

from flask_wtf.file import FileField
from wtforms import DateField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from app.files import store
from app.values import Nothing
from app.web.door import actor
from app.web.perform import ActForm
from marketplace.credential.rules import Certificate, Doubt


class CertificateForm(ActForm):
    """A certificate; the choices of qualification and grade come from the catalogue."""

    qualification = SelectField("资质", validators=[InputRequired("请选择资质。")])
    grade = SelectField("等级", description="没有分级的资质选“不分级”。", validate_choice=False)
    certificate_no = StringField(
        "证书编号", validators=[InputRequired("请填写证书编号。"), Length(max=60, message="编号最多60个字。")]
    )
    valid_from = DateField("有效期自", validators=[InputRequired("请填写日期。")])
    valid_until = DateField("有效期至", description="这一天仍然有效。", validators=[InputRequired("请填写日期。")])
    scan = FileField("证书扫描件", description="PDF、PNG 或 JPEG，最大20兆字节。")
    kept = HiddenField()

    def take_in_files(self) -> None:
        scan = self.scan.data
        if scan is not None and scan.filename:
            # A refused form cannot be given its file back by the browser, so the stored one is named instead.
            self.kept.data = store(scan.stream, account_id=actor().account_id or 0, name=scan.filename).sha256

    def value(self) -> Certificate:
        self.take_in_files()
        return Certificate(
            qualification=self.qualification.data,
            grade=self.grade.data or "",
            certificate_no=(self.certificate_no.data or "").strip(),
            valid_from=self.valid_from.data or date.min,
            valid_until=self.valid_until.data or date.min,
            file=self.kept.data or None,
        )


class VerifyForm(ActForm):
    """Confirming a certificate."""

    def value(self) -> Nothing:
        return Nothing()


class RefuseForm(ActForm):
    """Not confirming a certificate."""

    reason = TextAreaField(
        "不予确认的理由",
        validators=[InputRequired("请写明理由。"), Length(max=1000, message="最多1000个字。")],
    )

    def value(self) -> Doubt:
        return Doubt((self.reason.data or "").strip())
