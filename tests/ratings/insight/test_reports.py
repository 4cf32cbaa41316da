"""A market of six announcements counted by hand, and whatever must not be counted."""

import pytest

from app.chance import fresh_key
from app.clock import clock
from app.clockwork import services as clockwork
from app.standing import Grade
from bidding.registration import queries as registrations
from marketplace.announcement import queries as announcements
from marketplace.announcement import services as announcing
from marketplace.announcement.rules import Withdrawal, WithdrawReason
from ratings.insight import queries, reports, rules
from ratings.insight.rules import Asked, Outcome, Table, Tally
from tests.builders.announcement import an_announcement
from tests.builders.award import accepted, award_of, settle
from tests.builders.need import purchaser_for
from tests.builders.offer import an_offer
from tests.builders.registration import a_registration, agencies
from tests.conftest import made_once, rolled_back


def figures(**asked):
    """The figures at this instant."""
    return reports.figures(Asked(**asked), now=clock().market())


def summary(**asked):
    """Every figure that the page shows, apart from its own instant."""
    return reports.members(figures(**asked), "summary"), figures(**asked).tables


def close(no):
    """Walk to the end of an announcement's registration and let everything due happen."""
    clockwork.go_to(announcements.present_attempt(registrations.announced(no)).closes_at)
    settle()


def six_announcements():
    """Two completed, one that nobody answered, one withdrawn, one frozen but undecided, one still open."""
    rivals = agencies(3)
    drawn = an_announcement(budget_fen=5_000_000, price_fen=4_000_000, region="450803")
    priced = an_announcement(method="BID_LOW", budget_fen=3_000_000, region="450802")
    alone = an_announcement(budget_fen=9_000_000, region="450800")
    gone = an_announcement(budget_fen=7_000_000, region="450102")
    for rival, price in zip(rivals, (2_500_000, 2_600_000, 2_700_000), strict=True):
        a_registration(rival, drawn)
        a_registration(rival, priced)
        an_offer(rival, priced, amount_fen=price)
    withdrawal = Withdrawal(WithdrawReason.PROJECT_CHANGED, "changed")
    announcing.withdraw(purchaser_for("social"), gone, withdrawal, key=fresh_key())
    close(alone)
    for no in (drawn, priced):
        accepted(award_of(no))
    waiting = an_announcement(fund="fiscal", budget_fen=6_000_000, region="450803")
    for rival in rivals:
        a_registration(rival, waiting)
    close(waiting)
    running = an_announcement(budget_fen=8_000_000, region="450803")
    return {"rivals": rivals, "running": running}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def made(request, tmp_path_factory):
    """The six announcements, once per database."""
    with made_once(request.param, tmp_path_factory.mktemp("insight"), six_announcements) as made:
        yield made


@pytest.fixture
def market(made):
    """The six announcements, as every test finds them."""
    with rolled_back(made.app, made.at) as app:
        yield {**made.kept, "client": app.test_client()}


def test_the_four_numbers(market):
    found = figures()
    assert found.total == Tally(6, 2, 8_000_000, 6_500_000)
    assert found.total.saving_fen == 1_500_000
    assert found.total.saving_ppm == 187_500
    counted = {outcome: count for outcome, count in found.outcomes.items() if count}
    assert counted == {Outcome.COMPLETED: 2, Outcome.OPEN: 2, Outcome.TOO_FEW: 1, Outcome.PROJECT_CHANGED: 1}


@pytest.mark.parametrize("region", ["450000", "450800", "450803", "450100", "451000"])
def test_every_table_adds_up_to_the_whole(market, region):
    found = figures(region=region)
    for table, rows in found.tables.items():
        assert sum((row.tally for row in rows), Tally()) == found.total, table
    assert sum(found.outcomes.values()) == found.total.announcements


def test_regions_roll_up_the_tree(market):
    """M04."""
    province = {row.code: row.tally for row in figures().tables[Table.REGION]}
    assert {code: tally.announcements for code, tally in province.items()} == {"450100": 1, "450800": 5}
    city = {row.code: row.tally for row in figures(region="450800").tables[Table.REGION]}
    assert {code: tally.announcements for code, tally in city.items()} == {"450800": 1, "450802": 1, "450803": 3}
    assert sum(city.values(), Tally()) == province["450800"]
    county = figures(region="450803").tables[Table.REGION]
    assert [row.code for row in county] == ["450803"]
    assert county[0].tally == city["450803"]


