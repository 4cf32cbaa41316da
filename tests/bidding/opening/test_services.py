"""Two of three open: through the pages, in every pair, too late, alone; and the keys are nowhere to be found."""

import io
import logging

import pytest
from sqlalchemy import text

from app.actor import Role
from app.audit import services as records
from app.audit.check import first_difference
from app.chance import fresh_key
from app.clockwork import services as clockwork
from app.database import Base, db
from app.notice.models import Notice
from app.refusal import NotYours, Refused
from app.sealing import public_key
from app.sweep import run_due
from app.values import Nothing
from bidding.offer import queries as offers
from bidding.offer import services as offering
from bidding.offer.rules import BodyInput
from bidding.opening import queries, services
from bidding.opening.models import KeyUse
from bidding.opening.rules import TOGETHER, Phase
from bidding.registration import queries as registrations
from bidding.selection import limits as selection_limits
from bidding.selection import queries as selections
from bidding.selection.rules import Phase as SelectionPhase
from marketplace.announcement import queries as announcements
from marketplace.announcement.rules import Decision
from marketplace.holder import services as enrolling
from marketplace.holder.rules import HOLDERS, PrivateKey, PublicKey, pairs
from tests.builders.announcement import an_announcement
from tests.builders.holder import DRAWERS, a_holder, an_office, drawer, three_holders, two_open
from tests.builders.offer import an_offer
from tests.builders.people import an_account
from tests.builders.registration import a_registration, agencies
from tests.builders.selection import closed, selection
from tests.counting import questions
from tests.grounds import ready


@pytest.fixture
def county(app, tmp_path):
    with two_open(app, tmp_path):
        yield app


@ready
def a_market(n=2, offers=None):
    found = agencies(n)
    no = an_announcement(method="BID_LOW", budget_fen=1_000_000)
    for agency in found:
        a_registration(agency, no)
    bodies = [an_offer(agency, no, amount_fen=800_000 + place).body for place, agency in enumerate(found[:offers])]
    return no, found, bodies


def unsealed(who, role, no):
    return services.unseal(who, no, PrivateKey(drawer(role)), key=fresh_key())


def refused(*what):
    with pytest.raises(Refused) as found:
        unsealed(*what)
    return [reason.code for reason in found.value.reasons]


def phase(no):
    attempt = queries.present(no)
    return queries.phase_of(attempt, now=clockwork.clock().market())


def prices(no):
    return sorted(one.amount_fen for one in offers.opened(queries.present(no).id))


@pytest.mark.parametrize("pair", pairs())
def test_any_two_of_three_open(county, pair):
    three = three_holders()
    no, _, _ = a_market()
    assert refused(three[pair[0]], pair[0], no) == ["opening_too_early"]
    assert queries.phase_of(queries.present(no), now=closed(no).frozen_at) is Phase.WAITING
    assert prices(no) == []
    unsealed(three[pair[0]], pair[0], no)
    assert refused(three[pair[0]], pair[0], no) == ["opening_used"]
    run_due()
    assert (phase(no), prices(no)) == (Phase.HALF, [])
    unsealed(three[pair[1]], pair[1], no)
    (last,) = set(HOLDERS) - set(pair)
    assert refused(three[last], last, no) == ["opening_enough"]
    run_due()
    assert (phase(no), prices(no)) == (Phase.OVER, [800_000, 800_001])
    assert refused(three[last], last, no) == ["opening_over"]
    assert [use.kept for use in queries.standing(queries.present(no).id)] == [None, None]
    assert first_difference(rows=True) is None


def test_an_hour_alone_and_it_counts_no_more(county):
    three = three_holders()
    no, _, _ = a_market()
    closed(no)
    unsealed(three[Role.OPERATOR], Role.OPERATOR, no)
    clockwork.go_to(queries.standing(queries.present(no).id)[0].used_at + TOGETHER)
    db.session.rollback()
    assert (phase(no), db.session.query(KeyUse).one().kept) == (Phase.WAITING, None)
    unsealed(three[Role.SUPERVISOR], Role.SUPERVISOR, no)
    run_due()
    assert prices(no) == []
    unsealed(three[Role.OPERATOR], Role.OPERATOR, no)
    run_due()
    assert prices(no) == [800_000, 800_001]
    acts = [line.act for line in records.timeline(f"announcement:{no}")]
    assert [act for act in acts if act.startswith("opening.")] == ["opening.unseal", "opening.lapse"] + [
        "opening.unseal"
    ] * 2
    told = db.session.query(Notice.act).filter(Notice.act.like("opening.%")).count()
    assert told == 2 + 3 + 2 + 2


def test_nobody_comes_and_the_agencies_open_their_own_envelopes(county, client):
    three = three_holders()
    no, found, bodies = a_market()
    closed(no)
    unsealed(three[Role.REGULATOR], Role.REGULATOR, no)
    waiting, due_at = queries.present(no), queries.due_at(queries.present(no))
    assert selection_limits.opening_due(queries.opens_at(waiting), waiting.announcement.need.region) == due_at
    clockwork.go_to(due_at)
    db.session.rollback()
    row = selection(no)
    assert (phase(no), selections.phase_of(row)) == (Phase.PASSED, SelectionPhase.STOPPED)
    assert refused(three[Role.OPERATOR], Role.OPERATOR, no) == ["opening_passed"]
    assert "改由各机构自行开启" in client.get(f"/announcements/{no}/record").text
    for agency, body in zip(found, bodies, strict=True):
        offering.hand_in(agency, no, BodyInput(body), key=fresh_key())
    run_due()
    db.session.rollback()
    assert prices(no) == [800_000, 800_001]
    assert announcements.key_halves(row.attempt_id)[0].sealed is None


