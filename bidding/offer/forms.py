"""What an agency fills in to offer; the amount is typed in 元 and becomes whole fen, exactly."""

import re
from collections.abc import Callable, Collection, Sequence
from decimal import Decimal
from typing import Any, BinaryIO

from flask_wtf.file import FileField
from wtforms import HiddenField, MultipleFileField, RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional, Regexp

from app.enclosure import FileForm
from app.values import Fen, Ppm
from app.web.choices import offered
from app.web.money import MONEY, fen
from app.web.perform import ActForm
from bidding.offer.rules import BodyInput, ItemOffer, Judgement, Missing, OfferInput, Statement


def promised() -> StringField:
    """The working days that an offer promises."""
    return StringField(
        "承诺完成时限（工作日）",
        validators=[
            InputRequired("请填写承诺时限。"),
            Regexp(r"^\s*[0-9]{1,4}\s*$", message="承诺时限为工作日数，填写最多四位的整数。"),
        ],
    )


class SealedFilesForm(ActForm):
    """Files of a proposal, each of which is sealed at once."""

    files = MultipleFileField(
        "方案文件",
        description="写明怎么做、派谁来做。PDF、图片、Word 或 Excel，最多5个，合计不超过20MB。",
    )
    taken = HiddenField(validators=[Optional(), Regexp(r"^([0-9a-f]{64}:[0-9a-f]{64} ?)+$")])
    """Files that were sealed before a refusal: they need not be chosen again."""

    take_in: Callable[[BinaryIO], tuple[str, str]]
    """Seals one chosen file at once: its SHA-256, and that of its box."""

    def take_in_files(self) -> None:
        if "files" in self:
            self.sealed()

    def sealed(self) -> dict[str, str]:
        """SHA-256 of each file, ascending, and of its box. Raises `FileRefused`."""
        chosen = [self.take_in(one.stream) for one in self.files.data or () if one and one.filename]
        if chosen:
            self.taken.data = " ".join(f"{file}:{box}" for file, box in sorted(dict(chosen).items()))
        return dict(pair.split(":") for pair in (self.taken.data or "").split())


class EnvelopeForm(SealedFilesForm):
    """What every offer of money says beside its price; no draft, and a refused form is filled from its own answer."""

    days = promised()

    def read(self, amount_fen: Fen, items: tuple[ItemOffer, ...] = ()) -> OfferInput:
        """All that stands here, for that total."""
        pairs = self.sealed()
        return OfferInput(
            amount_fen=amount_fen,
            days=int((self.days.data or "0").strip()),
            files=tuple(pairs),
            boxes=tuple(pairs.values()),
            items=items,
        )


class OfferForm(EnvelopeForm):
    """One price for everything."""

    amount_fen = StringField(
        "报价总额",
        validators=[
            InputRequired("请填写报价。"),
            Regexp(MONEY, message="请填写以元为单位的数，最多两位小数。"),
        ],
    )

    def value(self) -> OfferInput:
        return self.read(fen(self.amount_fen.data) or Fen(0))


class ItemizedForm(EnvelopeForm):
    """Price and days of each item of a need for several; the total is their sum."""

    codes: tuple[str, ...] = ()

    def total(self) -> Fen | None:
        """The sum of what was typed, None while something is missing or unreadable."""
        typed = [self[f"amount_{code}"].data or "" for code in self.codes]
        return Fen(sum(fen(text) or 0 for text in typed)) if all(re.fullmatch(MONEY, text) for text in typed) else None

    def value(self) -> OfferInput:
        items = tuple(
            ItemOffer(code, fen(self[f"amount_{code}"].data) or Fen(0), int(self[f"days_{code}"].data.strip()))
            for code in self.codes
        )
        return self.read(Fen(sum(item.amount_fen for item in items)), items)


