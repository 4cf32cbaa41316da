"""Writing notices inside the act, delivering them after it, marking them read."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from sqlalchemy import insert, select

from app import built
from app.act import Deed, chance, chore
from app.chance import letters
from app.clock import clock
from app.database import Base, db
from app.notice.models import Delivery, Notice
from app.stage import Recipient

WRITE = insert(Base.metadata.tables["notice"])
MOST_ATTEMPTS = 8


class Channel(Protocol):
    """A way out: in-app, e-mail, SMS. `send` raises `Undelivered` with a reason to be tried again."""

    name: str

    def send(self, party_id: int, text: str) -> None: ...


class Undelivered(Exception):
    """The channel could not deliver now."""


class InApp:
    """The in-box: a notice that is written has arrived."""

    name = "in-app"

    def send(self, party_id: int, text: str) -> None:
        """Nothing leaves the house."""


Tells = Mapping[str, tuple[Callable[[Deed], Iterable[Recipient]], ...]]


def post(deed: Deed) -> None:
    """Write one notice for each organisation that the act concerns; one organisation is told once."""
    tells: Tells = built.part("notices")
    told: dict[int, dict[str, Any]] = {}
    for concerned in tells.get(deed.act, ()):
        for recipient in concerned(deed):
            if recipient.party_id in told:
                continue
            body = built.part("render")(
                f"notice/{deed.act}.txt", subject=deed.subject, at=deed.now, public=deed.public, **recipient.params
            )
            told[recipient.party_id] = {
                "ref": letters(chance().secret(), 16),
                "party_id": recipient.party_id,
                "act": deed.act,
                "subject": deed.subject,
                "body": body.strip(),
                "at": deed.now,
            }
    if told:
        deed.session.connection().execute(WRITE, list(told.values()))


def deliver(limit: int = 200) -> int:
    """Hand waiting notices to each channel and record the attempt; how many arrived. Retries are in real time."""
    channels: tuple[Channel, ...] = built.part("channels")
    return sum(_deliver_through(channel, limit) for channel in channels)


def _deliver_through(channel: Channel, limit: int) -> int:
    arrived = 0
    waiting = db.session.execute(
        select(Notice.id, Notice.party_id, Notice.body)
        .outerjoin(Delivery, (Delivery.notice_id == Notice.id) & (Delivery.channel == channel.name))
        .where((Delivery.id.is_(None)) | (Delivery.delivered_at.is_(None) & (Delivery.attempts < MOST_ATTEMPTS)))
        .order_by(Notice.id)
        .limit(limit)
    ).all()
    if not waiting:
        return 0
    results: list[tuple[int, str | None]] = []
    for notice_id, party_id, body in waiting:
        try:
            channel.send(party_id, body)
            results.append((notice_id, None))
        except Undelivered as failure:
            results.append((notice_id, str(failure)))
    with chore("deliver") as session:
        tried = session.execute(
            select(Delivery).where(
                Delivery.notice_id.in_([notice_id for notice_id, _ in results]), Delivery.channel == channel.name
            )
        ).scalars()
        deliveries = {known.notice_id: known for known in tried}
        for notice_id, failed in results:
            known = deliveries.get(notice_id)
            if known is None:
                known = Delivery(notice_id=notice_id, channel=channel.name, attempts=0)
                session.add(known)
            known.attempts += 1
            known.tried_at = clock().real()
            known.error = failed
            if failed is None:
                known.delivered_at = known.tried_at
                arrived += 1
    return arrived


def mark_read(party_id: int, ref: str) -> None:
    """The organisation has seen its notice; somebody else's is left alone."""
    with chore("read") as session:
        found = session.execute(
            select(Notice).where(Notice.ref == ref, Notice.party_id == party_id)
        ).scalar_one_or_none()
        if found is not None and found.read_at is None:
            found.read_at = clock().market()