def test_too_few_and_every_half_is_destroyed(county):
    three_holders()
    found = agencies(1)
    no = an_announcement(method="BID_LOW", budget_fen=1_000_000)
    a_registration(found[0], no)
    row = closed(no)
    assert row.attempt.decision is Decision.UNSUCCESSFUL
    assert {half.sealed for half in announcements.key_halves(row.attempt_id)} == {None}
    assert db.session.query(Notice).filter(Notice.body.contains("持钥单位")).count() == 0


def test_without_three_holders_nothing_is_published(county):
    for role in (Role.OPERATOR, Role.SUPERVISOR):
        a_holder(role)
    agencies(2)
    with pytest.raises(Refused) as found:
        an_announcement(method="BID_LOW")
    assert [reason.code for reason in found.value.reasons] == ["holders_missing"]
    an_announcement()


def test_only_the_three_it_was_sealed_to(county):
    three = three_holders()
    no, _, _ = a_market()
    closed(no)
    replaced = three[Role.SUPERVISOR]
    enrolling.enrol(replaced, None, PublicKey(public_key(b"n" * 32).hex()), key=fresh_key())
    with pytest.raises(NotYours):
        unsealed(an_account(login="other", role=Role.OPERATOR, organisation="another office"), Role.OPERATOR, no)
    assert refused(replaced, Role.OPERATOR, no) == ["key_file_wrong"]
    unsealed(replaced, Role.SUPERVISOR, no)
    enrolling.resign(three[Role.OPERATOR], "450800-operator", Nothing(), key=fresh_key())
    unsealed(three[Role.OPERATOR], Role.OPERATOR, no)
    run_due()
    assert prices(no) == [800_000, 800_001]


def test_a_desk_asks_as_much_for_many_openings_as_for_one(county):
    three, (who,) = three_holders(), agencies(1)
    nos = []
    for closes in ("10:00", "11:00", "11:00", "11:00"):
        nos.append(an_announcement(method="BID_LOW", budget_fen=1_000_000, closes=f"2026-03-20 {closes}"))
        a_registration(who, nos[-1])
        an_offer(who, nos[-1], amount_fen=800_000)

    def asked(n):
        db.session.rollback()
        with questions() as sent:
            waiting = queries.to_unseal(three[Role.OPERATOR].party, now=clockwork.clock().market())
        assert [one.no for one in waiting] == nos[:n]
        return len(sent)

    closed(nos[0])
    one = asked(1)
    closed(nos[-1])
    assert asked(4) == one


def everything():
    """The whole database as text."""
    return "\n".join(
        str(tuple(value.hex() if isinstance(value, bytes) else value for value in row))
        for table in Base.metadata.sorted_tables
        for row in db.session.execute(text(f'SELECT * FROM "{table.name}"'))  # noqa: S608 - our own names
    )


def test_through_the_pages_and_the_keys_are_nowhere(county, client, caplog):
    """Made, published, used and refused by hand; neither key nor half is in the database, a page or a log."""
    caplog.set_level(logging.DEBUG)
    seen = []
    for role in HOLDERS:
        an_office(role)
        client.sign_in(f"{role}1")
        seen.append(client.get("/holders/enrol").text)
        key = public_key(DRAWERS[role]).hex()
        assert client.post("/holders/enrol", data={"public": "nonsense"}).status_code == 409
        assert client.post("/holders/enrol", data={"public": key}).status_code == 303
        assert key[:16] in client.get("/holders/").text
    no, _, _ = a_market()
    address = f"/announcements/{no}/opening"
    client.sign_in(f"{HOLDERS[0]}1")
    assert "还没有到开启时间" in client.get(address).text
    closed(no)
    first, second, _ = HOLDERS
    client.sign_in(f"{first}1")
    assert "用密钥文件开启报价" in client.get("/desk").text
    for data in ({"text": drawer(second)}, {"text": drawer(first)[:60]}, {}, {"text": "x" * 3000}):
        answer = client.post(address, data=data)
        assert answer.status_code in (409, 422)
        seen.append(answer.text)
    upload = (io.BytesIO(drawer(first).encode()), "holder-key.pem")
    assert client.post(address, data={"file": upload}, content_type="multipart/form-data").status_code == 303
    seen.append(client.get(address).text)
    attempt = queries.present(no)
    half = services._remembered(attempt, queries.standing(attempt.id)[0])
    mid = everything()
    client.sign_in(f"{second}1")
    assert client.post(address, data={"text": drawer(second)}).status_code == 303
    private = services.offer_key(queries.present(no))
    run_due()
    db.session.rollback()
    page = client.get(f"/announcements/{no}/record").text
    assert "公钥指纹" in page
    assert "8,000.00" in page
    haystack = "\n".join([mid, everything(), caplog.text, page, *seen])
    secrets = [*(key.hex() for key in DRAWERS.values()), *half.values(), private.hex()]
    secrets += [line for role in DRAWERS for line in drawer(role).splitlines()[1:2]]
    assert len(secrets) == 9
    assert [secret for secret in secrets if secret in haystack] == []
    assert registrations.valid(attempt.id)
