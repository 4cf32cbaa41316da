"""What the chapter agency brings to the house."""

from datetime import timedelta

from flask import url_for

from app.actor import Role
from app.refusal import Refusal
from app.stage import Command, Resource, Stage, Timed, Watch
from app.values import Nothing
from marketplace.agency import queries, rules, services
from marketplace.agency.demo import DEMO
from marketplace.agency.rules import AgencyAct, Application, Asking, EntryTerms, Rejection
from marketplace.agency.sweeps import SWEEPS
from marketplace.agency.views import bp, tasks
from marketplace.agency.wording import WORDS

WATCHES = {
    "agency_check": Watch(
        title="机构入驻核验",
        kind="agency",
        running=queries.unchecked,
        page=lambda code: url_for("agency.check", code=code),
        offices=(Role.OPERATOR,),
        before=timedelta(days=1),
        clause="entry.check_deadline",
    ),
    "agency_supplement": Watch(
        title="入驻材料补正",
        kind="agency",
        running=queries.unsupplemented,
        page=lambda code: url_for("agency.apply"),
        before=timedelta(days=2),
        clause="entry.supplement_days",
        alarms=False,
    ),
}

STAGE = Stage(
    name="agency",
    title="机构入驻",
    blueprint=bp,
    acts=AgencyAct,
    flow=rules.FLOW,
    may=rules.MAY,
    opens=rules.OPENS,
    sweeps=SWEEPS,
    timed={
        "agency": Timed(queries.provisional_checks, services.settle_check, public=False),
        "publicity": Timed(queries.provisional_publicities, services.settle_publicity),
    },
    watches=WATCHES,
    notices={
        AgencyAct.ASK: services.concerned,
        AgencyAct.PASS: services.concerned,
        AgencyAct.REJECT: services.concerned,
        AgencyAct.ADMIT: services.concerned,
    },
    tasks=tasks,
    commands={
        AgencyAct.APPLY: Command(Application, services.apply, None),
        AgencyAct.ASK: Command(Asking, services.ask, "agency"),
        AgencyAct.SUPPLEMENT: Command(Application, services.supplement, "agency"),
        AgencyAct.PASS: Command(Nothing, services.passes, "agency"),
        AgencyAct.REJECT: Command(Rejection, services.reject, "agency"),
    },
    resources={
        "agencies": Resource(
            page=queries.resource,
            one=queries.resource_one,
            id="uscc",
            params={"q": "part of the name, the start of its pinyin or initials, or the whole code"},
            schema={
                "type": "object",
                "required": ["code", "name", "region", "address", "introduction", "commitments", "admitted_at"],
                "properties": {
                    "code": {"type": "string"},
                    "name": {"type": "string"},
                    "region": {"type": "string"},
                    "address": {"type": "string"},
                    "introduction": {"type": "string"},
                    "commitments": {"type": "array", "items": {"type": "string"}},
                    "admitted_at": {"type": "string", "format": "date-time"},
                },
            },
        )
    },
    terms=(EntryTerms,),
    words=WORDS,
    constraints={"uq_agency_organisation_id": Refusal("agency_known")},
    demo=DEMO,
)
