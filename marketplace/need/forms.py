"""What a purchaser fills in on one page; money is typed in 元 and becomes fen exactly."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from decimal import Decimal
from typing import Any

from wtforms import RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional, Regexp

from app.values import Fen, Nothing, Ppm
from app.web.choices import offered
from app.web.money import MONEY, fen, typed
from app.web.perform import ActForm
from marketplace.need.rules import ASKED, OFFERED, Asked, Begun, Method, NeedInput, Particulars, Payer, field_of
from marketplace.purchaser.rules import Fund

NOT_CHOSEN = "请选择"

EXPLAINED = {
    Method.RANDOM: "随机抽取：价格事先固定，从符合条件的报名机构中抽取",
    Method.BID_LOW: "网上竞价：密封报价，最低价中选",
    Method.BID_AVG: "均价竞价：密封报价，最接近均价乘以抽定系数的中选",
    Method.BID_RATE: "下浮率竞价：密封报下浮率，下浮最多的中选",
    Method.BID_LIVE: "实时竞价：限时公开竞价，最低价中选",
    Method.BID_ROUNDS: "多轮竞价：分轮报价，逐轮降价，最低价中选",
    Method.SHORTLIST_THEN_BID: "抽取后竞价：先抽取若干家，再由其密封报价，最低价中选",
    Method.CREDIT_MERIT: "信用择优：价格事先固定，按信用抽取短名单，由业主选定并说明理由",
    Method.SCHEME_MERIT: "方案择优：密封报价并提交方案，按公布的权重评分",
    Method.COMPARE: "公开比选：方案择优，由抽取的评审人员评分",
    Method.DIRECT: "直接委托：与一家机构洽谈",
}

STARTING = {
    "min_ppm": "0",
    "max_ppm": "30",
    "minutes": "30",
    "rounds": "3",
    "round_minutes": "3",
    "shortlist": "5",
    "long_list": "10",
    "short_list": "3",
    "judges": "3",
    "weight_service": "40",
    "weight_team": "30",
    "weight_price": "30",
}
"""What stands in the fields at first where no rulebook says it. Source: rules.md §2.6; rates and minutes inferred."""

SEPARATORS = re.compile(r"[、，,;；\s]+")
"""What stands between several items in one cell."""

YES_NO = offered([("no", "否"), ("yes", "是")])


def lines(text: str | None) -> str:
    """Text of several lines as the market keeps it: browsers send CR LF."""
    return (text or "").replace("\r\n", "\n").strip()


def whole(label: str, missing: str, description: str = "") -> StringField:
    """A whole number that only some methods ask for; what is missing is said by the rules."""
    return StringField(
        label, description=description, validators=[Optional(), Regexp(r"^\s*\d{1,4}\s*$", message=missing)]
    )


def rate(label: str, description: str = "") -> StringField:
    """A discount rate typed in per cent, at most two decimals."""
    return StringField(
        label,
        description=description,
        validators=[Optional(), Regexp(r"^\s*\d{1,2}(\.\d{1,2})?\s*$", message="请填写百分数，最多两位小数。")],
    )


class NeedForm(ActForm):
    """One need, whole. `from_file`: its fields are the cells of a row."""

    from_file = False
    above_limit = RadioField(
        "是否达到政府采购或者招标的限额",
        description="勘察、设计、监理达到100万元的也属于招标范围（未核实）。",
        choices=YES_NO,
        validators=[InputRequired("请回答。")],
    )
    excluded = RadioField(
        "是否属于应急、事故调查或者涉及国家秘密的项目",
        choices=YES_NO,
        validators=[InputRequired("请回答。")],
    )
    item = SelectField("中介服务事项", validate_choice=False, validators=[InputRequired("请选择服务事项。")])
    further = SelectMultipleField(
        "同一需求中的其他服务事项",
        description="几项服务一并委托的，上面选主要的一项，其余在这里勾选；由一家机构或者联合体承接全部事项，密封报价的分项填写。",
        validate_choice=False,
        validators=[Optional()],
    )
    title = StringField(
        "项目名称",
        validators=[InputRequired("请填写项目名称。"), Length(min=2, max=100, message="项目名称为2至100个字。")],
    )
    content = TextAreaField(
        "服务内容和要求",
        description="写明做什么、规模、成果和地点；不得写入限定本地机构、指定品牌等排斥性条件。",
        validators=[InputRequired("请填写服务内容。"), Length(max=10_000, message="服务内容太长。")],
    )
    region = SelectField("项目所在地", validate_choice=False, validators=[InputRequired("请选择项目所在地。")])
    expected_days = StringField(
        "期望的服务时限（工作日）",
        validators=[
            InputRequired("请填写工作日数。"),
            Regexp(r"^\s*\d{1,4}\s*$", message="请填写工作日数，最多四位的整数。"),
        ],
    )
    fund = RadioField(
        "资金性质",
        description="混合资金按更严格的一类填写；财政性和国有资金的公告须经运营管理机构审核。",
        choices=offered(
            [
                (Fund.SOCIAL.value, "社会资金"),
                (Fund.STATE.value, "国有资金"),
                (Fund.FISCAL.value, "财政性资金"),
            ]
        ),
        validators=[InputRequired("请选择资金性质。")],
    )
    payer = RadioField(
        "由谁支付",
        choices=offered(
            [
                (Payer.PURCHASER.value, "采购人支付"),
                (Payer.AUTHORITY.value, "审批部门委托并支付（一律竞争选取）"),
            ]
        ),
        validators=[InputRequired("请选择支付方。")],
    )
    budget_line = StringField(
        "预算科目",
        description="由审批部门支付的必填。",
        validators=[Optional(), Length(max=60, message="预算科目太长。")],
    )
    budget_fen = StringField(
        "服务预算（含税）",
        validators=[
            InputRequired("请填写预算。"),
            Regexp(MONEY, message="请填写以元为单位的数，最多两位小数，例如 50000.00。"),
        ],
    )
    method = RadioField(
        "选取方式",
        choices=offered([(method.value, EXPLAINED[method]) for method in OFFERED]),
        validators=[InputRequired("请选择选取方式。")],
    )
    price_fen = StringField(
        "服务价格",
        description="价格事先固定的选取方式填写，不高于预算；中选机构按此价格签约。",
        validators=[Optional(), Regexp(MONEY, message="请填写以元为单位的数，最多两位小数，例如 50000.00。")],
    )
    winners = StringField(
        "中选家数",
        description="一般为 1 家。多家中选的，各家按各自的中选价分别签约。",
        validators=[Optional(), Regexp(r"^\s*\d{1,2}\s*$", message="请填写整数。")],
    )
    min_ppm = rate("最低下浮率（%）", "报价不得低于它；不限的填 0。")
    max_ppm = rate("最高下浮率（%）", "报价不得高于它。以服务预算为基准价，下浮率越高价格越低。")
    rounds = whole("竞价轮数", "请填写整数。", "每家每轮至多报价一次。")
    minutes = whole("竞价时长（分钟）", "请填写整数。", "临近结束时的新报价会顺延结束。")
    round_minutes = whole("每轮时长（分钟）", "请填写整数。", "最后一轮临近结束时的新报价会顺延结束。")
    shortlist = whole("抽取多少家报价", "请填写整数。", "从有效报名机构中抽取，只有抽中的可以报价。")
    long_list = whole("长名单家数", "请填写整数。", "按信用分从高到低取前几家。")
    short_list = whole("短名单家数", "请填写整数。", "从长名单中抽取，由您从短名单中选定并公开理由。")
    judges = whole(
        "评审人数",
        "请填写整数。",
        "从您的评审人名册中抽取，不少于 3 人；报名截止前请登记够人，多几名以备回避。",
    )
    weight_service = whole("服务方案权重（%）", "请填写整数。")
    weight_team = whole("人员权重（%）", "请填写整数。")
    weight_price = whole("价格权重（%）", "请填写整数。", "三项权重之和为 100。")
    project_code = StringField(
        "投资项目代码",
        description="投资项目在线审批监管平台的代码，例如 2603-450803-04-01-123456；财政性资金必填。",
        validators=[Optional(), Length(max=30, message="代码太长。")],
    )
    approval = StringField("服务于哪项审批", validators=[Optional(), Length(max=100, message="审批事项名称太长。")])
    authority = SelectField("审批部门", validate_choice=False, validators=[Optional()])
    contact = StringField(
        "联系人",
        description="不对社会公开。",
        validators=[InputRequired("请填写联系人。"), Length(max=40, message="联系人太长。")],
    )
    phone = StringField(
        "咨询电话",
        description="随公告公开，请填写办公电话。",
        validators=[InputRequired("请填写咨询电话。"), Length(max=40, message="电话太长。")],
    )

    def so_far(self) -> Asked:
        """What can be read of what stands here, finished or not; nothing is refused."""
        days, money = (self.expected_days.data or "").strip(), self.budget_fen.data or ""
        return Asked(
            item=self.item.data or None,
            region=self.region.data or None,
            fund=Fund(self.fund.data) if self.fund.data in set(Fund) else None,
            payer=Payer(self.payer.data) if self.payer.data in set(Payer) else None,
            budget_fen=fen(money) if re.fullmatch(MONEY, money) else None,
            expected_days=int(days) if re.fullmatch(r"[0-9]{1,4}", days) else None,
        )

    def value(self) -> NeedInput:
        return NeedInput(
            item=self.item.data or "",
            title=lines(self.title.data),
            content=lines(self.content.data),
            region=self.region.data or "",
            fund=Fund(self.fund.data),
            payer=Payer(self.payer.data),
            budget_fen=fen(self.budget_fen.data) or Fen(0),
            expected_days=int(self.expected_days.data or 0),
            method=Method(self.method.data),
            contact=lines(self.contact.data),
            phone=lines(self.phone.data),
            above_limit=self.above_limit.data == "yes",
            excluded=self.excluded.data == "yes",
            budget_line=lines(self.budget_line.data) or None,
            price_fen=fen(self.price_fen.data),
            project_code=lines(self.project_code.data) or None,
            approval=lines(self.approval.data) or None,
            authority=self.authority.data or None,
            winners=int((self.winners.data or "1").strip()),
            particulars=self._particulars(Method(self.method.data)),
            further=tuple(sorted(set(self.further.data or ()) - {self.item.data, ""})),
        )

    def _particulars(self, method: Method) -> Particulars:
        """Only what the chosen method asks: what stands in the other fields was typed for another one.

        In a file nothing was: there all is taken, and the rules say what is one too many.
        """
        names = [field.name for field in fields(Particulars)] if self.from_file else ASKED.get(method, ())
        typed_in = {name: (self[field_of(method, name)].data or "").strip() for name in names}
        read: dict[str, Any] = {
            name: _ppm(text) if name.endswith("_ppm") else int(text) for name, text in typed_in.items() if text
        }
        return Particulars(**read)


def _ppm(text: str) -> Ppm:
    """Per cent with at most two decimals, exactly."""
    return Ppm(int(Decimal(text) * 10_000))


def _typed(name: str, value: int) -> str:
    return f"{Decimal(value) / 10_000:f}" if name.endswith("_ppm") else str(value)


def shown(need: NeedInput) -> Mapping[str, Any]:
    """A stored need as the form's data."""
    return {
        **STARTING,
        **{field_of(need.method, name): _typed(name, value) for name, value in need.particulars.given().items()},
        "winners": str(need.winners),
        "above_limit": "no",
        "excluded": "no",
        "item": need.item,
        "further": list(need.further),
        "title": need.title,
        "content": need.content,
        "region": need.region,
        "expected_days": str(need.expected_days),
        "fund": need.fund.value,
        "payer": need.payer.value,
        "budget_line": need.budget_line,
        "budget_fen": typed(need.budget_fen),
        "method": need.method.value,
        "price_fen": typed(need.price_fen),
        "project_code": need.project_code,
        "approval": need.approval,
        "authority": need.authority,
        "contact": need.contact,
        "phone": need.phone,
    }


def begun(known: Begun, *, items: Sequence[str], region: str) -> Mapping[str, Any]:
    """A new form with what the market knows already; `items`: those that were asked for, the main one first."""
    return {
        **STARTING,
        **{name: str(size) for name, size in known.sizes.items()},
        "winners": "1",
        "item": items[0] if items else None,
        "further": list(items[1:]),
        "region": region,
        "payer": Payer.PURCHASER.value,
        "expected_days": None if known.days is None else str(known.days),
        "fund": None if known.fund is None else known.fund.value,
        "contact": known.contact,
        "phone": known.phone,
    }


class AbandonForm(ActForm):
    """Nothing to fill in."""

    def value(self) -> Nothing:
        return Nothing()
