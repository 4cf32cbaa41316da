"""What purchaser and operator see of a registration, and what nobody else does."""

import pytest

from app.database import db
from marketplace.purchaser import queries
from marketplace.purchaser.rules import Phase
from tests.builders.people import a_regulator, an_operator
from tests.builders.purchaser import a_filing, a_purchaser, an_unregistered_purchaser, files
from tests.conftest import Client

FILED = {"key": "k1", "kind": "organ", "funds": ["fiscal", "social"], "contact": "张三", "phone": "0775-1234567"}


def test_a_purchaser_files_and_the_operator_confirms(client: Client) -> None:
    actor = an_unregistered_purchaser()
    operator = an_operator()
    client.sign_in("purchaser1")
    assert "完成业主注册" in client.get("/desk").text
    assert client.post("/purchasers/register", data=FILED).status_code == 303
    own = client.get("/purchasers/register").text
    assert "等待核验" in own
    assert "2026-03-03 24:00" in own
    assert "完成业主注册" not in client.get("/desk").text

    client.sign_in("operator1")
    assert f"/purchasers/{actor.code}" in client.get("/desk").text
    assert "organisation of purchaser1" in client.get("/purchasers/").text
    page = client.get(f"/purchasers/{actor.code}").text
    assert "张三" in page
    version = queries.page(actor.code or "", actor=an_operator()).version
    assert client.post(f"/purchasers/{actor.code}/check", data={"key": "k2", "version": version}).status_code == 303
    db.session.rollback()
    assert queries.page(actor.code or "", actor=an_operator()).phase is Phase.ACTIVE
    assert operator.party_id != actor.party_id
    assert "organisation of purchaser1" not in client.get("/purchasers/").text
    assert "核验通过</button>" not in client.get(f"/purchasers/{actor.code}").text


def test_the_operator_sends_back_and_the_purchaser_reads_why(client: Client) -> None:
    actor = an_unregistered_purchaser()
    files(actor, a_filing(funds=("state",)))
    an_operator()
    version = queries.page(actor.code or "", actor=an_operator()).version
    client.sign_in("operator1")
    empty = client.post(f"/purchasers/{actor.code}/return", data={"key": "k1", "version": version, "reason": ""})
    assert empty.status_code == 422
    assert "请写明理由" in empty.text
    sent = client.post(f"/purchasers/{actor.code}/return", data={"key": "k1", "version": version, "reason": "名称不符"})
    assert sent.status_code == 303
    client.sign_in("purchaser1")
    assert "按退回意见修改后重新提交" in client.get("/desk").text
    assert "名称不符" in client.get("/purchasers/register").text
    assert "名称不符" in client.get("/inbox/").text


def test_what_was_revised_meanwhile_is_not_confirmed(client: Client) -> None:
    actor = an_unregistered_purchaser()
    files(actor, a_filing(funds=("state",)))
    an_operator()
    seen = queries.page(actor.code or "", actor=an_operator()).version
    files(actor, a_filing(funds=("state", "fiscal")))
    client.sign_in("operator1")
    assert client.post(f"/purchasers/{actor.code}/check", data={"key": "k", "version": seen}).status_code == 409


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"phone": "call me"}, 422, "电话只含数字"),
        ({"funds": []}, 422, "请至少选择一种资金"),
        ({"kind": "ministry"}, 422, "业主类别"),
        ({"kind": "natural_person"}, 409, "自然人只能使用社会资金"),
    ],
)
def test_bad_input_keeps_what_was_typed(client: Client, change: dict[str, object], status: int, said: str) -> None:
    an_unregistered_purchaser()
    client.sign_in("purchaser1")
    answer = client.post("/purchasers/register", data={**FILED, "contact": "欧阳某某", **change})
    assert answer.status_code == status
    assert said in answer.text
    assert 'value="欧阳某某"' in answer.text


def test_only_operators_see_registrations(client: Client) -> None:
    actor = a_purchaser()
    a_purchaser("purchaser2")
    a_regulator()
    addresses = ("/purchasers/", f"/purchasers/{actor.code}")
    for address in addresses:
        assert client.get(address).status_code == 303, "a stranger signs in first"
    for login in ("purchaser1", "purchaser2", "regulator1"):
        client.sign_in(login)
        for address in addresses:
            assert client.get(address).status_code == 403
        assert client.post(f"/purchasers/{actor.code}/check", data={"version": 1}).status_code == 403
    assert client.get("/purchasers/register").status_code == 403


def test_an_unknown_code_is_not_found(client: Client) -> None:
    an_operator()
    client.sign_in("operator1")
    assert client.get("/purchasers/nobody").status_code == 404
    assert client.get("/purchasers/?after=forged").status_code == 404
