"""What credit brings to the house: it performs nothing, it hears; this table is the list of what costs credit."""

from collections.abc import Mapping
from typing import Any

from app.clock import now
from app.stage import Stage
from bidding.award.rules import AwardAct
from bidding.contract.rules import ContractAct
from ratings.credit import queries, services
from ratings.credit.rules import CreditTerms, PointsTerms
from ratings.credit.views import bp
from ratings.credit.wording import WORDS
from ratings.evaluation.rules import EvaluationAct
from ratings.performance.rules import PerformanceAct


def credit_summary(*, code: str, **_: object) -> Mapping[str, Any]:
    """The score on an agency's card."""
    return {"template": "ratings/credit/panel.html", "page": queries.page(code, as_of=now())}


STAGE = Stage(
    name="credit",
    title="信用",
    blueprint=bp,
    hears={
        AwardAct.DECLINE: services.on_refused_award,
        AwardAct.LAPSE: services.on_refused_award,
        ContractAct.LAPSE: services.on_lapsed_contract,
        PerformanceAct.OVERDUE: services.on_overdue,
        EvaluationAct.LOCK: services.on_evaluation,
    },
    panels={"credit_summary": credit_summary},
    terms=(CreditTerms, PointsTerms),
    words=WORDS,
)
