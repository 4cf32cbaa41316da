"""What the chapter contract brings to the house."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import url_for

from app.act import Deed
from app.actor import Actor, Role
from app.refusal import Refusal
from app.stage import Command, Recipient, Stage, Task, Timed, Watch
from app.values import Nothing
from bidding.award.rules import AwardAct
from bidding.contract import limits, lists, queries, rules, services
from bidding.contract.demo import DEMO
from bidding.contract.rules import (
    Accusation,
    Agreed,
    AgreedPrice,
    Amendment,
    Because,
    ChangeTerms,
    ContractAct,
    ContractTerms,
    Denied,
    Extension,
    Finding,
    Kind,
    Parting,
    Phase,
    Protest,
    Reselection,
    Side,
    SignedContract,
)
from bidding.contract.sweeps import SWEEPS
from bidding.contract.views import bp, prepared
from bidding.contract.wording import WORDS
from bidding.selection.rules import SelectionAct


def both_sides(deed: Deed) -> Iterator[Recipient]:
    """Both parties, each told what is its to do."""
    contract = queries.by_no(deed.subject or "")
    params = {
        "no": contract.no,
        "title": contract.award.announcement.need.title,
        "agency": contract.award.agency.organisation.name,
        "purchaser": contract.award.announcement.need.purchaser.organisation.name,
        "uploader": "" if contract.uploaded_by is None else contract.uploaded_by.value,
        "reason": contract.reject_reason or "",
    }
    for side in Side:
        yield Recipient(queries.party_of(contract, side), {**params, "side": side.value})


def about_request(deed: Deed) -> Iterator[Recipient]:
    """Both parties, with what was asked; the competent offices too of what they are to decide."""
    contract = queries.by_no(deed.about("contract") or "")
    request = next(one for one in contract.requests if one.number == deed.public["number"])
    params = {
        "no": contract.no,
        "title": contract.award.announcement.need.title,
        "agency": contract.award.agency.organisation.name,
        "purchaser": contract.award.announcement.need.purchaser.organisation.name,
        "kind": request.kind.value,
        "asker": request.asked_by.value,
        "reason": request.reason,
        "answer": request.answer or "",
    }
    for side in Side:
        yield Recipient(queries.party_of(contract, side), {**params, "side": side.value})
    if request.kind in rules.FILED:
        for party_id in queries.offices(contract):
            yield Recipient(party_id, {**params, "side": "office"})


def tasks(actor: Actor, now: datetime) -> Iterator[Task]:
    """Contracts to sign, uploads and requests of the other side to answer, filings to decide, successors to choose."""
    if Role.REGULATOR in actor.roles:
        for no, title, due_at in lists.to_decide(actor):
            yield Task(ContractAct.UPHOLD, title, url_for("contract.page", no=no), due_at)
    if actor.party_id is None:
        return
    for contract, request in lists.to_answer(actor.party_id):
        if queries.side_of(contract, actor) is not None:
            page = url_for("contract.page", no=contract.no)
            yield Task(ANSWERS[request.kind], contract.award.announcement.need.title, page, request.answer_due_at)
    for contract in lists.to_reselect(actor.party_id):
        yield Task(
            ContractAct.RESELECT, contract.award.announcement.need.title, url_for("contract.reselect", no=contract.no)
        )
    for contract in lists.open_of_party(actor.party_id):
        side = queries.side_of(contract, actor)
        if side is None:
            continue
        title = contract.award.announcement.need.title
        if queries.phase_of(contract) is Phase.TO_SIGN:
            due = contract.sign_due_at if now < contract.sign_due_at else contract.upload_due_at
            yield Task(ContractAct.UPLOAD, title, url_for("contract.upload", no=contract.no), due)
        elif contract.uploaded_by is not side:
            yield Task(ContractAct.CONFIRM, title, url_for("contract.page", no=contract.no), contract.confirm_due_at)


def contract_box(*, no: str) -> Mapping[str, Any]:
    """On the announcement's page: the contract that followed."""
    contracts = lists.of_announcement(no)
    if not contracts:
        return {}
    return {
        "template": "bidding/contract/box.html",
        "contracts": contracts,
    }


def _contract(no: str) -> str:
    return url_for("contract.page", no=no)


