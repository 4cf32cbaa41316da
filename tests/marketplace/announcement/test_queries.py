"""The list's phase in SQL is the phase of the rules, over every combination and boundary instant."""

from datetime import timedelta
from itertools import product

import pytest

from app.chance import fresh_key
from app.clock import clock
from app.database import db
from app.refusal import NotFound
from marketplace.announcement import lists, pages, queries, rules, services
from marketplace.announcement.lists import Filters
from marketplace.announcement.models import Announcement, Attempt
from marketplace.announcement.rules import AnnouncementKind, Decision, Phase, Withdrawal, WithdrawReason
from marketplace.need.rules import Method
from marketplace.purchaser.rules import Fund
from tests.builders.announcement import an_announcement
from tests.builders.need import purchaser_for
from tests.conftest import START, instant

CLOSING = instant("2026-03-04 09:00")
TICK = timedelta(microseconds=1)


def test_the_sql_twin_agrees_at_every_boundary(app):
    announcement = queries.by_no(an_announcement())
    assert announcement is not None
    present = queries.present_attempt(announcement)
    table, tries = Announcement.__table__, Attempt.__table__
    for kind, withdrawn_at, repeat_at, decision in product(
        AnnouncementKind, (None, START), (None, START), (None, *Decision)
    ):
        # Rows that no act would make, too: both must say the same of anything the tables can hold.
        decided = {"decision": decision, "decided_at": None if decision is None else START}
        stored = {"kind": kind, "withdrawn_at": withdrawn_at, "repeat_at": repeat_at}
        db.session.execute(table.update().where(table.c.id == announcement.id).values(**stored))
        db.session.execute(tries.update().where(tries.c.id == present.id).values(**decided))
        db.session.expire_all()
        for now in (CLOSING - TICK, CLOSING, CLOSING + TICK):
            found = {phase for phase in Phase if db.session.execute(_joined(phase, now)).first()}
            assert found == {queries.phase_of(announcement, present, now)}
    db.session.rollback()


def _joined(phase, now):
    return db.select(Announcement.id).join(Attempt).where(queries.in_phase(phase, now))


def test_the_list_finds_by_everything_it_offers(app):
    random = an_announcement(title="bridge survey")
    sealed = an_announcement(method="BID_LOW", item="0501")
    now = clock().market()

    def numbers(**filters):
        return [line.no for line in lists.public_list(Filters(**filters), None, now=now).rows]

    assert numbers() == [sealed, random]
    assert numbers(q="bridge") == [random]
    assert numbers(q=sealed.lower()) == [sealed]
    assert numbers(q="%") == []
    assert numbers(region="450800") == [sealed, random]
    assert numbers(region="450802") == []
    assert numbers(category="05") == numbers(item="0501") == numbers(method=Method.BID_LOW) == [sealed]
    assert numbers(fund=Fund.FISCAL) == []
    assert numbers(phase=Phase.REGISTERING) == [sealed, random]
    services.withdraw(
        purchaser_for("social"), random, Withdrawal(WithdrawReason.NEED_CEASED, "ceased"), key=fresh_key()
    )
    assert numbers(phase=Phase.WITHDRAWN) == [random]


@pytest.mark.parametrize(
    "q",
    [
        "地形测量",
        "木格 地形",
        "１:500",
        "dixing",
        "dxcl",
        "DXCL mgz",
        "测绘",
        "cehui",
        "450803-2026-00000",
    ],
)
def test_words_pinyin_and_initials_find_an_announcement(app, q):
    no = an_announcement(title="木格镇小学地形测量 1:500")
    other = an_announcement(title="bridge", item="0501")
    found = [line.no for line in lists.public_list(Filters(q=q), None, now=clock().market()).rows]
    assert no in found
    assert (other in found) is (q == "450803-2026-00000")


def test_what_is_written_down_for_the_search_fits_its_columns():
    words, spelling = rules.searched("450803-2026-000001", "装" * 200, "测" * 200, "业" * 200)
    assert (len(words), len(spelling)) == (400, 1000)


def test_the_list_is_paged_by_key_without_gap_or_repetition(app):
    made = [an_announcement(budget_fen=1_000_000 + step) for step in range(5)]
    seen, after = [], None
    for _ in range(3):
        page = lists.public_list(Filters(), after, now=clock().market(), size=2)
        seen += [line.no for line in page.rows]
        after = page.after
    assert after is None
    assert seen == made[::-1]


@pytest.mark.parametrize("after", ["x", "WyJhIiwxXQ", "WyIyMDI2LTAzLTAyIiwxXQ"])
def test_a_forged_page_is_not_found(app, after):
    with pytest.raises(NotFound):
        lists.public_list(Filters(), after, now=START)


def test_an_unknown_filter_is_not_found():
    with pytest.raises(NotFound):
        Filters.of({"phase": "closed"})


def test_the_machine_interface_gives_what_the_page_gives(app):
    no = an_announcement(method="BID_LOW")
    rows = pages.resource_page(None, 10, now=START, phase="registering").rows
    assert [row["no"] for row in rows] == [no]
    one = pages.resource_one(no, now=START)
    assert one is not None
    assert one["phase"] == "registering"
    assert len(one["attempts"][0]["offer_key"]) == 64
    assert pages.resource_one("450803-2026-009999", now=START) is None
