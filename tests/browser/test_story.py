"""From a need to its evaluation, clicked through as people do it; no page keeps anybody out (quality.md U1 and U3)."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import Scriptless, Typist, Visitor
from tests.story.conftest import PDF, Market, local
from tests.story.test_the_circle import closing_of, nth_workday

pytestmark = pytest.mark.browser
DAYS = "10"


@dataclass
class World:
    """The market that serves, and those who came to it."""

    market: Market
    opens: Callable[..., Visitor]


@pytest.fixture
def world(chromium: Browser, served: tuple[Market, str]) -> Iterator[World]:
    """Opens browsers; at the end nothing was wrong on any page that anybody saw."""
    market, base = served
    came: list[Visitor] = []

    def opens(login: str | None, *, kind: type[Visitor] = Visitor, width: int = 1280) -> Visitor:
        context = chromium.new_context(
            viewport={"width": width, "height": 800}, java_script_enabled=kind is not Scriptless, locale="zh-CN"
        )
        came.append(kind(context, base, login))
        return came[-1]

    yield World(market, opens)
    for visitor in came:
        visitor.page.context.close()
    assert [fault for visitor in came for fault in visitor.faults] == []


def announces(purchaser: Visitor, title: str) -> str:
    """Two pages: the need, then its announcement; the announcement's number."""
    purchaser.goes("/desk")
    purchaser.follows("填写采购需求")
    purchaser.ticks("是否达到政府采购或者招标的限额", "否")
    purchaser.ticks("是否属于应急、事故调查或者涉及国家秘密的项目", "否")
    purchaser.chooses("中介服务事项", "0401")
    purchaser.fills("项目名称", title)
    purchaser.fills("服务内容和要求", "1:500地形图，约2平方公里。")
    purchaser.chooses("项目所在地", "港南区")
    purchaser.fills("期望的服务时限（工作日）", DAYS)
    purchaser.ticks("资金性质", "社会资金")
    purchaser.ticks("由谁支付", "采购人支付")
    purchaser.fills("服务预算（含税）", "60000")
    purchaser.ticks("选取方式", "随机抽取")
    purchaser.fills("服务价格", "50000.00")
    purchaser.fills("联系人", "李工")
    purchaser.fills("咨询电话", "0775-1234567")
    purchaser.presses("保存，下一步")
    assert title in purchaser.said
    purchaser.presses("发布采购公告")
    return re.search(r"450803-\d{4}-\d{6}", purchaser.path + purchaser.said).group(0)


def registers(agency: Visitor, title: str) -> None:
    """Found in the list, read, answered with a promise."""
    agency.goes("/desk")
    agency.follows("正在报名的公告")
    agency.follows(title)
    agency.follows("报名")
    agency.fills("承诺", DAYS)
    agency.presses("提交报名")
    assert "报名有效" in agency.said


def lives(world: World, purchaser: Visitor, agency: Visitor, title: str) -> str:
    """All of it; the announcement's number."""
    market = world.market
    no = announces(purchaser, title)
    registers(agency, title)
    market.walk(closing_of(market, no) + timedelta(minutes=5))
    agency.goes("/desk")
    agency.follows("确认或放弃中选")
    agency.presses("确认中选")
    agency.goes("/desk")
    agency.follows("上传合同")
    agency.fills("合同金额", "50000.00")
    agency.fills("服务时限", DAYS)
    agency.fills("签订日期", local(market.now))
    agency.hands_in("合同扫描件", PDF)
    agency.presses("上传合同")
    purchaser.goes("/desk")
    purchaser.follows("核对并确认合同")
    purchaser.presses("确认合同")
    with market.app.app_context():
        later = nth_workday(market.now, 3)
    market.walk(later)
    agency.goes("/desk")
    agency.follows("提交成果")
    agency.hands_in("成果文件", PDF)
    agency.presses("提交成果")
    purchaser.goes("/desk")
    purchaser.follows("核对并确认成果")
    purchaser.presses("确认成果")
    purchaser.goes("/desk")
    purchaser.follows("提交评价")
    for group in ("成果质量", "收费合理", "服务态度", "规范诚信"):
        purchaser.ticks(group, "5")
    purchaser.fills("说明", "按时交付。")
    purchaser.presses("提交评价")
    assert "得分" in purchaser.said
    return no


def test_from_need_to_evaluation(world: World) -> None:
    """On a phone; the same pages on a desk are looked at one by one in test_pages.py, and passed by keyboard below."""
    purchaser, agency = world.opens("purchaser1", width=360), world.opens("agency1", width=360)
    no = lives(world, purchaser, agency, "某厂区地形图测绘")
    citizen = world.opens(None, width=360)
    citizen.goes(f"/announcements/{no}")
    assert "50,000.00 元" in citizen.said
    citizen.follows("选取记录与核验")
    assert "lottery.py" in citizen.said
    for path in ("/", "/agencies/", "/credit/", "/awards/", "/rules/", "/log/", "/verify", "/catalogue/", "/join"):
        citizen.goes(path)
    for path in ("/inbox/", "/desk/receipts", "/desk/tokens"):
        agency.goes(path)


def test_with_a_keyboard_only(world: World) -> None:
    title = "键盘办理的地形图测绘"
    announces(world.opens("purchaser3", kind=Typist), title)
    registers(world.opens("agency3", kind=Typist), title)


def test_without_javascript(world: World) -> None:
    purchaser = world.opens("purchaser4", kind=Scriptless, width=360)
    lives(world, purchaser, world.opens("agency4", kind=Scriptless, width=360), "不用脚本的地形图测绘")
