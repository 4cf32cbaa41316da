"""The map of five types and the bundles, for everybody; the panel on a need and on an item."""

import pytest
from flask import Flask, render_template
from sqlalchemy import event

from app.database import db
from app.web.desk import panel
from marketplace.project import queries
from marketplace.project.queries import plan, shipped_bundles
from tests.builders.need import a_need
from tests.conftest import Client


@pytest.mark.parametrize("code", [kind.code for kind in plan().types])
def test_each_type_shows_five_stages_with_approvals_items_and_days(client: Client, code: str) -> None:
    page = client.get(f"/projects/map?type={code}")
    assert page.status_code == 200
    chosen = next(kind for kind in plan().types if kind.code == code)
    for step in plan().steps:
        assert f'id="{step.code}"' in page.text
        assert f"审批 {step.days} 个工作日" in page.text
        for approval in step.approvals:
            assert approval.name in page.text
        for part in chosen.stages[step.code].parts:
            assert all(f'href="/catalogue/{item}"' in page.text for item in part.items)
            assert part.when in page.text
    assert "自然资源部门" in page.text
    assert page.text.count('<span class="unverified">未核实</span>') == 15 + (not chosen.read)
    assert 'href="/rules/sources#S1"' in page.text


def test_without_a_type_the_first_is_shown_and_an_unknown_one_is_not_found(client: Client) -> None:
    assert f"{plan().types[0].name}全流程图" in client.get("/projects/map").text
    assert client.get("/projects/map?type=castle").status_code == 404


def test_bundles_keep_each_items_days_and_lead_to_one_need_for_all_that_one_payer_pays(client: Client) -> None:
    text = client.get("/catalogue/bundles").text
    for bundle in shipped_bundles():
        assert bundle.name in text
        for part in bundle.parts:
            for item in part.items:
                assert f'href="/catalogue/{item}"' in text
                assert (f'href="/needs/new?item={item}"' in text) is (item == "0106")
                assert (f'value="{item}"' in text) is (item != "0106")
    assert text.count('action="/needs/new"') == 2
    assert "125～135 个工作日" in text, "5 + 25 or 15 + 10 + 15 + 15 + 20 + 30 + 15"
    assert "21 个工作日" in text
    assert text.count("二选一") == 2


def test_the_data_is_compared_with_the_list_when_the_market_is_prepared(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert queries.check() == 0
    monkeypatch.setattr(queries.regions, "authorities", dict)
    with pytest.raises(ValueError, match="no such authority: water"):
        queries.check()


def test_an_item_says_where_it_stands_and_which_bundle_it_is_part_of(app: Flask, client: Client) -> None:
    with app.test_request_context():
        found = panel("stages_of_item", item="0501")
        assert found is not None
        text = render_template(found["template"], panel=found)
    assert "规划许可" in text
    assert "政府投资项目" in text
    assert 'href="/catalogue/bundles#evaluations"' in text
    assert panel("stages_of_item", item="1307") is None


def test_a_purchasers_own_need_shows_where_its_item_stands(client: Client) -> None:
    no = a_need(item="0201")
    client.sign_in("purchaser1")
    text = client.get(f"/needs/{no}").text
    assert "所处阶段" in text
    assert 'href="/projects/map?type=government#construction"' in text


@pytest.mark.parametrize("address", ["/projects/map", "/projects/map?type=industry", "/catalogue/bundles"])
def test_the_number_of_queries_does_not_grow_with_the_items(client: Client, address: str) -> None:
    asked: list[str] = []
    client.get(address)
    listen = (db.engine.engine, "before_cursor_execute", lambda *found: asked.append(found[2]))
    event.listen(*listen)
    try:
        assert client.get(address).status_code == 200
    finally:
        event.remove(*listen)
    assert len([one for one in asked if one.lstrip().upper().startswith("SELECT")]) <= 8, asked
