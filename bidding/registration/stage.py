"""What the chapter registration brings to the house."""

from app.stage import Stage
from bidding.registration import rules
from bidding.registration.rules import RegistrationAct

STAGE = Stage(
    name="registration",
    title="报名",
    acts=RegistrationAct,
    may=rules.MAY,
    opens=rules.OPENS,
)
