"""What the chapter evaluation brings to the house."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import url_for

from app.act import Deed
from app.actor import Actor
from app.clock import now
from app.refusal import Refusal
from app.stage import Command, Recipient, Resource, Stage, Task, Timed, Watch
from app.web.door import actor
from app.web.filters import thousandths
from ratings.evaluation import queries, rules, services
from ratings.evaluation.demo import DEMO
from ratings.evaluation.rules import EvaluationAct, EvaluationTerms, Marks
from ratings.evaluation.sweeps import SWEEPS
from ratings.evaluation.views import bp
from ratings.evaluation.wording import WORDS
from ratings.performance.rules import PerformanceAct


def opened(deed: Deed) -> Iterator[Recipient]:
    """The owner and the competent offices learn that a sheet waits, and until when."""
    for sheet in queries.by_contract(deed.about("contract") or ""):
        if sheet.opened_at == deed.now:
            for party_id in queries.concerned(sheet):
                yield Recipient(party_id, {"side": sheet.evaluator.value, "title": queries.title_of(sheet)})


def marked(deed: Deed) -> Iterator[Recipient]:
    """The agency learns its marks."""
    for sheet in queries.by_contract(deed.about("contract") or "")[:1]:
        yield Recipient(sheet.contract.award.agency.organisation_id, {"title": queries.title_of(sheet)})


def silent(deed: Deed) -> Iterator[Recipient]:
    """The owner, or the offices, learn that their sheet counts as 未评价."""
    for sheet in queries.by_contract(deed.about("contract") or ""):
        if sheet.evaluator.value == deed.public["evaluator"]:
            for party_id in queries.concerned(sheet):
                yield Recipient(party_id, {"side": sheet.evaluator.value, "title": queries.title_of(sheet)})


def tasks(who: Actor, at: datetime) -> Iterator[Task]:
    """Sheets that wait for this person's organisation."""
    for sheet in queries.waiting_for(who, now=at):
        yield Task(
            act=EvaluationAct.SUBMIT, title=sheet.title, url=url_for("evaluation.page", no=sheet.no), due=sheet.due_at
        )


def evaluation_box(*, no: str, **_: object) -> Mapping[str, Any]:
    """A contract's marks in short, for the pages of the contract and of its performance."""
    return {"template": "ratings/evaluation/box.html", "page": queries.page(no, actor=actor(), now=now())}


def evaluations(*, code: str) -> Mapping[str, Any]:
    """On an agency's card: what its clients and the authorities thought of its work."""
    found = queries.received(code)
    return {
        "template": "ratings/evaluation/panel.html",
        "title": "收到的评价",
        "received": found,
        "figures": [
            {"label": "平均评价", "value": thousandths(found.mean) or None, "note": f"{found.count} 份评价，满分 100"}
        ],
    }


WATCHES = {
    "owner_evaluation": Watch(
        title="业主评价",
        kind="contract",
        running=queries.unmarked_by_owner,
        page=lambda no: url_for("evaluation.page", no=no),
        before=timedelta(days=3),
        clause="eval.owner_deadline",
        alarms=False,
    ),
    "authority_evaluation": Watch(
        title="主管部门评价",
        kind="contract",
        running=queries.unmarked_by_authority,
        page=lambda no: url_for("evaluation.page", no=no),
        others=queries.offices_of,
        before=timedelta(days=3),
        clause="eval.authority_deadline",
        alarms=False,
    ),
}

STAGE = Stage(
    name="evaluation",
    title="评价",
    blueprint=bp,
    acts=EvaluationAct,
    flow=rules.FLOW,
    may=rules.MAY,
    opens=rules.OPENS,
    hears={PerformanceAct.CONFIRM: services.on_confirm},
    sweeps=SWEEPS,
    timed={"sheet": Timed(queries.provisional, services.settle)},
    watches=WATCHES,
    notices={
        PerformanceAct.CONFIRM: opened,
        EvaluationAct.OPEN: opened,
        EvaluationAct.SUBMIT: marked,
        EvaluationAct.EDIT: marked,
        EvaluationAct.LOCK: marked,
        EvaluationAct.EXPIRE: silent,
    },
    tasks=tasks,
    panels={"evaluation_box": evaluation_box, "evaluations": evaluations, "archived_evaluation": queries.archived},
    commands={
        EvaluationAct.SUBMIT: Command(Marks, services.submit, "contract"),
        EvaluationAct.EDIT: Command(Marks, services.edit, "contract"),
    },
    resources={
        "evaluations": Resource(
            page=queries.public_list,
            id="contract",
            params={
                "agency": "a USCC: the evaluations of one agency",
                "evaluator": "owner or authority: those of one class",
            },
            schema=queries.SCHEMA,
        )
    },
    terms=(EvaluationTerms,),
    words=WORDS,
    constraints={"uq_sheet_contract_id_evaluator": Refusal("evaluation_known")},
    demo=DEMO,
)
