"""The in-box."""

from datetime import datetime

from sqlalchemy import func, select

from app.database import db
from app.notice.models import Notice
from app.web.paging import Listing, listing, parsed

SIZE = 20


def inbox(party_id: int, *, after: str | None = None) -> Listing[Notice]:
    """An organisation's notices, newest first."""
    query = select(Notice).where(Notice.party_id == party_id)
    last = parsed(after, (datetime, str))
    if last is not None:
        at, ref = last
        query = query.where((Notice.at < at) | ((Notice.at == at) & (Notice.ref < ref)))
    rows = db.session.execute(query.order_by(Notice.at.desc(), Notice.ref.desc()).limit(SIZE + 1)).scalars().all()
    return listing(rows, size=SIZE, key=lambda row: (row.at.isoformat(), row.ref))


def unread(party_id: int) -> int:
    """How many notices wait to be read."""
    return db.session.execute(
        select(func.count()).select_from(Notice).where(Notice.party_id == party_id, Notice.read_at.is_(None))
    ).scalar_one()
