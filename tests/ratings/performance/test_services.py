"""Keeping a contract, with a database: the clock, its stops, versions, lateness on the record."""

import json
from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask

from app.audit import services as records
from app.chance import fresh_key
from app.refusal import NotYours, OutOfTurn, Refused
from app.values import Nothing
from bidding.contract import queries as contracts
from ratings.performance import queries, services
from ratings.performance.rules import Because, Delivery, Phase
from tests.builders.agency import an_agency_account
from tests.builders.contract import a_contract, parties
from tests.builders.people import a_supervisor, an_operator
from tests.builders.performance import a_delivery, handed_in, paused, performance_of, resumed, sent_back
from tests.conftest import instant

At = Callable[[str], datetime]


def told(act: str, no: str) -> list[dict[str, object]]:
    """The public members of all entries of an act about a contract, oldest first."""
    return [happened.public for happened in records.timeline(f"contract:{no}") if happened.act == act]


def test_the_clock_starts_when_the_contract_is_on_record(app: Flask) -> None:
    """M24: ten working days from Tuesday 10 March 2026."""
    no = a_contract()
    performance = performance_of(no)
    assert (performance.days, performance.due_at) == (10, instant("2026-03-25 00:00"))
    assert queries.phase_of(performance) is Phase.IN_SERVICE
    entry = records.entry_of("contract.confirm", f"contract:{no}")
    assert entry is not None
    assert json.loads(entry.payload)["public"]["service_due_at"].startswith("2026-03-24T16:00")


def test_a_pause_moves_the_end_and_is_nobodys_but_the_purchasers(app: Flask, at: At) -> None:
    """Wednesday to Friday are left out; the reason stays off the public record."""
    no = a_contract()
    at("2026-03-11 09:00")
    agency = parties(performance_of(no).contract)[1]
    with pytest.raises(NotYours):
        services.pause(agency, no, Because("tired"), key=fresh_key())
    paused(no)
    assert queries.phase_of(performance_of(no)) is Phase.PAUSED
    with pytest.raises(OutOfTurn):
        paused(no)
    at("2026-03-13 17:00")
    resumed(no)
    assert performance_of(no).due_at == instant("2026-03-28 00:00")
    assert "a reason" not in json.dumps(told("performance.pause", no))


def test_versions_are_handed_in_returned_and_confirmed(app: Flask, at: At) -> None:
    """rules.md §3.1 rows 30-32; what lies with the purchaser costs the agency nothing."""
    no = a_contract()
    at("2026-03-12 10:00")
    handed_in(no, "first")
    at("2026-03-18 10:00")
    sent_back(no)
    # Used: 11 and 12 March. Left out: 13, 16, 17, 18 March.
    assert performance_of(no).due_at == instant("2026-03-31 00:00")
    handed_in(no, "second")
    purchaser = parties(performance_of(no).contract)[0]
    done = services.confirm(purchaser, no, Nothing(), key=fresh_key())
    assert done.receipt is not None
    performance = performance_of(no)
    assert queries.phase_of(performance) is Phase.DONE
    versions = performance.deliverables
    assert [one.no[-3:] for one in versions] == ["D01", "D02"]
    assert versions[1].confirm_due_at == instant("2026-03-26 00:00")
    assert told("deliverable.confirm", no)[0]["late"] == 0
    with pytest.raises(OutOfTurn):
        handed_in(no, "third")


def test_delivering_ends_a_pause(app: Flask, at: At) -> None:
    no = a_contract()
    paused(no)
    at("2026-03-12 10:00")
    handed_in(no)
    performance = performance_of(no)
    assert queries.phase_of(performance) is Phase.DELIVERED
    assert performance.pauses[0].until_at == instant("2026-03-12 10:00")


def test_each_level_of_lateness_is_recorded_once_at_its_first_instant(app: Flask, at: At) -> None:
    """rules.md §2.9 V06: at 11 and at 31 working days, found by the walk from due instant to due instant."""
    no = a_contract()
    at("2026-05-29 09:00")
    public = told("performance.overdue", no)
    assert [(one["level"], one["late"]) for one in public] == [(11, 11), (31, 31)]
    moments = [happened.at for happened in records.timeline(f"contract:{no}") if happened.act == "performance.overdue"]
    # Days off on the way: 6 April (清明), 20 April (三月三), 1, 4 and 5 May; 9 May is a make-up day.
    assert moments[0] == instant("2026-04-09 00:00")
    assert performance_of(no).late_level == 31
    assert queries.late_days(performance_of(no), now=instant("2026-05-29 09:00")) >= 31


def test_what_lies_with_the_purchaser_does_not_get_later(app: Flask, at: At) -> None:
    no = a_contract()
    at("2026-04-08 10:00")
    handed_in(no)
    late = queries.late_days(performance_of(no), now=instant("2026-04-08 10:00"))
    at("2026-05-29 09:00")
    assert not told("performance.overdue", no)
    assert queries.late_days(performance_of(no), now=instant("2026-05-29 09:00")) == late
    assert queries.next_overdue(instant("2026-05-29 09:00")) is None


def test_open_late_names_the_contract_until_it_is_delivered(app: Flask, at: At) -> None:
    """The circle of rules.md §2.9: more than ten working days late refuses new registrations, delivery cures it."""
    no = a_contract()
    party = parties(performance_of(no).contract)[1].party
    now = at("2026-04-08 23:59")
    assert queries.open_late(party, now=now, over=10) == []
    now = at("2026-04-09 00:00")
    assert queries.open_late(party, now=now, over=10) == [no]
    assert [line.contract_no for line in queries.overdue(an_operator(), now=now)] == [no]
    handed_in(no)
    assert queries.open_late(party, now=now, over=10) == []


def test_a_file_that_was_not_handed_in_is_no_deliverable(app: Flask) -> None:
    no = a_contract()
    agency = parties(performance_of(no).contract)[1]
    with pytest.raises(Refused) as refused:
        services.submit(agency, no, Delivery("a" * 64, ""), key=fresh_key())
    assert [reason.code for reason in refused.value.reasons] == ["performance_file_unknown"]


def test_a_deliverable_is_for_whom_it_concerns(app: Flask) -> None:
    no = a_delivery()
    version = performance_of(no).deliverables[0].no
    purchaser, agency = parties(contracts.by_no(no))
    for reader in (purchaser, agency, a_supervisor()):
        assert queries.deliverable_for(version, actor=reader) == performance_of(no).deliverables[0].file
    for other in (an_operator(), an_agency_account("agency9")):
        with pytest.raises(NotYours):
            queries.deliverable_for(version, actor=other)


def test_the_card_compares_promised_and_used_days(app: Flask, at: At) -> None:
    no = a_contract()
    code = contracts.by_no(no).award.agency.organisation.code
    assert queries.kept_by(code, now=instant("2026-03-10 09:00")).done == 0
    at("2026-03-13 10:00")
    a_delivery(no)
    kept = queries.kept_by(code, now=instant("2026-03-20 09:00"))
    assert (kept.done, kept.in_time, kept.promised, kept.used) == (1, 1, 10, 3)
    assert queries.kept_by("none", now=instant("2026-03-20 09:00")).done == 0
