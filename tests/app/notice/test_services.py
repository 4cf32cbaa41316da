"""A notice is written inside the act, delivered after it, and tried again where a channel fails."""

import pytest
from sqlalchemy import select

from app.actor import Role
from app.approval import services as approvals
from app.database import db
from app.identity import queries as identities
from app.notice import queries, services
from app.notice.models import Delivery, Notice
from app.notice.services import Undelivered
from ratings.sanction.rules import Decided, SanctionKind
from tests.builders.people import a_regulator, an_account


class Fickle:
    """A channel that fails as often as it was told to."""

    name = "fickle"

    def __init__(self, failures: int) -> None:
        self.failures, self.sent = failures, []

    def send(self, party_id: int, text: str) -> None:
        if self.failures:
            self.failures -= 1
            raise Undelivered("no line")
        self.sent.append((party_id, text))


@pytest.fixture
def told(app):
    """A party that was told of a sanction."""
    party = an_account(login="agency1", role=Role.AGENCY)
    decided = Decided(party.code, SanctionKind.YELLOW, 3, "facts", "basis", "natural_resources")
    waiting = approvals.submit("sanction.decide", a_regulator("natural_resources"), None, decided, key="one")
    approvals.agree(identities.actor_by_login("regulator1b"), waiting.prepared)
    return party


@pytest.fixture
def channel(app):
    found = Fickle(2)
    before = app.extensions["market.channels"]
    app.extensions["market.channels"] = (*before, found)
    yield found
    app.extensions["market.channels"] = before


def test_it_is_tried_again_until_it_arrives_and_then_left(told, channel):
    for _ in range(5):
        services.deliver()
    assert [party for party, _ in channel.sent] == [told.party]
    kept = db.session.execute(select(Delivery).where(Delivery.channel == "fickle")).scalar_one()
    assert (kept.attempts, kept.error) == (3, None)
    assert kept.delivered_at is not None


def test_a_channel_that_never_answers_is_given_up(told, channel):
    channel.failures = 99
    for _ in range(services.MOST_ATTEMPTS + 3):
        services.deliver()
    kept = db.session.execute(select(Delivery).where(Delivery.channel == "fickle")).scalar_one()
    assert (kept.attempts, kept.delivered_at, kept.error) == (services.MOST_ATTEMPTS, None, "no line")


def test_only_the_party_itself_marks_it_read(told, client):
    other = an_account(login="agency2", role=Role.AGENCY)
    ref = db.session.execute(select(Notice.ref).where(Notice.party_id == told.party)).scalar_one()
    client.sign_in("agency2")
    client.post(f"/inbox/{ref}/read")
    assert queries.unread(told.party)[0] == 1
    client.sign_in("agency1")
    assert "黄牌警告" in client.get("/inbox/").text
    client.post(f"/inbox/{ref}/read")
    assert (queries.unread(told.party)[0], queries.unread(other.party)[0]) == (0, 0)
