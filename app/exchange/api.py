"""The machine API: reading without a token, acting with one, by the same acts and inputs as the pages."""

from contextlib import closing
from dataclasses import fields
from typing import Any, BinaryIO, cast

from flask import Blueprint, g, request
from flask.blueprints import BlueprintSetupState
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from app import files
from app.act import wiring
from app.actor import Actor
from app.audit import texts
from app.audit.rows import input_members
from app.clock import clock
from app.exchange import answers, gathered, openapi, queries, rules, services, shapes
from app.exchange.answers import NoToken, answer, tagged
from app.exchange.shapes import Credentials, Fault, Unfit
from app.identity import services as identity
from app.refusal import AlreadyDone, NotFound, NotYours
from app.values import Done, Receipt, Waiting
from app.web.door import actor, public

bp = Blueprint("api", __name__, url_prefix="/api")
answers.register(bp)

SHARED = frozenset(field.name for field in fields(Done))


@bp.record
def _without_cookies(state: BlueprintSetupState) -> None:
    # No cookie counts here (see who_asks), so there is no request to forge.
    state.app.extensions["csrf"].exempt(bp)


@bp.before_request
def who_asks() -> None:
    """Only the bearer token says who asks; a browser's session is a stranger here. Raises `NoToken` for a dead one."""
    g.pop("actor", None)
    g.token_acts = None
    if request.endpoint not in ("exchange.api.keep_file", "exchange.api.seal_file"):
        request.max_content_length = rules.BODY_LARGEST
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if not kind:
        return
    found = queries.bearer(token.strip(), now=clock().real()) if kind.lower() == "bearer" else None
    if found is None:
        raise NoToken
    g.actor, g.token_acts = found.actor, found.acts


@bp.get("/openapi.json")
@public
def document() -> Response:
    """The whole of it, described."""
    return tagged(openapi.document())


@bp.get("/v1/acts")
@public
def acts() -> Response:
    """Every act; with a token those it may perform."""
    names = queries.acts_of(actor(), only=g.token_acts) if actor().account_id else tuple(gathered.commands())
    return answer({"acts": [queries.described(name) for name in names]})


@bp.post("/v1/acts/<act>")
@public
def perform(act: str) -> Response:
    """Perform an act, or prepare it where the rules want another hand."""
    command = gathered.commands().get(act)
    if command is None:
        raise NotFound(act)
    who = _allowed(act)
    key = _key()
    subject, value = shapes.call(command, request.get_data())
    # What is sealed is in no receipt's file: its commitment stands for it.
    kept = None if act in wiring().sealed else value
    try:
        done = services.hand_in(act, who, subject, value, key=key)
    except AlreadyDone as known:
        advice = gathered.advice(act)
        again = {} if advice is None else {"advice": advice}
        return answer({"subject": known.subject, "receipt": _file(known.receipt, kept), **again})
    if isinstance(done, Waiting):
        return answer({"prepared": done.prepared}, 202)
    # An answer may hold what is stored nowhere (the body of a sealed offer): then it is in it this once.
    once = {field.name: input_members(getattr(done, field.name)) for field in fields(done) if field.name not in SHARED}
    return answer({"subject": done.subject, "receipt": _file(done.receipt, kept), **once})


def _allowed(act: str) -> Actor:
    """Who asks, when roles and token allow the act. Raises `NoToken` or `NotYours`."""
    who = actor()
    if not gathered.roles(act) & who.roles:
        if who.account_id is None:
            raise NoToken
        raise NotYours(act)
    if g.token_acts is not None and act not in g.token_acts:
        raise NotYours(act)
    return who


def _key() -> str:
    key = request.headers.get("Idempotency-Key", "")
    if not key or len(key) > rules.KEY_LONGEST or not key.isascii() or not key.isprintable():
        raise Unfit(
            Fault(("header", "Idempotency-Key"), "idempotency_key", "1 to 100 printable ASCII characters are required")
        )
    return key


