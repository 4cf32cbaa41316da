"""What the chapter judging brings to the house."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from flask import url_for

from app.actor import Actor, Role
from app.refusal import Refusal
from app.stage import Command, Stage, Task
from app.values import Nothing
from bidding.judging import queries, rules, services
from bidding.judging.demo import DEMO
from bidding.judging.rules import Declaration, JudgeInput, JudgingAct, Named, Phase, Sheet
from bidding.judging.sweeps import SWEEPS
from bidding.judging.views import box, bp
from bidding.judging.wording import WORDS
from bidding.offer.rules import OfferAct
from bidding.selection.rules import SelectionAct
from marketplace.announcement.rules import AnnouncementAct


def tasks(actor: Actor, now: datetime) -> Iterator[Task]:
    """What a judge still has to do; for the owner whom to name, and the rosters that are too short."""
    if Role.PURCHASER not in actor.roles or actor.party_id is None or actor.account_id is None:
        return
    for duty in queries.duties(actor.account_id):
        if duty.phase is Phase.SEATED:
            yield Task(JudgingAct.DECLARE, duty.title, url_for("judging.declare", no=duty.no), due=duty.due_at)
        else:
            yield Task(JudgingAct.LOCK, duty.title, url_for("judging.sheet", no=duty.no), due=duty.due_at)
    for selection in queries.to_name(actor.party_id):
        announcement = selection.attempt.announcement
        url = url_for("judging.name", no=announcement.no)
        yield Task(JudgingAct.NAME, announcement.need.title, url, due=selection.decide_by)
    for short in queries.short_rosters(actor.party_id, now=now):
        yield Task(JudgingAct.ENROL, short.title, url_for("judging.roster"), due=short.closes_at)


def _roster(actor: Actor, figures: Mapping[str, Any]) -> str | None:
    return url_for("judging.roster") if Role.PURCHASER in actor.roles else None


STAGE = Stage(
    name="judging",
    title="评审",
    blueprint=bp,
    acts=JudgingAct,
    may=rules.MAY,
    opens=rules.OPENS,
    discloses={JudgingAct.CLOSE: rules.HIDDEN},
    hears={
        AnnouncementAct.SUBMIT: services.on_announce,
        AnnouncementAct.PUBLISH: services.on_announce,
        AnnouncementAct.REPEAT: services.on_announce,
        SelectionAct.FREEZE: services.on_freeze,
        SelectionAct.DRAW: services.on_progress,
        SelectionAct.LAPSE: services.on_lapse,
        OfferAct.JUDGE: services.on_progress,
        OfferAct.UNEXPLAINED: services.on_progress,
    },
    sweeps=SWEEPS,
    notices={
        JudgingAct.CLOSE: services.told,
        JudgingAct.DECLARE: services.told_the_owner,
        JudgingAct.EXHAUST: services.told_of_the_end,
    },
    tasks=tasks,
    panels={"judging_result": box},
    commands={
        JudgingAct.ENROL: Command(JudgeInput, services.enrol, None),
        JudgingAct.RETIRE: Command(Nothing, services.retire, "judge"),
        JudgingAct.NAME: Command(Named, services.name, "announcement"),
        JudgingAct.DECLARE: Command(Declaration, services.declare, "announcement"),
        JudgingAct.SCORE: Command(Sheet, services.score, "announcement"),
        JudgingAct.LOCK: Command(Sheet, services.lock, "announcement"),
    },
    words=WORDS,
    cures={"roster_too_short": _roster},
    demo=DEMO,
    constraints={"uq_judge_account": Refusal("judge_enrolled", field="login")},
)