def test_methods_and_funds(market):
    found = figures()
    methods = {row.code: row.tally for row in found.tables[Table.METHOD]}
    assert methods["BID_LOW"] == Tally(1, 1, 3_000_000, 2_500_000)
    assert methods["RANDOM"] == Tally(5, 1, 5_000_000, 4_000_000)
    assert {row.code: row.tally.announcements for row in found.tables[Table.FUND]} == {"fiscal": 1, "social": 5}
    assert found.direct == Tally()
    assert found.direct_ppm == 0


def test_months_are_those_of_the_first_publication(market):
    assert {row.code: row.tally.announcements for row in figures().tables[Table.MONTH]} == {"2026-03": 6}
    assert figures(since="2026-04").total == figures(until="2026-02").total == Tally()
    assert figures(since="2026-03", until="2026-03").total == figures().total


def test_working_days_from_publication_to_award(market):
    """Published and awarded by the rule of one full working day: two after the day of publication."""
    begun, ended = next(iter(queries.days(Asked())))
    assert len(queries.days(Asked())) == 1
    assert begun < ended
    assert figures().median_text == "2"


def test_registrants_of_decided_attempts_only(market):
    """Three each of the two completed, none of the one that failed; the frozen and the open one are sealed."""
    found = figures().registrants
    assert (found.attempts, found.valid, found.too_few) == (3, 6, 1)
    assert figures().registrants_text == "2.00"


def test_nothing_sealed_changes_any_figure(market):
    before = summary(), summary(region="450803")
    for rival in market["rivals"]:
        a_registration(rival, market["running"])
    assert (summary(), summary(region="450803")) == before


def test_an_answer_is_kept_until_the_record_says_more(market):
    at = clock().market()
    first = reports.figures(Asked(), now=at)
    assert reports.figures(Asked(), now=at) is first
    an_announcement()
    assert reports.figures(Asked(), now=at).total.announcements == 7


def test_a_share_is_a_lead_from_five_selections_on(market, monkeypatch):
    assert figures().shares == ()
    monkeypatch.setattr(rules, "ENOUGH", 1)
    found = queries.shares(Asked())
    assert [(lead.region, lead.held, lead.total, lead.ppm) for lead in found] == [
        ("450802", 1, 1, 1_000_000),
        ("450803", 1, 1, 1_000_000),
    ]
    assert found[0].held_fen == found[0].total_fen == 2_500_000


def test_agencies_and_sanctions(market):
    found = figures()
    assert found.library == 3
    assert {grade: count for grade, count in found.grades.items() if count} == {Grade.NEW: 3}
    assert set(found.sanctions.values()) == {0}
    assert figures(region="450100").library == 0


def test_machines_read_the_same_rows(market):
    client = market["client"]
    page = client.get("/api/v1/statistics?limit=3").json
    rows, after = page["rows"], page["after"]
    while after:
        page = client.get(f"/api/v1/statistics?limit=3&after={after}").json
        rows, after = rows + page["rows"], page["after"]
    assert [(row["table"], row["code"]) for row in rows] == [
        (table.value, row.code) for table in sorted(rules.DRAWN) for row in figures().tables[table]
    ]
    assert sum(row["award_fen"] for row in rows if row["table"] == "region") == 6_500_000
    assert client.get("/api/v1/statistics/summary").json["saving_ppm"] == 187_500
    assert client.get("/api/v1/statistics/fund").json["rows"][0]["code"] == "fiscal"
    assert client.get("/api/v1/statistics?region=450803").json["rows"][0]["announcements"] == 3
    for wrong in ("/nothing", "?region=1", "?from=2026"):
        assert client.get(f"/api/v1/statistics{wrong}").status_code == 404


def test_the_empty_months_between_stand_in_the_table(app):
    an_announcement()
    clockwork.go_to(clock().market().replace(month=5, day=11))
    an_announcement()
    found = figures()
    assert [(row.code, row.tally.announcements) for row in found.tables[Table.MONTH]] == [
        ("2026-03", 1),
        ("2026-04", 0),
        ("2026-05", 1),
    ]
