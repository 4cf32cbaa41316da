"""Acting by machine: shape, permission, idempotency, answers."""

import hashlib
import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.act import wiring
from app.audit.canonical import canonical
from app.exchange import queries, rules, shapes
from app.exchange import services as machines
from app.identity import queries as identities
from app.refusal import NotFound
from app.stage import Command
from app.sweep import keep_log
from tests.app.exchange.conftest import GOOD, Move, put


def test_an_act_answers_with_its_receipt(machine, client):
    answer = machine("agency1").post("play.put")
    assert answer.status_code == 200
    assert set(answer.json) == {"subject", "receipt"}
    receipt = answer.json["receipt"]
    assert set(receipt) == {"format", "text", "input", "key_id", "signature"}
    given_in = {**GOOD, "until": "2026-03-02T18:00:00+08:00"}
    assert receipt["input"] == given_in
    assert receipt["text"].split("\n")[6] == hashlib.sha256(canonical(given_in).encode()).hexdigest()
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "change",
    [
        {"amount": "5"},
        {"amount": 5.0},
        {"amount": True},
        {"amount": None},
        {"amount": 2**53},
        {"unknown": 1},
        {"side": "up"},
        {"on": "2026-03-02T00:00:00"},
        {"on": 20514},
        {"until": "2026-03-02T18:00:00"},
        {"until": 1772445600},
        {"parts": {"name": "甲"}},
        {"parts": [{"name": "甲", "more": 1}]},
        {"parts": [{}]},
        {"note": 5},
        {"note": "\x00"},
        {"note": "长" * 20_001},
    ],
)
def test_nothing_is_converted(machine, change):
    answer = machine("agency1").post("play.put", input={**GOOD, **change})
    assert answer.status_code == 422, answer.text
    assert all(set(fault) == {"loc", "type", "msg"} for fault in answer.json["errors"])


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"{", b'{"input":{}}', b'"x"', b'{"subject":null,"input":{},"more":1}', b"\xff"]
)
def test_a_body_of_another_shape(machine, client, body):
    token = machine("agency1").token
    answer = client.post(
        "/api/v1/acts/play.put", data=body, headers={"Authorization": f"Bearer {token}", "Idempotency-Key": "k"}
    )
    assert answer.status_code == 422


def test_no_member_stands_twice(machine, client):
    input = json.dumps(GOOD, ensure_ascii=False)
    body = f'{{"subject":null,"input":{input[:-1]},"amount":1}}}}'
    headers = {"Authorization": f"Bearer {machine('agency1').token}", "Idempotency-Key": "k"}
    answer = client.post("/api/v1/acts/play.put", data=body.encode(), headers=headers)
    assert (answer.status_code, answer.json["errors"][0]["type"], answer.json["errors"][0]["loc"]) == (
        422,
        "twice",
        ["amount"],
    )


def test_a_subject_is_wanted_where_there_is_one_and_only_there(machine):
    agency = machine("agency1")
    assert agency.post("play.put", subject="P1").status_code == 422
    assert agency.post("play.whisper", subject=None, input={"amount": 1}).status_code == 422
    assert agency.post("play.whisper", subject="", input={"amount": 1}).status_code == 422
    assert agency.post("play.whisper", subject=5, input={"amount": 1}).status_code == 422


@pytest.mark.parametrize("subject", ["a b", "\x00", "编号", "x" * 80, "x" * 81])
def test_a_subject_that_is_no_public_number(machine, subject):
    answer = machine("agency1").post("play.whisper", subject=subject, input={"amount": 1})
    assert answer.status_code == 422, answer.text


@pytest.mark.parametrize("key", [None, "", "x" * 101, "é"])
def test_a_key_is_wanted(machine, key):
    assert machine("agency1").post("play.put", key=key).status_code == 422


def test_the_same_key_is_the_same_answer_and_another_input_is_refused(machine):
    agency = machine("agency1")
    first, again = agency.post("play.put"), agency.post("play.put")
    assert again.status_code == 200
    assert again.json == first.json
    other = agency.post("play.put", input={**GOOD, "amount": 6})
    assert other.status_code == 409
    assert other.json["refusals"][0]["code"] == "key_reused"
    assert machine("agency2").post("play.put").json["subject"] != first.json["subject"]


