"""The public's page, the purchaser's acts and the operator's review, through HTTP."""

import re

import pytest

from app.chance import fresh_key
from app.database import db
from marketplace.announcement import queries, services
from marketplace.announcement.rules import Change
from tests.builders import agency as agency_builder
from tests.builders.announcement import an_announcement
from tests.builders.need import a_need, purchaser_for
from tests.builders.people import a_regulator, a_supervisor, an_operator
from tests.builders.purchaser import a_purchaser
from tests.builders.registration import an_agency
from tests.counting import questions


def test_anybody_reads_an_announcement(app, client):
    no = an_announcement()
    page = client.get(f"/announcements/{no}")
    assert page.status_code == 200
    for said in (no, "topographic survey of a school", "2026-03-04 09:00", "50,000.00", "随机抽取", "报名中"):
        assert said in page.text
    present = queries.present_attempt(queries.by_no(no))
    assert present.commitment in page.text
    assert "本次抽取未使用外部随机源，不能排除平台运行方预知结果。" in page.text
    assert "a contact" not in page.text
    assert "变更公告" not in page.text
    assert client.get("/announcements/450803-2026-009999").status_code == 404


def test_the_list_and_the_front_page_show_it(app, client):
    no = an_announcement()
    for address in ("/", "/announcements/", "/announcements/?q=school&phase=registering&region=450800&category=04"):
        page = client.get(address)
        assert page.status_code == 200
        assert f"/announcements/{no}" in page.text
    assert f"/announcements/{no}" not in client.get("/announcements/?method=BID_LOW").text
    assert client.get("/announcements/?phase=closed").status_code == 404
    assert client.get("/announcements/?after=x").status_code == 404


def test_each_cell_of_the_list_says_the_head_of_its_column(app, client):
    an_announcement()
    page = client.get("/announcements/").text
    heads = re.findall(r'<th scope="col"[^>]*>([^<]+)</th>', page)
    assert len(heads) == 6
    assert re.findall(r'data-label="([^"]+)"', page) == heads


def test_a_condition_is_taken_away_by_its_address(app, client):
    page = client.get("/announcements/?q=a%26b+%E4%B8%AD&phase=registering").text
    assert 'href="/announcements/?phase=registering"' in page
    assert 'href="/announcements/?q=a%26b+%E4%B8%AD"' in page
    assert 'href="/announcements/?q=a%26b+%E4%B8%AD&amp;phase=void"' in page


def test_a_purchaser_publishes_and_sees_the_earliest_closing_first(app, client):
    owner = purchaser_for("social")
    no = a_need(owner)
    client.sign_in("purchaser1")
    page = client.get(f"/needs/{no}/publish")
    assert "2026-03-04 09:00" in page.text
    assert "依据" in page.text
    early = client.post(f"/needs/{no}/publish", data={"key": "p", "closes_at": "2026-03-03T10:00"})
    assert early.status_code == 409
    assert "报名截止时间太早，最早为2026-03-04 09:00" in early.text
    assert "2026-03-03T10:00" in early.text
    unreadable = client.post(f"/needs/{no}/publish", data={"key": "p", "closes_at": "tomorrow"})
    assert unreadable.status_code == 422
    assert "格式填写" in unreadable.text
    done = client.post(f"/needs/{no}/publish", data={"key": "p", "closes_at": ""})
    assert done.status_code == 303
    published = queries.by_need(no)
    assert done.location.endswith(f"/announcements/{published.no}")
    assert published.no in client.get(f"/needs/{no}").text
    again = client.post(f"/needs/{no}/publish", data={"key": "p", "closes_at": ""})
    assert again.status_code == 303


def test_public_money_goes_through_the_operator(app, client, tick):
    owner = purchaser_for("state")
    no = a_need(owner, fund="state")
    client.sign_in("purchaser_state")
    assert client.post(f"/needs/{no}/publish", data={"key": "s"}).location.endswith(f"/needs/{no}")
    assert "审核中" in client.get(f"/needs/{no}").text
    assert client.get(f"/needs/{no}/review").status_code == 403
    an_operator()
    client.sign_in("operator1")
    assert f"/needs/{no}/review" in client.get("/desk").text
    assert f"/needs/{no}/review" in client.get("/announcements/review").text
    assert "topographic" in client.get(f"/needs/{no}/review").text
    assert client.post(f"/needs/{no}/return", data={"key": "b", "reason": ""}).status_code == 422
    assert client.post(f"/needs/{no}/return", data={"key": "b", "reason": "时限不合理"}).status_code == 303
    assert client.get(f"/needs/{no}/review").status_code == 404
    client.sign_in("purchaser_state")
    assert "时限不合理" in client.get(f"/needs/{no}").text
    assert f"/needs/{no}" in client.get("/desk").text
    assert "时限不合理" in client.get("/inbox/").text
    client.post(f"/needs/{no}/publish", data={"key": "s2"})
    client.sign_in("operator1")
    assert client.post(f"/needs/{no}/approve", data={"key": "a"}).status_code == 303
    tick()
    published = queries.by_need(no)
    assert "报名中" in client.get(f"/announcements/{published.no}").text


