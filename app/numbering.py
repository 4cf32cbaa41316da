"""Public numbers: `<region>-<year>-<six digits>` and its kin, given when a thing becomes public (rules.md §4.1)."""

from datetime import datetime

from sqlalchemy import Integer, String, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from app.act import Deed
from app.database import Base, is_sqlite
from app.values import SHANGHAI


class Counter(Base):
    """The last number given, per region, year of publication in Asia/Shanghai, and kind."""

    __tablename__ = "counter"

    region: Mapped[str] = mapped_column(String(6), primary_key=True)
    year: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(1), primary_key=True)
    last: Mapped[int]


def next_no(deed: Deed, *, region: str, kind: str = "") -> str:
    """The next number: `N` need, `Q` credential, `T` price table, `S` sanction, `` announcement; consecutive."""
    year = _year(deed.now)
    key = {"region": region, "year": year, "kind": kind}
    insert = sqlite.insert if is_sqlite() else postgresql.insert
    # The first number of a year may be wanted by two acts at once: one of them makes the row, both then lock it.
    deed.session.execute(insert(Counter).values(**key, last=0).on_conflict_do_nothing())
    counter = deed.session.execute(
        select(Counter).filter_by(**key).with_for_update().execution_options(populate_existing=True)
    ).scalar_one()
    counter.last += 1
    deed.session.flush()
    return f"{region}-{year}-{kind}{counter.last:06d}"


def part(no: str, kind: str, place: int) -> str:
    """A thing of an announcement: `…-A01` an award, `…-C01` a contract, `…-D01` a deliverable, `…-Y01` an objection.

    Of a contract `…-C01-G01`: its archive, `-G02` the first supplement.
    """
    return f"{no}-{kind}{place:02d}"


def _year(instant: datetime) -> int:
    return instant.astimezone(SHANGHAI).year
