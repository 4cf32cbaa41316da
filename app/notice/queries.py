"""The in-box."""

from datetime import datetime
from functools import lru_cache

from sqlalchemy import BigInteger, Select, bindparam, func, select

from app.audit import services as audit
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


def unread(party_id: int) -> tuple[int, tuple[int, str, datetime] | None]:
    """How many notices wait to be read; and the newest signed head, which every page that shows this shows as well."""
    waiting, size, root, at = db.session.connection().execute(_unread(), {"party": party_id}).one()
    return waiting, None if size is None or root is None or at is None else (size, root, at)


@lru_cache(maxsize=1)
def _unread() -> Select[int, int | None, str | None, datetime | None]:
    waiting = select(func.count()).select_from(Notice)
    mine = Notice.party_id == bindparam("party", type_=BigInteger())
    return audit.head_beside(waiting.where(mine, Notice.read_at.is_(None)).scalar_subquery())
