"""The region tree: paths upward for rulebooks and calendars, branches downward for lists."""

from functools import cache

from sqlalchemy import Select, select

from app.database import db
from app.region import rules
from app.region.models import Authority, Region


@cache
def path(code: str) -> tuple[str, ...]:
    """From a division upwards to the province: 450803 → 450800 → 450000; remembered, lists ask it for every row."""
    return rules.path(code)


def under(code: str) -> str:
    """The prefix that all divisions of a branch share: a list filters by it."""
    return code[:2] if code.endswith("0000") else code[:4] if code.endswith("00") else code


def row(code: str) -> Select[Region]:
    """The row of a division, to be locked."""
    return select(Region).where(Region.code == code)


def is_known(code: str) -> bool:
    """Whether the tree has this division."""
    return db.session.get(Region, code) is not None


def name(code: str) -> str:
    """A division's name, its code where it is unknown."""
    found = db.session.get(Region, code)
    return code if found is None else found.name


def choices() -> list[tuple[str, str]]:
    """All divisions for a form, cities before their counties."""
    return [(row.code, row.name) for row in db.session.execute(select(Region).order_by(Region.code)).scalars()]


def authorities() -> dict[str, str]:
    """Authority codes and their names."""
    return {row.code: row.name for row in db.session.execute(select(Authority).order_by(Authority.code)).scalars()}
