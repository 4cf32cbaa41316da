"""Joining and signing in, as people meet it."""

from datetime import timedelta

import pytest

from app.identity.uscc import with_check

JOIN = {
    "joins": "agency",
    "organisation": "甲测绘有限公司",
    "code": with_check("91450800MA5K00001"),
    "region": "450803",
    "name": "张三",
    "login": "zhangsan",
    "password": "a-long-password",
    "key": "one",
}


@pytest.fixture
def joined(client):
    answer = client.post("/join", data=JOIN)
    assert answer.status_code == 303
    return client


def test_a_newcomer_joins_and_signs_in(joined):
    joined.sign_in("zhangsan", "a-long-password")
    assert "张三" in joined.get("/desk").text


def test_what_was_typed_stays_when_it_is_refused(client):
    answer = client.post("/join", data=JOIN | {"code": "91450800MA5K00001X", "password": "short"})
    assert answer.status_code == 409
    assert "统一社会信用代码不正确" in answer.text
    assert "密码太短" in answer.text
    assert "甲测绘有限公司" in answer.text


def test_a_shape_fault_is_said_beside_its_field(client):
    answer = client.post("/join", data=JOIN | {"login": "大写"})
    assert answer.status_code == 422
    assert "登录名为4至40位" in answer.text


def test_a_wrong_password_and_an_unknown_name_are_answered_alike(joined):
    answers = [
        joined.post("/login", data={"login": login, "password": "wrong-password"}) for login in ("zhangsan", "nobody")
    ]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert all("登录名或密码不正确" in answer.text for answer in answers)


def test_the_sixth_attempt_is_locked_out_even_with_the_right_password(joined):
    for _ in range(5):
        joined.post("/login", data={"login": "zhangsan", "password": "wrong-password"})
    answer = joined.post("/login", data={"login": "zhangsan", "password": "a-long-password"})
    assert answer.status_code == 409
    assert "已临时锁定" in answer.text


def test_the_session_changes_at_sign_in_and_dies_at_sign_out(joined):
    joined.sign_in("zhangsan", "a-long-password")
    with joined.session_transaction() as session:
        first = session["_user_id"]
    joined.sign_in("zhangsan", "a-long-password")
    with joined.session_transaction() as session:
        second = session["_user_id"]
        assert second != first
        session["_user_id"] = first
    assert joined.get("/desk").status_code == 303


def test_an_idle_session_is_asked_to_sign_in_again(joined, app):
    joined.sign_in("zhangsan", "a-long-password")
    app.extensions["market.clock"].instant += timedelta(minutes=31)
    answer = joined.get("/desk")
    assert answer.status_code == 303
    assert "/login?next=" in answer.headers["Location"]


@pytest.mark.parametrize("target", ["https://example.org/", "//example.org/", "/\\example.org", "javascript:alert(1)"])
def test_a_sign_in_link_never_leads_elsewhere(joined, target):
    joined.post("/logout")
    answer = joined.post(
        "/login", query_string={"next": target}, data={"login": "zhangsan", "password": "a-long-password"}
    )
    assert answer.headers["Location"] == "/desk"


def test_without_a_csrf_token_nothing_is_done(app, client):
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        answer = client.post("/join", data=JOIN | {"name": "贵港市荷城测绘有限公司", "password": "一个很长的秘密口令"})
        assert answer.status_code == 400
        assert "贵港市荷城测绘有限公司</textarea>" in answer.text
        assert "秘密" not in answer.text
        assert 'href="/login?next=/join"' in answer.text
    finally:
        app.config["WTF_CSRF_ENABLED"] = False


def test_every_answer_carries_the_strict_policy(client):
    answer = client.get("/login")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_page_that_does_not_exist_says_so(client):
    assert client.get("/nowhere").status_code == 404