def test_drafts_are_nobody_elses(app, client):
    no = a_need(purchaser_for("social"))
    a_purchaser("purchaser2")
    a_regulator()
    a_supervisor()
    an_operator()
    assert client.get(f"/needs/{no}/publish").status_code == 303
    client.sign_in("purchaser2")
    assert client.get(f"/needs/{no}/publish").status_code == 404
    assert client.post(f"/needs/{no}/publish", data={"key": "p"}).status_code == 404
    for login in ("operator1", "regulator1", "supervisor1"):
        client.sign_in(login)
        assert client.get(f"/needs/{no}/publish").status_code == 403
        assert client.get(f"/needs/{no}/review").status_code in (403, 404)


def test_the_owner_amends_and_the_page_keeps_both_sides(app, client):
    no = an_announcement()
    client.sign_in("purchaser1")
    assert "变更公告" in client.get(f"/announcements/{no}").text
    assert "1:500" in client.get(f"/announcements/{no}/amend").text
    unchanged = {"key": "c", "content": "1:500 topographic survey of four hectares", "expected_days": "10"}
    refused = client.post(f"/announcements/{no}/amend", data={**unchanged, "reason": "无"})
    assert refused.status_code == 409
    assert "没有任何变更" in refused.text
    changed = {**unchanged, "content": "六公顷的测量", "expected_days": "12", "reason": "范围扩大"}
    assert client.post(f"/announcements/{no}/amend", data=changed).status_code == 303
    page = client.get(f"/announcements/{no}").text
    for said in ("范围扩大", "六公顷的测量", "1:500 topographic survey of four hectares", "原 10 个工作日"):
        assert said in page


def test_the_owner_withdraws_with_a_public_reason(app, client):
    no = an_announcement()
    client.sign_in("purchaser1")
    assert client.get(f"/announcements/{no}/withdraw").status_code == 200
    assert client.post(f"/announcements/{no}/withdraw", data={"key": "w"}).status_code == 422
    done = client.post(
        f"/announcements/{no}/withdraw",
        data={"key": "w", "reason": "need_ceased", "explanation": "学校不再建设"},
    )
    assert done.status_code == 303
    client.post("/logout")
    page = client.get(f"/announcements/{no}").text
    assert "不再需要该项服务" in page
    assert "学校不再建设" in page


@pytest.mark.parametrize("act", ["amend", "withdraw", "repeat"])
def test_nobody_else_changes_an_announcement(app, client, act):
    no = an_announcement()
    a_purchaser("purchaser2")
    an_operator()
    assert client.get(f"/announcements/{no}/{act}").status_code == 303
    client.sign_in("purchaser2")
    assert client.get(f"/announcements/{no}/{act}").status_code == 404
    client.sign_in("operator1")
    assert client.post(f"/announcements/{no}/{act}", data={"key": "x"}).status_code == 403


def test_a_repetition_out_of_turn_is_said_so(app, client):
    no = an_announcement()
    client.sign_in("purchaser1")
    assert client.get(f"/announcements/{no}/repeat").status_code == 200
    assert client.post(f"/announcements/{no}/repeat", data={"key": "r"}).status_code == 409


def test_machines_read_it_and_publish_too(app, client):
    no = an_announcement()
    rows = client.get("/api/v1/announcements?phase=registering").get_json()
    assert no in str(rows)
    assert client.get(f"/api/v1/announcements/{no}").get_json()["purchaser"]["name"]
    services.amend(purchaser_for("social"), no, Change("longer", expected_days=11), key=fresh_key())
    db.session.rollback()
    assert client.get(f"/api/v1/announcements/{no}").get_json()["revision"] == 2


