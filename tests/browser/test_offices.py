"""What the offices do, clicked from their desks, and what a citizen sees of it afterwards (quality.md U1)."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from app.chance import fresh_key
from app.database import db
from app.identity import queries as identities
from bidding.selection.rules import entry_opens, first_day
from marketplace.announcement import services as announcing
from tests.browser import test_story
from tests.browser.conftest import Visitor, serving
from tests.browser.test_story import World
from tests.builders.announcement import a_timetable, an_announcement
from tests.builders.need import a_need, purchaser_for
from tests.builders.people import a_regulator, a_supervisor, an_admin, an_operator
from tests.builders.registration import a_registration, agencies
from tests.story.conftest import Market
from tests.story.test_the_circle import closing_of

pytestmark = pytest.mark.browser
world = test_story.world
WIDTHS = (1280, 360)
DRAWN = "某中学地形图测绘"
ACCUSED = "agency4"
VALUE = "519-06273"
"""Not the example that the form shows."""


def in_review(width: int) -> str:
    """The title of the announcement that waits for the operator with a screen of this width."""
    return f"某小学{width}地形图测绘"


def prepare(app: Flask) -> None:
    """Public money: an announcement in review for each width, and one that three agencies answered."""
    with app.app_context():
        for office in (an_operator, a_supervisor, a_regulator, an_admin):
            office()
        rivals = agencies(4)[:3]
        purchaser = purchaser_for("fiscal")
        for width in WIDTHS:
            need = a_need(purchaser, fund="fiscal", title=in_review(width))
            announcing.submit(purchaser, need, a_timetable(), key=fresh_key())
        waiting = an_announcement(purchaser, fund="fiscal", title=DRAWN)
        for agency in rivals:
            a_registration(agency, waiting)
        db.session.remove()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Market, str]]:
    """A market in which something waits for every office."""
    with serving(tmp_path_factory.mktemp("offices"), prepare) as market:
        yield market


def minutes_later(market: Market) -> None:
    """What follows by itself has followed."""
    market.walk(market.now + timedelta(minutes=5))


@pytest.mark.parametrize("width", WIDTHS)
def test_the_operator_reviews_and_approves(world: World, width: int) -> None:
    title = in_review(width)
    citizen, operator = (world.opens(login, width=width) for login in (None, "operator1"))
    citizen.goes("/announcements/")
    assert title not in citizen.said
    operator.goes("/desk")
    operator.follows("待审核的采购公告")
    operator.follows(title)
    assert "50,000.00 元" in operator.said
    operator.presses("通过")
    assert title not in operator.said
    minutes_later(world.market)
    citizen.goes("/announcements/")
    citizen.follows(title)
    assert f"{title} 报名中" in citizen.said


def types_the_numbers(office: Visitor, day: str) -> None:
    """From the desk to the day that waits; the other office's entry is nowhere to be seen."""
    office.goes("/desk")
    office.follows("外部随机源")
    assert VALUE not in office.said
    office.follows(f"{day} 录入")
    assert VALUE not in office.said
    office.fills("开奖号码", VALUE)
    office.presses("录入号码")


def test_two_offices_type_the_numbers_and_everybody_sees_the_proof(world: World) -> None:
    market = world.market
    citizen, operator, supervisor = (world.opens(login) for login in (None, "operator1", "supervisor1"))
    citizen.goes("/announcements/")
    citizen.follows(DRAWN)
    announcement = citizen.path
    day = first_day(closing_of(market, announcement.rsplit("/", 1)[-1]))
    market.walk(entry_opens(day))
    citizen.goes(announcement)
    assert f"等待 {day.isoformat()} 晚的开奖号码" in citizen.said
    types_the_numbers(operator, day.isoformat())
    assert "等待另一方" in operator.said
    citizen.goes("/beacon/")
    assert VALUE not in citizen.said
    types_the_numbers(supervisor, day.isoformat())
    minutes_later(market)
    citizen.goes("/beacon/")
    assert VALUE in citizen.said
    citizen.goes(announcement)
    assert "怎么选出来的" in citizen.said
    assert "第1名，中选" in citizen.said
    citizen.follows("选取记录与核验")
    assert VALUE in citizen.said
    assert "lottery.py" in citizen.said


def test_a_sanction_takes_two_people_of_the_same_office(world: World) -> None:
    facts = "逾期提交成果，经两次催告仍未提交。"
    with world.market.app.app_context():
        accused = identities.actor_by_login(ACCUSED)
        code = accused and accused.code
    assert code
    citizen, first, second = (world.opens(login) for login in (None, "regulator1", "regulator1b"))
    first.goes("/desk")
    first.follows("作出处理决定")
    first.fills("当事人代码", code)
    first.chooses("处理种类", "黄牌警告")
    first.fills("期限（月）", "3")
    first.chooses("以哪个行业主管部门作出", "自然资源")
    first.fills("事实", facts)
    first.fills("依据", "本市场规则中关于服务时限的规定。")
    first.presses("提交会签")
    assert first.page.locator("main").get_by_role("button", name="同意并办理").count() == 0
    citizen.goes("/sanctions/")
    assert "黄牌警告" not in citizen.page.locator("main table").inner_text()
    second.goes("/desk")
    second.follows("会签事项")
    second.follows("作出处理决定")
    assert facts in second.said
    second.presses("同意并办理")
    assert "已办理" in second.said
    citizen.goes("/sanctions/")
    row = citizen.page.locator("main table tbody tr").first
    assert "黄牌警告" in row.inner_text()
    assert "执行中" in row.inner_text()
    citizen.follows(row.get_by_role("link").first.inner_text())
    assert facts in citizen.said
    assert code in citizen.said


def test_the_administration_publishes_a_year(world: World) -> None:
    notice = "国办发明电〔2026〕1号"
    citizen, admin = (world.opens(login) for login in (None, "admin1"))
    citizen.goes("/calendar/?year=2027")
    assert "这一年的放假安排还没有公布" in citizen.said
    admin.goes("/desk")
    admin.follows("公布年度工作日历")
    admin.fills("年份", "2027")
    admin.fills("通知文号", notice)
    admin.fills("放假的日期", "2027-01-01 元旦\n2027-02-05至2027-02-11 春节")
    admin.fills("调休上班的周末", "2027-02-20 春节")
    admin.presses("预览")
    assert "尚未公布" in admin.said
    assert "02-05（周五）至 02-11（周四）" in admin.said
    citizen.goes("/calendar/?year=2027")
    assert notice not in citizen.said
    admin.presses("公布 2027 年工作日历")
    citizen.goes("/calendar/?year=2027")
    assert notice in citizen.said
    assert "02-05（周五）至 02-11（周四）" in citizen.said
