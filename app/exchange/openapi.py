"""The machine API as one OpenAPI 3.1 document, put together from the acts, the resources and the log's addresses."""

from collections.abc import Mapping
from typing import Any

from app.act import wiring
from app.audit.services import market
from app.exchange import gathered, rules, shapes
from app.exchange.shapes import Credentials

HEX = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
WHOLE = {"type": "integer", "minimum": 0, "maximum": 2**53 - 1}
TEXT = {"type": "string"}

READING: Mapping[str, str] = {
    "/log/head": "最新签名树头",
    "/log/key": "签名公钥",
    "/log/entries": "日志条目（半开区间，每次至多1000条）",
    "/log/proof/inclusion": "包含证明",
    "/log/proof/consistency": "一致性证明",
    "/opendata/changes": "变更流（按提交次序，无缺口）",
}
"""The log's addresses and what each is."""


def document() -> dict[str, Any]:
    """The whole document; a pure function of what the stages brought."""
    schemas: dict[str, Any] = dict(SCHEMAS)
    paths: dict[str, Any] = {}
    for name in gathered.commands():
        paths[f"/api/v1/acts/{name}"] = {"post": _act(name, schemas)}
    for name in gathered.seals():
        paths[f"/api/v1/acts/{name}/files"] = {"post": _seals(name)}
    paths["/api/v1/acts"] = {
        "get": _get("acts", "全部事项", _object(acts={"type": "array", "items": {"type": "object"}}))
    }
    paths["/api/v1/files"] = {"post": _files()}
    if gathered.demonstration():
        paths["/api/v1/tokens"] = {"post": _tokens()}
    for name, resource in gathered.resources().items():
        schemas[f"resource.{name}"] = dict(resource.schema)
        one = {"$ref": f"#/components/schemas/resource.{name}"}
        page = _object(rows={"type": "array", "items": one}, after={"type": ["string", "null"]})
        parameters = [
            _query("after", TEXT, "上一页给出的记号"),
            _query("limit", {**WHOLE, "minimum": 1, "maximum": rules.ROWS, "default": rules.ROWS_UNASKED}, "条数"),
            *(_query(parameter, TEXT, meaning) for parameter, meaning in resource.params.items()),
        ]
        paths[f"/api/v1/{name}"] = {"get": _get(f"{name}.page", name, page, parameters, "304", "404", "422")}
        if resource.one is not None:
            place = {"name": resource.id, "in": "path", "required": True, "schema": TEXT}
            paths[f"/api/v1/{name}/{{{resource.id}}}"] = {"get": _get(f"{name}.one", name, one, [place], "304", "404")}
    paths.update(_log())
    return {
        "openapi": "3.1.0",
        "info": {"title": "中介超市", "version": "1", "description": INTRODUCTION, "x-market": market()},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": RESPONSES,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


INTRODUCTION = (
    "与页面同一套事项、同一套输入。金额为整数分，比率为百万分之一，时刻为带时区的 ISO 文本；"
    "不接受多余字段，不做类型转换。同一 Idempotency-Key 重发得到同一结果。"
)


def _act(name: str, schemas: dict[str, Any]) -> dict[str, Any]:
    wired = wiring()
    command = gathered.commands()[name]
    body = shapes.call_schema(command, refs=f"#/components/schemas/{name}.{{model}}")
    for model, definition in body.pop("$defs", {}).items():
        schemas[f"{name}.{model}"] = definition
    schemas[f"act.{name}"] = body
    return {
        "operationId": name,
        "summary": gathered.word(name),
        "tags": [name.partition(".")[0]],
        "security": [{}] if "public" in gathered.roles(name) else [{"token": []}],
        "x-roles": sorted(gathered.roles(name)),
        "x-subject": command.kind,
        "x-consent": wired.consent.get(name),
        "x-second": name in wired.second,
        "x-passes": name in wired.passes,
        "x-disclosed": wired.opens[name].value,
        "parameters": [_KEY],
        "requestBody": _body("application/json", {"$ref": f"#/components/schemas/act.{name}"}),
        "responses": {
            "200": _json("已办理；同一键重发得到同一回执", _performed(name)),
            "202": _json("已提交，等待会签", _object(prepared=TEXT)),
            **_responses("401", "403", "404", "409", "413", "422"),
        },
    }


def _performed(name: str) -> dict[str, Any]:
    """The answer to an act; `body` stands in the first answer alone, `advice` in every later one (protocol.md §2.2)."""
    found = {"$ref": "#/components/schemas/Performed"}
    if gathered.advice(name) is None:
        return found
    return {"allOf": [found, {"type": "object", "properties": {"body": TEXT, "advice": TEXT}}]}


def _files() -> dict[str, Any]:
    return {
        "operationId": "files.store",
        "summary": "上传文件（PDF、PNG、JPEG、XLSX、DOCX，至多20 MB）；24小时内由事项引用",
        "security": [{"token": []}],
        "requestBody": _body("multipart/form-data", _FILE),
        "responses": {
            "200": _json("已收下", _object(sha256=HEX, size=WHOLE, type=TEXT)),
            **_responses("401", "413", "422"),
        },
    }


def _seals(name: str) -> dict[str, Any]:
    return {
        "operationId": f"{name}.files",
        "summary": f"{gathered.word(name)}：上传一个文件并立即密封（格式和大小同 /api/v1/files）",
        "description": "不落盘即密封；事项的输入按 file 升序列出 files，boxes 逐一对应；24小时内由事项引用。",
        "security": [{"token": []}],
        "x-roles": sorted(gathered.roles(name)),
        "parameters": [_KEY, _query("subject", TEXT, "事项的对象，公开编号", required=True)],
        "requestBody": _body("multipart/form-data", _FILE),
        "responses": {
            "200": _json("已密封", _object(file=HEX, box=HEX)),
            **_responses("401", "403", "404", "413", "422"),
        },
    }


def _tokens() -> dict[str, Any]:
    return {
        "operationId": "tokens.make",
        "summary": "用登录名和密码换取令牌（仅限演示环境）",
        "security": [{}],
        "requestBody": _body("application/json", shapes.schema(Credentials)),
        "responses": {
            "201": _json("令牌，只显示这一次", _object(token=HEX, acts={"type": "array", "items": TEXT}, days=WHOLE)),
            **_responses("401", "409", "413", "422"),
        },
    }


def _log() -> dict[str, Any]:
    opened = _object(salt=HEX, payload=TEXT)
    head = _object(market=TEXT, tree_size=WHOLE, root_hash=HEX, timestamp=TEXT, key_id=TEXT, signature=TEXT)
    entry = _object(index=WHOLE, digest=HEX, disclosed={"anyOf": [opened, {"type": "null"}]})
    path = {"type": "array", "items": HEX}
    later = _object(seq=WHOLE, salt=HEX, payload=TEXT)
    change = {
        "type": "object",
        "properties": {"seq": WHOLE, "disclosed": opened, "discloses": {"type": "array", "items": later}},
        "required": ["seq"],
    }
    answers = {
        "/log/head": (head, (), ("404",)),
        "/log/key": (_object(market=TEXT, key_id=TEXT, public_key=HEX), (), ()),
        "/log/entries": ({"type": "array", "items": entry}, (("start", True), ("end", True)), ("422",)),
        "/log/proof/inclusion": (
            _object(index=WHOLE, tree_size=WHOLE, leaf=HEX, path=path),
            (("index", False), ("leaf", False), ("tree_size", False)),
            ("404", "422"),
        ),
        "/log/proof/consistency": (
            _object(first=WHOLE, second=WHOLE, path=path),
            (("first", True), ("second", True)),
            ("404", "422"),
        ),
        "/opendata/changes": (
            _object(changes={"type": "array", "items": change}, after=WHOLE),
            (("after", False),),
            ("422",),
        ),
    }
    return {
        address: {
            "get": _get(
                address.strip("/").replace("/", "."),
                READING[address],
                answer,
                [_query(name, HEX if name == "leaf" else WHOLE, "", required=must) for name, must in parameters],
                *codes,
            )
        }
        for address, (answer, parameters, codes) in answers.items()
    }


def _get(
    operation: str, summary: str, schema: dict[str, Any], parameters: list[dict[str, Any]] | None = None, *codes: str
) -> dict[str, Any]:
    return {
        "operationId": operation,
        "summary": summary,
        "security": [{}],
        "parameters": parameters or [],
        "responses": {"200": _json("数据", schema), **_responses(*codes)},
    }


def _query(name: str, schema: dict[str, Any], meaning: str, *, required: bool = False) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": required, "schema": schema, "description": meaning}


def _body(kind: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": {kind: {"schema": schema}}}


def _json(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _object(**members: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": members, "required": list(members)}


def _responses(*codes: str) -> dict[str, Any]:
    return {code: {"$ref": f"#/components/responses/{code}"} for code in codes}


SCHEMAS: Mapping[str, Any] = {
    "Receipt": _object(
        format={"const": "zjcs-receipt-1"},
        text=TEXT,
        input={"type": ["object", "null"]},
        key_id=TEXT,
        signature={"type": "string", "pattern": "^[0-9a-f]{128}$"},
    ),
    "Performed": _object(
        subject={"type": ["string", "null"]},
        receipt={"anyOf": [{"$ref": "#/components/schemas/Receipt"}, {"type": "null"}]},
    ),
    "Refusals": _object(
        refusals={
            "type": "array",
            "items": _object(
                code=TEXT,
                clause={"type": ["string", "null"]},
                cure=TEXT,
                params={"type": "object"},
                sentence=TEXT,
            ),
        }
    ),
    "Faults": _object(
        errors={"type": "array", "items": _object(loc={"type": "array"}, type=TEXT, msg=TEXT)},
    ),
    "Error": _object(error=TEXT),
}
_FILE = _object(file={"type": "string", "contentMediaType": "application/octet-stream"})
_KEY: Mapping[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "schema": {"type": "string", "minLength": 1, "maxLength": rules.KEY_LONGEST, "pattern": "^[!-~]+$"},
}
_ERROR = {"$ref": "#/components/schemas/Error"}
RESPONSES: Mapping[str, Any] = {
    "304": {"description": "未变化"},
    "401": _json("没有令牌，或令牌无效", _ERROR),
    "403": _json("没有办理权限", _ERROR),
    "404": _json("没有这一项", _ERROR),
    "409": _json("不符合条件，逐项说明", {"$ref": "#/components/schemas/Refusals"}),
    "413": _json("内容过大", _ERROR),
    "422": _json("格式不对，逐项说明", {"$ref": "#/components/schemas/Faults"}),
}
