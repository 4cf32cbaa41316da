"""What a purchaser fills in on one page; money is typed in 元 and becomes fen exactly."""

import re
from collections.abc import Mapping
from typing import Any

from wtforms import RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional, Regexp

from app.values import Fen, Nothing
from app.web.choices import offered
from app.web.money import MONEY, fen, typed
from app.web.perform import ActForm
from marketplace.need.rules import Asked, Begun, Method, NeedInput, Payer
from marketplace.purchaser.rules import Fund

NOT_CHOSEN = "请选择"

YES_NO = offered([("no", "否"), ("yes", "是")])


def lines(text: str | None) -> str:
    """Text of several lines as the market keeps it: browsers send CR LF."""
    return (text or "").replace("\r\n", "\n").strip()


class NeedForm(ActForm):
    """One need, whole."""

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
        validators=[InputRequired("请填写工作日数。"), Regexp(r"^\s*\d{1,4}\s*$", message="请填写整数。")],
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
        validators=[InputRequired("请填写预算。"), Regexp(MONEY, message="请填写金额，最多两位小数。")],
    )
    method = RadioField(
        "选取方式",
        choices=offered(
            [
                (Method.RANDOM.value, "随机抽取：价格事先固定，从符合条件的报名机构中抽取"),
                (Method.BID_LOW.value, "网上竞价：密封报价，最低价中选"),
                (Method.BID_AVG.value, "均价竞价：密封报价，最接近均价乘以抽定系数的中选"),
                (Method.DIRECT.value, "直接委托：与一家机构洽谈"),
            ]
        ),
        validators=[InputRequired("请选择选取方式。")],
    )
    price_fen = StringField(
        "服务价格",
        description="仅随机抽取填写，不高于预算；中选机构按此价格签约。",
        validators=[Optional(), Regexp(MONEY, message="请填写金额，最多两位小数。")],
    )
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
        )


def shown(need: NeedInput) -> Mapping[str, Any]:
    """A stored need as the form's data."""
    return {
        "above_limit": "no",
        "excluded": "no",
        "item": need.item,
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


def begun(known: Begun, *, item: str | None, region: str) -> Mapping[str, Any]:
    """A new form with what the market knows already."""
    return {
        "item": item,
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
