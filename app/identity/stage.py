"""What identity brings to the house."""

from collections.abc import Mapping
from typing import Any

from app.identity import queries, rules, services
from app.identity.rules import AccountAct, Grant, Invited, NewAccount, Taken
from app.identity.views import bp
from app.identity.wording import WORDS
from app.refusal import Refusal
from app.stage import Command, Stage


def organisation(*, party_id: int) -> Mapping[str, Any]:
    """The name and code of one's own organisation, for the desk."""
    found = queries.organisation(party_id)
    return {"name": found.name, "code": found.code}


STAGE = Stage(
    name="identity",
    title="账户",
    blueprint=bp,
    acts=AccountAct,
    may=rules.MAY,
    opens=rules.OPENS,
    commands={
        AccountAct.OPEN: Command(NewAccount, services.open_account, None),
        AccountAct.GRANT: Command(Grant, services.grant, None),
        AccountAct.INVITE: Command(Invited, services.invite, None),
        AccountAct.ACCEPT: Command(Taken, services.accept, "account_invitation"),
    },
    panels={"organisation": organisation},
    words=WORDS,
    constraints={
        "uq_account_login": Refusal("login_taken", field="login"),
        "uq_organisation_code": Refusal("organisation_known", field="code"),
    },
)
