"""What each reader sees of awards, and what may be done there."""

import pytest
from flask import Flask

from app.chance import fresh_key
from bidding.award import queries, services
from bidding.award.rules import Declined, Excuse, Phase
from tests.builders.award import a_result, accepted, award_of, settle, winner
from tests.builders.registration import agencies
from tests.conftest import Client
from tests.counting import questions

SECRET_REASON = "engineers are ill"


def login_of(name: str) -> str:
    """The builders' accounts are named like their agency."""
    return name.partition(" ")[0]


def test_everybody_reads_the_notice_without_contact(app: Flask, client: Client) -> None:
    """M21: number, winner, price, days, and the way to the record; the contact is the winner's."""
    award = award_of(a_result())
    no, phone = award.no, award.announcement.need.phone
    name, announcement = award.agency.organisation.name, award.announcement.no or ""
    page = client.get(f"/awards/{no}").text
    assert all(
        part in page
        for part in (
            no,
            name,
            "50,000.00",
            "10 个工作日",
            "随机抽取",
            "社会资金",
            f"/announcements/{announcement}/record",
        )
    )
    assert phone not in page
    assert "确认中选</button>" not in page
    assert no in client.get("/awards/").text
    client.sign_in(login_of(name))
    mine = client.get(f"/awards/{no}").text
    assert phone in mine
    assert "确认中选" in mine


def test_the_winner_accepts_by_one_click(app: Flask, client: Client) -> None:
    award = award_of(a_result())
    no, login = award.no, login_of(award.agency.organisation.name)
    client.sign_in(login)
    answer = client.post(f"/awards/{no}/accept", data={"key": "k1"}, follow_redirects=True)
    assert answer.status_code == 200
    assert "已确认" in answer.text
    assert queries.phase_of(queries.by_no(no)) is Phase.ACCEPTED


def test_refusing_names_its_consequences_first_and_wants_a_reason(app: Flask, client: Client) -> None:
    """V01 with its points and its clause, on the page before the button."""
    award = award_of(a_result())
    no, login = award.no, login_of(award.agency.organisation.name)
    client.sign_in(login)
    page = client.get(f"/awards/{no}/decline").text
    assert "V01" in page
    assert "10 分" in page
    assert "依据" in page
    empty = client.post(f"/awards/{no}/decline", data={"key": "k1", "reason": ""})
    assert empty.status_code == 422
    assert queries.phase_of(queries.by_no(no)) is Phase.NOTICED
    done = client.post(f"/awards/{no}/decline", data={"key": "k2", "reason": SECRET_REASON}, follow_redirects=True)
    assert SECRET_REASON in done.text
    settle()
    client.post("/logout")
    assert SECRET_REASON not in client.get(f"/awards/{no}").text


@pytest.mark.parametrize("verb", ["accept", "decline"])
def test_wrong_people_are_turned_away(app: Flask, client: Client, verb: str) -> None:
    """Another agency and the purchaser: 403; a stranger signs in first; no such award: 404."""
    award = award_of(a_result())
    no, mine = award.no, login_of(award.agency.organisation.name)
    data = {"key": "k", "reason": "a reason"}
    assert client.post(f"/awards/{no}/{verb}", data=data).status_code == 303
    other = next(login for login in ("agency1", "agency2", "agency3") if login != mine)
    for login in (other, "purchaser1"):
        client.sign_in(login)
        assert client.post(f"/awards/{no}/{verb}", data=data).status_code == 403
    assert client.get("/awards/none").status_code == 404
    assert queries.phase_of(queries.by_no(no)) is Phase.NOTICED


def test_desk_and_announcement_show_what_waits(app: Flask, client: Client) -> None:
    no = a_result()
    award = award_of(no)
    number, login, code = award.no, login_of(award.agency.organisation.name), award.agency.organisation.code
    client.sign_in(login)
    assert f"/awards/{number}" in client.get("/desk").text
    assert "中选通知书编号" in client.get("/inbox/").text
    client.post("/logout")
    assert number in client.get("/").text
    assert number in client.get(f"/agencies/{code}").text
    accepted(award_of(no))
    client.sign_in(login)
    assert "/contracts/" in client.get("/desk").text


def test_who_follows_reads_that_it_follows(app: Flask, client: Client) -> None:
    no = a_result()
    first = award_of(no)
    client.sign_in(login_of(first.agency.organisation.name))
    assert "递补" not in client.get("/inbox/").text
    services.decline(winner(first), first.no, Declined("no staff"), key=fresh_key())
    settle()
    client.sign_in(login_of(award_of(no).agency.organisation.name))
    assert "由贵单位递补中选" in client.get("/inbox/").text


def test_lists_ask_no_more_for_more_awards(app: Flask, client: Client) -> None:
    """Every list reads its rows with one question, however many they are."""
    rivals = agencies(2)

    def asked() -> dict[str, int]:
        found = {}
        client.sign_in("agency1")
        for address in ("/awards/", "/awards/mine", "/desk", "/api/v1/awards"):
            client.get(address)
            with questions() as each:
                assert client.get(address).status_code == 200
            found[address] = len(each)
        return found

    def declined_by_both() -> None:
        no = a_result(rivals=rivals)
        for _ in rivals:
            award = award_of(no)
            services.decline(winner(award), award.no, Declined("no staff", Excuse.TERMS_CHANGED), key=fresh_key())
            settle()

    declined_by_both()
    few = asked()
    for _ in range(3):
        declined_by_both()
    assert asked() == few
