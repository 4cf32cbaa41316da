"""The list of items for everybody, with a mark on every column that no source was read for."""

import re

from app.database import db
from marketplace.catalogue import queries
from tests.builders.catalogue import CONSULTING, SURVEY, a_version
from tests.conftest import Client


def test_the_list_shows_every_item_without_sign_in(client: Client) -> None:
    text = client.get("/catalogue/").text
    assert len(set(re.findall(r'href="/catalogue/(\d{4})"', text))) == 74
    assert len(set(re.findall(r'id="category-(\d\d)"', text))) == 13
    assert "清单以外的中介服务，任何部门都不得要求提供" in text


def test_columns_that_were_not_read_are_marked(client: Client) -> None:
    text = client.get(f"/catalogue/{CONSULTING}").text
    marked = {
        label.strip(): "未核实" in said
        for label, said in re.findall(r"<dt>([^<]+)</dt>\s*<dd>(.*?)</dd>", text, re.DOTALL)
    }
    assert not marked["事项名称"], "read in HB1"
    assert not marked["设立依据"]
    assert marked["资质要求"]
    assert marked["统一服务时限"]


def test_every_version_stays_readable(client: Client) -> None:
    name = queries.versions(SURVEY)[0].name
    a_version(SURVEY, since_days=100, name="a new name")
    db.session.rollback()
    now = client.get(f"/catalogue/{SURVEY}").text
    assert "<h1>a new name " in now
    assert f"/catalogue/{SURVEY}?version=1" in now
    then = client.get(f"/catalogue/{SURVEY}?version=1").text
    assert f"<h1>{name} " in then
    assert "非现行版本" in then
    changed = f"<del>{name}</del> 改为 <ins>a new name</ins>"
    assert changed in now
    assert "首次发布" in now


def test_the_list_is_searched_by_words_and_by_authority(client: Client) -> None:
    def found(address: str) -> set[str]:
        return set(re.findall(r'href="/catalogue/(\d{4})"', client.get(address).text))

    assert "0401" in found("/catalogue/?q=地形图")
    assert len(found("/catalogue/?q=地形图")) < 5
    assert found("/catalogue/?q=0401") == {"0401"}
    of_water = found("/catalogue/?authority=water")
    assert of_water
    assert of_water < found("/catalogue/")
    assert "没有符合条件的事项" in client.get("/catalogue/?q=绝无此项").text


def test_what_is_not_there_is_not_found(client: Client) -> None:
    for address in ("/catalogue/9999", f"/catalogue/{SURVEY}?version=9", f"/catalogue/{SURVEY}?version=x"):
        assert client.get(address).status_code == 404


def test_machines_read_the_same_list(client: Client) -> None:
    one = client.get(f"/api/v1/items/{SURVEY}")
    assert one.status_code == 200
    assert one.json["code"] == SURVEY
    assert one.json["requires"] == ["geotechnical_survey"]
    assert client.get("/api/v1/items/9999").status_code == 404
    assert client.get("/api/v1/items?limit=5").status_code == 200
