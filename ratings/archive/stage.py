"""What the chapter archive brings to the house."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from flask import url_for

from app.act import Deed
from app.actor import Actor
from app.refusal import Refusal
from app.stage import Command, Recipient, Resource, Stage, Task
from app.values import Nothing
from app.web.door import actor
from bidding.contract import queries as contracts
from bidding.contract.rules import Side
from ratings.archive import queries, rules, services
from ratings.archive.rules import ArchiveAct
from ratings.archive.sweeps import SWEEPS
from ratings.archive.views import bp
from ratings.archive.wording import WORDS


def both_sides(deed: Deed) -> Iterator[Recipient]:
    """Both parties learn under which hash their procurement is archived."""
    contract = contracts.by_no(deed.about("contract") or "")
    for side in Side:
        yield Recipient(
            contracts.party_of(contract, side), {"no": contract.no, "title": contract.award.announcement.need.title}
        )


def tasks(who: Actor, at: datetime) -> Iterator[Task]:
    """What was done about the purchaser's contracts after they were sealed."""
    for no, title in queries.changed_of(who):
        yield Task(ArchiveAct.SUPPLEMENT, title, url_for("archive.supplement", no=no))


def archive_box(*, no: str, **_: object) -> Mapping[str, Any]:
    """On a contract's page: its archives, or when one is sealed."""
    return {"template": "ratings/archive/box.html", "page": queries.box(no, actor=actor())}


STAGE = Stage(
    name="archive",
    title="归档",
    blueprint=bp,
    acts=ArchiveAct,
    flow=rules.FLOW,
    may=rules.MAY,
    opens=rules.OPENS,
    sweeps=SWEEPS,
    notices={ArchiveAct.SEAL: both_sides, ArchiveAct.SUPPLEMENT: both_sides},
    tasks=tasks,
    panels={"archive_box": archive_box},
    commands={ArchiveAct.SUPPLEMENT: Command(Nothing, services.supplement, "contract")},
    resources={
        "archives": Resource(
            page=queries.public_list,
            one=queries.public_one,
            params={"contract": "a contract's number: its archive and supplements"},
            schema=queries.SCHEMA,
        )
    },
    words=WORDS,
    constraints={"uq_archive_contract_id_number": Refusal("archive_unchanged")},
)
