"""Where the bytes of documents lie once they are made: the market's own, apart from what people hand in."""

import hashlib
import tempfile
from pathlib import Path

from app import built
from app.refusal import NotFound
from app.settings import Settings


def path(sha256: str) -> Path:
    """Where a document lies. Raises `NotFound` for what is no SHA-256, so that no path can be smuggled in."""
    if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
        raise NotFound("paper")
    settings: Settings = built.part("settings")
    return settings.instance / "papers" / sha256[:2] / f"{sha256}.pdf"


def keep(content: bytes) -> str:
    """Store a document; its SHA-256. The same again is the same file. Called before an act, never inside one."""
    sha256 = hashlib.sha256(content).hexdigest()
    place = path(sha256)
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile(dir=place.parent, prefix="making-", delete=False) as draft:
            draft.write(content)
        Path(draft.name).replace(place)
    return sha256


def read(sha256: str) -> bytes | None:
    """The bytes of a document as they were made; None where they are gone or not the same any more."""
    place = path(sha256)
    if not place.is_file():
        return None
    content = place.read_bytes()
    return content if hashlib.sha256(content).hexdigest() == sha256 else None
