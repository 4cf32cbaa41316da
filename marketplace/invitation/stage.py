"""What the chapter invitation brings to the house."""

from app.refusal import Refusal
from app.stage import Command, Stage
from marketplace.invitation import rules, services
from marketplace.invitation.intake import INTAKE
from marketplace.invitation.rules import Acceptance, Invitation, InvitationAct
from marketplace.invitation.views import bp, filled_in
from marketplace.invitation.wording import WORDS

STAGE = Stage(
    name="invitation",
    title="入驻邀请",
    blueprint=bp,
    acts=InvitationAct,
    flow=rules.FLOW,
    may=rules.MAY,
    opens=rules.OPENS,
    panels={"invited": filled_in},
    commands={
        InvitationAct.SEND: Command(Invitation, services.send, None),
        InvitationAct.ACCEPT: Command(Acceptance, services.accept, None),
    },
    intakes={"agencies": INTAKE},
    words=WORDS,
    constraints={"uq_invitation_code": Refusal("invited_already", field="code")},
)
