"""Importing through HTTP, without a script: template, upload, preview, confirmation, progress, result."""

import io
import re

import openpyxl
import pytest

from app import files
from app.chance import fresh_key
from app.clock import clock
from app.intake import rules
from marketplace.need.forms import EXPLAINED
from marketplace.need.rules import OFFERED
from tests.builders.agency import an_applicant
from tests.builders.intake import a_csv, an_xlsx, headings, needs, prices
from tests.builders.people import a_regulator, an_admin, an_operator
from tests.builders.purchaser import a_purchaser


def upload(client, kind, content, name="需求.csv"):
    return client.post(
        f"/imports/{kind}", data={"file": (io.BytesIO(content), name)}, content_type="multipart/form-data"
    )


@pytest.fixture
def purchaser(app, client):
    actor = a_purchaser()
    client.sign_in("purchaser1")
    return actor


def test_the_page_explains_every_column(purchaser, client):
    page = client.get("/imports/needs").text
    for word in (
        "项目名称",
        "服务预算（含税，元）",
        "必填",
        "选填",
        "可填：社会资金、国有资金、财政性资金。",
        "24 小时",
    ):
        assert word in page
    assert "/imports/needs" in client.get("/imports/").text
    assert "/imports/prices" not in client.get("/imports/").text


def test_the_template_comes_back_as_it_went(purchaser, client):
    """What we hand out we take in: filled in by hand it has no fault, and its formulas are none."""
    answer = client.get("/imports/needs/template.xlsx")
    assert answer.mimetype == files.XLSX
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    assert book.sheetnames == ["填写", "各列说明", "可选内容"]
    sheet = book["填写"]
    heads = [cell.value for cell in sheet[1]]
    assert heads[:2] == ["项目名称", "中介服务事项"]
    lists = [one.sqref for one in sheet.data_validations.dataValidation if one.type == "list"]
    assert len(lists) == 8
    chosen = {column[0].value: [cell.value for cell in column[1:] if cell.value] for column in book["可选内容"].columns}
    assert chosen["选取方式"] == [EXPLAINED[method].split("：")[0] for method in OFFERED]
    assert "450803 港南区" in chosen["项目所在地"]
    line = needs(1)[0] | {"region": "450803 港南区"}
    for place, text in enumerate((line.get(column, "") for column in headings("needs", purchaser)), 1):
        sheet.cell(2, place, text or None)
    filled = io.BytesIO()
    book.save(filled)
    preview = client.get(upload(client, "needs", filled.getvalue(), "填好.xlsx").location).text
    assert "共 1 行，1 行可办理，0 行有误" in preview


def test_a_file_is_previewed_confirmed_and_followed(purchaser, client, tick):
    lines = [*needs(2), *needs(1, title="甲", budget_fen="一万")]
    answer = upload(client, "needs", a_csv("needs", purchaser, lines, extra="备注"))
    assert answer.status_code == 303
    page = client.get(answer.location)
    assert page.status_code == 200
    for word in (
        "共 3 行，2 行可办理，1 行有误。还什么都没有办理。",
        "只办理无误的 2 行",
        "有 1 列不读取",
        "备注",
        "请填写以元为单位的数，最多两位小数，例如 50000.00。",
        "第 4 行",
        "需求.csv",
    ):
        assert word in page.text, word
    only = client.get(answer.location + "?show=faulty").text
    assert 'id="row-4"' in only
    assert 'id="row-2"' not in only
    rows = re.search(r'name="rows"[^>]*value="(\d+)"', page.text) or re.search(
        r'value="(\d+)"[^>]*name="rows"', page.text
    )
    confirmed = client.post(answer.location, data={"rows": rows[1]})
    assert confirmed.status_code == 303
    waiting = client.get(confirmed.location).text
    assert "正在办理" in waiting
    assert "0 / 2 行" in waiting
    assert "需求.csv（0/2）" in client.get("/desk").text
    tick()
    done = client.get(confirmed.location).text
    assert "2 / 2 行" in done
    assert "全部办理" in done
    number = re.search(r"450803-2026-N\d{6}", done)[0]
    assert f'href="/needs/{number}"' in done
    receipt = re.search(r"/desk/receipts/[0-9a-f]+\.json", done)[0]
    assert client.get(receipt).status_code == 200
    assert "需求.csv" in client.get("/imports/").text
    assert "（0/2）" not in client.get("/desk").text
    again = client.get(answer.location).text
    assert "共 3 行，0 行可办理，1 行有误，2 行此前已办理" in again


def test_rows_with_faults_come_back_with_what_is_wrong(purchaser, client):
    lines = [*needs(1), *needs(1, title="乙学校测绘", content="+1 =SUM(A1)", budget_fen="一万")]
    address = upload(client, "needs", an_xlsx("needs", purchaser, lines)).location
    answer = client.get(address + "/faulty.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    found = list(sheet.iter_rows(values_only=True))
    assert len(found) == 2
    assert found[1][0] == "乙学校测绘"
    assert "请填写以元为单位的数" in found[1][-1]
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    back = client.get(upload(client, "needs", answer.data, "改.xlsx").location).text
    assert "有误之处（改正后可删除本列）" in back
    assert "共 1 行，0 行可办理，1 行有误" in back
    clean = upload(client, "needs", a_csv("needs", purchaser, needs(1))).location
    assert client.get(clean + "/faulty.xlsx", follow_redirects=True).status_code == 404


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "文件是空的"),
        (b"\x00\x01", "只收 Excel 工作簿"),
        ("甲\n1\n".encode(), "缺少列“项目名称”"),
    ],
)
def test_a_bad_file_is_refused_in_a_sentence(purchaser, client, content, word):
    answer = upload(client, "needs", content)
    assert answer.status_code == 409
    assert word in answer.text