def test_what_was_handed_in_sealed_is_answered_once(machine):
    agency = machine("agency1")
    first = agency.post("play.whisper", subject="P1", input={"amount": 7})
    assert first.json["body"] == "amount 7"
    assert first.json["receipt"]["text"].split("\n")[6] == "ab" * 32
    again = agency.post("play.whisper", subject="P1", input={"amount": 7})
    assert again.status_code == 200
    assert again.json["receipt"]["text"] == first.json["receipt"]["text"]
    assert again.json["receipt"]["input"] is None
    assert "7" not in json.dumps(again.json["receipt"]["input"])
    assert "body" not in again.json


def test_an_act_that_waits_for_another_hand(machine):
    agency = machine("agency1")
    first = agency.post("play.check", subject="P1", input={})
    assert first.status_code == 202
    assert set(first.json) == {"prepared"}
    again = agency.post("play.check", subject="P1", input={})
    assert (again.status_code, again.json) == (202, first.json)


def test_refusals_tell_why_and_how_to_cure_it(machine):
    agency = machine("agency1")
    assert agency.post("play.put", input={**GOOD, "amount": 101}).json == {
        "refusals": [
            {
                "code": "play_dear",
                "clause": "play.most",
                "cure": "请减少金额。",
                "params": {"most": 100},
                "sentence": "金额超过100。",
            }
        ]
    }
    late = agency.post("play.put", input={**GOOD, "note": "late"})
    assert late.status_code == 409
    assert late.json["refusals"][0]["code"] == "out_of_turn"
    assert late.json["refusals"][0]["params"] == {"phase": "closed", "act": "play.put"}
    stale = agency.post("play.put", input={**GOOD, "note": "stale"})
    assert (stale.status_code, stale.json["refusals"][0]["code"]) == (409, "stale")
    assert agency.post("play.put").status_code == 200


def test_who_may_not(machine, client, app):
    assert machine("operator1").post("play.put").status_code == 403
    assert machine("agency1", acts=("play.check",)).post("play.put").status_code == 403
    assert machine("agency1", acts=("play.put",)).post("play.put").status_code == 200
    nobody = machine(None).post("play.put")
    assert nobody.status_code == 401
    assert nobody.headers["WWW-Authenticate"].startswith("Bearer")
    assert machine("agency1").post("no.such_act").status_code == 404
    assert client.get("/api/v1/acts", headers={"Authorization": "Bearer nonsense"}).status_code == 401
    assert client.get("/api/v1/acts", headers={"Authorization": "Basic eDp5"}).status_code == 401


def test_a_browser_s_session_is_a_stranger_to_machines(app, client, machine):
    app.config["WTF_CSRF_ENABLED"] = False
    try:
        client.sign_in("agency1")
    finally:
        app.config["WTF_CSRF_ENABLED"] = True
    assert client.get("/desk/receipts").status_code == 200
    assert machine(None).post("play.put").status_code == 401
    assert client.post("/api/v1/files").status_code == 401


def test_an_account_is_opened_without_a_token(machine, client):
    new = {
        "joins": "agency",
        "organisation": "丙公司",
        "code": None,
        "region": "450803",
        "name": "张三",
        "login": "zhangsan",
        "password": "a-long-password",
    }
    answer = machine(None).post("account.open", input=new)
    assert answer.status_code == 200
    assert "a-long-password" not in answer.text
    assert machine(None).post("account.open", input={**new, "password": 5}).status_code == 422


def test_a_token_ends(machine, app):
    clock = app.extensions["market.clock"]
    agency = machine("agency1", days=1)
    clock.instant += timedelta(days=1, microseconds=-1)
    assert agency.post("play.put").status_code == 200
    clock.instant += timedelta(microseconds=1)
    assert agency.post("play.put").status_code == 401


