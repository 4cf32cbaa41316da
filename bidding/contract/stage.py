"""What the chapter contract brings to the house."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from flask import url_for

from app.act import Deed
from app.actor import Actor
from app.stage import Command, Recipient, Stage, Task, Timed
from app.values import Nothing
from bidding.award.rules import AwardAct
from bidding.contract import queries, rules, services
from bidding.contract.demo import DEMO
from bidding.contract.rules import Because, ContractAct, ContractTerms, Phase, Side, SignedContract
from bidding.contract.sweeps import SWEEPS
from bidding.contract.views import bp
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


def tasks(actor: Actor, now: datetime) -> Iterator[Task]:
    """Contracts to sign and upload, and uploads of the other side to answer."""
    if actor.party_id is None:
        return
    for contract in queries.open_of_party(actor.party_id):
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
    contracts = queries.of_announcement(no)
    if not contracts:
        return {}
    return {
        "template": "bidding/contract/box.html",
        "contracts": contracts,
    }


STAGE = Stage(
    name="contract",
    title="合同",
    blueprint=bp,
    acts=ContractAct,
    flow=rules.FLOW,
    may=rules.MAY,
    opens=rules.OPENS,
    hears={
        SelectionAct.DRAW: services.on_draw,
        AwardAct.ACCEPT: services.on_accept,
        AwardAct.NOTICE: services.on_notice,
    },
    sweeps=SWEEPS,
    timed={"contract": Timed(queries.provisional, services.settle)},
    notices=dict.fromkeys(ContractAct, both_sides),
    tasks=tasks,
    panels={"contract_box": contract_box},
    commands={
        ContractAct.UPLOAD: Command(SignedContract, services.upload, "contract"),
        ContractAct.CONFIRM: Command(Nothing, services.confirm, "contract"),
        ContractAct.REJECT: Command(Because, services.reject, "contract"),
        ContractAct.LAPSE: Command(Because, services.lapse, "contract"),
    },
    terms=(ContractTerms,),
    words=WORDS,
    demo=DEMO,
)
