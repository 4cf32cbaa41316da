"""A stream is told by the listener: the thread it came in by is free again at once."""

import socket

from app.actor import Actor
from app.web.stream import CONNECTION, bulletin, stream


def test_a_stream_leaves_its_thread_and_hears_of_what_follows(app):
    here, there = socket.socketpair()
    with there:
        with app.test_request_context("/"):
            answer = app.make_response(stream("auction:nothing", present=lambda: 3, after=3, who=Actor.stranger()))
        with here:
            said = b"".join(answer({CONNECTION: here, "REQUEST_METHOD": "GET"}, lambda *_: None))
        assert said == b""
        assert there.recv(1 << 12).endswith(b"retry: 2000\n\n")
        bulletin().heard("auction:nothing", 4)
        assert there.recv(1 << 12) == b"id: 4\ndata: 4\n\n"
        answer.watcher.end()
        assert there.recv(1 << 12) == b""


def test_whoever_finds_no_room_is_told_to_ask_again(app):
    hub = bulletin()
    hub.each = 1
    with app.test_request_context("/", environ_overrides={"REMOTE_ADDR": "192.0.2.1"}):
        mine = stream("auction:nothing", present=lambda: 3, after=3, who=Actor.stranger())
        second = stream("auction:nothing", present=lambda: 3, after=3, who=Actor.stranger())
    assert (second.status_code, second.headers["Retry-After"]) == (503, "5")
    with app.test_request_context("/", environ_overrides={"REMOTE_ADDR": "192.0.2.2"}):
        theirs = stream("auction:nothing", present=lambda: 3, after=3, who=Actor.stranger())
    for answer in (mine, theirs):
        assert answer.status_code == 200
        answer.watcher.end()
