"""What happens to a contract after it is effective: more time, another price, an end, a breach; with a database."""

import json
from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import select

from app.approval import services as approvals
from app.audit import services as records
from app.audit.check import first_difference
from app.chance import fresh_key
from app.database import db
from app.refusal import NotYours, OutOfTurn, Refused
from app.sweep import keep_log
from app.values import Fen, Nothing, Waiting
from app.watch.models import Alarm
from bidding.award import queries as awards
from bidding.award.rules import Phase as AwardPhase
from bidding.contract import queries, services
from bidding.contract.rules import (
    Agreed,
    AgreedPrice,
    Because,
    Breach,
    Cause,
    ContractAct,
    Denied,
    Extension,
    Finding,
    Outcome,
    Phase,
    Protest,
    Reselection,
    Side,
    Successor,
)
from marketplace.announcement import queries as announcements
from marketplace.announcement.rules import Decision
from ratings.credit import queries as credit
from ratings.performance import queries as performances
from ratings.performance import services as keeping
from ratings.performance.rules import Phase as ServicePhase
from tests.builders.award import accepted_award, award_of, settle
from tests.builders.contract import (
    a_contract,
    breach_reported,
    change_asked,
    contract_of,
    end_proposed,
    extension_asked,
    last_request,
    parties,
    uploaded,
)
from tests.builders.people import a_regulator, a_supervisor
from tests.builders.performance import a_delivery, handed_in, performance_of, sent_back
from tests.conftest import instant
from tests.grounds import ready

At = Callable[[str], datetime]


def told(act: str, no: str) -> dict[str, object]:
    """The public members of the newest entry of an act about a contract."""
    entry = records.entry_of(act, f"contract:{no}")
    assert entry is not None
    public: dict[str, object] = json.loads(entry.payload)["public"]
    return public


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [reason.code for reason in refused.value.reasons]


def grant(no: str, number: int) -> None:
    services.grant(parties(queries.by_no(no))[0], no, Agreed(number), key=fresh_key())


# More time


def test_an_extension_makes_the_next_version_and_the_clock_follows(app: Flask) -> None:
    """rules.md §2.7 contract.extension: the past stays as it was, the end moves by the days granted."""
    no = a_contract()
    before = performance_of(no).due_at
    assert before == instant("2026-03-25 00:00")
    number = extension_asked(no, days=5)
    assert performance_of(no).due_at == before
    grant(no, number)
    contract, performance = queries.by_no(no), performance_of(no)
    assert [(one.number, one.days) for one in queries.versions(contract)] == [(1, 10), (2, 15)]
    assert (contract.days, performance.days) == (10, 15)
    assert performance.due_at == instant("2026-04-01 00:00")
    public = told("contract.grant", no)
    assert (public["version"], public["days"], public["service_due_at"]) == (2, 5, "2026-03-31T16:00:00.000000Z")
    keep_log()
    assert first_difference(rows=True) is None


def test_only_the_agency_asks_and_only_the_purchaser_grants(app: Flask) -> None:
    no = a_contract()
    purchaser, agency = parties(queries.by_no(no))
    with pytest.raises(NotYours):
        services.extend(purchaser, no, Extension(5, Cause.OTHER, "r", None), key=fresh_key())
    number = extension_asked(no)
    with pytest.raises(NotYours):
        services.grant(agency, no, Agreed(number), key=fresh_key())
    with pytest.raises(Refused) as refused:
        services.extend(agency, no, Extension(0, Cause.OTHER, " ", "f" * 64), key=fresh_key())
    assert codes(refused) == [
        "contract_extension_days",
        "contract_request_open",
        "contract_reason_missing",
        "contract_file_unknown",
    ]


def test_a_yes_is_to_the_request_that_was_read(app: Flask) -> None:
    """The agency takes its request back and asks for more: the purchaser's yes to the first one grants nothing."""
    no = a_contract()
    first = extension_asked(no, days=1)
    services.recall(parties(queries.by_no(no))[1], no, Agreed(first), key=fresh_key())
    second = extension_asked(no, days=100)
    with pytest.raises(Refused) as refused:
        grant(no, first)
    assert codes(refused) == ["contract_request_gone"]
    assert (second, last_request(no).outcome, performance_of(no).days) == (2, None, 10)


