"""A year is seen first, then published, and in force at once; provisional deadlines of it are none any more (R3)."""

from io import BytesIO

import pytest
from sqlalchemy import func, select

from app.audit.check import first_difference
from app.audit.services import timeline
from app.calendar.models import CalendarYear
from app.calendar.services import calendar, unsettled
from app.database import db
from app.region.queries import path
from tests.builders.agency import an_applicant
from tests.builders.people import an_admin, an_operator
from tests.conftest import instant
from tests.counting import questions

NOTICE = "国办发明电〔2026〕1号"
FORM = {
    "year": "2027",
    "notice": NOTICE,
    "days_off": "2027-01-01 元旦\n2027-02-08",
    "make_up_days": "2027-02-20",
    "key": "one",
}
REGION = path("450800")
TABLE = "日期,类型,名称\n2027-01-01,放假,元旦\n2027-02-08,放假,春节\n2027-02-20,上班,春节\n"


@pytest.fixture
def admin(app, client):
    an_admin()
    client.sign_in("admin1")
    return client


def published() -> int:
    return db.session.execute(select(func.count()).select_from(CalendarYear)).scalar_one()


def with_file(text: str, encoding: str = "gb18030") -> dict:
    return {"notice": NOTICE, "year": "", "key": "one", "file": (BytesIO(text.encode(encoding)), "2027.csv")}


def test_from_the_form_to_the_deadline(admin, tick):
    before = calendar().due(instant("2026-12-30 10:00"), 3, path=REGION)
    assert before.provisional
    assert admin.post("/calendar/publish", data=FORM).status_code == 303
    after = calendar().due(instant("2026-12-30 10:00"), 3, path=REGION)
    assert (after.at, after.provisional) == (before.at, False)
    # Monday 8 February 2027 is now a day off, Saturday the 20th a working day.
    assert calendar().due(instant("2027-02-05 10:00"), 1, path=REGION).at == instant("2027-02-10 00:00")
    assert calendar().due(instant("2027-02-19 10:00"), 1, path=REGION).at == instant("2027-02-21 00:00")
    page = admin.get("/calendar/?year=2027").text
    assert NOTICE in page
    assert "元旦" in page
    tick()
    assert [happened.act for happened in timeline("calendar:2027")] == ["calendar.publish"]
    assert first_difference(rows=True) is None


def test_a_preview_writes_nothing_and_shows_what_would_be(admin):
    answer = admin.post("/calendar/preview", data=FORM)
    assert answer.status_code == 200
    assert "公布 2027 年工作日历" in answer.text
    assert "2027-02-08（周一）" in answer.text
    assert "2027-10-01（周五）" in answer.text, "the first of October was forgotten"
    assert "2027-02-20" in answer.text
    assert published() == 0


def test_a_file_is_seen_before_anything_is_published(admin):
    for address in ("/calendar/preview", "/calendar/publish"):
        answer = admin.post(address, data=with_file(TABLE))
        assert answer.status_code == 200
        assert "2027-02-08 春节" in answer.text
        assert 'value="2027"' in answer.text
        assert published() == 0


def test_bad_lines_are_named_and_the_others_are_filled_in(admin):
    answer = admin.post("/calendar/preview", data=with_file(TABLE + "春分,放假,\n2027-05-03,休假,\n", "utf-8-sig"))
    assert answer.status_code == 422
    assert "第 5 行" in answer.text
    assert "“春分”不是日期" in answer.text
    assert "类型“休假”不是“放假”，也不是“上班”" in answer.text
    assert "2027-02-08 春节" in answer.text
    assert published() == 0


def test_a_file_that_is_no_table_loses_nothing_typed(admin):
    answer = admin.post("/calendar/preview", data={**FORM, "file": (BytesIO(b"%PDF-1.4\n%%EOF\n"), "2027.pdf")})
    assert answer.status_code == 422
    assert "不接受这种文件" in answer.text
    assert "2027-01-01 元旦" in answer.text
    assert NOTICE in answer.text


