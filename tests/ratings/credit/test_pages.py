"""Why this grade: the page can be reckoned by hand, for today and for any day before."""

import re
from datetime import timedelta
from fractions import Fraction

import pytest

from app.standing import Grade
from ratings.credit import queries, rules
from tests.builders.agency import an_agency
from tests.builders.credit import a_deduction, a_mark, a_poor_record
from tests.conftest import START
from tests.counting import questions

DAY = timedelta(days=1)


@pytest.fixture
def ledger(app):
    """A surveyor with three contracts of two classes, one late; another one whose contracts are the mean."""
    own = an_agency("agency1", name="own survey")
    other = an_agency("agency2", name="other survey")
    for number, (owner, authority) in enumerate(((100_000, 75_000), (87_500, None), (50_000, 25_000))):
        a_mark(own, at=START, points=owner, no=f"K{number}")
        if authority is not None:
            a_mark(own, at=START, points=authority, no=f"K{number}", weight=40, by="authority")
    for number, points in enumerate((80_000, 60_000, 90_000)):
        a_mark(other, at=START, points=points, no=f"L{number}")
    a_deduction(own, at=START, no="K2")
    return own, other


def test_the_page_adds_up_by_hand(ledger, client):
    """Contracts (90, 87.5, 40), the others' mean 230/3: each step stands there, and the result is the score's."""
    own, _ = ledger
    total = Fraction(90) + Fraction(175, 2) + Fraction(40)
    mean = Fraction(80 + 60 + 90, 3)
    category = (total + 5 * mean) / 8
    composite = (95 + category) / 2
    text = client.get(f"/credit/{own.code}").text
    for shown in (
        "（60 × 100.000 + 40 × 75.000）÷ 100 = 90",
        "87.5",
        "（60 × 50.000 + 40 × 25.000）÷ 100 = 40",
        "217.5（3 份）",
        "230 ÷ 3 份 = 76.666… (230/3)",
        "（217.5 + 5 × 76.666… (230/3)）÷（3 + 5）",
        rules.exact(category),
        "100 − 5 + 0 = 95",
        rules.exact(composite),
    ):
        assert shown in re.sub(r"\s*\n\s*", "", text), shown
    thousandths = rules.cut(composite)
    assert f"{thousandths // 1000}.{thousandths % 1000:03d}" in text
    assert queries.score_as_of(own.party, as_of=START).composite == thousandths
    assert "没有评为 B 良好" not in text
    assert "没有评为 A 优秀：" in text


def test_every_line_has_its_rule_its_evidence_and_its_end(ledger, client):
    own, _ = ledger
    text = client.get(f"/credit/{own.code}").text
    assert "服务逾期超过10个工作日" in text
    assert 'href="/contracts/K2"' in text
    assert 'href="/contracts/K0/evaluation"' in text
    assert "2027-03-02" in text
    assert "未核实" in text


def test_any_day_before(ledger, client, clock):
    """As of the end of that local day; before the first line nothing counts, after a year everything is past."""
    own, _ = ledger
    assert "新入驻" in client.get(f"/credit/{own.code}?as_of=2026-03-01").text
    assert "评为 B 良好" in client.get(f"/credit/{own.code}?as_of=2026-03-02").text
    clock.instant = START + 366 * DAY
    now = client.get(f"/credit/{own.code}").text
    assert "不再计入的记录 6 条" in now
    assert "暂不评级" in now
    assert "不再计入" not in client.get(f"/credit/{own.code}?as_of=2027-03-01").text
    for odd in ("2999-01-01", "yesterday", "", "2026-02-30", "2017-11-22", "0001-05-01"):
        assert client.get(f"/credit/{own.code}?as_of={odd}").status_code == 200
    assert client.get("/credit/914508030000000000").status_code == 404


def test_the_index_shows_how_the_grades_are_spread(ledger, client):
    """By name, of one grade where that is asked; words and initials find; nobody is ranked."""
    own, other = ledger
    poor = an_agency("agency3", name="poor survey")
    a_poor_record(poor, at=START)
    spread = queries.distribution(as_of=START)
    assert spread == {Grade.A: 0, Grade.B: 2, Grade.C: 0, Grade.D: 1, Grade.NEW: 0}
    fresh = an_agency("agency4", name="fresh survey")
    everybody = client.get("/credit/").text
    assert [actor.code in everybody for actor in (own, other, poor, fresh)] == [True] * 4
    only = client.get("/credit/?grade=D").text
    assert [actor.code in only for actor in (own, other, poor, fresh)] == [False, False, True, False]
    new = client.get("/credit/?grade=new").text
    assert [actor.code in new for actor in (own, other, poor, fresh)] == [False, False, False, True]
    assert [actor.code in client.get("/credit/?q=other").text for actor in (own, other)] == [False, True]
    assert client.get("/credit/?grade=Z").status_code == 200


def test_the_index_asks_the_same_number_of_questions_for_more(ledger, client):
    client.get("/credit/")
    with questions() as few:
        client.get("/credit/")
    for number in range(3):
        a_poor_record(an_agency(f"more{number}", name=f"more {number}"), at=START, name=f"M{number}")
    with questions() as many:
        client.get("/credit/")
    assert len(many) == len(few)


def test_one_page_asks_the_same_number_of_questions_for_more_lines(ledger, client):
    own, _ = ledger
    client.get(f"/credit/{own.code}")
    with questions() as few:
        client.get(f"/credit/{own.code}")
    for number in range(10):
        a_deduction(own, at=START, no=f"late{number}")
    with questions() as many:
        client.get(f"/credit/{own.code}")
    assert len(many) == len(few)


def test_all_grades_at_once_as_one_by_one(ledger):
    """The same grades as each agency's own score; who never had a line is not among them."""
    own, other = ledger
    poor = an_agency("agency3", name="poor survey")
    a_poor_record(poor, at=START)
    an_agency("agency4", name="fresh survey")
    for as_of in (START - DAY, START, START + 365 * DAY):
        at_once = queries.grades(as_of=as_of)
        for actor in (own, other, poor):
            assert at_once.get(actor.party, Grade.NEW) is queries.score_as_of(actor.party, as_of=as_of).grade
        assert set(at_once) <= {actor.party for actor in (own, other, poor)}
    assert set(queries.scores_of(Grade.D, as_of=START)) == {poor.party}
