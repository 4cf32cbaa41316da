"""Loading divisions and authorities; housekeeping, idempotent."""

import tomllib
from pathlib import Path

from app.act import chore
from app.region.divisions import Level, divisions
from app.region.models import Authority, Region

AUTHORITIES = Path(__file__).parents[1] / "data" / "authorities.toml"


def load() -> int:
    """Write what is missing or renamed; how many rows changed."""
    changed = 0
    with chore("reference") as session:
        for division in sorted(divisions(), key=lambda found: tuple(Level).index(found.level)):
            known = session.get(Region, division.code)
            if known is None or known.name != division.name:
                session.merge(
                    Region(code=division.code, name=division.name, parent=division.parent, level=division.level)
                )
                changed += 1
        session.flush()
        for authority in tomllib.loads(AUTHORITIES.read_text("utf-8"))["authority"]:
            known_authority = session.get(Authority, authority["id"])
            if known_authority is None or known_authority.name != authority["name"]:
                session.merge(Authority(code=authority["id"], name=authority["name"]))
                changed += 1
    return changed
