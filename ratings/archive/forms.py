"""Supplementing an archive, and holding a manifest against what was sealed."""

import hashlib
import re

from flask_wtf.file import FileField
from wtforms import StringField
from wtforms.validators import Optional, Regexp

from app.values import Nothing
from app.web.perform import ActForm, ChineseForm

HASH = re.compile(r"\s*[0-9A-Fa-f]{64}\s*", re.ASCII)


class SupplementForm(ActForm):
    """Nothing but the click."""

    def value(self) -> Nothing:
        return Nothing()


class SealedForm(ChineseForm):
    """A manifest, or its hash; it is read, and kept nowhere."""

    sha256 = StringField(
        "归档清单的 SHA-256",
        description="64 位，由 0 至 9 和 a 至 f 组成。",
        validators=[Optional(), Regexp(HASH, message="SHA-256 是 64 位的 0 至 9 和 a 至 f，请核对。")],
    )
    file = FileField("或者选择归档包里的 MANIFEST.json", description="只用来比对，比对以后不保存。")

    def asked(self) -> tuple[str | None, bool]:
        """The SHA-256 that was asked for, in hex, and whether the manifest itself was shown."""
        if self.file.data:
            return hashlib.file_digest(self.file.data.stream, "sha256").hexdigest(), True
        return (self.sha256.data or "").strip().lower() or None, False
