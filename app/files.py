"""Uploaded files: which kinds the market takes, where their bytes lie, and until when an unnamed one stays.

A file is handed in before the act that names it; the act's input carries the SHA-256 and the act keeps it (`keep`).
"""

import hashlib
import io
import json
import os
import re
import tempfile
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from flask import Response, send_file
from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from app import built
from app.act import Deed, chore
from app.clock import clock
from app.database import BIG, Base, db, is_sqlite
from app.refusal import NotFound, Refusal, Refused
from app.settings import Settings

LARGEST = 20 * 1024 * 1024
"""Bytes of one file; the market's own limit."""

UNPACKED_LARGEST = 200 * 1024 * 1024
"""Bytes that a docx or xlsx may unfold to; more is a zip bomb."""

UNNAMED_FOR = timedelta(hours=24)
"""How long a file stays that no act has named, in real time (interface.md, Machine API)."""

WAITING_MOST = 1024 * 1024 * 1024
"""Bytes that one account may hand in before an act names them: more than any act takes, and no full disk (inferred)."""

CHUNK = 1024 * 1024
UPLOADS = 7_301_115
"""The advisory lock under which stored bytes come and go on PostgreSQL; on SQLite the write lock does."""

PDF = "application/pdf"
PNG = "image/png"
JPEG = "image/jpeg"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SEALED = "application/octet-stream"
"""What nobody can read before its box is opened; never sent as it lies."""

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
CSV = "text/csv"
TYPES = {PDF: ".pdf", PNG: ".png", JPEG: ".jpg", XLSX: ".xlsx", DOCX: ".docx", CSV: ".csv"}
"""What the market can keep, with the ending a download gets."""

PLAIN = frozenset({PDF, PNG, JPEG})
PAPERS = PLAIN | {XLSX, DOCX}
"""What may be handed in as a document."""

TABLES = frozenset({XLSX, CSV})
"""What may be handed in as a table to be read row by row."""

BINARY = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
"""What no table of text contains."""

OFFICE = {"word/document.xml": DOCX, "xl/workbook.xml": XLSX}


UNNAMED = text("kept_by IS NULL")


class FileRefused(Refused):
    """A file the market does not take; the machine API answers 422, a page shows the sentence beside its field."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored file: SHA-256 in hex, size in bytes, media type."""

    sha256: str
    size: int
    type: str


