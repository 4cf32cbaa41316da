"""The pages of objections: what each reader sees, and what may be done there."""

import io
from collections.abc import Callable
from datetime import datetime

from flask import Flask

from bidding.award import queries as awards
from bidding.award.rules import Phase as AwardPhase
from ratings.complaint.rules import Filing, Kind, Outcome
from tests.builders.announcement import an_announcement
from tests.builders.award import award_of, settle
from tests.builders.objection import (
    a_public_result,
    against_the_winner,
    appealed,
    dismissed,
    filed,
    losers,
    objection,
    rejected,
)
from tests.builders.people import a_regulator
from tests.builders.registration import a_registration, agencies, an_agency
from tests.conftest import Client
from tests.counting import questions

SECRET = "its certificate had expired"


def test_from_objecting_to_the_decision_by_the_pages_alone(app: Flask, client: Client) -> None:
    """M21, M31: file with evidence, reject, appeal, two hands uphold; each step on a page."""
    a_regulator()
    no = a_public_result()
    award = award_of(no)
    winner, rival = award.agency.organisation.code, losers(no)[0]
    client.sign_in(rival)
    assert f"/announcements/{no}/object" in client.get(f"/announcements/{no}").text
    page = client.get(f"/announcements/{no}/object").text
    assert "依据" in page
    assert "对选取结果的异议" in page
    filing = {"key": "k1", "kind": "result", "against": winner, "reason": SECRET, "interest": ""}
    proof = {"file": (io.BytesIO(b"%PDF-1.4 proof"), "proof.pdf")}
    done = client.post(f"/announcements/{no}/object", data={**filing, **proof}, follow_redirects=True)
    number = f"{no}-Y01"
    assert done.status_code == 200
    assert number in done.text
    with client.get(f"/objections/{number}/file") as download:
        assert download.status_code == 200

    client.sign_in("purchaser_fiscal")
    assert f"/objections/{number}" in client.get("/desk").text
    assert SECRET in client.get(f"/objections/{number}").text
    assert client.post(f"/objections/{number}/reject", data={"key": "k2", "reason": ""}).status_code == 422
    answer = {"key": "k3", "reason": "the certificate was renewed"}
    assert client.post(f"/objections/{number}/reject", data=answer).status_code == 303

    client.sign_in(rival)
    assert "提请裁决" in client.get(f"/objections/{number}").text
    assert client.post(f"/objections/{number}/appeal", data={"key": "k4"}).status_code == 303

    client.sign_in("regulator1")
    assert f"/objections/{number}" in client.get("/desk").text
    assert "跳过" in client.get(f"/objections/{number}/uphold").text
    waiting = client.post(f"/objections/{number}/uphold", data={"key": "k5", "reason": "expired indeed"})
    assert waiting.status_code == 303
    assert objection(number).outcome is None
    client.sign_in("regulator1b")
    prepared = waiting.location.rstrip("/").rpartition("/")[2]
    assert client.post(f"/approvals/{prepared}/agree", data={"key": "k6"}).status_code == 303
    assert objection(number).outcome is Outcome.UPHELD
    client.post("/logout")
    page = client.get(f"/objections/{number}").text
    assert "expired indeed" in page
    assert SECRET in page
    assert "递补" in client.get(f"/announcements/{no}").text


def test_the_public_learns_that_an_objection_stands_but_not_whose(app: Flask, client: Client) -> None:
    """Kind, answer and decision at once; who and why only after the decision."""
    no = a_public_result()
    one = against_the_winner(no)
    number, name = one.no, one.party.name
    for page in (client.get(f"/announcements/{no}").text, client.get(f"/objections/{number}").text):
        assert number in page
        assert "对选取结果的异议" in page
    page = client.get(f"/objections/{number}").text
    assert name not in page
    assert SECRET not in page
    appealed(objection(number))
    page = client.get(f"/objections/{number}").text
    assert "so it is written in the rules" in page
    assert name not in page
    dismissed(objection(number))
    page = client.get(f"/objections/{number}").text
    assert name in page
    assert SECRET in page


def test_before_the_freeze_nobody_but_the_office_reads_who_objects_to_a_notice(app: Flask, client: Client) -> None:
    """An agency that objects may well register: the purchaser answers the reasons, not the rival."""
    a_regulator()
    rival = an_agency()
    no = an_announcement(fund="fiscal")
    one = filed(rival, no, Filing(Kind.NOTICE, "the brand is prescribed", interest="we are the only makers"))
    number, name = one.no, one.party.name
    client.sign_in("purchaser_fiscal")
    page = client.get(f"/objections/{number}").text
    assert "the brand is prescribed" in page
    assert name not in page
    assert "we are the only makers" not in page
    client.sign_in("regulator1")
    assert name in client.get(f"/objections/{number}").text
    # A decision before the freeze does not name anybody either, while the attempt runs.
    dismissed(appealed(objection(number)))
    client.post("/logout")
    page = client.get(f"/objections/{number}").text
    assert "不成立" in page
    assert name not in page


def test_wrong_people_are_turned_away(app: Flask, client: Client) -> None:
    """A stranger signs in first; other parties: 403; no such objection: 404."""
    a_regulator()
    no = a_public_result()
    one = rejected(against_the_winner(no))
    number, other = one.no, losers(no)[1]
    assert client.post(f"/objections/{number}/appeal", data={"key": "k"}).status_code == 303
    assert objection(number).appealed_at is None
    for login, verb in ((other, "appeal"), (other, "recall"), ("regulator1", "appeal"), (other, "reject")):
        client.sign_in(login)
        data = {"key": "k", "reason": "a reason"}
        assert client.post(f"/objections/{number}/{verb}", data=data).status_code == 403
    client.sign_in(other)
    assert client.get(f"/objections/{number}/file").status_code == 403
    assert client.get("/objections/none").status_code == 404


def test_a_late_objection_loses_nothing_that_was_typed(
    app: Flask, client: Client, at: Callable[[str], datetime]
) -> None:
    an_agency()
    no = an_announcement(closes="2026-03-11 17:00")
    at("2026-03-10 17:00")
    client.sign_in("agency1")
    assert "现在不能提出异议" in client.get(f"/announcements/{no}/object").text
    data = {"key": "k", "kind": "notice", "reason": "typed reason", "interest": "typed interest"}
    answer = client.post(f"/announcements/{no}/object", data=data)
    assert answer.status_code in (409, 422)
    assert "typed reason" in answer.text
    assert "typed interest" in answer.text


def test_the_award_says_why_its_notice_waits(app: Flask, client: Client) -> None:
    no = a_public_result()
    against_the_winner(no)
    award = award_of(no)
    assert "异议" in client.get(f"/awards/{award.no}").text
    assert awards.phase_of(award) is AwardPhase.PUBLICITY
    settle()


def test_many_objections_ask_no_more_questions(app: Flask, client: Client) -> None:
    """No question for each row of the list on an announcement's page."""
    rivals = agencies(5)
    no = an_announcement()
    a_registration(rivals[0], no)

    def asked() -> int:
        client.get(f"/announcements/{no}")
        with questions() as each:
            assert client.get(f"/announcements/{no}").status_code == 200
        return len(each)

    filing = Filing(Kind.NOTICE, "the brand is prescribed", interest="we offer this")
    for rival in rivals[:2]:
        filed(rival, no, filing)
    few = asked()
    for rival in rivals[2:]:
        filed(rival, no, filing)
    assert asked() <= few
