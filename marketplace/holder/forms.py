"""The public half of a key, typed or as a file; the private half is asked for at an opening only."""

from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from app.values import Nothing
from app.web.perform import ActForm
from marketplace.holder.rules import PublicKey


class EnrolForm(ActForm):
    """A public key as the page or OpenSSL made it."""

    public = TextAreaField(
        "公钥",
        description="以“-----BEGIN PUBLIC KEY-----”开头的几行，或者64位十六进制数。只填公钥，不要粘贴密钥文件。",
        validators=[InputRequired("请填写公钥。"), Length(max=2_000, message="公钥太长。")],
    )

    def value(self) -> PublicKey:
        return PublicKey((self.public.data or "").replace("\r\n", "\n").strip())


class ResignForm(ActForm):
    """Nothing to fill in."""

    def value(self) -> Nothing:
        return Nothing()
