"""A client that costs little: eight connections kept open, each asking the same again as soon as it was answered."""

import re
import selectors
import socket
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

CONNECTIONS = 8
ANSWER_SECONDS = 30.0
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Unanswered(Exception):
    """What came back is not what was asked for."""


def rate(port: int, path: str, *, seconds: float) -> float:
    """Answers a second of one address at 127.0.0.1. Raises `Unanswered` for anything but a 200 of known length."""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: keep-alive\r\n\r\n".encode()
    waiting: dict[socket.socket, bytearray] = {}
    with selectors.DefaultSelector() as ready:
        try:
            for _ in range(CONNECTIONS):
                connection = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS)
                waiting[connection] = bytearray()
                ready.register(connection, selectors.EVENT_READ, connection)
            before = time.perf_counter()
            for connection in waiting:
                connection.sendall(request)
            answered = 0
            while (passed := time.perf_counter() - before) < seconds:
                for key, _ in ready.select(ANSWER_SECONDS):
                    connection = key.data
                    if _whole(connection, waiting[connection], path):
                        answered += 1
                        waiting[connection].clear()
                        connection.sendall(request)
            return answered / passed
        finally:
            for connection in waiting:
                connection.close()


@dataclass(frozen=True)
class Asked:
    """One request, the status it must be answered with, and what must stand in the answer."""

    request: bytes
    status: int = 200
    holds: bytes = b""


@dataclass
class Answered:
    """How long each request waited for its whole answer, and how long all of them took; in seconds."""

    waits: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.waits) / self.seconds


def answered(port: int, rows: Iterable[Iterable[Asked]]) -> Answered:
    """Ask everything once from eight connections; the requests of a row one after the other on the same one.

    Raises `Unanswered` for anything but the answer that a request names.
    """
    waiting, found = deque(rows), Answered()
    busy: dict[socket.socket, tuple[Iterator[Asked], Asked, float, bytearray]] = {}
    with selectors.DefaultSelector() as ready:

        def go_on(connection: socket.socket, row: Iterator[Asked]) -> None:
            asked = next(row, None)
            while asked is None and waiting:
                row = iter(waiting.popleft())
                asked = next(row, None)
            if asked is None:
                ready.unregister(connection)
                connection.close()
                return
            busy[connection] = row, asked, time.perf_counter(), bytearray()
            connection.sendall(asked.request)

        try:
            connections = [socket.create_connection(("127.0.0.1", port), ANSWER_SECONDS) for _ in range(CONNECTIONS)]
            before = time.perf_counter()
            for connection in connections:
                ready.register(connection, selectors.EVENT_READ)
                go_on(connection, iter(()))
            while busy:
                events = ready.select(ANSWER_SECONDS)
                if not events:
                    raise Unanswered(f"{len(busy)} connections wait")
                for key, _ in events:
                    connection = key.fileobj  # type: ignore[assignment]
                    row, asked, since, answer = busy[connection]
                    if _whole(connection, answer, asked.request.partition(b"\r")[0].decode(), asked.status):
                        found.waits.append(time.perf_counter() - since)
                        if asked.holds not in answer:
                            raise Unanswered(f"{asked.holds!r} is missing in {bytes(answer)!r}")
                        del busy[connection]
                        go_on(connection, row)
            found.seconds = time.perf_counter() - before
            return found
        finally:
            for connection in busy:
                connection.close()


def body(port: int, path: str) -> bytes:
    """The body of one answer."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS)
    with connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        answer = bytearray()
        while not _whole(connection, answer, path):
            pass
    return bytes(answer.partition(b"\r\n\r\n")[2])


def _whole(connection: socket.socket, answer: bytearray, path: str, status: int = 200) -> bool:
    part = connection.recv(1 << 18)
    if not part:
        raise Unanswered(f"{path}: the connection was closed")
    answer += part
    end = answer.find(b"\r\n\r\n")
    if end < 0:
        return False
    length = _LENGTH.search(answer, 0, end)
    if not answer.startswith(b"HTTP/1.1 %d " % status) or length is None:
        raise Unanswered(f"{path}: {bytes(answer[:end])!r}")
    return len(answer) >= end + 4 + int(length[1])
