"""What excuses a refusal, who says so, and what it costs (rules.md §2.7 award.refusal, §2.9 V01)."""

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import select

from app.chance import fresh_key
from app.database import db
from app.notice import queries as notices
from app.refusal import NotYours, OutOfTurn, Refused
from bidding.award import queries, services
from bidding.award.rules import Declined, Excuse, Judged, Phase
from ratings.credit.models import CreditEvent
from tests.bidding.award.test_services import told
from tests.builders.award import a_result, award_of, settle, winner
from tests.builders.people import a_regulator
from tests.builders.registration import agencies
from tests.conftest import Client
from tests.grounds import ready

At = Callable[[str], datetime]
FLOOD = Declined("the office stands under water", Excuse.FORCE_MAJEURE)


def charged(party: int) -> list[str]:
    """The evidence of each refusal that credit holds against an organisation."""
    db.session.rollback()
    rows = select(CreditEvent.evidence).where(CreditEvent.party_id == party, CreditEvent.code == "V01")
    return list(db.session.execute(rows.order_by(CreditEvent.id)).scalars())


@ready
def excused(**what: object) -> tuple[str, int]:
    """The number of an award that its winner refused under an excuse, and the winner."""
    award = award_of(a_result(**what))
    no, party = award.no, queries.party(award)
    services.decline(winner(award), no, FLOOD, key=fresh_key())
    settle()
    return no, party


def test_a_refusal_without_excuse_costs_at_once(app: Flask) -> None:
    award = award_of(a_result())
    no, party = award.no, queries.party(award)
    services.decline(winner(award), no, Declined("no staff"), key=fresh_key())
    assert charged(party) == [f"award:{no}"]
    assert told("award.decline", no)["refusals"] == 1


def test_a_claimed_excuse_waits_and_the_next_follows_meanwhile(app: Flask) -> None:
    no, party = excused()
    assert charged(party) == []
    public = told("award.decline", no)
    assert (public["excuse"], "refusals" in public) == ("force_majeure", False)
    assert public["award"] == f"{no[:-3]}A02"


@pytest.mark.parametrize(("holds", "cost"), [(True, 0), (False, 1)])
def test_the_office_of_the_trade_decides_once(app: Flask, holds: bool, cost: int) -> None:
    no, party = excused()
    office = a_regulator()
    services.judge(office, no, Judged(holds, "seen on the spot"), key=fresh_key())
    assert len(charged(party)) == cost
    assert told("award.judge", no)["excused"] is holds
    known = queries.by_no(no)
    assert (queries.phase_of(known), known.excused) == (Phase.DECLINED, holds)
    with pytest.raises(Refused) as again:
        services.judge(office, no, Judged(not holds, "seen again"), key=fresh_key())
    assert [one.code for one in again.value.reasons] == ["award_excuse_judged"]
    assert len(charged(party)) == cost


def test_what_proves_an_excuse_is_read_by_who_reads_its_reason(app: Flask, client: Client) -> None:
    """By the page: chosen once, kept through a refusal; both sides and the office have it, nobody else."""
    award = award_of(a_result())
    no, login = award.no, award.agency.organisation.name.partition(" ")[0]
    a_regulator()
    client.sign_in(login)
    proof = {"file": (io.BytesIO(b"%PDF-1.4 the flood"), "flood.pdf")}
    typed = {"key": "k1", "excuse": "force_majeure", "reason": ""}
    again = client.post(f"/awards/{no}/decline", data={**typed, **proof})
    taken = again.text.partition('name="taken"')[2].partition('value="')[2].partition('"')[0]
    assert (again.status_code, len(taken)) == (422, 64)
    blank = client.post(f"/awards/{no}/decline", data={**typed, "reason": " ", "taken": taken})
    assert (blank.status_code, taken in blank.text) == (409, True)
    said = {"key": "k2", "excuse": "force_majeure", "reason": "the office stands under water", "taken": taken}
    assert client.post(f"/awards/{no}/decline", data=said).status_code == 303
    assert queries.by_no(no).decline_file == taken
    client.post("/logout")
    page = client.get(f"/awards/{no}").text
    assert "/decline/file" not in page
    assert f'递补：<a href="/awards/{no[:-3]}A02">' in page
    seen = {}
    for reader in (login, "purchaser1", "regulator1", "agency1" if login != "agency1" else "agency2"):
        client.sign_in(reader)
        shown = "/decline/file" in client.get(f"/awards/{no}").text
        with client.get(f"/awards/{no}/decline/file") as sent:
            seen[reader] = (shown, sent.status_code)
    assert list(seen.values()) == [(True, 200), (True, 200), (True, 200), (False, 403)]
    client.sign_in("regulator1")
    assert "下载凭据" in client.get(f"/awards/{no}/judge").text