def test_a_refusal_changes_nothing_and_keeps_its_reason(app: Flask) -> None:
    no = a_contract()
    number = extension_asked(no)
    purchaser, agency = parties(queries.by_no(no))
    with pytest.raises(Refused) as refused:
        services.refuse(agency, no, Denied(number, "no"), key=fresh_key())
    assert codes(refused) == ["contract_own_request"]
    services.refuse(purchaser, no, Denied(number, "it is urgent"), key=fresh_key())
    request = last_request(no)
    assert (request.outcome, request.answer, request.version) == (Outcome.REFUSED, "it is urgent", None)
    assert performance_of(no).due_at == instant("2026-03-25 00:00")
    with pytest.raises(Refused):
        grant(no, number)


def test_more_time_is_asked_for_before_the_time_is_over(app: Flask, at: At) -> None:
    """Half-open: on the last instant of the last day yes, at midnight no."""
    no = a_contract()
    at("2026-03-24 23:59")
    number = extension_asked(no)
    services.recall(parties(queries.by_no(no))[1], no, Agreed(number), key=fresh_key())
    at("2026-03-25 00:00")
    with pytest.raises(Refused) as refused:
        extension_asked(no)
    assert codes(refused) == ["performance_over"]


def test_the_purchasers_silence_stops_the_clock_from_the_day_it_is_late(app: Flask, at: At) -> None:
    """rules.md §2.7: owner-caused delay stops the clock; asked on 10 March, due by the 13th, granted on the 16th."""
    no = a_contract()
    number = extension_asked(no, days=5, cause=Cause.PURCHASER)
    at("2026-03-13 23:59")
    assert performances.phase_of(performance_of(no)) is ServicePhase.IN_SERVICE
    at("2026-03-14 00:00")
    assert last_request(no).unanswered_at == instant("2026-03-14 00:00")
    assert performances.phase_of(performance_of(no)) is ServicePhase.PAUSED
    assert told("contract.unanswered", no)["kind"] == "extension"
    purchaser = parties(queries.by_no(no))[0]
    with pytest.raises(Refused) as refused:
        keeping.resume(purchaser, no, Nothing(), key=fresh_key())
    assert codes(refused) == ["performance_answer_first"]
    at("2026-03-16 10:00")
    grant(no, number)
    performance = performance_of(no)
    assert performances.phase_of(performance) is ServicePhase.IN_SERVICE
    # Ten and five working days after 10 March, Monday the 16th left out: to the end of 1 April.
    assert performance.due_at == instant("2026-04-02 00:00")


def test_a_late_no_moves_the_end_by_the_silence_alone(app: Flask, at: At) -> None:
    no = a_contract()
    number = extension_asked(no)
    at("2026-03-17 10:00")
    services.refuse(parties(queries.by_no(no))[0], no, Denied(number, "no"), key=fresh_key())
    # The 16th and 17th are left out of ten working days.
    assert performance_of(no).due_at == instant("2026-03-27 00:00")
    at("2026-03-27 00:00")
    assert performances.late_days(performance_of(no), now=instant("2026-03-27 00:00")) == 1


def test_while_the_purchaser_is_silent_nobody_becomes_late(app: Flask, at: At) -> None:
    """A level of lateness is recorded neither during the silence nor for its days afterwards."""
    no = a_contract()
    number = extension_asked(no)
    at("2026-05-20 10:00")
    assert performance_of(no).late_level == 0
    assert performances.late_days(performance_of(no), now=instant("2026-05-20 10:00")) == 0
    services.refuse(parties(queries.by_no(no))[0], no, Denied(number, "no"), key=fresh_key())
    # Seven of ten days are left on 20 May: the 29th is the last one.
    assert performance_of(no).due_at == instant("2026-05-30 00:00")


# Another price


