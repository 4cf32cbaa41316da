"""After a recorded outage each announcement of the branch that was open meanwhile gets its time back, once."""

import io
import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from app import files
from app.actor import Hand, Role
from app.approval import services as approvals
from app.calendar.rules import HoursTerms
from app.chance import fresh_key
from app.clock import clock
from app.database import db
from app.notice.models import Notice
from app.refusal import NotYours, Refused
from app.values import Period
from app.watch import queries as watched
from app.watch import services as watching
from app.watch.rules import Failed, Outage
from bidding.registration import queries as registrations
from bidding.selection import queries as selections
from marketplace.announcement import queries, rules, times
from marketplace.announcement.models import Announcement, Extension
from tests.builders.announcement import an_announcement
from tests.builders.need import purchaser_for
from tests.builders.offer import an_offer
from tests.builders.people import a_supervisor, an_operator
from tests.builders.registration import a_registration, agencies, an_agency
from tests.builders.selection import closed
from tests.conftest import instant

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOUR = timedelta(hours=1)


def closing(no):
    return queries.attempt(queries.by_no(no).id, 1).closes_at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def an_outage(since, until, *, region="450800"):
    """Recorded by the operator with the supervisor's hand, as the page and the approval do it; its number."""
    operator, supervisor = an_operator(), a_supervisor()
    proof = files.store(io.BytesIO(b"%PDF-1.4 monitoring"), account_id=operator.account_id, name="proof.pdf")
    hand = Hand(supervisor.account_id, supervisor.party_id, Role.SUPERVISOR, "none")
    outage = Outage(instant(since), instant(until), region, Failed.REGISTERING, "power failed", proof.sha256)
    return operator, hand, outage


def recorded(client, since, until, *, region="450800"):
    """The same through the pages: the operator hands it in, the supervisor agrees."""
    operator, supervisor = an_operator(), a_supervisor()
    client.sign_in("operator1")
    answer = client.post(
        "/outages/record",
        data={
            "key": fresh_key(),
            "since": since.replace(" ", "T"),
            "until": until.replace(" ", "T"),
            "region": region,
            "failed": "registering",
            "explanation": "The power failed.",
            "evidence": (io.BytesIO(b"%PDF-1.4 monitoring\n%%EOF"), "proof.pdf"),
        },
    )
    assert answer.status_code == 303, answer.text
    client.sign_in("supervisor1")
    assert client.post(answer.location + "/agree").status_code == 303
    db.session.rollback()
    return operator, supervisor


@pytest.mark.parametrize(
    ("opens", "closes", "since", "until", "hours"),
    [
        (0, 10, 2, 5, 3),
        (3, 10, 2, 5, 2),
        (0, 4, 2, 5, 2),
        (0, 10, 0, 10, 10),
        (0, 2, 2, 5, 0),
        (5, 10, 2, 5, 0),
        (6, 10, 2, 5, 0),
    ],
)
def test_lost_is_what_both_stretches_share(opens, closes, since, until, hours):
    start = datetime(2026, 3, 2, tzinfo=SHANGHAI)

    def stretch(first, last):
        return Period(start + first * HOUR, start + last * HOUR)

    lost = rules.lost_time(registering=stretch(opens, closes), outage=stretch(since, until))
    assert lost == hours * HOUR
    assert [one.code for one in rules.refusals_to_extend(lost)] == ([] if hours else ["nothing_lost"])


@pytest.mark.parametrize(
    ("wish", "lawful"),
    [
        ("2026-03-05 09:00", "2026-03-05 09:00"),
        ("2026-03-05 17:30", "2026-03-05 17:30"),
        ("2026-03-05 17:31", "2026-03-06 09:00"),
        ("2026-03-05 03:00", "2026-03-05 09:00"),
        ("2026-03-06 18:00", "2026-03-09 09:00"),
        ("2026-03-07 10:00", "2026-03-09 09:00"),
    ],
)
def test_a_closing_moves_to_a_working_day_within_the_hours(app, wish, lawful):
    """rules.md §2.1 opening_window."""
    announcement = queries.by_no(an_announcement(fund="social"))
    hours = HoursTerms(*(datetime.strptime(text, "%H:%M").time() for text in ("09:00", "17:30")))  # noqa: DTZ007
    assert times.lawful_from(instant(wish), announcement.need, hours) == instant(lawful)


