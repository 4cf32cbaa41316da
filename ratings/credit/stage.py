"""What credit brings to the house: it performs nothing, it hears; this table is the list of what costs credit."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import url_for

from app.clock import now
from app.stage import Stage
from app.standing import Grade
from app.web.filters import say
from bidding.award.rules import AwardAct
from bidding.contract.rules import ContractAct
from bidding.offer.rules import OfferAct
from ratings.credit import queries, services
from ratings.credit.rules import CreditTerms, PointsTerms
from ratings.credit.views import bp
from ratings.credit.wording import WORDS
from ratings.evaluation.rules import EvaluationAct
from ratings.performance.rules import PerformanceAct


def credit_summary(*, code: str, **_: object) -> Mapping[str, Any]:
    """The grade on an agency's card, and why."""
    page = queries.page(code, as_of=now())
    if page is None:
        return {}
    return {
        "template": "ratings/credit/panel.html",
        "title": "信用",
        "page": page,
        "figures": [
            {
                "label": "信用等级",
                "value": say(page.score.grade, "grade"),
                "note": "为什么是这个等级",
                "url": url_for("credit.page", code=code),
            }
        ],
    }


def graded(*, value: str) -> Mapping[str, Any]:
    """Keys of the agencies with a grade, for the directory; of nobody for a word that is no grade."""
    known = {grade.value: grade for grade in Grade}
    return {"keys": queries.graded(known[value], as_of=now())} if value in known else {"keys": queries.nobody()}


def grades_of(*, regions: Mapping[int, str]) -> Mapping[str, Any]:
    """The grades of parties (id → home region), for the directory's lines."""
    return {"of": {party: score.grade for party, score in queries.scores_as_of(regions, as_of=now()).items()}}


def credit_of(*, parties: Mapping[str, tuple[int, str]], as_of: datetime) -> Mapping[str, Any]:
    """The scores of several parties (USCC → id and home region) as of one instant: whom an owner chooses among."""
    found = queries.scores_as_of(dict(parties.values()), as_of=as_of)
    return {"of": {code: found[party] for code, (party, _) in parties.items()}}


STAGE = Stage(
    name="credit",
    title="信用",
    blueprint=bp,
    hears={
        OfferAct.LAPSE: services.on_lapsed_offer,
        AwardAct.DECLINE: services.on_refused_award,
        AwardAct.LAPSE: services.on_refused_award,
        AwardAct.JUDGE: services.on_refused_award,
        ContractAct.LAPSE: services.on_lapsed_contract,
        ContractAct.UPHOLD: services.on_found_breach,
        PerformanceAct.OVERDUE: services.on_overdue,
        EvaluationAct.LOCK: services.on_evaluation,
    },
    panels={
        "credit_summary": credit_summary,
        "agencies_graded": graded,
        "grades_of": grades_of,
        "credit_of": credit_of,
    },
    terms=(CreditTerms, PointsTerms),
    words=WORDS,
)
