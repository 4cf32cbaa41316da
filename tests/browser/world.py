"""A market in which everything is under way at once."""

from collections.abc import Sequence

from flask import Flask

from app.actor import Actor
from app.approval import services as approvals
from app.chance import fresh_key
from app.clockwork import services as clockwork
from app.database import db
from bidding.registration import queries as registrations
from marketplace.announcement import queries as announcements
from marketplace.announcement import services as announcing
from ratings.sanction.rules import Decided, SanctionKind
from tests.builders.agency import an_agency_account, an_applicant
from tests.builders.announcement import a_timetable, an_announcement
from tests.builders.award import accepted_award, settle
from tests.builders.contract import a_contract, uploaded
from tests.builders.credential import a_credential
from tests.builders.direct import a_commission
from tests.builders.direct import an_agency as a_direct_agency
from tests.builders.evaluation import a_locked_evaluation, an_evaluation
from tests.builders.need import a_need
from tests.builders.offer import an_offer
from tests.builders.people import a_clerk, a_regulator, a_supervisor, an_admin, an_operator
from tests.builders.performance import a_delivery, handed_in
from tests.builders.purchaser import a_filing, a_purchaser, an_unregistered_purchaser, files
from tests.builders.registration import a_registration, agencies

EVERYBODY = (
    None,
    "purchaser1",
    "agency1",
    "agency9",
    "operator1",
    "regulator1",
    "regulator1b",
    "supervisor1",
    "admin1",
    "clerk1",
)
"""Whose pages differ: the public first; `agency9` has not applied yet."""


def fill(app: Flask) -> None:
    """Every chapter has something that waits and something that is done."""
    with app.app_context():
        for office in (an_operator, a_supervisor, an_admin, a_clerk):
            office()
        rivals = agencies(3)
        _lived_through(rivals)
        _waiting(rivals)
        purchaser = a_purchaser()
        a_need(purchaser)
        a_commission(purchaser, a_direct_agency("agency4"))
        draw, prices = an_announcement(purchaser), an_announcement(purchaser, method="BID_LOW", budget_fen=6_000_000)
        for rival in rivals[:2]:
            a_registration(rival, draw)
            a_registration(rival, prices)
        an_offer(rivals[0], prices, amount_fen=5_432_100)
        db.session.remove()


def _lived_through(rivals: Sequence[Actor]) -> None:
    """One opening, one call that nobody answered, and draws of which each came a step further than the next."""
    opened = an_announcement(method="BID_LOW", budget_fen=6_000_000)
    drawn = [an_announcement() for _ in range(6)]
    for rival, price in zip(rivals, (3_000_000, 2_800_000, 2_900_000), strict=True):
        for no in (opened, *drawn):
            a_registration(rival, no)
        an_offer(rival, opened, amount_fen=price)
    last = an_announcement()
    clockwork.go_to(announcements.present_attempt(registrations.announced(last)).closes_at)
    settle()
    contracts = [a_contract(accepted_award(no)) for no in drawn[:4]]
    uploaded(accepted_award(drawn[4]))
    for no in contracts[:3]:
        a_delivery(no)
    handed_in(contracts[3])
    an_evaluation(contracts[0])
    a_locked_evaluation(contracts[1])


def _waiting(rivals: Sequence[Actor]) -> None:
    fiscal = a_purchaser("purchaser2", funds=("fiscal",), kind="organ")
    announcing.submit(fiscal, a_need(fiscal, fund="fiscal"), a_timetable(), key=fresh_key())
    an_agency_account("agency9")
    an_applicant("agency8")
    files(an_unregistered_purchaser("purchaser9", kind="organ"), a_filing(funds=("fiscal",), kind="organ"))
    a_credential(rivals[1], verified=False, certificate_no="No. 2")
    yellow = Decided(rivals[2].code or "", SanctionKind.YELLOW, 3, "逾期提交成果。", "本市场规则", "natural_resources")
    approvals.submit("sanction.decide", a_regulator(), None, yellow, key=fresh_key())