def test_an_outage_gives_its_time_back_to_what_was_open_and_to_nothing_else(app, client, at, tick):
    agency = an_agency()
    at("2026-03-09 09:00")
    opened = an_announcement(fund="social", closes="2026-03-11 16:00")
    a_registration(agency, opened)
    tight = an_announcement(fund="social", closes="2026-03-11 10:00")
    elsewhere = an_announcement(purchaser_for("social"), fund="social", closes="2026-03-11 16:00", region="450902")
    at("2026-03-10 14:00")
    later = an_announcement(fund="social", closes="2026-03-12 16:00")
    # From 08:30 to 12:30, four hours: 16:00 becomes 20:00, and so 09:00 of the next day; 10:00 becomes 14:00.
    recorded(client, "2026-03-10 08:30", "2026-03-10 12:30")
    tick()
    assert closing(opened) == "2026-03-12 09:00"
    assert closing(tight) == "2026-03-11 14:00"
    assert closing(elsewhere) == "2026-03-11 16:00"
    assert closing(later) == "2026-03-12 16:00"
    assert tick() == 0
    found = db.session.execute(select(Extension)).scalars().all()
    assert len(found) == 2
    # The same attempt, and what was handed in stands without being confirmed again.
    announcement = db.session.execute(select(Announcement).where(Announcement.no == opened)).scalar_one()
    assert (announcement.attempt_number, announcement.revision) == (1, 1)
    assert registrations.registrants_of(opened) == [agency.party]
    told = db.session.execute(select(Notice.party_id, Notice.body).where(Notice.act == "announcement.extend")).all()
    assert {agency.party, purchaser_for("social").party} <= {party for party, _ in told}
    assert all("2026-03-12 09:00" in body for _, body in told if opened in body)
    at("2026-03-11 16:00")
    assert selections.of(queries.attempt(announcement.id, 1).id) is None
    at("2026-03-12 09:00")
    assert selections.of(queries.attempt(announcement.id, 1).id) is not None


def test_a_closed_announcement_is_not_opened_again(app, client, at, tick):
    at("2026-03-09 09:00")
    no = an_announcement(fund="social", closes="2026-03-11 10:00")
    at("2026-03-11 10:00")
    recorded(client, "2026-03-11 08:00", "2026-03-11 09:59")
    tick()
    assert closing(no) == "2026-03-11 10:00"
    assert db.session.execute(select(Extension)).first() is None


def test_those_whom_a_draw_invited_get_their_time_back_and_nobody_registers_again(app, client, at, tick):
    found = agencies(2)
    no = an_announcement(method="SHORTLIST_THEN_BID", budget_fen=1_000_000)
    for agency in found:
        a_registration(agency, no)
    frozen_at = closed(no).frozen_at
    attempt = queries.attempt(queries.by_no(no).id, 1)
    assert (attempt.closes_at, attempt.offers_close_at) == (frozen_at, instant("2026-03-13 09:00"))
    at("2026-03-11 14:00")
    recorded(client, "2026-03-11 08:30", "2026-03-11 12:30")
    tick()
    attempt = queries.attempt(queries.by_no(no).id, 1)
    assert (attempt.closes_at, attempt.offers_close_at) == (frozen_at, instant("2026-03-13 13:00"))
    told = db.session.execute(select(Notice.party_id, Notice.body).where(Notice.act == "announcement.extend")).all()
    assert {agency.party for agency in found} <= {party for party, _ in told}
    assert all("报价截止时间由 2026-03-13 09:00 顺延到 2026-03-13 13:00" in body for _, body in told)
    assert "报价截止由" in client.get(f"/announcements/{no}").text
    an_offer(found[0], no, amount_fen=900_000)
    at("2026-03-13 09:00")
    assert selections.of(attempt.id).opened_at is None
    at("2026-03-13 13:00")
    assert selections.of(attempt.id).opened_at is not None


