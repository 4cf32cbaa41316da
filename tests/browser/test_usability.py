"""How long the first time takes: steps are counted while somebody clicks (quality.md U4, docs/usability.md).

The model is the keystroke-level model of Card, Moran and Newell: K 0.28 s a key, P 1.1 s to point, B 0.2 s a click,
H 0.4 s from mouse to keyboard, M 1.35 s to think before each answer. A Chinese character is three keys (pinyin and a
choice). Beside it stands what reading every visible word of every page that is acted on would add, at eight characters
a second: nobody reads all of it, so that the truth lies between. What a list holds unopened is not read.
"""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Browser, Locator

from tests.browser.conftest import Visitor, serving
from tests.builders.agency import an_applicant
from tests.builders.people import an_operator
from tests.builders.purchaser import a_purchaser
from tests.builders.registration import agencies
from tests.story.conftest import Market
from tests.story.test_the_circle import closing_of

pytestmark = pytest.mark.browser

KEY, POINT, CLICK, HANDS, THINK = 0.28, 1.1, 0.2, 0.4, 1.35
CHARACTERS_A_SECOND = 8
VISIBLE = """main => { const copy = main.cloneNode(true); copy.querySelectorAll(
  "select, script, .visually-hidden, details:not([open]) > :not(summary)").forEach(one => one.remove());
  return copy.textContent.replace(/\\s+/g, "").length; }"""


class Counted(Visitor):
    """Somebody who comes for the first time, and a watch that follows the model."""

    pages = fields = clicks = keys = read = 0

    @property
    def doing(self) -> float:
        """Seconds that the model asks for the steps."""
        return self.fields * (THINK + HANDS) + self.clicks * (POINT + CLICK) + self.keys * KEY

    @property
    def reading(self) -> float:
        """Seconds for every word of the pages that were acted on."""
        return self.read / CHARACTERS_A_SECOND

    last = 0

    def examines(self) -> None:
        self.pages += 1
        self.read += self.last
        self.last = self.page.locator("main").evaluate(VISIBLE)

    def starts(self, path: str) -> None:
        """Signed in and there: from here on it is counted."""
        self.goes("/desk" if self.login else "/")
        self.page.goto(self.base + path)
        self.pages = self.clicks = self.keys = self.fields = self.read = self.last = 0
        self.examines()

    def _clicks(self, there: Locator) -> None:
        self.clicks += 1
        super()._clicks(there)

    def fills(self, label: str, text: str) -> None:
        self.fields += 1
        self.clicks += 1
        self.keys += sum(1 if character.isascii() else 3 for character in text)
        super().fills(label, text)

    def chooses(self, label: str, starts: str) -> None:
        self.fields += 1
        self.clicks += 2
        super().chooses(label, starts)

    def ticks(self, group: str, choice: str) -> None:
        self.fields += 1
        self.clicks += 1
        super().ticks(group, choice)

    def row(self, task: str) -> str:
        """As docs/usability.md has it."""
        cells = (task, self.pages, self.fields, self.clicks, self.keys, f"{self.doing:.0f} s", f"{self.reading:.0f} s")
        return f"| {' | '.join(map(str, cells))} |"


def people(app: Flask) -> None:
    """Those of the four tasks, each for the first time."""
    with app.app_context():
        an_operator()
        a_purchaser()
        agencies(2)
        an_applicant("agency8")


def test_the_first_time(
    chromium: Browser, tmp_path_factory: pytest.TempPathFactory, record_property: Callable[[str, object], None]
) -> None:
    with serving(tmp_path_factory.mktemp("usability"), people) as (market, base):

        def comes(login: str | None) -> Counted:
            return Counted(chromium.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN"), base, login)

        owner, agency, operator, citizen = comes("purchaser1"), comes("agency1"), comes("operator1"), comes(None)
        no = posts(owner)
        registers(agency, no)
        reviews(operator)
        verifies(market, citizen, no)
        counted = {"need": owner, "registration": agency, "review": operator, "verification": citizen}
        for task, somebody in counted.items():
            record_property(task, somebody.row(task))
            print(somebody.row(task))
            somebody.page.context.close()
    assert owner.pages == 3, "the form, the page to publish from, and the announcement that came of it"
    assert owner.doing <= 90
    assert owner.doing + owner.reading / 2 <= 180
    assert max(somebody.doing for somebody in counted.values()) <= 90
    assert [fault for somebody in counted.values() for fault in somebody.faults] == []


def posts(owner: Counted) -> str:
    """A need of social funds; contact and telephone stand there already. The announcement's number."""
    owner.starts("/needs/new")
    owner.ticks("是否达到政府采购或者招标的限额", "否")
    owner.ticks("是否属于应急、事故调查或者涉及国家秘密的项目", "否")
    owner.chooses("中介服务事项", "0401")
    owner.fills("项目名称", "某厂区地形图测绘")
    owner.fills("服务内容和要求", "1:500地形图，约2平方公里。")
    owner.chooses("项目所在地", "港南区")
    owner.fills("期望的服务时限（工作日）", "10")
    owner.ticks("资金性质", "社会资金")
    owner.fills("服务预算（含税）", "60000")
    owner.ticks("选取方式", "随机抽取")
    owner.fills("服务价格", "50000")
    if owner.page.get_by_label("联系人").first.input_value() == "":
        owner.fills("联系人", "李工")
    if owner.page.get_by_label("咨询电话").first.input_value() == "":
        owner.fills("咨询电话", "0775-1234567")
    owner.presses("保存，下一步")
    owner.presses("发布采购公告")
    found = re.search(r"450803-\d{4}-\d{6}", owner.path + owner.said)
    assert found is not None
    return found.group(0)


def registers(agency: Counted, no: str) -> None:
    """From the announcement to the receipt."""
    agency.starts(f"/announcements/{no}")
    agency.follows("报名")
    agency.fills("承诺", "10")
    agency.presses("提交报名")
    assert "报名有效" in agency.said


def reviews(operator: Counted) -> None:
    """An application passes the formal check."""
    operator.starts("/agencies/waiting")
    operator.follows("agency8 咨询有限公司")
    operator.presses("通过并公示")


def verifies(market: Market, citizen: Counted, no: str) -> None:
    """A draw is computed once more in the browser."""
    market.walk(closing_of(market, no) + timedelta(minutes=5))
    citizen.starts(f"/announcements/{no}")
    citizen.follows("选取记录与核验")
    citizen.clicks += 1
    citizen.page.get_by_role("button", name="在浏览器里核验").click()
    citizen.page.locator(".checks").get_by_text("一致").last.wait_for()
