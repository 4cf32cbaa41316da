"""A stream of news that leaves the thread it came in by: thousands may watch a page that a few threads serve."""

import os
import socket
from typing import TYPE_CHECKING

from flask import Response, request

from app import built
from app.actor import Actor
from app.bulletin import Full, Hub, Watcher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

CONNECTION = "gunicorn.socket"
"""What the server that `market run` starts calls the connection of a request."""


class Stream(Response):
    """Server-sent events of a topic. Where the server shows its connection, the listener takes it over.

    Flask's own response: of any other kind Flask would keep the content and forget the class.
    """

    watcher: Watcher

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
        connection = environ.get(CONNECTION)
        if type(connection) is not socket.socket:
            return super().__call__(environ, start_response)
        headers = "".join(f"{name}: {value}\r\n" for name, value in self.get_wsgi_headers(environ))
        head = f"HTTP/1.1 {self.status}\r\n{headers}Connection: close\r\n\r\n"
        self.watcher.take(_taken_over(connection), head.encode("latin-1"))
        return Response(b"", headers={"Connection": "close"})(environ, start_response)


def _taken_over(connection: socket.socket) -> socket.socket:
    """The connection as a socket of our own; what the server still writes and closes leads nowhere."""
    mine = socket.socket(fileno=os.dup(connection.fileno()))
    nowhere, other = socket.socketpair()
    os.dup2(nowhere.fileno(), connection.fileno(), inheritable=False)
    nowhere.close()
    other.close()
    return mine


def bulletin() -> Hub:
    """The listener of this process."""
    found: Hub = built.part("bulletin")
    return found


def reader(who: Actor) -> str:
    """Whose streams are counted together: an account's, of everybody else those of an address."""
    return f"address {request.remote_addr}" if who.account_id is None else f"account {who.account_id}"


def stream(topic: str, *, present: "Callable[[], int]", after: int | None, who: Actor) -> Response:
    """The answer to a browser that watches a topic; 503 where too many streams are open: then its page asks by itself.

    `after`: the mark it knows, unless it says itself what it heard last (Last-Event-ID); without either it is told of
    the present mark at once. `present()` is asked once the watcher is known, so that nothing is missed in between.
    """
    hub = bulletin()
    last = request.headers.get("Last-Event-ID", "")
    known = int(last) if last.isdecimal() and len(last) < 10 else -1 if after is None else after
    try:
        watcher = hub.watch(topic, after=known, reader=reader(who), threaded=CONNECTION not in request.environ)
    except Full:
        return Response(status=503, headers={"Retry-After": "5"})
    try:
        hub.heard(topic, present())
    except BaseException:
        hub.leave(watcher)
        raise
    answer = Stream(watcher.events(), mimetype="text/event-stream")
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Accel-Buffering"] = "no"
    answer.watcher = watcher
    return answer
