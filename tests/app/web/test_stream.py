"""A stream is told by the listener: the thread it came in by is free again at once."""

import socket

from app.web.stream import CONNECTION, bulletin, stream


def test_a_stream_leaves_its_thread_and_hears_of_what_follows(app):
    here, there = socket.socketpair()
    with there:
        with app.test_request_context("/"):
            answer = app.make_response(stream("auction:nothing", present=lambda: 3, after=3))
        with here:
            said = b"".join(answer({CONNECTION: here, "REQUEST_METHOD": "GET"}, lambda *_: None))
        assert said == b""
        assert there.recv(1 << 12).endswith(b"retry: 2000\n\n")
        bulletin().heard("auction:nothing", 4)
        assert there.recv(1 << 12) == b"id: 4\ndata: 4\n\n"
        answer.watcher.end()
        assert there.recv(1 << 12) == b""
