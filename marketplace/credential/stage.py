"""What the chapter credential brings to the house."""

from app.stage import Stage
from marketplace.credential import rules
from marketplace.credential.rules import CredentialAct

STAGE = Stage(
    name="credential",
    title="资质",
    acts=CredentialAct,
    may=rules.MAY,
    opens=rules.OPENS,
)
