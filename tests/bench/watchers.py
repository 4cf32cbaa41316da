"""Many who watch one auction: `python -m tests.bench.watchers PORT EVENTS STATE COUNT` tells when each mark was heard.

A process of its own, so that its work is not taken for the market's client's. It says `watching` once all are; then,
for each mark, a line of JSON: the mark, and for every watcher the instants (the system's monotonic clock, seconds) at
which the event had arrived and the state of that mark was known. An event is parsed as a browser parses it: where
it brings the state that is all; where it brings the mark alone, or leaves a gap, the state is fetched, over few
connections that stay open, as a proxy in front of the market keeps them.
"""

import json
import re
import resource
import selectors
import socket
import sys
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field

FETCHING = 32
CONNECT_SECONDS = 30.0
_EVENT = re.compile(rb"id: (\d+)\ndata: ([^\n]*)\n\n")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(eq=False)
class Stream:
    """One who watches."""

    connection: socket.socket
    mark: int
    heard: bytearray = field(default_factory=bytearray)


@dataclass(eq=False)
class Fetch:
    """A connection that fetches states, one after the other; `mark` is what it waits for."""

    connection: socket.socket
    mark: int = -1
    answer: bytearray = field(default_factory=bytearray)


class Crowd:
    """All of them."""

    def __init__(self, port: int, events: str, state: str, count: int) -> None:
        self._port, self._state, self._count = port, state, count
        self._ready = selectors.DefaultSelector()
        self._wanted: deque[int] = deque()
        self._told: dict[int, list[float]] = defaultdict(list)
        self._seen: dict[int, list[float]] = defaultdict(list)
        known = int(events.rpartition("=")[2])
        request = f"GET {events} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: text/event-stream\r\n\r\n".encode()
        for _ in range(count):
            connection = self._connected()
            connection.sendall(request)
            self._ready.register(connection, selectors.EVENT_READ, Stream(connection, mark=known))
            # Each is answered before the next one comes: what is measured is news, not the rush to the door.
            connection.recv(1 << 12, socket.MSG_PEEK)
        # Opened when there is something to fetch: a connection without a request holds a thread of the server's.
        self._idle: list[Fetch] = []
        self._open = 0

    def _connected(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self._port), CONNECT_SECONDS)

    def _fetcher(self) -> Fetch:
        connection = self._connected()
        fetch = Fetch(connection)
        self._open += 1
        self._ready.register(connection, selectors.EVENT_READ, fetch)
        return fetch

    def run(self) -> None:
        """Until the market goes."""
        while True:
            for key, _ in self._ready.select():
                if isinstance(key.data, Stream):
                    if not self._hear(key.data):
                        return
                else:
                    self._take(key.data)
            while self._wanted and (self._idle or self._open < FETCHING):
                self._ask(self._idle.pop() if self._idle else self._fetcher())

    def _hear(self, stream: Stream) -> bool:
        part = stream.connection.recv(1 << 14)
        if not part:
            return False
        stream.heard += part
        end = 0
        for found in _EVENT.finditer(stream.heard):
            end = found.end()
            mark, state = int(found[1]), json.loads(found[2])
            if mark > stream.mark:
                self._told[mark].append(time.monotonic())
                if isinstance(state, dict) and state["after"] <= stream.mark and state["mark"] == mark:
                    self._knows(mark)
                else:
                    self._wanted.append(mark)
                stream.mark = mark
        del stream.heard[:end]
        return True

    def _ask(self, fetch: Fetch) -> None:
        fetch.mark = self._wanted.popleft()
        fetch.answer.clear()
        request = f"GET {self._state}?at={fetch.mark} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n\r\n"
        try:
            fetch.connection.sendall(request.encode())
        except OSError:
            self._again(fetch)

    def _take(self, fetch: Fetch) -> None:
        try:
            part = fetch.connection.recv(1 << 16)
        except OSError:
            part = b""
        if not part:
            self._again(fetch)
            return
        fetch.answer += part
        end = fetch.answer.find(b"\r\n\r\n")
        length = _LENGTH.search(fetch.answer, 0, end) if end >= 0 else None
        if length is None or len(fetch.answer) < end + 4 + int(length[1]):
            return
        if not fetch.answer.startswith(b"HTTP/1.1 200 "):
            raise SystemExit(bytes(fetch.answer[:end]).decode())
        self._knows(fetch.mark)
        fetch.mark = -1
        self._idle.append(fetch)

    def _knows(self, mark: int) -> None:
        seen = self._seen[mark]
        seen.append(time.monotonic())
        if len(seen) == self._count:
            print(json.dumps([mark, self._told[mark], seen]), flush=True)

    def _again(self, fetch: Fetch) -> None:
        """The server lets go of connections that nobody uses."""
        self._ready.unregister(fetch.connection)
        fetch.connection.close()
        self._open -= 1
        if fetch.mark >= 0:
            self._wanted.appendleft(fetch.mark)
        if fetch in self._idle:
            self._idle.remove(fetch)


def main(arguments: list[str]) -> None:
    port, events, state, count = arguments
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    crowd = Crowd(int(port), events, state, int(count))
    print("watching", flush=True)
    crowd.run()


if __name__ == "__main__":
    main(sys.argv[1:])