def test_within_the_share_both_sides_agree_alone(app: Flask) -> None:
    """rules.md §2.7 contract.change: to the fen, up and down; all changes together count against what was won."""
    no = a_contract()
    purchaser = parties(queries.by_no(no))[0]
    won = queries.by_no(no).award.amount_fen
    number = change_asked(no, won * 11 // 10)
    services.adopt(purchaser, no, AgreedPrice(number, Fen(won * 11 // 10)), key=fresh_key())
    public = told("contract.adopt", no)
    assert (public["before_fen"], public["amount_fen"], public["version"]) == (won, won * 11 // 10, 2)
    number = change_asked(no, won * 11 // 10 + 1)
    with pytest.raises(Refused) as refused:
        services.adopt(purchaser, no, AgreedPrice(number, Fen(won * 11 // 10 + 1)), key=fresh_key())
    assert codes(refused) == ["contract_change_large"]
    assert refused.value.reasons[0].clause == "contract.change_share"
    contract = queries.by_no(no)
    assert (contract.amount_fen, queries.present_fen(contract)) == (won, won * 11 // 10)


def test_nobody_agrees_to_his_own_or_to_another_price(app: Flask) -> None:
    no = a_contract()
    purchaser, agency = parties(queries.by_no(no))
    won = queries.by_no(no).award.amount_fen
    number = change_asked(no, won + 1)
    for actor, agreed, said in (
        (agency, AgreedPrice(number, Fen(won + 1)), "contract_own_request"),
        (purchaser, AgreedPrice(number, Fen(won + 2)), "contract_request_gone"),
        (purchaser, AgreedPrice(number + 1, Fen(won + 1)), "contract_request_gone"),
    ):
        with pytest.raises(Refused) as refused:
            services.adopt(actor, no, agreed, key=fresh_key())
        assert codes(refused) == [said]


def test_above_the_share_the_supervisor_of_the_branch_consents(app: Flask) -> None:
    """Two organisations, both in the log; a supervisor of another branch is not asked."""
    no = a_contract()
    purchaser = parties(queries.by_no(no))[0]
    won = queries.by_no(no).award.amount_fen
    own, other = a_supervisor(), a_supervisor("supervisor9", region="450100")
    number = change_asked(no, won * 12 // 10)
    agreed = AgreedPrice(number, Fen(won * 12 // 10))
    with pytest.raises(NotYours):
        services.exceed(purchaser, no, agreed, key=fresh_key())
    waiting = approvals.submit(ContractAct.EXCEED, purchaser, no, agreed, key=fresh_key())
    assert isinstance(waiting, Waiting)
    with pytest.raises(NotYours):
        approvals.agree(other, waiting.prepared)
    assert queries.present_fen(queries.by_no(no)) == won
    approvals.agree(own, waiting.prepared)
    assert queries.present_fen(queries.by_no(no)) == won * 12 // 10
    public = told("contract.exceed", no)
    assert (public["consent"], public["version"]) == ("supervisor", 2)


def test_no_consent_is_asked_for_a_small_change(app: Flask) -> None:
    no = a_contract()
    purchaser = parties(queries.by_no(no))[0]
    won = queries.by_no(no).award.amount_fen
    agreed = AgreedPrice(change_asked(no, won + 1), Fen(won + 1))
    waiting = approvals.submit(ContractAct.EXCEED, purchaser, no, agreed, key=fresh_key())
    assert isinstance(waiting, Waiting)
    with pytest.raises(Refused) as refused:
        approvals.agree(a_supervisor(), waiting.prepared)
    assert codes(refused) == ["contract_change_small"]


# An end by agreement


def test_an_end_by_agreement_stops_the_clock_for_good(app: Flask, at: At) -> None:
    """rules.md §3.1 row 28: settlement and reason; nothing becomes late, nothing can be delivered, credit is silent."""
    no = a_contract()
    purchaser, agency = parties(queries.by_no(no))
    extension = extension_asked(no)
    number = end_proposed(no, 1_000_000)
    with pytest.raises(Refused) as refused:
        services.terminate(agency, no, AgreedPrice(number, Fen(999_999)), key=fresh_key())
    assert codes(refused) == ["contract_request_gone"]
    done = services.terminate(agency, no, AgreedPrice(number, Fen(1_000_000)), key=fresh_key())
    assert done.receipt is not None
    contract = queries.by_no(no)
    assert queries.phase_of(contract) is Phase.TERMINATED
    assert [one.outcome for one in contract.requests] == [Outcome.MOOT, Outcome.AGREED]
    assert performances.phase_of(performance_of(no)) is ServicePhase.STOPPED
    for act in (lambda: grant(no, extension), lambda: handed_in(no), lambda: extension_asked(no)):
        with pytest.raises(OutOfTurn):
            act()
    at("2026-05-25 09:00")
    assert performance_of(no).late_level == 0
    assert performances.open_late(agency.party, now=instant("2026-05-25 09:00"), over=10) == []
    assert not performances.open_of_party(purchaser.party)
    assert credit.score_as_of(agency.party, as_of=instant("2026-05-25 09:00")).deducted == 0
    assert told("contract.terminate", no)["settlement_fen"] == 1_000_000


def test_nobody_settles_for_more_than_the_price(app: Flask) -> None:
    no = a_contract()
    price = queries.by_no(no).award.amount_fen
    with pytest.raises(Refused) as refused:
        end_proposed(no, price + 1)
    assert codes(refused) == ["contract_settlement_above"]
    end_proposed(no, price, by=Side.AGENCY)


def test_a_settlement_is_measured_by_the_price_of_the_day_it_is_agreed_to(app: Flask) -> None:
    """The price falls while the proposal waits: who then says yes would pay more than the contract."""
    no = a_contract()
    purchaser, won = parties(queries.by_no(no))[0], queries.by_no(no).award.amount_fen
    end, change = end_proposed(no, won, by=Side.AGENCY), change_asked(no, won - 1)
    services.adopt(purchaser, no, AgreedPrice(change, Fen(won - 1)), key=fresh_key())
    with pytest.raises(Refused) as refused:
        services.terminate(purchaser, no, AgreedPrice(end, Fen(won)), key=fresh_key())
    assert codes(refused) == ["contract_settlement_above"]
    assert queries.phase_of(queries.by_no(no)) is Phase.EFFECTIVE


def test_nothing_changes_after_the_service_is_done(app: Flask) -> None:
    """What was confirmed is neither extended, nor changed, nor ended, nor broken."""
    no = a_delivery()
    for ask in (
        lambda: extension_asked(no),
        lambda: change_asked(no, 5_000_001),
        lambda: end_proposed(no),
        lambda: breach_reported(no),
    ):
        with pytest.raises(Refused) as refused:
            ask()
        assert codes(refused) == ["performance_done"]


# A breach


def test_a_breach_is_found_by_another_organisation_and_costs_credit(app: Flask) -> None:
    """rules.md §3.1 row 29, §2.9 V04: nobody is named before; then the contract is over and its points are written."""
    no = a_contract()
    purchaser, agency = parties(queries.by_no(no))
    regulator = a_regulator("natural_resources", login="regulator2")
    number = breach_reported(no, Breach.FEE)
    finding = Finding(number, "the record of the site says so", Breach.SERVICE)
    assert last_request(no).breach is Breach.FEE
    for stranger in (purchaser, a_supervisor(), a_regulator("transport", login="regulator6")):
        with pytest.raises(NotYours):
            services.uphold(stranger, no, finding, key=fresh_key())
    with pytest.raises(Refused) as refused:
        services.uphold(regulator, no, Finding(number, " ", None), key=fresh_key())
    assert codes(refused) == ["contract_reason_missing", "contract_breach_missing"]
    services.uphold(regulator, no, finding, key=fresh_key())
    assert queries.phase_of(queries.by_no(no)) is Phase.BREACHED
    assert performances.phase_of(performance_of(no)) is ServicePhase.STOPPED
    assert told("contract.uphold", no)["breach"] == "V04"
    assert (last_request(no).breach, last_request(no).found) == (Breach.FEE, Breach.SERVICE)
    assert credit.score_as_of(agency.party, as_of=instant("2026-03-20 09:00")).deducted == 10
    keep_log()
    assert first_difference(rows=True) is None


def test_what_is_not_found_leaves_the_contract_as_it_is(app: Flask) -> None:
    no = a_contract()
    number = breach_reported(no)
    services.dismiss(
        a_regulator("natural_resources", login="regulator2"), no, Denied(number, "no proof"), key=fresh_key()
    )
    assert (queries.phase_of(queries.by_no(no)), last_request(no).outcome) == (Phase.EFFECTIVE, Outcome.DISMISSED)
    assert breach_reported(no) == number + 1


@ready
def broken() -> str:
    """The number of a contract that was found to be broken."""
    no = a_contract()
    finding = Finding(breach_reported(no), "found", Breach.SUBCONTRACT)
    services.uphold(a_regulator("natural_resources", login="regulator2"), no, finding, key=fresh_key())
    return no


def test_after_a_breach_the_next_candidate_may_follow(app: Flask) -> None:
    """His contract, deliverables and numbers are new ones; the broken one stays as it was."""
    no = broken()
    handed = queries.by_no(no).award.announcement.no or ""
    purchaser, agency = parties(queries.by_no(no))
    with pytest.raises(NotYours):
        services.reselect(agency, no, Reselection(Successor.ALTERNATE), key=fresh_key())
    services.reselect(purchaser, no, Reselection(Successor.ALTERNATE), key=fresh_key())
    settle()
    following = award_of(handed)
    assert (following.rank, awards.phase_of(following)) == (2, AwardPhase.NOTICED)
    with pytest.raises(Refused) as refused:
        services.reselect(purchaser, no, Reselection(Successor.ANNOUNCE), key=fresh_key())
    assert codes(refused) == ["contract_reselected"]
    successor = a_contract(accepted_award(handed))
    assert successor[-3:] == "C02"
    handed_in(successor)
    assert performance_of(successor).deliverables[0].no == f"{handed}-D01"


def test_deliverables_of_two_contracts_of_one_announcement_count_together(app: Flask) -> None:
    no = a_contract()
    handed = queries.by_no(no).award.announcement.no or ""
    handed_in(no)
    sent_back(no)
    finding = Finding(breach_reported(no), "found", Breach.SUBCONTRACT)
    services.uphold(a_regulator("natural_resources", login="regulator2"), no, finding, key=fresh_key())
    services.reselect(parties(queries.by_no(no))[0], no, Reselection(Successor.ALTERNATE), key=fresh_key())
    settle()
    successor = a_contract(accepted_award(handed))
    handed_in(successor)
    only = performance_of(successor).deliverables[0]
    assert (only.no, only.version) == (f"{handed}-D02", 1)


def test_or_the_announcement_may_be_repeated(app: Flask) -> None:
    no = broken()
    announcement = queries.by_no(no).award.announcement.no or ""
    services.reselect(parties(queries.by_no(no))[0], no, Reselection(Successor.ANNOUNCE), key=fresh_key())
    found = announcements.by_no(announcement)
    assert found is not None
    assert announcements.present_attempt(found).decision is Decision.UNSUCCESSFUL
    assert awards.phase_of(award_of(announcement)) is AwardPhase.FALLEN


# The purchaser does not sign


def protested(no: str) -> int:
    services.protest(parties(queries.by_no(no))[1], no, Protest("he does not answer", None), key=fresh_key())
    return last_request(no).number


def test_an_agency_is_free_of_a_purchaser_who_does_not_sign(app: Flask, at: At) -> None:
    """rules.md §3.1 row 25: after the ten working days; nobody loses credit or follows; he is marked."""
    contract = contract_of(accepted_award())
    no, award_no = contract.no, contract.award.no
    purchaser, agency = parties(contract)
    with pytest.raises(Refused) as refused:
        protested(no)
    assert codes(refused) == ["contract_sign_open"]
    at("2026-03-25 09:00")
    number = protested(no)
    with pytest.raises(Refused) as refused:
        services.lapse(purchaser, no, Because("silence"), key=fresh_key())
    assert codes(refused) == ["contract_protested"]
    regulator = a_regulator("natural_resources", login="regulator2")
    services.uphold(regulator, no, Finding(number, "he did not come", None), key=fresh_key())
    settle()
    assert queries.phase_of(queries.by_no(no)) is Phase.TERMINATED
    assert awards.phase_of(awards.by_no(award_no)) is AwardPhase.FALLEN
    assert award_of(queries.by_no(no).award.announcement.no or "").no == award_no
    now = instant("2026-03-25 10:00")
    assert credit.score_as_of(agency.party, as_of=now).deducted == 0
    assert queries.marks_of(purchaser.party, since=instant("2025-03-25 10:00"), until=now) == (no,)


def test_signing_after_all_ends_the_protest(app: Flask, at: At) -> None:
    no = contract_of(accepted_award()).no
    at("2026-03-25 09:00")
    protested(no)
    uploaded(queries.by_no(no).award.no)
    services.confirm(parties(queries.by_no(no))[0], no, Nothing(), key=fresh_key())
    contract = queries.by_no(no)
    assert (queries.phase_of(contract), contract.requests[0].outcome) == (Phase.EFFECTIVE, Outcome.MOOT)


def raised(watch: str, no: str) -> list[str]:
    """The levels of what was raised about a contract's limit."""
    query = select(Alarm.level).where(Alarm.watch == watch, Alarm.no == no).order_by(Alarm.id)
    return [level.value for level in db.session.execute(query).scalars()]


def test_an_office_that_does_not_decide_in_time_is_alarmed(app: Flask, at: At) -> None:
    """M33: warned three days before the ten working days of the filing are over, alarmed at their end."""
    a_regulator("natural_resources", login="regulator2")
    no = a_contract()
    breach_reported(no)
    assert last_request(no).answer_due_at == instant("2026-03-25 00:00")
    at("2026-03-21 23:59")
    assert raised("contract_decision", no) == []
    at("2026-03-22 00:00")
    assert raised("contract_decision", no) == ["warning"]
    at("2026-03-25 00:00")
    assert raised("contract_decision", no) == ["warning", "alarm"]
