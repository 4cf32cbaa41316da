"""A client that costs little: eight connections kept open, each asking the same again as soon as it was answered."""

import re
import selectors
import socket
import time

CONNECTIONS = 8
ANSWER_SECONDS = 30.0
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Unanswered(Exception):
    """What came back is not the 200 that was asked for."""


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


def body(port: int, path: str) -> bytes:
    """The body of one answer."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS)
    with connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        answer = bytearray()
        while not _whole(connection, answer, path):
            pass
    return bytes(answer.partition(b"\r\n\r\n")[2])


def _whole(connection: socket.socket, answer: bytearray, path: str) -> bool:
    part = connection.recv(1 << 18)
    if not part:
        raise Unanswered(f"{path}: the connection was closed")
    answer += part
    end = answer.find(b"\r\n\r\n")
    if end < 0:
        return False
    length = _LENGTH.search(answer, 0, end)
    if not answer.startswith(b"HTTP/1.1 200 ") or length is None:
        raise Unanswered(f"{path}: {bytes(answer[:end])!r}")
    return len(answer) >= end + 4 + int(length[1])