WATCHES = {
    "contract_signing": Watch(
        title="签订合同",
        kind="contract",
        running=limits.unsigned,
        page=_contract,
        others=limits.winner_of,
        before=timedelta(days=3),
        clause="contract.sign_days",
        alarms=False,
    ),
    "contract_upload": Watch(
        title="上传合同",
        kind="contract",
        running=limits.unuploaded,
        page=_contract,
        others=limits.winner_of,
        before=timedelta(days=2),
        clause="contract.upload_days",
        public=True,
    ),
    "contract_confirmation": Watch(
        title="确认合同",
        kind="contract",
        running=limits.unconfirmed,
        page=_contract,
        before=timedelta(days=1),
        clause="contract.confirm_days",
    ),
    # Silence has its own consequence: it stops the clock, in public.
    "contract_answer": Watch(
        title="答复延期申请",
        kind="contract",
        running=limits.unanswered,
        page=_contract,
        before=timedelta(days=1),
        clause="contract.answer_days",
        alarms=False,
    ),
    "contract_decision": Watch(
        title="认定违约或不签约",
        kind="contract",
        running=limits.undecided,
        page=_contract,
        others=limits.offices_of,
        before=timedelta(days=3),
        clause="contract.decide_days",
    ),
}

ANSWERS = {
    Kind.EXTENSION: ContractAct.GRANT,
    Kind.AMENDMENT: ContractAct.ADOPT,
    Kind.TERMINATION: ContractAct.TERMINATE,
}
"""Under which act a request stands on the desk of whoever answers it."""

SIGNING = (ContractAct.UPLOAD, ContractAct.CONFIRM, ContractAct.REJECT, ContractAct.DEEM, ContractAct.LAPSE)

STAGE = Stage(
    name="contract",
    title="合同",
    blueprint=bp,
    acts=ContractAct,
    flow=rules.FLOW,
    may=rules.MAY,
    consent=rules.CONSENT,
    opens=rules.OPENS,
    hears={
        SelectionAct.DRAW: services.on_draw,
        AwardAct.ACCEPT: services.on_accept,
        AwardAct.NOTICE: services.on_notice,
    },
    sweeps=SWEEPS,
    timed={
        "contract": Timed(limits.provisional, services.settle),
        "contract_request": Timed(limits.provisional_requests, services.settle_request, public=False),
    },
    watches=WATCHES,
    notices={act: both_sides if act in (*SIGNING, ContractAct.RESELECT) else about_request for act in ContractAct},
    tasks=tasks,
    panels={"contract_box": contract_box, "prepared_contract": prepared},
    commands={
        ContractAct.UPLOAD: Command(SignedContract, services.upload, "contract"),
        ContractAct.CONFIRM: Command(Nothing, services.confirm, "contract"),
        ContractAct.REJECT: Command(Because, services.reject, "contract"),
        ContractAct.LAPSE: Command(Because, services.lapse, "contract"),
        ContractAct.EXTEND: Command(Extension, services.extend, "contract"),
        ContractAct.GRANT: Command(Agreed, services.grant, "contract"),
        ContractAct.AMEND: Command(Amendment, services.amend, "contract"),
        ContractAct.ADOPT: Command(AgreedPrice, services.adopt, "contract"),
        ContractAct.EXCEED: Command(AgreedPrice, services.exceed, "contract"),
        ContractAct.PART: Command(Parting, services.part_, "contract"),
        ContractAct.TERMINATE: Command(AgreedPrice, services.terminate, "contract"),
        ContractAct.REFUSE: Command(Denied, services.refuse, "contract"),
        ContractAct.RECALL: Command(Agreed, services.recall, "contract"),
        ContractAct.ACCUSE: Command(Accusation, services.accuse, "contract"),
        ContractAct.PROTEST: Command(Protest, services.protest, "contract"),
        ContractAct.UPHOLD: Command(Finding, services.uphold, "contract"),
        ContractAct.DISMISS: Command(Denied, services.dismiss, "contract"),
        ContractAct.RESELECT: Command(Reselection, services.reselect, "contract"),
    },
    constraints={"uq_contract_request_open": Refusal("contract_request_open")},
    terms=(ContractTerms, ChangeTerms),
    words=WORDS,
    demo=DEMO,
)
