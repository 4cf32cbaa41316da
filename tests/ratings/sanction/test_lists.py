"""The public lists: who is on them, from which instant on, and what proves it (M29)."""

import csv
import io
from datetime import timedelta

import pytest
from sqlalchemy import event, insert

from app.approval import services as approvals
from app.clock import clock
from app.database import db
from app.identity import queries as identities
from app.standing import Grade
from ratings.credit.models import CreditEvent
from ratings.credit.rules import Behaviour, EventKind
from ratings.sanction import queries, rules
from ratings.sanction.rules import Decided, SanctionKind
from tests.builders.agency import agencies
from tests.builders.people import a_regulator

TICK = timedelta(microseconds=1)
MANY = 20
"""Contracts at full marks that lift a score over 92: (100 + (20 · 100 + 5 · 50) / 25) / 2 = 95."""


def a_line(party, *, at, contract="", deduction=False):
    """One line of the ledger, as its chapter would write it."""
    db.session.execute(
        insert(CreditEvent).values(
            party_id=party.party,
            kind=EventKind.DEDUCTION if deduction else EventKind.SERVICE,
            code=(Behaviour.NOT_SIGNED if deduction else Behaviour.EVALUATED).value,
            points=1 if deduction else 100_000,
            category=None if deduction else "04",
            evaluator=None if deduction else "owner",
            weight=0 if deduction else 100,
            contract_no=contract or None,
            evidence=f"contract:{contract or at.isoformat()}",
            entry_ref="ref",
            rulebook="450800@2017-11-23",
            at=at,
        )
    )


def praised(party, *, at):
    """Lines that make an A as of `at`, and not before."""
    for number in range(MANY):
        a_line(party, at=at, contract=f"{party.code}-{number}")
    db.session.commit()


def sanctioned(party, kind=SanctionKind.BLACKLIST, months=12):
    """A decision by two hands."""
    decided = Decided(party.code, kind, months, "facts", "basis", "natural_resources")
    waiting = approvals.submit(
        "sanction.decide", a_regulator("natural_resources"), None, decided, key=f"tests:{party.code}:{kind}"
    )
    approvals.agree(identities.actor_by_login("regulator1b"), waiting.prepared)
    db.session.rollback()


def red(now, **options):
    return [row.code for row in queries.red_list(now=now, **options).rows]


def black(now, **options):
    return [row.listed.code for row in queries.black_list(now=now, **options).rows]


@pytest.fixture
def asked(app):
    """What was read from the database so far."""
    found: list[str] = []

    def note(*call: object) -> None:
        if str(call[2]).startswith(("SELECT", "WITH")):
            found.append(str(call[2]))

    listen = (db.engine.engine, "before_cursor_execute", note)
    event.listen(*listen)
    yield found
    event.remove(*listen)


@pytest.mark.parametrize(
    ("grade", "deducted", "sanctioned", "listed"),
    [
        (Grade.A, 0, False, True),
        (Grade.A, 1, False, False),
        (Grade.A, 0, True, False),
        (Grade.B, 0, False, False),
        (Grade.NEW, 0, False, False),
    ],
)
def test_who_belongs_on_the_red_list(grade, deducted, sanctioned, listed):
    assert rules.is_red(grade, deducted=deducted, sanctioned=sanctioned) is listed


def test_red_from_the_instant_on_until_the_window_has_passed(app):
    (agency,) = agencies(1, credentials=False)
    at = clock().market() + timedelta(days=1)
    praised(agency, at=at)
    assert red(at - TICK) == []
    assert red(at) == [agency.code]
    year = at.replace(year=at.year + 1)
    assert red(year - TICK) == [agency.code]
    assert red(year) == []


def test_one_deduction_ends_it_at_once(app):
    (agency,) = agencies(1, credentials=False)
    at = clock().market()
    praised(agency, at=at)
    a_line(agency, at=at + timedelta(days=3), deduction=True)
    db.session.commit()
    assert red(at + timedelta(days=3) - TICK) == [agency.code]
    assert red(at + timedelta(days=3)) == []


def test_any_decision_in_force_ends_it_and_its_end_brings_it_back(app):
    (agency,) = agencies(1, credentials=False)
    at = clock().market()
    praised(agency, at=at - timedelta(days=1))
    sanctioned(agency, SanctionKind.YELLOW, 3)
    assert red(at) == []
    (row,) = queries.listed_of(agency.code, now=at)
    assert red(row.until_at - TICK) == []
    assert red(row.until_at) == [agency.code]


def test_black_in_the_half_open_term_alone(app):
    (agency,) = agencies(1, credentials=False)
    sanctioned(agency)
    (row,) = queries.listed_of(agency.code, now=clock().market())
    assert black(row.from_at - TICK) == []
    assert black(row.from_at) == black(row.until_at - TICK) == [agency.code]
    assert black(row.until_at) == []


def test_a_yellow_card_is_no_black_list(app):
    (agency,) = agencies(1, credentials=False)
    sanctioned(agency, SanctionKind.YELLOW, 3)
    assert black(clock().market()) == []


@pytest.mark.parametrize("listed", [red, black])
def test_by_name_in_pages_of_one_branch(app, listed):
    here = agencies(3, credentials=False)
    there = agencies(1, first=9, region="450103", credentials=False)
    for agency in (*here, *there):
        if listed is red:
            praised(agency, at=clock().market())
        else:
            sanctioned(agency)
    now = clock().market()
    assert listed(now) == [agency.code for agency in (*here, *there)]
    assert listed(now, region="450800") == [agency.code for agency in here]
    assert listed(now, region="450100") == [agency.code for agency in there]
    page = queries.red_list if listed is red else queries.black_list
    first = page(now=now, size=2)
    second = page(now=now, size=2, after=first.after)
    assert len(first.rows) == len(second.rows) == 2
    assert second.after is None


def test_the_pages_say_why_and_lead_to_the_proof(app, client):
    good, bad = agencies(2, credentials=False)
    praised(good, at=clock().market())
    sanctioned(bad)
    page = client.get("/lists/red").text
    assert f"/credit/{good.code}" in page
    assert bad.code not in page
    assert "未核实" in page
    page = client.get("/lists/black").text
    assert "/sanctions/450800-2026-S000001" in page
    assert "facts" in page
    assert good.code not in page
    assert client.get("/lists/red?region=1").status_code == 404


def test_empty_lists_explain_themselves(client):
    assert "同时满足三个条件" in client.get("/lists/red").text
    assert "没有任何单位被列入" in client.get("/lists/black").text


def test_the_files_hold_everybody(app, client, monkeypatch):
    monkeypatch.setattr("ratings.sanction.views.ROWS", 1)
    good = agencies(2, credentials=False)
    for agency in good:
        praised(agency, at=clock().market())
    rows = list(csv.reader(io.StringIO(client.get("/lists/red.csv").data.decode("utf-8-sig"))))
    assert [row[1] for row in rows[1:]] == [agency.code for agency in good]
    sanctioned(good[0])
    rows = list(csv.reader(io.StringIO(client.get("/lists/black.csv").data.decode("utf-8-sig"))))
    assert [row[2] for row in rows[1:]] == [good[0].code]


@pytest.mark.parametrize("address", ["/lists/red", "/lists/black"])
def test_no_more_is_asked_for_more_rows(app, client, asked, address):
    everybody = agencies(4, credentials=False)
    for number, agency in enumerate(everybody):
        if address == "/lists/red":
            praised(agency, at=clock().market())
        else:
            sanctioned(agency)
        asked.clear()
        assert agency.code in client.get(address).text
        if number == 0:
            once = len(asked)
    assert len(asked) == once