def _file(receipt: Receipt | None, input: object) -> dict[str, Any] | None:
    if receipt is None:
        return None
    return texts.receipt_file(
        text=receipt.text, input=input_members(input), key_id=receipt.key_id, signature=receipt.signature
    )


@bp.post("/v1/tokens")
@public
def make_token() -> Response:
    """A token for a name and a password, in a demonstration only; elsewhere people make them on their desk."""
    if not gathered.demonstration():
        raise NotFound("tokens")
    asked: Credentials = shapes.read(Credentials, request.get_data())
    if not 1 <= asked.days <= rules.TOKEN_DAYS:
        raise Unfit(Fault(("days",), "days", f"1 to {rules.TOKEN_DAYS}"))
    account = identity.check_password(asked.username, asked.password)
    if account is None:
        raise NoToken
    account_id = account.id
    unknown = set(asked.acts) - set(queries.acts_of_account(account_id))
    if unknown:
        raise Unfit(Fault(("acts",), "acts", "not among the acts of this account"))
    token = services.make_token(account_id, acts=asked.acts, days=asked.days)
    return answer({"token": token, "acts": sorted(asked.acts), "days": asked.days}, 201, Cache_Control="no-store")


@bp.post("/v1/files")
@public
def keep_file() -> Response:
    """Take a file in; an act names it by its SHA-256 within 24 h."""
    account_id = actor().account_id
    if account_id is None:
        raise NoToken
    with closing(_sent()) as sent:
        stored = files.store(cast(BinaryIO, sent.stream), account_id=account_id, name=sent.filename or "")
    return answer({"sha256": stored.sha256, "size": stored.size, "type": stored.type})


@bp.post("/v1/acts/<act>/files")
@public
def seal_file(act: str) -> Response:
    """Seal a file at once for the act that will name it; nothing of it is ever written in clear."""
    seal = gathered.seals().get(act)
    if seal is None:
        raise NotFound(act)
    who, key, subject = _allowed(act), _key(), request.args.get("subject", "")
    with closing(_sent()) as sent:
        file, box = seal(who, subject, cast(BinaryIO, sent.stream), key=key)
    return answer({"file": file, "box": box})


def _sent() -> FileStorage:
    sent: FileStorage | None = request.files.get("file")
    if sent is None:
        raise Unfit(Fault(("file",), "missing", "multipart/form-data with one part named file"))
    return sent


@bp.get("/v1/<name>")
@public
def rows(name: str) -> Response:
    """One page of a resource."""
    resource = gathered.resources().get(name)
    if resource is None:
        raise NotFound(name)
    unknown = set(request.args) - {"after", "limit", *resource.params}
    if unknown:
        raise Unfit(*(Fault(("query", parameter), "unknown", "No such parameter") for parameter in sorted(unknown)))
    filters = {parameter: request.args[parameter] for parameter in resource.params if parameter in request.args}
    limit = number("limit", rules.ROWS_UNASKED, least=1, most=rules.ROWS)
    found = resource.page(request.args.get("after"), limit, **filters)
    return tagged({"rows": list(found.rows), "after": found.after})


@bp.get("/v1/<name>/<id>")
@public
def row(name: str, id: str) -> Response:
    """One thing of a resource, by its public number."""
    resource = gathered.resources().get(name)
    found = None if resource is None or resource.one is None else resource.one(id)
    if found is None:
        raise NotFound(name)
    return tagged(dict(found))


def number(name: str, unasked: int | None = None, *, least: int = 0, most: int = 2**53 - 1) -> int:
    """A whole number of the address. Raises `Unfit` where it is none, missing without a default, or out of bounds."""
    given = request.args.get(name)
    if given is None and unasked is not None:
        return unasked
    if given is None or not given.isascii() or not given.isdigit() or len(given) > 16:
        raise Unfit(Fault(("query", name), "number", "A whole number is required"))
    if not least <= int(given) <= most:
        raise Unfit(Fault(("query", name), "number", f"{least} to {most}"))
    return int(given)
