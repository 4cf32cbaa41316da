"""What the chapter contract brings to the house."""

from app.stage import Stage
from bidding.contract import rules
from bidding.contract.rules import ContractAct

STAGE = Stage(
    name="contract",
    title="合同",
    acts=ContractAct,
    may=rules.MAY,
    opens=rules.OPENS,
)
