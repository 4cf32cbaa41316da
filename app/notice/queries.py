"""The in-box."""

from sqlalchemy import func, select

from app.database import db
from app.notice.models import Notice
from app.web.paging import Listing, listing, parsed

SIZE = 20


def inbox(party_id: int, *, after: str | None = None) -> Listing[Notice]:
    """An organisation's notices, newest first."""
    query = select(Notice).where(Notice.party_id == party_id).order_by(Notice.id.desc()).limit(SIZE + 1)
    key = parsed(after, (int,))
    if key is not None:
        query = query.where(Notice.id < key[0])
    return listing(db.session.execute(query).scalars().all(), size=SIZE, key=lambda row: (row.id,))


def unread(party_id: int) -> int:
    """How many notices wait to be read."""
    return db.session.execute(
        select(func.count()).select_from(Notice).where(Notice.party_id == party_id, Notice.read_at.is_(None))
    ).scalar_one()