def test_a_file_too_large_is_refused_in_a_sentence(purchaser, client, monkeypatch):
    """Small sizes: the test client itself would spool the real one."""
    monkeypatch.setattr(rules, "LARGEST", 1_000)
    answer = upload(client, "needs", b"x" * 1_001)
    assert answer.status_code == 409
    assert "请压缩或拆分后再上传" in answer.text


def test_no_file_at_all(purchaser, client):
    answer = client.post("/imports/needs", data={}, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "请选择文件" in answer.text


def test_what_is_in_a_file_is_never_markup(purchaser, client):
    line = needs(1, title="<script>alert(1)</script>", budget_fen="<b>")
    page = client.get(upload(client, "needs", a_csv("needs", purchaser, line), "<i>x.csv").location).text
    assert "<script>alert" not in page
    assert "<b>" not in page
    assert "<i>x" not in page


def test_a_preview_is_paged(purchaser, client):
    address = upload(client, "needs", a_csv("needs", purchaser, needs(53))).location
    first = client.get(address).text
    assert 'id="row-51"' in first
    assert 'id="row-52"' not in first
    after = re.search(r'href="([^"]*after=[^"]*)"', first)[1].replace("&amp;", "&")
    second = client.get(after).text
    assert 'id="row-52"' in second
    assert 'id="row-54"' in second
    assert "共 53 行，53 行可办理" in second
    assert client.get(address + "?after=nonsense", follow_redirects=True).status_code in (404, 410)


def test_a_confirmation_that_saw_something_else_does_nothing(purchaser, client):
    address = upload(client, "needs", a_csv("needs", purchaser, needs(2))).location
    answer = client.post(address, data={"rows": "3"})
    assert answer.status_code == 409
    assert "确认时看到3行可办理，现在是2行" in answer.text
    assert client.post(address, data={"rows": "x"}).status_code == 422
    assert "还没有导入过" in client.get("/imports/").text


def test_a_run_can_be_stopped(purchaser, client):
    address = upload(client, "needs", a_csv("needs", purchaser, needs(2))).location
    run = client.post(address, data={"rows": "2"}).location
    assert "这个文件正在办理" in client.get(address).text
    assert client.post(run + "/stop").status_code == 303
    page = client.get(run + "?show=refused").text
    assert "按您的要求停止" in page
    assert "2 行未办理" in page


def test_an_expired_file_says_so(purchaser, client):
    address = upload(client, "needs", a_csv("needs", purchaser, needs(1))).location
    files.expire(clock().real() + files.UNNAMED_FOR)
    answer = client.get(address)
    assert answer.status_code == 410
    assert "只保留 24 小时" in answer.text
    assert client.post(address, data={"rows": "1"}).status_code == 410
    assert client.get(address + "/faulty.xlsx", follow_redirects=True).status_code == 404


def test_a_price_table_that_the_rules_refuse_meanwhile(app, client, tick):
    agency = an_applicant()
    client.sign_in("agency1")
    address = upload(client, "prices", a_csv("prices", agency, prices(2))).location
    run = client.post(address, data={"rows": "2"}).location
    typed = {
        "item": "0401",
        "unit": "square_kilometre",
        "price": "1",
        "content": "x",
        "basis": "y",
        "complaint_phone": "12345",
        "committed_days": "8",
        "effective_from": "2026-04-02",
        "key": fresh_key(),
    }
    assert client.post("/prices/publish?item=0401", data=typed).status_code == 303
    tick()
    page = client.get(run).text
    assert "1 行未办理" in page
    assert page.count("办法：") == 1


ADDRESSES = ("", "/template.xlsx", "/" + "0" * 64, "/" + "0" * 64 + "/faulty.xlsx")


@pytest.mark.parametrize("kind", ["needs", "prices", "agencies"])
def test_only_whose_acts_they_are_may_import(app, client, kind):
    a_purchaser()
    an_applicant()
    an_operator()
    a_regulator()
    an_admin()
    owner = {"needs": "purchaser1", "prices": "agency1", "agencies": "operator1"}[kind]
    for login in ("purchaser1", "agency1", "operator1", "regulator1", "admin1"):
        client.sign_in(login)
        for address in ADDRESSES:
            status = client.get(f"/imports/{kind}{address}", follow_redirects=True).status_code
            assert status == 403 if login != owner else status in (200, 404, 410), (login, address, status)
        if login != owner:
            assert upload(client, kind, b"x").status_code == 403
            assert client.post(f"/imports/{kind}/{'0' * 64}", data={"rows": "1"}).status_code == 403
    client.post("/logout")
    assert client.get(f"/imports/{kind}").status_code == 303
    assert client.get("/imports/nothing").status_code == 303


def test_a_file_and_a_run_are_their_own_accounts(purchaser, client, tick):
    address = upload(client, "needs", a_csv("needs", purchaser, needs(1))).location
    run = client.post(address, data={"rows": "1"}).location
    tick()
    a_purchaser("purchaser2")
    client.sign_in("purchaser2")
    assert client.get(address).status_code == 410
    assert client.get(address + "/faulty.xlsx", follow_redirects=True).status_code == 404
    assert client.get(run).status_code == 404
    assert client.post(run + "/stop").status_code == 404
    assert client.get("/imports/nothing").status_code == 404
    assert client.get("/imports/needs/../../etc/passwd").status_code == 404
