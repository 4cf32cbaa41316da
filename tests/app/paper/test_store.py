"""Documents stay as they were made."""

import pytest
from flask import Flask

from app.paper import store
from app.refusal import NotFound


def test_what_is_kept_is_read_again(app: Flask) -> None:
    sha256 = store.keep(b"a document")
    assert store.keep(b"a document") == sha256
    assert store.read(sha256) == b"a document"
    assert not list(store.path(sha256).parent.glob("making-*"))


def test_what_was_changed_or_lost_is_not_the_document(app: Flask) -> None:
    sha256 = store.keep(b"another document")
    store.path(sha256).write_bytes(b"forged")
    assert store.read(sha256) is None
    store.path(sha256).unlink()
    assert store.read(sha256) is None


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "AB" * 32, "zz" * 32])
def test_no_path_can_be_smuggled_in(app: Flask, name: str) -> None:
    with pytest.raises(NotFound):
        store.path(name)