def test_a_token_is_revoked_by_its_own_account_only(machine, app):
    agency = machine("agency1")
    own, other = (identities.actor_by_login(login).account_id for login in ("agency1", "agency2"))
    hash = queries.token_hash(agency.token)
    with pytest.raises(NotFound):
        machines.revoke_token(other, hash)
    machines.revoke_token(own, hash)
    assert agency.post("play.put").status_code == 401


@pytest.mark.parametrize("days", [0, 91])
def test_a_token_lives_1_to_90_days(app, days):
    with pytest.raises(ValueError, match=str(days)):
        machines.make_token(identities.actor_by_login("agency1").account_id, acts=(), days=days)


def test_a_token_covers_the_account_s_own_acts_only(app):
    with pytest.raises(NotFound):
        machines.make_token(identities.actor_by_login("agency1").account_id, acts=("play.reveal",), days=1)


def test_a_demonstration_gives_tokens_for_passwords(client, app):
    good = {"username": "agency1", "password": "demo-2026-market"}
    made = client.post("/api/v1/tokens", json={**good, "acts": ["play.put"], "days": 90})
    assert made.status_code == 201
    named = client.get("/api/v1/acts", headers={"Authorization": f"Bearer {made.json['token']}"})
    assert [act["name"] for act in named.json["acts"]] == ["play.put"]
    assert client.post("/api/v1/tokens", json={**good, "password": "wrong"}).status_code == 401
    assert client.post("/api/v1/tokens", json={**good, "days": 91}).status_code == 422
    assert client.post("/api/v1/tokens", json={**good, "acts": ["play.reveal"]}).status_code == 422
    assert client.post("/api/v1/tokens", json={**good, "more": 1}).status_code == 422
    app.extensions["market.clock"].instant += timedelta(seconds=1)
    for _ in range(6):
        answer = client.post("/api/v1/tokens", json={**good, "password": "wrong"})
    assert answer.status_code == 409
    assert answer.json["refusals"][0]["code"] == "locked_out"


def test_the_list_of_acts(machine, client):
    acts = {act["name"]: act for act in client.get("/api/v1/acts").json["acts"]}
    assert set(acts) >= {"account.open", "play.put", "play.whisper", "play.reveal", "play.check"}
    assert acts["play.put"] == {
        "name": "play.put",
        "title": "放下",
        "subject": None,
        "roles": ["agency"],
        "consent": None,
        "second": False,
        "passes": False,
        "disclosed": "later",
        "sealed": False,
        "input": acts["play.put"]["input"],
    }
    assert acts["play.put"]["input"]["additionalProperties"] is False
    assert acts["play.put"]["input"]["$defs"]["Part"]["additionalProperties"] is False
    assert acts["play.check"]["second"] is True
    assert all("system" not in act["roles"] for act in acts.values())
    names = {act["name"] for act in machine("operator1").get("/api/v1/acts").json["acts"]}
    assert names >= {"play.reveal"}
    assert not names & {"play.put", "account.open"}


def test_nothing_of_a_request_that_failed_stays(machine, app):
    keep_log()
    before = queries.head()["tree_size"]
    machine("agency1").post("play.put", input={**GOOD, "amount": 101})
    machine("operator1").post("play.put")
    keep_log()
    assert queries.head()["tree_size"] == before
    assert "play.whisper" in wiring().sealed


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=5))
def test_whatever_is_no_move_is_unfit(value):
    body = json.dumps({"subject": None, "input": value}).encode()
    with pytest.raises(shapes.Unfit):
        shapes.call(Command(Move, put, None), body)


@given(st.integers(-(2**53) + 1, 2**53 - 1), st.text(st.characters(exclude_characters="\x00", codec="utf-8")))
def test_a_fit_input_comes_through_as_it_is(amount, note):
    subject, move = shapes.call(
        Command(Move, put, None),
        json.dumps({"subject": None, "input": {**GOOD, "amount": amount, "note": note}}).encode(),
    )
    assert subject is None
    assert (move.amount, move.note) == (amount, note)
    assert len(note) <= rules.TEXT_LONGEST