def test_what_was_typed_stays(admin):
    answer = admin.post("/calendar/publish", data=FORM | {"make_up_days": "2027-02-22"})
    assert answer.status_code == 409
    assert "2027-02-22本来就是周一至周五" in answer.text
    assert NOTICE in answer.text
    answer = admin.post("/calendar/publish", data=FORM | {"days_off": "元旦"})
    assert answer.status_code == 422
    assert "这里读不懂：“元旦”" in answer.text
    assert admin.post("/calendar/preview", data=FORM | {"year": ""}).status_code == 422


def test_a_year_is_published_once(admin):
    assert admin.post("/calendar/publish", data=FORM).status_code == 303
    answer = admin.post("/calendar/preview", data=FORM)
    assert "2027年的安排已经公布过" in answer.text
    assert admin.post("/calendar/publish", data=FORM | {"key": "two"}).status_code == 409


def test_two_years_may_name_the_same_day_of_december(admin):
    assert admin.post("/calendar/publish", data=FORM | {"days_off": "2027-01-01\n2027-12-31"}).status_code == 303
    following = {"year": "2028", "days_off": "2027-12-31\n2028-01-03", "make_up_days": "", "key": "two"}
    assert admin.post("/calendar/publish", data=FORM | following).status_code == 303
    assert published() == 2


@pytest.mark.parametrize("year", [2018, 2026, 2027])
def test_every_year_has_its_page_and_its_table(app, client, year):
    page = client.get(f"/calendar/?year={year}").text
    assert f"{year} 年工作日历" in page
    assert page.count('<table class="month"') == 12
    answer = client.get(f"/calendar/{year}.csv")
    assert answer.text.startswith("\ufeff日期,类型,名称\r\n")
    assert f"{year}-01-01,放假,元旦" in answer.text


def test_this_year_is_shown_where_none_is_asked_for(app, client):
    assert "2026 年工作日历" in client.get("/calendar/").text


def test_an_unknown_year_says_so(app, client):
    assert "这一年的放假安排还没有公布" in client.get("/calendar/?year=2027").text
    assert client.get("/calendar/?year=2031").status_code == 404
    assert client.get("/calendar/1999.csv").status_code == 404


def test_what_the_table_gives_the_form_takes(app, client):
    an_admin()
    table = client.get("/calendar/2026.csv").data
    client.sign_in("admin1")
    answer = client.post("/calendar/preview", data={"notice": NOTICE, "file": (BytesIO(table), "2026.csv")})
    assert answer.status_code == 200
    assert "没有不同" not in answer.text


def test_the_table_is_the_nation_s_arrangement_whatever_the_region_keeps(app, client):
    """三月三 of 2023 lies over a make-up Sunday, that of 2022 over two days off: the table keeps what was announced."""
    assert "2023-04-23,上班,劳动节" in client.get("/calendar/2023.csv").text
    table = client.get("/calendar/2022.csv").text
    assert "2022-04-03,放假,清明节" in table
    assert "2022-04-04,放假,清明节" in table


def test_no_name_in_the_table_is_taken_for_a_formula(admin):
    assert admin.post("/calendar/publish", data=FORM | {"days_off": "2027-01-01 =HYPERLINK(1)"}).status_code == 303
    assert "2027-01-01,放假,'=HYPERLINK(1)" in admin.get("/calendar/2027.csv").text


def test_nobody_else_publishes(app, client):
    an_operator()
    client.sign_in("operator1")
    assert client.post("/calendar/publish", data=FORM).status_code == 403
    assert client.post("/calendar/preview", data=FORM).status_code == 403


def test_a_list_of_deadlines_reads_the_calendar_once(app, client):
    """However many deadlines a page shows, the years published here are asked for once."""
    an_operator()
    client.sign_in("operator1")
    for place in range(1, 4):
        an_applicant(f"agency{place}")
    with questions() as asked:
        client.get("/agencies/waiting")
    assert sum("FROM calendar_year" in statement for statement in asked) == 1


def test_looking_for_what_to_settle_is_one_question(app):
    list(unsettled())
    with questions() as asked:
        assert list(unsettled()) == []
    assert len(asked) == 2, "the years, and everything that is marked"
