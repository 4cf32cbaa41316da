"""Who watches hears each mark once and in order, from wherever he left; what nobody watches is forgotten."""

import socket
import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import text

from app import bulletin
from app.actor import Actor
from app.bulletin import Full, Hub
from app.database import db
from app.web.stream import CONNECTION
from tests.races.conftest import live  # noqa: F401 - a fixture

PATIENCE = 10


@pytest.fixture
def hub(live: Flask) -> Iterator[Hub]:  # noqa: F811 - the fixture
    """A listener of a table of marks of its own, on real connections."""
    with live.app_context(), db.engine.begin() as connection:
        connection.execute(text("CREATE TABLE board (name VARCHAR(20) PRIMARY KEY, mark INTEGER)"))
        connection.execute(text("INSERT INTO board VALUES ('a', 3)"))
        table = db.Table("board", db.MetaData(), db.Column("name", db.String), db.Column("mark", db.Integer))

    def marks(names: object) -> object:
        return db.select(table.c.name, table.c.mark).where(table.c.name.in_(names))

    found = Hub(live.config["SQLALCHEMY_DATABASE_URI"], {"board": marks}, most=2, streams=5, each=3)
    yield found
    for known in tuple(found._topics.values()):
        for watcher in tuple(known.watchers):
            watcher.end()
    listener = found._listener
    if listener is not None:
        listener.join(PATIENCE)


def rises(app: Flask, mark: int) -> None:
    """Somebody commits it, on a connection of his own."""
    with app.app_context():
        db.session.rollback()
        with db.engine.begin() as connection:
            connection.execute(text("UPDATE board SET mark = :mark"), {"mark": mark})
            if db.engine.dialect.name != "sqlite":
                connection.execute(bulletin.POST, {"channel": bulletin.CHANNEL, "said": f"board:a {mark}"})


def hears(connection: socket.socket) -> bytes:
    """What is said next, but for the sign of life of a slow hour."""
    said = bulletin.ALIVE
    while said == bulletin.ALIVE:
        said = connection.recv(100)
    return said


def test_each_hears_what_is_new_to_him(live: Flask, hub: Hub) -> None:  # noqa: F811
    first, second = hub.watch("board:a", after=-1), hub.watch("board:a", after=3)
    assert hub.is_full()
    assert first.waited(PATIENCE)
    assert first.after == 3
    assert not second.waited(0.3)
    rises(live, 4)
    assert first.waited(PATIENCE)
    assert second.waited(PATIENCE)
    assert (first.after, second.after) == (4, 4)
    hub.leave(first)
    hub.leave(second)
    assert hub.known("board:a") is None


def test_one_that_left_its_thread_is_written_to_and_comes_back_where_it_was(live: Flask, hub: Hub) -> None:  # noqa: F811
    mine, theirs = socket.socketpair()
    theirs.settimeout(PATIENCE)
    hub.watch("board:a", after=3).take(mine, b"head\n")
    assert hears(theirs) == b"head\n" + bulletin.RETRY
    rises(live, 5)
    assert hears(theirs) == bulletin.event(5)
    assert not hub.is_full()
    theirs.close()
    hub.heard("board:a", 6)
    hub.heard("board:a", 7)
    assert hub.known("board:a") is None
    again = hub.watch("board:a", after=5)
    hub.heard("board:a", 7)
    assert again.waited(0)
    assert again.after == 7


def test_what_everybody_sees_comes_with_the_mark_and_nothing_keeps_the_mark_from_coming(live: Flask, hub: Hub) -> None:  # noqa: F811
    def news(name: str, after: int, mark: int) -> str:
        if mark == 9:
            raise LookupError(name)
        return f'{{"{name}":[{after},{mark}]}}'

    hub.told = bulletin.teller({"board": news}, within=live.app_context)
    mine, theirs = socket.socketpair()
    theirs.settimeout(PATIENCE)
    watcher = hub.watch("board:a", after=3)
    watcher.take(mine, b"")
    assert hears(theirs) == bulletin.RETRY
    hub.heard("board:a", 3)
    rises(live, 8)
    assert hears(theirs) == b'id: 8\ndata: {"a":[3,8]}\n\n'
    hub.heard("board:a", 7)
    hub.heard("board:a", 9)
    assert hears(theirs) == bulletin.event(9) == b"id: 9\ndata: 9\n\n"
    late = hub.watch("board:a", after=4)
    assert next(said for said in late.events() if said != bulletin.RETRY) == bulletin.event(9)
    watcher.end()
    theirs.close()


def test_there_is_room_for_so_many_and_for_so_many_of_one(live: Flask, hub: Hub) -> None:  # noqa: F811
    mine = [hub.watch("board:a", after=3, reader="me") for _ in range(3)]
    for reader, threaded in (("me", False), ("you", True)):
        with pytest.raises(Full):
            hub.watch("board:a", after=3, reader=reader, threaded=threaded)
    others = [hub.watch("board:b", after=3, reader=f"reader {number}") for number in range(2)]
    with pytest.raises(Full):
        hub.watch("board:b", after=3, reader="one more")
    hub.leave(mine[0])
    hub.leave(mine[0])
    again = hub.watch("board:b", after=3, reader="me")
    with pytest.raises(Full):
        hub.watch("board:b", after=3, reader="me")
    for watcher in (*mine, *others, again):
        hub.leave(watcher)


def test_a_stream_over_a_server_s_connection_leaves_the_thread(live: Flask, hub: Hub) -> None:  # noqa: F811
    """As the web server hands it over: what it writes itself goes nowhere."""
    live.extensions["market.bulletin"] = hub
    mine, theirs = socket.socketpair()
    theirs.settimeout(PATIENCE)
    from app.web.stream import stream

    with live.test_request_context("/", environ_overrides={CONNECTION: mine, "HTTP_LAST_EVENT_ID": "2"}) as context:
        answer = stream("board:a", present=lambda: 3, after=None, who=Actor.stranger())
        done = threading.Thread(target=lambda: answer(context.request.environ, lambda *_: None))
        done.start()
        done.join(PATIENCE)
    heard = theirs.recv(4096).decode()
    while "id: 3" not in heard:
        heard += theirs.recv(4096).decode()
    assert heard.startswith("HTTP/1.1 200 OK\r\n")
    assert "text/event-stream" in heard
    with pytest.raises(OSError, match="Broken pipe"):
        mine.sendall(b"what the server still says")
    assert not done.is_alive()
    mine.close()
    theirs.close()