def itemized(items: Sequence[tuple[str, str]]) -> ItemizedForm:
    """The form for these items, as (code, name)."""
    parts: dict[str, Any] = {"codes": tuple(code for code, _ in items)}
    for code, name in items:
        parts[f"amount_{code}"] = StringField(
            f"{name}：报价",
            validators=[
                InputRequired("请填写报价。"),
                Regexp(MONEY, message="请填写以元为单位的数，最多两位小数。"),
            ],
        )
        parts[f"days_{code}"] = StringField(
            f"{name}：时限（工作日）",
            validators=[
                InputRequired("请填写时限。"),
                Regexp(r"^\s*[0-9]{1,4}\s*$", message="时限为工作日数，填写最多四位的整数。"),
            ],
        )
    made: type[ItemizedForm] = type("ItemizedForm", (ItemizedForm,), parts)
    return made()


class RateForm(ActForm):
    """The same where a discount is asked for, typed in per cent with at most two decimals."""

    rate_ppm = StringField(
        "下浮率（%）",
        validators=[
            InputRequired("请填写下浮率。"),
            Regexp(r"^\s*[0-9]{1,2}(\.[0-9]{1,2})?\s*$", message="请填写百分数，最多两位小数，例如 12.35。"),
        ],
    )
    days = promised()

    def value(self) -> OfferInput:
        return OfferInput(
            amount_fen=None,
            days=int((self.days.data or "0").strip()),
            rate_ppm=Ppm(int(Decimal((self.rate_ppm.data or "0").strip()) * 10_000)),
        )


class HandInForm(SealedFilesForm):
    """The body as the agency received it when it offered, and the files it handed in then; those that are awaited."""

    body = TextAreaField(
        "报价正文",
        description="提交报价时显示并可下载的那份文本，从“zjcs-offer-1”一行起，原样粘贴。",
        validators=[InputRequired("请粘贴报价正文。"), Length(max=20_000, message="正文太长。")],
    )
    files = MultipleFileField(
        "方案文件原件",
        description="提交报价时的那些文件，一个字节也不能改；另存、重新导出的都不是原件。合计不超过20MB，超过的分几次补交。",
    )

    def only(self, missing: Missing | None) -> None:
        """Leave out what is not awaited."""
        if missing is not None and not missing.body:
            del self.body
        if missing is None or not missing.count:
            del self.files

    def keep(self, awaited: Collection[str]) -> None:
        """Of the files that were sealed before a refusal only those that are awaited: another one is chosen anew."""
        pairs = (self.taken.data or "").split()
        self.taken.data = " ".join(pair for pair in pairs if pair.partition(":")[0] in awaited)

    def value(self) -> BodyInput:
        pairs = self.sealed() if "files" in self else {}
        return BodyInput(self.body.data or "" if "body" in self else "", tuple(pairs), tuple(pairs.values()))


class StatementForm(FileForm):
    """Why the work can be done for so little."""

    statement = TextAreaField(
        "成本说明",
        description="从人员、设备、材料、税费和利润说明为什么能以这个价格按要求完成。只给业主和监督部门看。",
        validators=[InputRequired("请写明成本。"), Length(max=5_000, message="说明太长。")],
    )
    file = FileField("附件", description="报价测算表、合同、发票等；PDF、图片、Word 或 Excel，不超过20MB。")

    def value(self) -> Statement:
        said = (self.statement.data or "").replace("\r\n", "\n").strip()
        return Statement(said, self.sha256(self.file) or None)


class JudgementForm(ActForm):
    """The purchaser's decision on one agency's low price; whose it is comes from the address."""

    agency = ""
    accepted = RadioField(
        "您的决定",
        choices=offered([("yes", "认可：报价有效"), ("no", "不予认可：报价无效")]),
        validators=[InputRequired("请选择。")],
    )
    reason = TextAreaField(
        "理由",
        description="随选取记录公开。",
        validators=[InputRequired("请写明理由。"), Length(max=1_000, message="理由太长。")],
    )

    def value(self) -> Judgement:
        reason = (self.reason.data or "").replace("\r\n", "\n").strip()
        return Judgement(self.agency, self.accepted.data == "yes", reason)
