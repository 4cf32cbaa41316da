"""What an office's desk, lists and pages show: its own branch, and a sentence where it reaches beyond (M04)."""

import pytest

from app.actor import Role
from app.exchange import services as machines
from app.identity import queries as identities
from marketplace.announcement import services
from marketplace.purchaser import queries as purchasers
from tests.builders.agency import an_applicant
from tests.builders.announcement import a_timetable
from tests.builders.credential import a_credential
from tests.builders.need import a_need, purchaser_for
from tests.builders.people import CITY, an_account, an_operator
from tests.builders.purchaser import a_filing, an_unregistered_purchaser, files
from tests.counting import questions

SOUTH, NORTH = "450803", "450802"
SENTENCE = "这件事属于港南区，不在贵单位（港北区）的管辖范围内。"


@pytest.fixture
def county(app):
    """Offices of the north and of the city; the north's may not reach into the south."""
    an_operator()
    for role, authorities in ((Role.OPERATOR, ()), (Role.REGULATOR, ("natural_resources",))):
        for region in (NORTH, CITY):
            an_account(
                login=f"{role.value}-{region}",
                role=role,
                organisation=f"{role.value} {region}",
                region=region,
                authorities=authorities,
            )


def seen(client, login: str, address: str) -> str:
    client.sign_in(login)
    return client.get(address).text


def test_an_application_stands_on_its_own_branch_s_lists_alone(county, client):
    applicant = an_applicant(name="覃塘测绘有限公司", region=SOUTH)
    for address in ("/agencies/waiting", "/desk"):
        assert "覃塘测绘有限公司" in seen(client, f"operator-{CITY}", address)
        assert "覃塘测绘有限公司" not in seen(client, f"operator-{NORTH}", address)
    answer = client.get(f"/agencies/{applicant.code}/check")
    assert answer.status_code == 403
    assert SENTENCE in answer.text
    answer = client.post(f"/agencies/{applicant.code}/pass", data={"key": "one"})
    assert answer.status_code == 403
    assert SENTENCE in answer.text


def test_a_filing_stands_on_its_own_branch_s_lists_alone(county, client):
    owner = an_unregistered_purchaser()
    files(owner, a_filing(funds=("state",)))
    name = purchasers.own(owner.party).name
    for address in ("/purchasers/", "/desk"):
        assert name in seen(client, f"operator-{CITY}", address)
        assert name not in seen(client, f"operator-{NORTH}", address)
    answer = client.get(f"/purchasers/{owner.code}")
    assert (answer.status_code, SENTENCE in answer.text) == (403, True)


def test_an_announcement_in_review_stands_on_its_own_branch_s_lists_alone(county, client):
    owner = purchaser_for("state")
    no = a_need(owner, fund="state", title="河道测绘")
    services.submit(owner, no, a_timetable(), key="one")
    for address in ("/announcements/review", "/desk"):
        assert "河道测绘" in seen(client, f"operator-{CITY}", address)
        assert "河道测绘" not in seen(client, f"operator-{NORTH}", address)
    answer = client.get(f"/needs/{no}/review")
    assert (answer.status_code, SENTENCE in answer.text) == (403, True)


def test_a_certificate_stands_on_its_own_branch_s_lists_alone(county, client):
    no = a_credential(an_applicant(name="覃塘测绘有限公司", region=SOUTH), verified=False)
    for address in ("/credentials/waiting", "/desk"):
        assert "覃塘测绘有限公司" in seen(client, f"regulator-{CITY}", address)
        assert "覃塘测绘有限公司" not in seen(client, f"regulator-{NORTH}", address)
    assert client.get(f"/credentials/{no}").status_code == 404
    answer = client.post(f"/credentials/{no}/verify", data={"key": "one"})
    assert (answer.status_code, SENTENCE in answer.text) == (403, True)


def test_machines_are_told_the_same_reason(county, client):
    applicant = an_applicant(region=SOUTH)
    account = identities.actor_by_login(f"operator-{NORTH}").account_id
    token = machines.make_token(account, acts=(), days=1)
    answer = client.post(
        "/api/v1/acts/agency.pass",
        json={"subject": applicant.code, "input": {}},
        headers={"Authorization": f"Bearer {token}", "Idempotency-Key": "one"},
    )
    assert (answer.status_code, answer.json) == (403, {"error": "outside_branch"})


@pytest.mark.parametrize(
    ("login", "address", "more"),
    [
        (f"operator-{CITY}", "/agencies/waiting", lambda place: an_applicant(f"agency{place}")),
        (f"operator-{CITY}", "/purchasers/", lambda place: a_filing_that_waits(f"purchaser{place}")),
        (f"operator-{CITY}", "/announcements/review", lambda place: a_review(place)),
        (
            f"regulator-{CITY}",
            "/credentials/waiting",
            lambda place: a_credential(an_applicant(f"agency{place}"), verified=False),
        ),
    ],
)
def test_an_office_s_list_asks_as_much_for_many_as_for_few(county, client, login, address, more):
    """Where the offices are is asked once, not for every row."""
    more(1)
    client.sign_in(login)
    client.get(address)
    with questions() as few:
        assert client.get(address).status_code == 200
    for place in range(2, 6):
        more(place)
    with questions() as many:
        client.get(address)
    assert len(many) == len(few)


def a_filing_that_waits(login: str) -> None:
    files(an_unregistered_purchaser(login), a_filing(funds=("state",)))


def a_review(place: int) -> None:
    owner = purchaser_for("state")
    services.submit(owner, a_need(owner, fund="state"), a_timetable(), key=f"review {place}")
