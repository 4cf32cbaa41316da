"""Who watches a page hears that something on it has changed: one listener in a process, and no connection a watcher.

A topic (`<kind>:<name>`) has a mark that only rises. News say the topic, its mark and what everybody may see there,
made once for all who watch; what only one reader may see he asks for over the page's own address, by its own rules.
PostgreSQL tells of a commit by itself (LISTEN); on SQLite the listener asks a few times a second whether anything was
committed. Both look once more at every mark when they begin.
"""

import logging
import resource
import socket
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, Select, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from app.database import is_sqlite

log = logging.getLogger("market.bulletin")

CHANNEL = "bulletin"
POST = text("SELECT pg_notify(:channel, :said)")

EVERY = 0.1
"""Seconds between two questions to SQLite whether anything was committed; no more than a glance at a shared page."""

PATIENCE = 1.0
"""Seconds after which the listener looks whether it is still wanted, and waits before it connects again."""

HEARTBEAT = 15.0
"""Seconds of silence after which a watcher is told that the stream lives, and a vanished one is noticed."""

LASTING = 40
"""Heartbeats, at the most, of one stream: then the browser asks again, perhaps of a newer process."""

RETRY = b"retry: 2000\n\n"
ALIVE = b": still here\n\n"

SPARE_FILES = 256
"""Open files that a process keeps for everything else."""

Marks = Callable[[Collection[str]], Select[str, int]]
"""The present marks of these names of a kind; what has none is left out."""

News = Callable[[str, int, int], str]
"""What everybody may see of a name that has come from a mark to another, in one line of text.

Nothing that the public page would not show; the same for ever.
"""

Told = Callable[[str, int, int], str | None]
"""The same of a topic; None where nothing is told with its mark."""


class Full(Exception):
    """No room for another stream: of all that watch, of this reader, or of those that hold a thread."""


def post(session: Session, topic: str, mark: int) -> None:
    """Tell the watchers, with the commit of the act that calls and never before it; nothing where it rolls back."""
    if not is_sqlite():
        session.execute(POST, {"channel": CHANNEL, "said": f"{topic} {mark}"})


def event(mark: int, said: str | None = None) -> bytes:
    """One server-sent event: what is seen at the mark, or the mark alone; its `id` is where whoever comes back was."""
    return f"id: {mark}\ndata: {mark if said is None else said}\n\n".encode()


@dataclass(eq=False)
class Topic:
    """How far a topic has come as this process knows, who waits for more, and what was told of each mark.

    `event` tells of `mark`. What stood at a mark never changes: it is made once for all who ask while anybody watches.
    """

    name: str
    news: threading.Condition = field(default_factory=threading.Condition)
    mark: int = -1
    event: bytes = b""
    watchers: "set[Watcher]" = field(default_factory=set)
    told: dict[int, bytes] = field(default_factory=dict)


