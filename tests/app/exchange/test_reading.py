"""Resources, the OpenAPI document, pages, receipts, health."""

import re
from datetime import timedelta

import jsonschema_rs
import pytest
import schemathesis

from app.exchange import openapi
from app.sweep import beat, keep_log


def test_a_resource_is_read_by_keyset(client):
    first = client.get("/api/v1/plays?limit=5").json
    assert [row["no"] for row in first["rows"]] == ["P000", "P001", "P002", "P003", "P004"]
    assert first["rows"][0]["at"] == "2026-03-02T01:00:00.000000Z"
    rest = client.get(f"/api/v1/plays?limit=5&after={first['after']}").json
    assert [row["no"] for row in rest["rows"]] == ["P005", "P006"]
    assert rest["after"] is None
    assert client.get("/api/v1/plays?side=right").json["rows"] == []
    assert client.get("/api/v1/plays/P003").json["no"] == "P003"


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/api/v1/plays?limit=0", 422),
        ("/api/v1/plays?limit=501", 422),
        ("/api/v1/plays?limit=x", 422),
        ("/api/v1/plays?other=1", 422),
        ("/api/v1/plays?after=forged", 404),
        ("/api/v1/plays/none", 404),
        ("/api/v1/plays/WEIRD", 404),
    ],
)
def test_what_a_resource_does_not_answer(client, address, status):
    assert client.get(address).status_code == status


def test_an_unchanged_answer_is_not_sent_again(client):
    first = client.get("/api/v1/plays")
    assert first.headers["ETag"].startswith('W/"')
    again = client.get("/api/v1/plays", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert client.get("/api/v1/plays?limit=1", headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def references(node):
    if isinstance(node, dict):
        for name, part in node.items():
            if name == "$ref":
                yield part
            else:
                yield from references(part)
    elif isinstance(node, list):
        for part in node:
            yield from references(part)


def test_the_document_is_whole(client):
    document = client.get("/api/openapi.json").json
    assert document["openapi"].startswith("3.1")
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    for reference in references(document):
        place = document
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]
    for name, schema in document["components"]["schemas"].items():
        assert re.fullmatch(r"[A-Za-z0-9._-]+", name)
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})
    assert document["components"]["schemas"]["act.play.put"]["additionalProperties"] is False
    assert document["components"]["schemas"]["play.put.Move"]["additionalProperties"] is False
    for path, operation in document["paths"].items():
        wanted = set(re.findall(r"{(\w+)}", path))
        for method in operation.values():
            assert {p["name"] for p in method.get("parameters", ()) if p["in"] == "path"} == wanted
    for act in client.get("/api/v1/acts").json["acts"]:
        assert f"/api/v1/acts/{act['name']}" in document["paths"]


def test_another_program_understands_the_document(client):
    schema = schemathesis.openapi.from_dict(client.get("/api/openapi.json").json)
    found = [operation.ok().label for operation in schema.get_all_operations()]
    assert "POST /api/v1/acts/play.put" in found
    assert "GET /log/entries" in found


def test_answers_are_what_the_document_says(client, machine):
    machine("agency1").post("play.put")
    keep_log()
    document = client.get("/api/openapi.json").json
    for address, query in (
        ("/log/head", ""),
        ("/log/key", ""),
        ("/log/entries", "?start=0&end=9"),
        ("/log/proof/inclusion", "?index=0"),
        ("/log/proof/consistency", "?first=1&second=2"),
        ("/opendata/changes", ""),
        ("/api/v1/plays", ""),
        ("/api/v1/acts", ""),
    ):
        described = document["paths"][address]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        whole = {**described, "components": document["components"]}
        jsonschema_rs.validator_for(whole).validate(client.get(address + query).json)
    performed = {"$ref": "#/components/schemas/Performed", "components": document["components"]}
    jsonschema_rs.validator_for(performed).validate(machine("agency1").post("play.put").json)
    assert set(openapi.READING) <= set(document["paths"])


@pytest.mark.parametrize(
    "address", ["/log/", "/opendata/", "/api/", "/verify", "/verify/protocol", "/healthz", "/api/openapi.json"]
)
def test_pages_for_everybody(client, address):
    assert client.get(address).status_code == 200


@pytest.mark.parametrize("address", ["/desk/tokens", "/desk/receipts", "/desk/receipts/x.json"])
def test_the_desk_is_for_members(client, address):
    answer = client.get(address)
    assert answer.status_code == 303
    assert "/login" in answer.headers["Location"]


@pytest.fixture
def unguarded(app):
    """Without tokens against forged requests: the forms themselves are tried."""
    app.config["WTF_CSRF_ENABLED"] = False
    yield
    app.config["WTF_CSRF_ENABLED"] = True


def test_a_token_is_made_on_the_desk_shown_once_and_revoked(unguarded, client):
    client.sign_in("agency1")
    page = client.post("/desk/tokens", data={"days": "7", "acts": ["play.put"]}).text
    token = re.search(r"<pre[^>]*>([0-9a-f]{64})</pre>", page).group(1)
    assert token not in client.get("/desk/tokens").text
    named = client.get("/api/v1/acts", headers={"Authorization": f"Bearer {token}"}).json["acts"]
    assert [act["name"] for act in named] == ["play.put"]
    revoke = re.search(r"/desk/tokens/[0-9a-f]{64}/revoke", page).group(0)
    client.sign_in("agency2")
    assert client.post(revoke).status_code == 404
    client.sign_in("agency1")
    assert client.post(revoke).status_code == 303
    assert client.get("/api/v1/acts", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    assert client.post("/desk/tokens", data={"days": "91"}).status_code == 422
    assert client.post("/desk/tokens", data={"days": "7", "acts": ["play.reveal"]}).status_code == 422


def test_a_form_of_the_desk_wants_its_own_page(client):
    assert client.post("/desk/tokens", data={"days": "7"}).status_code == 400


def test_my_receipts_and_nobody_else_s(unguarded, client, machine):
    put = machine("agency1").post("play.put", key="a").json
    whisper = machine("agency1").post("play.whisper", key="b", subject="P1", input={"amount": 7}).json
    keep_log()
    client.sign_in("agency1")
    refs = re.findall(r"/desk/receipts/([^\"]+)\.json", client.get("/desk/receipts").text)
    assert len(refs) == 2
    sealed, plain = (client.get(f"/desk/receipts/{ref}.json") for ref in refs)
    assert plain.json == put["receipt"]
    assert sealed.json == {**whisper["receipt"], "input": None}
    assert plain.headers["Content-Disposition"].startswith("attachment")
    client.sign_in("agency2")
    assert client.get(f"/desk/receipts/{refs[0]}.json").status_code == 404
    assert refs[0] not in client.get("/desk/receipts").text
    assert client.get("/desk/receipts?after=forged").status_code == 404


def test_ready_is_a_database_and_a_sweep_of_this_minute(client, app):
    assert client.get("/readyz").status_code == 503
    beat()
    assert client.get("/readyz").json == {"database": True, "sweep_age": 0}
    app.extensions["market.clock"].instant += timedelta(seconds=60)
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").json == {"ok": True}
