"""What the chapter credential brings to the house."""

from datetime import timedelta

from flask import url_for

from app.actor import Role
from app.refusal import Refusal
from app.stage import Command, Stage, Timed, Watch
from app.values import Nothing
from marketplace.credential import queries, rules, services
from marketplace.credential.demo import DEMO
from marketplace.credential.rules import Certificate, CredentialAct, CredentialTerms, Doubt
from marketplace.credential.views import bp, holding, panel, tasks
from marketplace.credential.wording import WORDS

KNOWN = Refusal("credential_known", field="certificate_no")

WATCHES = {
    "credential_verification": Watch(
        title="资质核验",
        kind="credential",
        running=queries.unverified,
        page=lambda no: url_for("credential.page", no=no),
        offices=(Role.REGULATOR,),
        before=timedelta(days=1),
        clause="entry.qualification_verify",
    )
}

STAGE = Stage(
    name="credential",
    title="资质",
    blueprint=bp,
    acts=CredentialAct,
    flow=rules.FLOW,
    may=rules.MAY,
    opens=rules.OPENS,
    timed={"credential": Timed(queries.provisional, services.settle, public=False)},
    watches=WATCHES,
    notices={CredentialAct.VERIFY: services.concerned, CredentialAct.REFUSE: services.concerned},
    tasks=tasks,
    panels={"credentials": panel, "agencies_holding": holding},
    commands={
        CredentialAct.SUBMIT: Command(Certificate, services.submit, None),
        CredentialAct.VERIFY: Command(Nothing, services.verify, "credential"),
        CredentialAct.REFUSE: Command(Doubt, services.refuse, "credential"),
    },
    terms=(CredentialTerms,),
    words=WORDS,
    constraints={"uq_credential_qualification_certificate_no_agency_id_valid_from": KNOWN},
    demo=DEMO,
)
