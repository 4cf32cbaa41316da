"""Who watches a page hears that something on it has changed: one listener in a process, and no connection a watcher.

A topic (`<kind>:<number>`) has a mark that only rises. News say the topic and its mark, never what has changed: that is
asked for over the page's own address, by its own rules. PostgreSQL tells of a commit by itself (LISTEN); on SQLite the
listener asks a few times a second whether anything was committed. Both look once more at every mark when they begin.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, Select, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from app.database import is_sqlite

CHANNEL = "bulletin"
POST = text("SELECT pg_notify(:channel, :said)")

EVERY = 0.1
"""Seconds between two questions to SQLite whether anything was committed; no more than a glance at a shared page."""

PATIENCE = 1.0
"""Seconds after which the listener looks whether it is still wanted, and waits before it connects again."""

HEARTBEAT = 15.0
"""Seconds of silence after which a watcher is told that the stream lives, and a vanished one is noticed."""

LASTING = 20
"""Heartbeats, at the most, of one stream: then the browser asks again, perhaps of a newer process."""

Marks = Callable[[Collection[int]], Select[int, int]]
"""The present marks of these numbers of a kind; what has none is left out."""


def post(session: Session, topic: str, mark: int) -> None:
    """Tell the watchers, with the commit of the act that calls and never before it; nothing where it rolls back."""
    if not is_sqlite():
        session.execute(POST, {"channel": CHANNEL, "said": f"{topic} {mark}"})


@dataclass(eq=False)
class _Topic:
    """How far a topic has come as this process knows, and how many wait for more."""

    news: threading.Condition
    mark: int = -1
    watchers: int = 0


@dataclass(eq=False)
class Hub:
    """The one listener of a process and those who watch. `most`: so many streams at once and no more.

    Watchers must never starve those who act: each takes a thread of the web server for as long as it lasts.
    """

    url: str
    kinds: Mapping[str, Marks]
    most: int
    _topics: dict[str, _Topic] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _listener: threading.Thread | None = None

    def watch(self, topic: str) -> "Watcher | None":
        """A watcher of a topic, to be left again; None where there are too many already."""
        with self._guard:
            if sum(each.watchers for each in self._topics.values()) >= self.most:
                return None
            known = self._topics.setdefault(topic, _Topic(threading.Condition()))
            known.watchers += 1
            if self._listener is None or not self._listener.is_alive():
                self._listener = threading.Thread(target=self._listen, name="bulletin", daemon=True)
                self._listener.start()
        return Watcher(self, topic, known)

    def heard(self, topic: str, mark: int) -> None:
        """A topic has come so far; whoever waits for it is woken."""
        known = self._topics.get(topic)
        if known is not None:
            with known.news:
                if mark > known.mark:
                    known.mark = mark
                    known.news.notify_all()

    def leave(self, topic: str, known: _Topic) -> None:
        """One watcher less; what nobody watches is forgotten."""
        with self._guard:
            known.watchers -= 1
            if not known.watchers and self._topics.get(topic) is known:
                del self._topics[topic]

    def _listen(self) -> None:
        engine = create_engine(self.url, poolclass=NullPool)
        while self._wanted():
            try:
                with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                    self._follow(connection, engine)
            except DBAPIError:
                # The database is away: the streams live on, and every mark is looked at once it is back.
                threading.Event().wait(PATIENCE)

    def _wanted(self) -> bool:
        with self._guard:
            if not self._topics:
                self._listener = None
            return bool(self._topics)

    def _follow(self, connection: Connection, engine: Engine) -> None:
        changes = self._polled(connection) if engine.dialect.name == "sqlite" else self._told(connection)
        for _ in changes:
            if not self._wanted():
                return

    def _polled(self, connection: Connection) -> Iterator[None]:
        seen: tuple[int, int] | None = None
        pause = threading.Event()
        while True:
            version = connection.exec_driver_sql("PRAGMA data_version").scalar_one(), len(self._topics)
            if version != seen:
                self._look(connection)
                seen = version
            yield
            pause.wait(EVERY)

    def _told(self, connection: Connection) -> Iterator[None]:
        connection.exec_driver_sql(f"LISTEN {CHANNEL}")
        self._look(connection)
        driver: Any = connection.connection.driver_connection
        while True:
            for notice in driver.notifies(timeout=PATIENCE, stop_after=1):
                topic, _, mark = notice.payload.rpartition(" ")
                self.heard(topic, int(mark))
            yield

    def _look(self, connection: Connection) -> None:
        numbers: dict[str, set[int]] = defaultdict(set)
        for topic in tuple(self._topics):
            kind, _, watched = topic.partition(":")
            numbers[kind].add(int(watched))
        for kind, marks in self.kinds.items():
            if numbers[kind]:
                for number, mark in connection.execute(marks(numbers[kind])):
                    self.heard(f"{kind}:{number}", mark)


@dataclass(eq=False)
class Watcher:
    """One who watches; to be left when the stream ends, however it ends."""

    hub: Hub
    topic: str
    known: _Topic
    _left: bool = False

    def events(self, after: int) -> Iterator[str]:
        """Server-sent events: every mark beyond `after`, with the mark as `id`, so that whoever comes back goes on."""
        try:
            yield "retry: 2000\n\n"
            for _ in range(LASTING):
                mark = self.wait(after, HEARTBEAT)
                if mark is None:
                    yield ": still here\n\n"
                else:
                    after = mark
                    yield f"id: {mark}\ndata: {mark}\n\n"
        finally:
            self.leave()

    def wait(self, after: int, seconds: float) -> int | None:
        """The mark once it is beyond `after`; None where it stays for so long."""
        with self.known.news:
            risen = self.known.news.wait_for(lambda: self.known.mark > after, timeout=seconds)
            return self.known.mark if risen else None

    def leave(self) -> None:
        """No longer watching; at most once."""
        if not self._left:
            self._left = True
            self.hub.leave(self.topic, self.known)
