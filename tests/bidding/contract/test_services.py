"""Contracts with a database: uploaded, confirmed, rejected, deemed, lapsed; every step on the record."""

import json
from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from app.audit import services as records
from app.chance import fresh_key
from app.database import db
from app.refusal import NotFound, NotYours, OutOfTurn, Refused
from app.values import Nothing
from bidding.award import queries as awards
from bidding.award.rules import Phase as AwardPhase
from bidding.contract import lists, queries, services
from bidding.contract.models import Contract
from bidding.contract.rules import Because, Phase, SignedContract
from tests.builders.agency import an_agency_account
from tests.builders.award import accepted_award, award_of, settle
from tests.builders.contract import a_contract, a_file, contract_of, parties, signed, uploaded
from tests.builders.people import a_regulator, a_supervisor, an_operator
from tests.conftest import instant

At = Callable[[str], datetime]


def told(act: str, no: str) -> dict[str, object]:
    """The public members of the newest entry of an act about a contract."""
    entry = records.entry_of(act, f"contract:{no}")
    assert entry is not None
    public: dict[str, object] = json.loads(entry.payload)["public"]
    return public


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [reason.code for reason in refused.value.reasons]


def test_what_was_signed_must_be_what_was_won(app: Flask) -> None:
    """M23: to the fen and to the day, with every reason at once and the clause behind it."""
    contract = contract_of(accepted_award())
    agency = parties(contract)[1]
    worse = signed(contract, agency, amount_fen=contract.award.amount_fen + 1, days=contract.award.promised_days + 1)
    with pytest.raises(Refused) as refused:
        services.upload(agency, contract.no, worse, key=fresh_key())
    assert codes(refused) == ["contract_price_differs", "contract_days_longer"]
    assert {reason.clause for reason in refused.value.reasons} == {"contract.price_equals_award"}


@pytest.mark.parametrize("other", [{"amount_fen": 1}, {"days": 9_999}, {"won_fen": 1}, {"won_days": 9_999}])
def test_the_database_itself_takes_no_other_price_and_no_longer_time(app: Flask, other: dict[str, int]) -> None:
    """Whatever code writes: layout.md (the database repeats every invariant), contract.price_equals_award."""
    no = uploaded(accepted_award())
    with pytest.raises(IntegrityError):
        db.session.execute(update(Contract).where(Contract.no == no).values(other))
    db.session.rollback()


def test_the_other_side_confirms_and_both_are_on_record(app: Flask) -> None:
    """rules.md §3.3; whoever uploaded cannot confirm its own."""
    award_no = accepted_award()
    no = uploaded(award_no)
    purchaser, agency = parties(queries.by_no(no))
    with pytest.raises(Refused) as refused:
        services.confirm(agency, no, Nothing(), key=fresh_key())
    assert codes(refused) == ["contract_own_upload"]
    done = services.confirm(purchaser, no, Nothing(), key=fresh_key())
    assert done.receipt is not None
    contract = queries.by_no(no)
    assert (queries.phase_of(contract), contract.deemed) == (Phase.EFFECTIVE, False)
    public = told("contract.confirm", no)
    assert (public["amount_fen"], public["days"], public["deemed"]) == (contract.amount_fen, contract.days, False)
    with pytest.raises(OutOfTurn):
        services.confirm(purchaser, no, Nothing(), key=fresh_key())


def test_nobody_else_comes_near(app: Flask) -> None:
    no = uploaded(accepted_award())
    stranger = an_agency_account("agency9")
    for refused in (
        lambda: services.confirm(stranger, no, Nothing(), key=fresh_key()),
        lambda: services.reject(stranger, no, Because("no"), key=fresh_key()),
        lambda: services.upload(stranger, no, signed(queries.by_no(no), stranger), key=fresh_key()),
    ):
        with pytest.raises(NotYours):
            refused()


