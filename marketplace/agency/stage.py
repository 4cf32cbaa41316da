"""What the chapter agency brings to the house."""

from app.stage import Stage
from marketplace.agency import rules
from marketplace.agency.rules import AgencyAct

STAGE = Stage(
    name="agency",
    title="机构入驻",
    acts=AgencyAct,
    may=rules.MAY,
    opens=rules.OPENS,
)