def test_a_file_of_somebody_elses_proves_nothing(app: Flask) -> None:
    award = award_of(a_result())
    with pytest.raises(Refused) as refused:
        services.decline(winner(award), award.no, replace(FLOOD, file="f" * 64), key=fresh_key())
    assert [one.code for one in refused.value.reasons] == ["file_unknown"]


def test_another_office_does_not_decide(app: Flask) -> None:
    no, _ = excused()
    for other in (a_regulator("health", login="regulator9"), a_regulator(login="regulator8", region="450100")):
        with pytest.raises(NotYours):
            services.judge(other, no, Judged(True, "why not"), key=fresh_key())


def test_only_a_refusal_with_an_excuse_can_be_judged(app: Flask) -> None:
    no = a_result()
    office, award = a_regulator(), award_of(no)
    number = award.no
    with pytest.raises(OutOfTurn):
        services.judge(office, number, Judged(True, "early"), key=fresh_key())
    services.decline(winner(award_of(no)), number, Declined("no staff"), key=fresh_key())
    with pytest.raises(Refused) as unclaimed:
        services.judge(office, number, Judged(True, "out of kindness"), key=fresh_key())
    assert [one.code for one in unclaimed.value.reasons] == ["award_excuse_unclaimed"]


def test_silence_cannot_be_excused(app: Flask, at: At) -> None:
    award = award_of(a_result())
    no, party = award.no, queries.party(award)
    at("2026-03-13 09:00")
    assert charged(party) == [f"award:{no}"]
    with pytest.raises(OutOfTurn):
        services.judge(a_regulator(), no, Judged(True, "asleep"), key=fresh_key())


def test_a_third_refusal_of_a_year_is_told_to_the_office(app: Flask) -> None:
    """rules.md §2.7: three in twelve months suspend, by two hands of the office; so it must hear of the third."""
    office, rivals, counted, heard = a_regulator(), agencies(2), [], []
    for _ in range(3):
        announcement = a_result(rivals=rivals)
        for _ in range(2):
            award = award_of(announcement)
            no = award.no
            services.decline(winner(award), no, Declined("no staff"), key=fresh_key())
            settle()
            counted.append(told("award.decline", no)["refusals"])
        heard.append(sum(one.act == "award.decline" for one in notices.inbox(office.party).rows))
    assert counted == [1, 1, 2, 2, 3, 3]
    assert heard == [0, 0, 2]


def test_pages_of_an_excuse(app: Flask, client: Client) -> None:
    """The winner chooses it, the office finds it on its desk, reads the reason and decides; the public reads none."""
    award = award_of(a_result())
    no, login = award.no, award.agency.organisation.name.partition(" ")[0]
    client.sign_in(login)
    form = client.get(f"/awards/{no}/decline").text
    assert "不可抗力" in form
    assert "业主改变了公告的条件" in form
    wrong = client.post(f"/awards/{no}/decline", data={"key": "k0", "excuse": "bad weather", "reason": "rain"})
    assert wrong.status_code == 422
    assert "rain" in wrong.text
    data = {"key": "k1", "excuse": "force_majeure", "reason": FLOOD.reason}
    done = client.post(f"/awards/{no}/decline", data=data, follow_redirects=True)
    assert "等待行业主管部门认定" in done.text
    assert client.get(f"/awards/{no}/judge").status_code == 403
    a_regulator()
    client.sign_in("regulator1")
    assert f"/awards/{no}/judge" in client.get("/desk").text
    assert FLOOD.reason in client.get(f"/awards/{no}/judge").text
    empty = client.post(f"/awards/{no}/judge", data={"key": "k2", "excused": "", "reason": "seen"})
    assert empty.status_code == 422
    judged = {"key": "k3", "excused": "no", "reason": "the office is on a hill"}
    after = client.post(f"/awards/{no}/judge", data=judged, follow_redirects=True)
    assert "不成立，已记入信用" in after.text
    assert f"/awards/{no}/judge" not in client.get("/desk").text
    client.post("/logout")
    public = client.get(f"/awards/{no}").text
    assert "不成立，已记入信用" in public
    assert FLOOD.reason not in public
    assert "on a hill" not in public