def test_a_file_of_another_account_cannot_be_named(app: Flask) -> None:
    """Whoever only knows a hash must not get at another's file."""
    contract = contract_of(accepted_award())
    purchaser, agency = parties(contract)
    award = contract.award
    borrowed = SignedContract(award.amount_fen, award.promised_days, award.made_at.date(), a_file(purchaser))
    with pytest.raises(Refused) as refused:
        services.upload(agency, contract.no, borrowed, key=fresh_key())
    assert codes(refused) == ["contract_file_unknown"]


def test_a_rejected_upload_may_come_again_from_either_side(app: Flask, at: At) -> None:
    no = uploaded(accepted_award())
    purchaser, agency = parties(queries.by_no(no))
    services.reject(purchaser, no, Because("a page is missing"), key=fresh_key())
    contract = queries.by_no(no)
    assert (queries.phase_of(contract), contract.reject_reason) == (Phase.TO_SIGN, "a page is missing")
    services.upload(purchaser, no, signed(contract, purchaser), key=fresh_key())
    services.confirm(agency, no, Nothing(), key=fresh_key())
    known = queries.by_no(no)
    assert (queries.phase_of(known), known.reject_reason) == (Phase.EFFECTIVE, None)


def test_silence_confirms_and_is_flagged(app: Flask, at: At) -> None:
    """rules.md §3.3: three working days from Tuesday 10 March, to the tick; a rejection does not."""
    no = uploaded(accepted_award())
    at("2026-03-13 23:59")
    assert queries.phase_of(queries.by_no(no)) is Phase.TO_CONFIRM
    at("2026-03-14 00:00")
    contract = queries.by_no(no)
    assert (contract.confirmed_at, contract.deemed) == (instant("2026-03-14 00:00"), True)
    assert told("contract.deem", no)["deemed"] is True


def test_the_purchaser_lets_an_unsigned_award_fall(app: Flask, at: At) -> None:
    """rules.md §3.1 row 24: only after the ten working days; the next candidate gets its own notice."""
    award_no = accepted_award()
    contract = contract_of(award_no)
    announcement, no = contract.award.announcement.no or "", contract.no
    purchaser, agency = parties(contract)
    with pytest.raises(Refused) as refused:
        services.lapse(purchaser, no, Because("silence"), key=fresh_key())
    assert codes(refused) == ["contract_sign_open"]
    at("2026-03-25 09:00")
    with pytest.raises(NotYours):
        services.lapse(agency, no, Because("silence"), key=fresh_key())
    services.lapse(purchaser, no, Because("silence"), key=fresh_key())
    settle()
    assert queries.phase_of(queries.by_no(no)) is Phase.LAPSED
    assert awards.phase_of(awards.by_no(award_no)) is AwardPhase.FALLEN
    following = award_of(announcement)
    assert (following.rank, awards.phase_of(following)) == (2, AwardPhase.NOTICED)
    public = told("contract.lapse", no)
    assert public["award"] == following.no
    assert "silence" not in json.dumps(public)
    assert accepted_award(announcement) == following.no
    assert contract_of(following.no).no[-3:] == "C02"


def test_the_scan_is_for_whom_it_concerns(app: Flask) -> None:
    """Both parties, the regulator of the item's authority, the supervisor; nobody else."""
    contract = contract_of(accepted_award())
    with pytest.raises(NotFound):
        queries.file_for(contract.no, actor=parties(contract)[0])
    no = a_contract(contract.award.no)
    purchaser, agency = parties(queries.by_no(no))
    for reader in (purchaser, agency, a_supervisor(), a_regulator("natural_resources")):
        assert queries.file_for(no, actor=reader) == queries.by_no(no).file
    for other in (an_operator(), an_agency_account("agency9"), a_regulator("transport", login="regulator6")):
        with pytest.raises(NotYours):
            queries.file_for(no, actor=other)


def test_lists_of_a_party(app: Flask) -> None:
    """Either side sees it once; a third party nothing."""
    no = a_contract()
    for actor in parties(queries.by_no(no)):
        assert [line.no for line in lists.of_party(actor.party).rows] == [no]
    assert not lists.of_party(an_operator().party).rows
