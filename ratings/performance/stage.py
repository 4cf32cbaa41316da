"""What the chapter performance brings to the house."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import url_for

from app.act import Deed
from app.actor import Actor
from app.clock import now as present
from app.stage import Command, Recipient, Stage, Task, Timed, Watch
from app.values import Nothing
from app.web.filters import percent, say
from bidding.contract import queries as contracts
from bidding.contract.rules import ContractAct, Side
from ratings.performance import queries, rules, services
from ratings.performance.demo import DEMO
from ratings.performance.rules import Because, DeliverableTerms, Delivery, PerformanceAct, Phase, ServiceTerms
from ratings.performance.sweeps import SWEEPS
from ratings.performance.views import bp
from ratings.performance.wording import WORDS


def both_sides(deed: Deed) -> Iterator[Recipient]:
    """Both parties, each told what is its to do."""
    performance = queries.by_contract_no(deed.about("contract") or "")
    contract = performance.contract
    last = performance.deliverables[-1] if performance.deliverables else None
    params = {
        "no": contract.no,
        "title": contract.award.announcement.need.title,
        "reason": (last.return_reason or "") if last else "",
        "why": performance.pauses[-1].reason if performance.pauses else "",
    }
    for side in Side:
        yield Recipient(contracts.party_of(contract, side), {**params, "side": side.value})


def tasks(actor: Actor, now: datetime) -> Iterator[Task]:
    """Versions to deliver, versions to look at, clocks to let go on."""
    if actor.party_id is None:
        return
    for performance in queries.open_of_party(actor.party_id):
        contract = performance.contract
        side, phase = contracts.side_of(contract, actor), queries.phase_of(performance)
        title = contract.award.announcement.need.title
        url = url_for("performance.page", no=contract.no)
        if side is Side.AGENCY and phase in (Phase.IN_SERVICE, Phase.PAUSED):
            due = performance.due_at if phase is Phase.IN_SERVICE else None
            yield Task(PerformanceAct.SUBMIT, title, url_for("performance.submit", no=contract.no), due)
        elif side is Side.PURCHASER and phase is Phase.DELIVERED:
            yield Task(PerformanceAct.CONFIRM, title, url, performance.deliverables[-1].confirm_due_at)
        elif side is Side.PURCHASER and phase is Phase.PAUSED and performance.pauses:
            yield Task(PerformanceAct.RESUME, title, url)


def performance_summary(*, code: str, **_: object) -> Mapping[str, Any]:
    """On an agency's card: what it has in service, and promised against used days of its last finished contracts."""
    kept = queries.kept_by(code, now=present())
    latest = len(kept.latest)
    return {
        "template": "ratings/performance/summary.html",
        "title": say("performance", "card"),
        "kept": kept,
        "figures": [
            {"label": "完成的服务", "value": f"{kept.done} 件"},
            {
                "label": "按时完成",
                "value": percent(rules.share(kept.in_time, latest)) if latest else None,
                "note": f"最近 {latest} 件中 {kept.in_time} 件",
            },
            {
                "label": "承诺与实际",
                "value": f"{kept.promised} / {kept.used}" if latest else None,
                "note": "工作日，同上各件合计",
            },
        ],
    }


WATCHES = {
    "service_days": Watch(
        title="按期提交成果",
        kind="contract",
        running=queries.undelivered,
        page=lambda no: url_for("performance.page", no=no),
        before=timedelta(days=5),
    ),
    "deliverable_confirmation": Watch(
        title="确认成果",
        kind="deliverable",
        running=queries.unconfirmed,
        page=lambda no: url_for("performance.page", no=queries.contract_of(no)),
        before=timedelta(days=1),
        clause="deliverable.confirm_days",
    ),
}


def service_state(*, no: str) -> Mapping[str, Any] | None:
    """On a contract's page: where its service stands; nothing before it is effective."""
    return queries.state(no, now=present())


STAGE = Stage(
    name="performance",
    title="履约",
    blueprint=bp,
    acts=PerformanceAct,
    flow=rules.FLOW,
    may=rules.MAY,
    opens=rules.OPENS,
    hears={
        ContractAct.CONFIRM: services.on_contract,
        ContractAct.DEEM: services.on_contract,
        ContractAct.EXTEND: services.on_extend,
        ContractAct.GRANT: services.on_grant,
        ContractAct.AMEND: services.on_request,
        ContractAct.ADOPT: services.on_request,
        ContractAct.EXCEED: services.on_request,
        ContractAct.PART: services.on_request,
        ContractAct.ACCUSE: services.on_request,
        ContractAct.REFUSE: services.on_answer,
        ContractAct.RECALL: services.on_answer,
        ContractAct.TERMINATE: services.on_end,
        ContractAct.UPHOLD: services.on_end,
    },
    sweeps=SWEEPS,
    timed={
        "performance": Timed(queries.provisional, services.settle),
        "deliverable": Timed(queries.provisional_deliverables, services.settle_deliverable),
    },
    watches=WATCHES,
    notices=dict.fromkeys(PerformanceAct, both_sides),
    tasks=tasks,
    panels={
        "performance_summary": performance_summary,
        "service_state": service_state,
        "archived_performance": queries.archived,
    },
    commands={
        PerformanceAct.PAUSE: Command(Because, services.pause, "contract"),
        PerformanceAct.RESUME: Command(Nothing, services.resume, "contract"),
        PerformanceAct.SUBMIT: Command(Delivery, services.submit, "contract"),
        PerformanceAct.RETURN: Command(Because, services.return_, "contract"),
        PerformanceAct.CONFIRM: Command(Nothing, services.confirm, "contract"),
    },
    terms=(ServiceTerms, DeliverableTerms),
    words=WORDS,
    demo=DEMO,
)