def test_each_filter_is_a_link_that_takes_it_away(app, client):
    an_announcement(title="木格镇小学地形测量")
    page = client.get("/announcements/?q=dxcl&region=450800&fund=social&phase=registering").text
    assert "木格镇小学地形测量" in page
    for without in (
        "/announcements/?region=450800&amp;phase=registering&amp;fund=social",
        "/announcements/?q=dxcl&amp;region=450800&amp;fund=social",
    ):
        assert f'href="{without}"' in page
    assert '<option value="450800" selected>' in page
    nothing = client.get("/announcements/?q=zzz&method=RANDOM")
    assert nothing.status_code == 200
    assert "没有符合条件的公告" in nothing.text
    assert 'href="/announcements/?method=RANDOM"' in nothing.text
    assert "拼音首字母" in nothing.text


def test_the_page_says_where_it_stands_and_what_to_do_next(app, client):
    an_agency("agency1")
    no = an_announcement()
    public = client.get(f"/announcements/{no}").text
    for said in ("报名截至", "还有 ", "机构登录后报名", "怎样报名", "第 1 次"):
        assert said in public
    client.sign_in("purchaser1")
    owner = client.get(f"/announcements/{no}").text
    assert "终止采购" in owner
    assert "机构登录后报名" not in owner
    client.sign_in("agency1")
    assert f'href="/announcements/{no}/register">报名</a>' in client.get(f"/announcements/{no}").text


def test_an_agency_that_cannot_register_reads_why_with_clause_and_cure(app, client):
    agency_builder.an_agency("agency2")
    no = an_announcement()
    client.sign_in("agency2")
    page = client.get(f"/announcements/{no}").text
    assert "您的单位现在不能报名" in page
    assert "依据：" in page
    assert '<p class="cure">办法：<a href="' in page


def test_what_closes_today_stands_on_the_front_page(app, client, at):
    no = an_announcement(closes="2026-03-05 17:00")
    another = an_announcement(budget_fen=6_000_000, closes="2026-03-06 17:00")
    assert "今天截止报名" not in client.get("/").text
    at("2026-03-05 09:00")
    page = client.get("/").text
    assert f"/announcements/{no}" in page.split("今天截止报名")[1].split("</section>")[0]
    assert f"/announcements/{another}" not in page.split("今天截止报名")[1].split("</section>")[0]


@pytest.mark.parametrize("address", ["/announcements/", "/api/v1/announcements"])
def test_a_search_of_a_thousand_words_is_answered(app, client, address):
    an_announcement()
    assert client.get(f"{address}?q={'+'.join('a' * 1100)}").status_code == 200


def test_a_time_in_an_unpublished_year_says_so_before_anything_is_published(app, client, at):
    at("2026-12-31 09:00")
    owner = purchaser_for("social")
    need_no, no = a_need(owner), an_announcement(owner)
    client.sign_in("purchaser1")
    typing = {"budget_fen": "50000", "expected_days": "10", "fund": "social", "region": "450803"}
    why = "暂定：2027年工作日安排尚未公布"
    assert client.get("/needs/outlook", query_string=typing).text.count(why) == 2
    for address in (f"/needs/{need_no}/publish", f"/announcements/{no}/amend", f"/announcements/{no}"):
        assert why in client.get(address).text, address


def test_the_list_asks_as_much_for_many_rows_as_for_one(app, client):
    def asked(address):
        client.get(address)
        with questions() as found:
            assert client.get(address).status_code == 200
        return len(found)

    addresses = ("/announcements/", "/announcements/?q=topo&region=450800&phase=registering&fund=social")
    an_announcement()
    one = [asked(address) for address in addresses]
    for step in range(5):
        an_announcement(budget_fen=1_000_000 + step)
    assert [asked(address) for address in addresses] == one
    # The list, what it can be narrowed by, the footer's head; a demonstration also reads its clock.
    assert max(one) <= 4


def test_an_open_announcement_asks_little(app, client):
    no = an_announcement()
    client.get(f"/announcements/{no}")
    with questions() as found:
        client.get(f"/announcements/{no}")
    assert len(found) <= 7


def test_a_purchasers_own_list_says_what_became_of_each_need(app, client):
    owner = purchaser_for("social")
    a_need(owner, title="still a draft")
    no = an_announcement(title="already public")
    client.sign_in("purchaser1")
    page = client.get("/needs/").text
    public = page.split("already public")[1]
    assert "报名中" in public
    assert f"/announcements/{no}" in public
    assert "报名中" not in page.split("still a draft")[1].split("</tr>")[0]
    with questions() as one:
        client.get("/needs/")
    an_announcement(budget_fen=1_100_000)
    with questions() as many:
        client.get("/needs/")
    assert len(many) <= len(one)
