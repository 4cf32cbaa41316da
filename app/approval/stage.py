"""What prepared acts bring to the house."""

from collections.abc import Iterator
from datetime import datetime

from flask import url_for

from app.actor import Actor
from app.approval import rules, services
from app.approval.rules import ApprovalAct, Reason
from app.approval.views import about, bp
from app.stage import Command, Stage, Task
from app.values import Nothing
from app.web.filters import say


def tasks(actor: Actor, now: datetime) -> Iterator[Task]:
    """What waits for my hand."""
    for prepared in services.waiting_for(actor):
        title = services.title(prepared)
        about = f"{say(prepared.act)}：{title}" if title else say(prepared.act)
        yield Task("approval.agree", about, url_for("approval.page", no=prepared.no))


STAGE = Stage(
    name="approval",
    title="会签",
    blueprint=bp,
    acts=ApprovalAct,
    flow=rules.FLOW,
    may=rules.MAY,
    opens=rules.OPENS,
    tasks=tasks,
    panels={"prepared": about},
    cures={"two_people_alone": lambda actor, params: url_for("identity.colleagues")},
    commands={
        ApprovalAct.WITHDRAW: Command(Nothing, services.withdraw, "prepared"),
        ApprovalAct.REFUSE: Command(Reason, services.refuse, "prepared"),
    },
    words={
        "approval.prepare": "提交会签",
        "approval.withdraw": "撤回会签",
        "task.approval.agree": "审核、会签",
        "approval.refuse": "不同意会签",
        "field.accepted": "认可",
        "field.agencies": "选定的机构",
        "field.agency": "机构",
        "field.closes_at": "报名截止时间（未填的，按规则允许的最早时间）",
        "field.content": "服务内容和要求",
        "field.days": "服务时限（工作日）",
        "field.evidence": "证据文件的摘要",
        "field.expected_days": "期望的服务时限（工作日）",
        "field.explanation": "说明",
        "field.failed": "不能使用的功能",
        "field.minutes": "集体决策记录的摘要",
        "field.reason": "理由",
        "field.region": "影响的地区",
        "field.since": "故障开始",
        "field.thin": "以公示的合格机构家数为最少家数",
        "field.until": "恢复正常",
        "field.way": "怎样处理",
        "waiting": "待会签",
        "performed": "已办理",
        "withdrawn": "已撤回",
        "refused": "不同意",
        "refusal.same_account": "提交人不能会签自己的事项。",
        "cure.same_account": "请由本单位另一位人员办理。",
        "refusal.other_organisation": "这件事只能由提交单位的另一位人员会签。",
        "cure.other_organisation": "请联系提交单位。",
        "refusal.two_people_alone": "这件事须由本单位两人分别经办和审核，但本单位在市场里只有一个账户可以办理。",
        "cure.two_people_alone": "请在“本单位人员”里邀请负责审核的同事开立账户；同事登录后即可审核。",
        "refusal.prepared_already": "同一事项已经提交，正在等本单位另一位人员审核。",
        "cure.prepared_already": "请等待审核；内容有变的，先撤回再重新提交。",
        "refusal.prepared_too_many": "您提交的事项已有{most}件在等其他人员会签。",
        "cure.prepared_too_many": "请等待会签，或者撤回不再需要的事项。",
        "refusal.consent_awaited": "同样的内容已经提交，正在等会签。",
        "cure.consent_awaited": "请等待结果；要改的，先在会签事项的页面撤回，再重新提交。",
        "refusal.no_consent_of_yours": "这件事需要另一单位、指定角色同意。",
        "cure.no_consent_of_yours": "请由有权的单位办理。",
    },
)