@dataclass(eq=False)
class Hub:
    """The one listener of a process and those who watch, by topic.

    `most`: so many streams that hold a thread, `streams`: so many in all, `each`: so many of one reader. Watchers must
    never starve those who act: under the server that `market run` starts a stream leaves its thread at once
    (`Watcher.take`), and the listener itself writes to all. `news`: what is told with a mark; `told` calls it where
    the market can be read, and says None where that fails: then the mark is told alone.
    """

    url: str
    kinds: Mapping[str, Marks]
    most: int
    streams: int
    each: int
    told: Told = lambda topic, after, mark: None
    _readers: Counter[str] = field(default_factory=Counter)
    _topics: dict[str, Topic] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _listener: threading.Thread | None = None
    _beat: float = 0.0

    def watch(self, topic: str, *, after: int, reader: str = "", threaded: bool = False) -> "Watcher":
        """A watcher of what goes beyond `after`; to be left again, or taken over by the listener.

        `threaded`: it will hold its thread. Raises `Full`.
        """
        with self._guard:
            if self._listener is None:
                self.streams = max(1, min(self.streams, _many_files() - SPARE_FILES))
            full = self._readers.total() >= self.streams or self._readers[reader] >= self.each
            if full or (threaded and self._is_full()):
                raise Full(topic)
            known = self._topics.setdefault(topic, Topic(topic))
            watcher = Watcher(self, known, after, reader)
            known.watchers.add(watcher)
            self._readers[reader] += 1
            if self._listener is None:
                self._beat = time.monotonic() + HEARTBEAT
                self._listener = threading.Thread(target=self._listen, name="bulletin", daemon=True)
                self._listener.start()
        return watcher

    def is_full(self) -> bool:
        """Whether as many threads as may be wait for news."""
        with self._guard:
            return self._is_full()

    def _is_full(self) -> bool:
        waiting = sum(watcher.connection is None for each in self._topics.values() for watcher in each.watchers)
        return waiting >= self.most

    def known(self, topic: str) -> Topic | None:
        """A topic that is being watched."""
        return self._topics.get(topic)

    def heard(self, topic: str, mark: int) -> None:
        """A topic has come so far; whoever waits for it is told, also of what everybody may see there.

        That is made before the topic is locked, so that nobody who comes or goes waits for it; of two who make the
        same, or an older one, the first further mark stays.
        """
        known = self._topics.get(topic)
        if known is None:
            return
        since = known.mark
        wanted = mark > since and any(watcher.after < mark for watcher in tuple(known.watchers))
        said = event(mark, self.told(topic, since, mark) if wanted else None)
        with known.news:
            if mark > known.mark:
                known.mark, known.event = mark, said
                known.news.notify_all()
            for watcher in tuple(known.watchers):
                watcher.tell()

    def leave(self, watcher: "Watcher") -> None:
        """One watcher less; what nobody watches is forgotten."""
        with self._guard:
            if watcher in watcher.topic.watchers:
                watcher.topic.watchers.discard(watcher)
                self._readers[watcher.reader] -= 1
                # A counter keeps what came down to nought.
                self._readers = +self._readers
            if not watcher.topic.watchers and self._topics.get(watcher.topic.name) is watcher.topic:
                del self._topics[watcher.topic.name]

    def _listen(self) -> None:
        engine = create_engine(self.url, poolclass=NullPool)
        pause = threading.Event()
        while self._wanted():
            try:
                with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                    for _ in self._changes(connection, engine, pause):
                        if not self._wanted():
                            return
            except DBAPIError:
                # The database is away: the streams live on, and every mark is looked at once it is back.
                pause.wait(PATIENCE)

    def _wanted(self) -> bool:
        self._keep_alive()
        with self._guard:
            if not self._topics:
                self._listener = None
            return bool(self._topics)

    def _keep_alive(self) -> None:
        if time.monotonic() < self._beat:
            return
        self._beat = time.monotonic() + HEARTBEAT
        for known in tuple(self._topics.values()):
            with known.news:
                for watcher in tuple(known.watchers):
                    watcher.beat()

    def _changes(self, connection: Connection, engine: Engine, pause: threading.Event) -> Iterator[None]:
        if engine.dialect.name == "sqlite":
            return self._polled(connection, pause)
        return self._told(connection)

    def _polled(self, connection: Connection, pause: threading.Event) -> Iterator[None]:
        seen: tuple[int, frozenset[str]] | None = None
        while True:
            standing = connection.exec_driver_sql("PRAGMA data_version").scalar_one(), frozenset(self._topics)
            if standing != seen:
                self._look(connection)
                seen = standing
            # A reading transaction would see the same state for ever.
            connection.rollback()
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
        names: dict[str, set[str]] = defaultdict(set)
        for topic in tuple(self._topics):
            kind, _, watched = topic.partition(":")
            names[kind].add(watched)
        for kind, marks in self.kinds.items():
            if names[kind]:
                for name, mark in connection.execute(marks(names[kind])):
                    self.heard(f"{kind}:{name}", mark)


@dataclass(eq=False)
class Watcher:
    """One who watches; `connection` once the listener writes to it by itself."""

    hub: Hub
    topic: Topic
    after: int
    reader: str = ""
    connection: socket.socket | None = None
    left: int = LASTING

    def events(self) -> Iterator[bytes]:
        """The stream for a server that gives each one a thread: every mark beyond `after`."""
        try:
            yield RETRY
            for _ in range(LASTING):
                yield self.topic.event if self.waited(HEARTBEAT) else ALIVE
        finally:
            self.hub.leave(self)

    def waited(self, seconds: float) -> bool:
        """Whether the mark went beyond `after` within so long; `after` is then the mark."""
        with self.topic.news:
            risen = self.topic.news.wait_for(lambda: self.topic.mark > self.after, timeout=seconds)
            self.after = max(self.after, self.topic.mark)
            return risen

    def take(self, connection: socket.socket, head: bytes) -> None:
        """From here on the listener writes to this connection, and closes it; `head` goes first."""
        connection.setblocking(False)
        with self.topic.news:
            self.connection = connection
            self._send(head + RETRY)
            self.tell()

    def tell(self) -> None:
        """Under the topic's lock: its mark, where this one does not know it."""
        if self.topic.mark > self.after and self.connection is not None:
            self.after = self.topic.mark
            self._send(self.topic.event)

    def beat(self) -> None:
        """Under the topic's lock: that the stream lives, so many times."""
        self.left -= 1
        if self.connection is not None:
            self._send(ALIVE)
            if self.left <= 0:
                self.end()

    def _send(self, said: bytes) -> None:
        if self.connection is None:
            return
        try:
            whole = self.connection.send(said) == len(said)
        except OSError:
            whole = False
        if not whole:
            # Gone, or too slow to hear it: the browser comes back by itself and says what it heard last.
            self.end()

    def end(self) -> None:
        """No longer watching: the connection is closed, where the listener had it."""
        if self.connection is not None:
            with suppress(OSError):
                self.connection.close()
        self.hub.leave(self)


def _many_files() -> int:
    """Each watcher is an open file of the process: as many as the system allows it; how many that is."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return allowed if allowed != resource.RLIM_INFINITY else sys.maxsize


def teller(news: Mapping[str, News], *, within: Callable[[], AbstractContextManager[object]]) -> Told:
    """What a hub tells with a mark: the kind's own news, made `within` what reading the market needs.

    News that cannot be made must not keep the mark from being told: everybody then asks for himself.
    """

    def told(topic: str, after: int, mark: int) -> str | None:
        kind, _, name = topic.partition(":")
        if kind not in news:
            return None
        try:
            with within():
                return news[kind](name, after, mark)
        except Exception:
            log.exception("no news of %s at %d", topic, mark)
            return None

    return told