class Upload(Base):
    """Who handed in which file, in real time; `kept_by` is the subject of the act that named it."""

    __tablename__ = "upload"
    __table_args__ = (
        CheckConstraint("size > 0", name="not_empty"),
        Index("ix_upload_unnamed", "at", postgresql_where=UNNAMED, sqlite_where=UNNAMED),
    )

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(BIG, ForeignKey("account.id"), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    type: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    kept_by: Mapped[str | None] = mapped_column(String(80))


def folder() -> Path:
    """Where the bytes lie: `files/` of the instance folder."""
    settings: Settings = built.part("settings")
    return settings.instance / "files"


def path(sha256: str) -> Path:
    """Where the bytes of a file lie. Raises `NotFound` for what is no SHA-256, so that no path can be smuggled in."""
    if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
        raise NotFound("file")
    return folder() / sha256[:2] / sha256


def store(stream: BinaryIO, *, account_id: int, name: str, kinds: Collection[str] = PAPERS) -> Stored:
    """Take a file in: read it, judge it by its content, keep it; the same file again is the same row.

    Called before an act, never inside one. `name` is what the uploader called it, `kinds` the media types wanted.
    Raises `FileRefused` with code `file_empty`, `file_too_large`, `file_type` or `files_waiting`.
    """
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, waiting = tempfile.mkstemp(dir=folder(), prefix="incoming-")
    try:
        with os.fdopen(handle, "w+b") as incoming:
            digest, size = _copied(stream, incoming)
            found = Stored(digest, size, _wanted(incoming, kinds))
        with _uploads() as session:
            _note(session, found, account_id=account_id, name=name)
            path(digest).parent.mkdir(exist_ok=True, mode=0o700)
            Path(waiting).replace(path(digest))
        return found
    finally:
        Path(waiting).unlink(missing_ok=True)


def content(stream: BinaryIO, *, kinds: Collection[str] = PAPERS) -> bytes:
    """What somebody hands in, judged as `store` judges it, and kept nowhere. Raises `FileRefused`."""
    taken = io.BytesIO()
    _copied(stream, taken)
    _wanted(taken, kinds)
    return taken.getvalue()


def store_sealed(box: bytes, *, account_id: int) -> str:
    """Keep a sealed box as a file; its SHA-256, under which an act names it. Nothing is told of what is in it."""
    digest = hashlib.sha256(box).hexdigest()
    with _uploads() as session:
        _note(session, Stored(digest, len(box), SEALED), account_id=account_id, name="")
        path(digest).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        waiting = path(digest).with_suffix(".incoming")
        waiting.write_bytes(box)
        waiting.replace(path(digest))
    return digest


def known(sha256: str, *, account_id: int | None = None) -> Stored | None:
    """A stored file; with `account_id` only where this very account handed it in. What lies sealed is none.

    Whether an input may name a file asks with the account: whoever only knows a hash must not get at another's file.
    """
    query = select(Upload).where(Upload.sha256 == sha256, Upload.type != SEALED)
    if account_id is not None:
        query = query.where(Upload.account_id == account_id)
    row = db.session.execute(query.limit(1)).scalar_one_or_none()
    return None if row is None else Stored(row.sha256, row.size, row.type)


def keep(deed: Deed, sha256s: Collection[str], *, by: str, sealed: bool = False) -> None:
    """A step: the files that the act names stay for good; `by` is the thing they belong to, `<kind>:<number>`.

    `sealed`: they are boxes; elsewhere a box is no file, since whom it is shown to could not read it. Raises `Refused`
    (code `file_unknown`) for a file that the actor's account did not hand in, or too long ago.
    """
    kind = Upload.type == SEALED if sealed else Upload.type != SEALED
    for sha256 in sha256s:
        row = deed.session.execute(
            select(Upload)
            .where(Upload.sha256 == sha256, Upload.account_id == deed.actor.account_id, kind)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).scalar_one_or_none()
        if row is None:
            raise Refused([Refusal("file_unknown", field="file")])
        if row.kept_by is None:
            row.kept_by = by


def expire(now: datetime) -> int:
    """Remove files that no act has named for 24 h; how many. `now` is real time."""
    late = (Upload.kept_by.is_(None), Upload.at <= now - UNNAMED_FOR)
    if db.session.execute(select(Upload.sha256).where(*late).limit(1)).first() is None:
        return 0
    with _uploads() as session:
        rows = session.execute(select(Upload).where(*late).with_for_update()).scalars().all()
        for row in rows:
            session.delete(row)
        session.flush()
        for sha256 in {row.sha256 for row in rows}:
            if session.execute(select(Upload.sha256).where(Upload.sha256 == sha256).limit(1)).first() is None:
                path(sha256).unlink(missing_ok=True)
        return len(rows)


def send(sha256: str, *, name: str | None = None) -> Response:
    """The download of a file, for a view that has already decided who may have it. Raises `NotFound`."""
    found = known(sha256)
    if found is None or not path(sha256).is_file():
        raise NotFound("file")
    return send_file(
        path(sha256),
        mimetype=found.type,
        as_attachment=True,
        download_name=name or sha256[:12] + TYPES[found.type],
        etag=sha256,
        conditional=True,
    )


# Parcels: many documents in one file


@dataclass(frozen=True, slots=True)
class Piece:
    """One member of a parcel: its name, its SHA-256 and size, and its bytes, where they lie, or how they are opened."""

    name: str
    sha256: str
    size: int
    content: bytes = b""
    path: Path | None = None
    opened: Callable[[], bytes] | None = None


MANIFEST = "MANIFEST.json"


def document(name: str, members: Any) -> Piece:
    """A JSON document of a parcel; members in a fixed order, readable."""
    content = (json.dumps(members, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()
    return Piece(name, hashlib.sha256(content).hexdigest(), len(content), content)


def stored(name: str, sha256: str) -> Piece | None:
    """A stored file as a member of a parcel, with the ending of its type; None where its bytes are gone."""
    found = known(sha256)
    if found is None or not path(sha256).is_file():
        return None
    return Piece(name + TYPES[found.type], sha256, found.size, path=path(sha256))


def parcel(pieces: Iterable[Piece], *, about: Mapping[str, Any]) -> Iterator[bytes]:
    """A zip of the pieces and a manifest with the SHA-256 of each, chunk by chunk: never more than one in memory, or of
    what lies sealed one file.

    The same pieces give the same bytes: names sorted, fixed times, nothing compressed. `about` opens the manifest.
    Raises `ValueError` in the midst where a stored file is not the one that was handed in.
    """
    known = sorted(pieces, key=lambda piece: piece.name)
    yield from packed(manifest(known, about=about), known)


def manifest(pieces: Iterable[Piece], *, about: Mapping[str, Any]) -> Piece:
    """What opens a parcel: `about`, and every piece with its SHA-256 and size, by name."""
    known = sorted(pieces, key=lambda piece: piece.name)
    listed = [{"name": piece.name, "sha256": piece.sha256, "size": piece.size} for piece in known]
    return document(MANIFEST, {**about, "files": listed})


def packed(manifest: Piece, pieces: Iterable[Piece]) -> Iterator[bytes]:
    """The zip of a manifest and of pieces that it lists, as `parcel` makes it; not every one need be there."""
    out = _Drained()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as packed:
        for piece in (manifest, *sorted(pieces, key=lambda piece: piece.name)):
            entry = zipfile.ZipInfo(piece.name)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            digest = hashlib.sha256()
            with packed.open(entry, "w") as member:
                for chunk in _chunks(piece):
                    digest.update(chunk)
                    member.write(chunk)
                    yield out.drain()
            if digest.hexdigest() != piece.sha256:
                raise ValueError(f"{piece.name} is not the file that was handed in")
    yield out.drain()


def _chunks(piece: Piece) -> Iterator[bytes]:
    if piece.path is None:
        yield piece.content if piece.opened is None else piece.opened()
        return
    with piece.path.open("rb") as content:
        while chunk := content.read(CHUNK):
            yield chunk


class _Drained(io.RawIOBase):
    """Where a zip is written that is sent while it grows: it cannot be read back, and keeps only what waits."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, chunk: Any, /) -> int:
        self._waiting += chunk
        return len(chunk)

    def drain(self) -> bytes:
        waiting, self._waiting = bytes(self._waiting), bytearray()
        return waiting


@contextmanager
def _uploads() -> Iterator[Session]:
    with chore("upload") as session:
        if not is_sqlite():
            session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": UPLOADS})
        yield session


def _note(session: Session, found: Stored, *, account_id: int, name: str) -> None:
    at = clock().real()
    row = session.get(Upload, (found.sha256, account_id))
    if row is not None:
        row.at = at
        return
    unnamed = select(func.coalesce(func.sum(Upload.size), 0)).where(
        Upload.account_id == account_id, Upload.kept_by.is_(None)
    )
    if session.execute(unnamed).scalar_one() + found.size > WAITING_MOST:
        raise FileRefused([Refusal("files_waiting", field="file", params={"megabytes": WAITING_MOST // 1024**2})])
    session.add(
        Upload(
            sha256=found.sha256,
            account_id=account_id,
            size=found.size,
            type=found.type,
            name=Path(name.replace("\\", "/")).name[:200],
            at=at,
        )
    )


def _copied(stream: BinaryIO, to: BinaryIO) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while chunk := stream.read(CHUNK):
        size += len(chunk)
        if size > LARGEST:
            raise FileRefused([Refusal("file_too_large", field="file", params={"megabytes": LARGEST // 1024**2})])
        digest.update(chunk)
        to.write(chunk)
    if size == 0:
        raise FileRefused([Refusal("file_empty", field="file")])
    to.flush()
    return digest.hexdigest(), size


def kind(content: BinaryIO) -> str | None:
    """The media type by content, None for whatever the market does not keep; the name and the browser do not count."""
    content.seek(0)
    head = content.read(2048)
    if not head:
        return None
    if head.startswith(b"PK\x03\x04"):
        return _office(content)
    found = _plain(head)
    if found is None and not BINARY.search(head.decode("latin-1")):
        content.seek(0)
        return CSV if decoded(content.read()) is not None else None
    return found


def decoded(content: bytes) -> str | None:
    """The text of a table: UTF-8 with or without BOM, else GB18030 as offices save it; None where it is neither."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            found = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if BINARY.search(found) else found
    return None


def _wanted(content: BinaryIO, kinds: Collection[str]) -> str:
    found = kind(content)
    if found is None or found not in kinds:
        raise FileRefused([Refusal("table_type" if CSV in kinds else "file_type", field="file")])
    return found


def _plain(head: bytes) -> str | None:
    # Its tables take a fifth of a second to load: only whoever hands in a file waits for them.
    import puremagic

    try:
        kind = str(puremagic.magic_string(head)[0].mime_type)
    except puremagic.PureError:
        return None
    return kind if kind in PLAIN else None


def _office(content: BinaryIO) -> str | None:
    """The media type of an Office document: a zip with its main part, no macros, and a bounded size when unfolded."""
    try:
        with zipfile.ZipFile(content) as packed:
            parts = packed.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return None
    names = {part.filename for part in parts}
    if (
        "[Content_Types].xml" not in names
        or any(name.lower().endswith("vbaproject.bin") for name in names)
        or sum(part.file_size for part in parts) > UNPACKED_LARGEST
    ):
        return None
    kinds = [kind for main, kind in OFFICE.items() if main in names]
    return kinds[0] if len(kinds) == 1 else None
