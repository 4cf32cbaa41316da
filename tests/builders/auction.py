"""The auction of docs/auction, fought out through the market's own acts: `python -m tests.builders.auction` records it.

What is told is invented. Salts, seals and the log differ from one recording to the next, as they do in a market.
"""

import tempfile
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from app.actor import Actor
from app.audit.canonical import canonical
from app.clockwork import services as clockwork
from app.database import db
from app.values import SHANGHAI
from bidding.selection import queries, records
from bidding.selection.rules import first_day
from marketplace.announcement import queries as announcements
from marketplace.need.rules import Particulars
from tests.builders.agency import a_publicised, agency_of
from tests.builders.announcement import an_announcement
from tests.builders.bidding import fought
from tests.builders.credential import a_credential
from tests.builders.pricelist import a_price
from tests.builders.registration import a_registration
from tests.builders.selection import a_beacon, selection

FILE = Path(__file__).parents[2] / "docs" / "auction" / "transcript.json"

NAMES = ("桂衡测绘有限公司", "清源工程咨询有限公司", "西江勘测有限公司", "港城工程管理有限公司", "平天山测绘有限公司")
EXCLUDED = "东湖项目管理有限公司"
"""Whose licence ends between its registration and the closing."""

CEILING = 4_800_000
BIDS = (
    # who, fen, seconds after the beginning
    (0, 4_800_000, 14),
    (1, 4_760_000, 41),
    (2, 4_690_000, 75),
    (3, 4_660_000, 118),
    (0, 4_600_000, 160),
    (4, 4_520_000, 221),
    (1, 4_490_000, 275),
    (2, 4_440_000, 330),
    (4, 4_390_000, 402),
    (1, 4_360_000, 468),
    (3, 4_330_000, 515),
    (4, 4_290_000, 552),
    (1, 4_260_000, 603),
    (4, 4_220_000, 655),
    (1, 4_190_000, 702),
)


def taking_part() -> tuple[list[Actor], Actor]:
    """The five, and the one who will be excluded: all admitted, the five with a licence that lasts."""
    found = [a_publicised(f"agency{number}", name=name) for number, name in enumerate((*NAMES, EXCLUDED), 1)]
    for agency in found[:-1]:
        a_credential(agency)
    for agency in found:
        a_price(agency, "0401", price_fen=CEILING)
    ends = agency_of(found[-1]).publicity_ends_at
    if ends is None:
        raise LookupError("no publicity")
    clockwork.go_to(ends)
    db.session.rollback()
    return found[:-1], found[-1]


def held() -> str:
    """The number of the announcement, its auction fought out and its record published."""
    five, sixth = taking_part()
    no = an_announcement(
        fund="fiscal",
        method="BID_LIVE",
        budget_fen=CEILING,
        particulars=Particulars(minutes=10),
        title="校园地形图测绘",
    )
    closes_at = announcements.present_attempt(queries.attempt_of(no, None).announcement).closes_at
    last_day: date = closes_at.astimezone(SHANGHAI).date() - timedelta(days=1)
    a_credential(sixth, valid_until=last_day)
    for agency in (*five, sixth):
        a_registration(agency, no)
    fought(no, [(five[who], amount, seconds) for who, amount, seconds in BIDS])
    after = queries.beacon_after(selection(no))
    if after is None:
        raise LookupError("no beacon")
    a_beacon(first_day(after))
    return no


def recorded() -> Mapping[str, Any]:
    """Its whole transcript."""
    return records.transcript(held())


def main() -> None:
    """Record it in a market of its own, and keep the file."""
    from tests.conftest import build, fresh_database

    with tempfile.TemporaryDirectory() as folder, fresh_database("sqlite", Path(folder)) as url:
        app = build(url, Path(folder))
        with app.app_context():
            FILE.write_text(canonical(recorded()) + "\n", encoding="utf-8")
            db.session.remove()
            db.engine.dispose()


if __name__ == "__main__":
    main()