def test_an_outage_is_told_to_everybody_with_its_evidence(app, client, at, tick):
    at("2026-03-09 09:00")
    no = an_announcement(fund="social", closes="2026-03-11 10:00")
    at("2026-03-10 14:00")
    recorded(client, "2026-03-10 08:30", "2026-03-10 12:30")
    tick()
    client.post("/logout")
    listed = client.get("/outages/").text
    assert ("系统故障记录" in listed, "贵港市" in listed) == (True, True)
    extension = db.session.execute(select(Extension)).scalar_one()
    outage_no = client.get("/outages/").text.split('href="/outages/')[1].split('"')[0]
    page = client.get(f"/outages/{outage_no}").text
    assert no in page
    assert "2026-03-11 14:00" in page
    assert extension.closes_at - extension.closes_at_before == 4 * HOUR
    with client.get(f"/outages/{outage_no}/evidence") as evidence:
        assert evidence.data.startswith(b"%PDF")
    text = client.get(f"/announcements/{no}").text
    assert "因系统故障顺延报名截止时间" in text
    assert "报名截止由 2026-03-11 10:00 顺延到 2026-03-11 14:00" in text
    assert f'href="/outages/{outage_no}"' in text


def test_nobody_records_an_outage_alone_or_for_another_branch(app):
    operator, hand, outage = an_outage("2026-03-01 08:00", "2026-03-01 09:00")
    with pytest.raises(NotYours):
        watching.record(operator, None, outage, key=fresh_key())
    with pytest.raises(NotYours):
        watching.record(a_supervisor(), None, outage, key=fresh_key())
    other = an_operator("operator9", region="450900")
    with pytest.raises((NotYours, Refused)):
        watching.record(other.with_hand(hand), None, outage, key=fresh_key())


def test_the_evidence_waits_for_the_other_hand_as_long_as_it_takes(app):
    operator, _, outage = an_outage("2026-03-01 08:00", "2026-03-01 09:00")
    waiting = approvals.submit("outage.record", operator, None, outage, key=fresh_key())
    files.expire(clock().real() + timedelta(days=3))
    db.session.rollback()
    done = approvals.agree(a_supervisor(), waiting.prepared)
    assert watched.outage(done.subject).evidence == outage.evidence
    assert files.known(outage.evidence) is not None


def test_a_bad_outage_form_says_why_and_loses_nothing(app, client):
    an_operator()
    client.sign_in("operator1")
    answer = client.post(
        "/outages/record",
        data={
            "key": fresh_key(),
            "since": "yesterday",
            "until": "2026-03-01T09:00",
            "region": "450800",
            "failed": "all",
            "explanation": "The power failed.",
        },
    )
    assert answer.status_code == 422
    assert "请上传证据文件。" in answer.text
    assert "The power failed." in answer.text


def test_what_stands_against_an_outage_is_told_before_the_supervisor_is_asked(app, client):
    """The operator hears it in the form and mends it there; the supervisor then reads it in words."""
    an_operator()
    client.sign_in("operator1")
    typed = {
        "key": fresh_key(),
        "since": "2026-03-01T09:00",
        "until": "2026-03-01T08:00",
        "region": "450800",
        "failed": "signing_in",
        "explanation": "The power failed.",
    }
    proof = (io.BytesIO(b"%PDF-1.4 monitoring\n%%EOF"), "proof.pdf")
    answer = client.post("/outages/record", data=typed | {"evidence": proof})
    assert (answer.status_code, "恢复的时间不晚于故障开始的时间" in answer.text) == (409, True)
    kept = re.search(r'name="kept"[^>]*value="([0-9a-f]{64})"', answer.text)[1]
    again = client.post("/outages/record", data=typed | {"until": "2026-03-01T10:30", "kept": kept, "key": fresh_key()})
    assert again.status_code == 303
    page = client.get(again.location).text
    for word in ("故障开始", "2026-03-01 09:00", "恢复正常", "2026-03-01 10:30", "影响的地区", "贵港市", "登录"):
        assert word in page
    assert "signing_in" not in page
