"""The addresses of the public log and of the change feed, for machines (docs/protocol.md §3.6)."""

from flask import Blueprint, request
from werkzeug.wrappers import Response

from app.exchange import answers, queries
from app.exchange.answers import answer
from app.exchange.api import number
from app.exchange.shapes import Fault, Unfit
from app.web.door import public

bp = Blueprint("record", __name__)
answers.register(bp)


@bp.get("/log/head")
@public
def head() -> Response:
    """The newest signed head."""
    return answer(queries.head())


@bp.get("/log/key")
@public
def key() -> Response:
    """The key that signs heads and receipts."""
    return answer(queries.key())


@bp.get("/log/entries")
@public
def entries() -> Response:
    """Entries [start, end), at most 1,000."""
    start, end = number("start"), number("end")
    if end < start:
        raise Unfit(Fault(("query", "end"), "number", "end must not be before start"))
    return answer(queries.entries(start, end))


@bp.get("/log/proof/inclusion")
@public
def inclusion() -> Response:
    """That an entry stands under a head; by index or by leaf."""
    leaf = request.args.get("leaf")
    if leaf is not None and (len(leaf) != 64 or not set(leaf) <= set("0123456789abcdef")):
        raise Unfit(Fault(("query", "leaf"), "hash", "64 hex digits in lower case"))
    if (leaf is None) == ("index" not in request.args):
        raise Unfit(Fault(("query", "index"), "either", "Either index or leaf"))
    size = number("tree_size") if "tree_size" in request.args else None
    index = number("index") if leaf is None else None
    return answer(queries.inclusion(index=index, leaf=leaf, tree_size=size))


@bp.get("/log/proof/consistency")
@public
def consistency() -> Response:
    """That a later head continues an earlier one."""
    first, second = number("first"), number("second")
    if second < first:
        raise Unfit(Fault(("query", "second"), "number", "second must not be before first"))
    return answer(queries.consistency(first=first, second=second))


@bp.get("/opendata/changes")
@public
def changes() -> Response:
    """The change feed after a sequence number; `after=0` is the beginning."""
    return answer(queries.changes(number("after", 0)))
