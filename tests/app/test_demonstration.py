"""The demonstration world: lived through by the acts that people perform, it stands in every phase and checks out."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app import demonstration, tour
from app.audit import check
from app.cast import SCALES, Figures, Scale, people
from app.clock import DemonstrationClock
from app.database import db
from app.deployment import Misconfigured
from app.factory import create_app
from app.identity import queries as identities
from app.sealing import public_key
from app.values import Fen
from app.watch import queries as watched
from app.watch.models import Alarm
from app.watch.rules import Level
from bidding.award.models import Award
from bidding.award.queries import phase_of as award_phase
from bidding.contract.models import Contract, ContractRequest
from bidding.contract.queries import phase_of as contract_phase
from bidding.offer import pages as offer_pages
from bidding.offer import queries as offers
from bidding.offer.body import commitment
from bidding.offer.models import Offer
from bidding.opening import queries as openings
from bidding.opening.rules import Phase
from bidding.selection import lottery
from bidding.selection.models import Selection
from marketplace.agency.models import Agency
from marketplace.agency.queries import phase_of as agency_phase
from marketplace.announcement import limits as announcement_limits
from marketplace.announcement import queries as announcements
from marketplace.announcement.models import Announcement, Attempt
from marketplace.announcement.rules import Decision
from marketplace.holder.rules import fingerprint, private_of
from marketplace.need.models import Need
from marketplace.need.rules import Exceptional, Method
from ratings.complaint import queries as objections
from ratings.complaint.models import Objection
from ratings.credit import queries as credit
from ratings.performance import queries as performances
from ratings.performance.models import Performance
from ratings.sanction.models import Sanction
from story import STORY
from tests.conftest import build, settings_for

pytestmark = pytest.mark.heavy

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
"""A Sunday, 10:00 in Asia/Shanghai: the last working day is Friday."""


class StandingStill(DemonstrationClock):
    """A demonstration's clock whose real time is the tests' own."""

    def real(self) -> datetime:
        return NOW


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The small world, loaded once, over reference data that was recorded at the real instant."""
    folder = tmp_path_factory.mktemp("demonstration")
    app = build(f"sqlite:///{folder / 'market.sqlite3'}", folder, clock=StandingStill())
    with app.app_context():
        assert demonstration.load(scale=SCALES["small"], fresh=False, progress=lambda _: None)
        yield app
        db.session.remove()
        db.engine.dispose()
    shutil.rmtree(folder, ignore_errors=True)


def test_its_clock_is_real_time_again(world: Flask) -> None:
    """layout.md §8: the world ends at real now."""
    assert StandingStill().market() == NOW


def test_announcements_stand_in_every_phase(world: Flask) -> None:
    """150 of them public; in review, open, being drawn, decided, direct, failed, withdrawn."""
    found = Counter(
        announcements.phase_of(each, announcements.present_attempt(each) if each.published_at else None, NOW).value
        for each in db.session.execute(select(Announcement)).scalars()
    )
    assert found.total() - found["in_review"] - found["returned"] == SCALES["small"].figures.announcements
    assert found["decided"] >= 60
    assert found["registering"] >= 5
    assert found["selecting"] >= 4
    assert {"in_review", "returned", "direct", "unsuccessful", "withdrawn"} <= found.keys()


def test_every_method_has_results_and_is_under_way(world: Flask) -> None:
    """Whatever is published but not decided is under way: being registered for, offered, judged or drawn."""
    rows = db.session.execute(select(Attempt)).scalars().all()
    found = {(each.announcement.need.method, each.decision) for each in rows}
    assert {method for method, decision in found if decision is Decision.DRAWN} == set(Method)
    assert {method for method, decision in found if decision is None} >= set(Method) - {Method.DIRECT}
    assert any(each.winners == 2 and each.decision is Decision.DRAWN for each in rows)


def test_two_of_three_open_or_are_waited_for_or_stayed_away(world: Flask) -> None:
    """protocol.md §2.3: finished openings, one that waits for the second holder, bodies that may be handed in."""
    found = Counter(
        page.phase
        for each in db.session.execute(select(Attempt).where(Attempt.frozen_at.is_not(None))).scalars()
        if (page := openings.page(each, now=NOW)) is not None
    )
    assert found[Phase.OVER] >= 2
    assert (found[Phase.HALF], found[Phase.PASSED]) == (1, 1)
    broken = list(db.session.execute(select(Offer).where(Offer.broken_at.is_not(None))).scalars())
    assert [offers.is_awaited(each) for each in broken].count(False) == 1
    awaited = next(each for each in broken if offers.is_awaited(each))
    shown = offer_pages.unopened(
        awaited.registration.agency.organisation_id, awaited.registration.attempt.announcement.no or ""
    )
    assert commitment(offer_pages.kept_body(shown) or "") == awaited.commitment
    (waiting,) = openings.to_unseal(party_of("supervisor1"), now=NOW)
    client = world.test_client()
    client.sign_in("supervisor1")  # type: ignore[attr-defined]
    assert "supervisor-key.pem" in client.get(f"/announcements/{waiting.no}/opening").text
    file = client.get("/holders/demonstration/supervisor.pem").text
    present = openings.own(openings.present(waiting.no), party_of("supervisor1"))
    assert present is not None
    assert present.fingerprint == fingerprint(public_key(private_of(file) or b"").hex())


def party_of(login: str) -> int:
    actor = identities.actor_by_login(login)
    assert actor is not None
    return actor.party


def test_the_exceptions_go_direct(world: Flask) -> None:
    """rules.md §2.4: after two failures, and after the published count of the only one; a failure is concluded."""
    needs = db.session.execute(select(Need).where(Need.exceptional.is_not(None))).scalars()
    assert {each.exceptional for each in needs if each.method is Method.DIRECT} == set(Exceptional)
    alarms = db.session.execute(select(Alarm).where(Alarm.watch == "announcement_failed")).scalars()
    assert sum(each.closed_at is None for each in alarms) == 2


def test_awards_and_contracts_stand_in_every_phase(world: Flask) -> None:
    """In publicity, noticed, accepted, declined; to sign, effective, broken; in service, late, paused, done."""
    awards = Counter(award_phase(each).value for each in db.session.execute(select(Award)).scalars())
    contracts = Counter(contract_phase(each).value for each in db.session.execute(select(Contract)).scalars())
    kept = list(db.session.execute(select(Performance)).scalars())
    assert {"publicity", "noticed", "accepted", "declined", "lapsed", "fallen"} <= awards.keys()
    assert {"to_sign", "to_confirm", "effective", "breached"} <= contracts.keys()
    assert {performances.phase_of(each).value for each in kept} == {
        *("in_service", "paused", "delivered", "done", "stopped")
    }
    assert any(performances.late_days(each, now=NOW) for each in kept)


def test_what_was_asked_for_after_the_signing_stands_in_every_state(world: Flask) -> None:
    """More time, granted and still waiting in time; another price; a breach, found by the office of the trade."""
    found = {
        (each.kind.value, None if each.outcome is None else each.outcome.value)
        for each in db.session.execute(select(ContractRequest)).scalars()
        if each.unanswered_at is None
    }
    assert found == {("extension", "agreed"), ("extension", None), ("amendment", "agreed"), ("breach", "upheld")}


def test_objections_are_answered_and_decided(world: Flask) -> None:
    """One dismissed, one upheld, by which the next candidate follows; one waits for its answer."""
    found = {
        (objections.phase_of(each, NOW).value, None if each.effect is None else each.effect.value)
        for each in db.session.execute(select(Objection)).scalars()
    }
    assert found == {("dismissed", None), ("upheld", "skipped"), ("filed", None)}


def test_an_outage_moved_closings(world: Flask) -> None:
    """The time that was lost is given back to whatever was open."""
    (outage,) = watched.outages().rows
    moved = announcement_limits.extended_by(outage.no)
    assert moved
    assert all(one.closes_at > one.closes_at_before for one in moved)


def test_one_alarm_was_closed_and_one_is_somebodys(world: Flask) -> None:
    """The others are still for the supervisor to give."""
    alarms = [each for each in db.session.execute(select(Alarm)).scalars() if each.level is Level.ALARM]
    assert {each.reason.value for each in alarms if each.reason is not None} == {"referred"}
    given = [each.watch for each in alarms if each.assigned_at is not None and each.closed_at is None]
    assert given == ["service_days"]


def test_agencies_are_admitted_and_apply(world: Flask) -> None:
    """36 admitted, of every grade; the others as applicants in every phase."""
    agencies = list(db.session.execute(select(Agency)).scalars())
    found = Counter(agency_phase(each, NOW).value for each in agencies)
    assert found["active"] == SCALES["small"].admitted
    assert {"submitted", "supplement", "publicity", "rejected", "lapsed"} <= found.keys()
    scores = [credit.score_as_of(each.organisation_id, as_of=NOW) for each in agencies]
    assert {score.grade.value for score in scores} == {"A", "B", "C", "D", "new"}


def test_sanctions_of_every_kind_are_in_force(world: Flask) -> None:
    """A yellow card, a suspension, a black list."""
    kinds = {each.kind.value for each in db.session.execute(select(Sanction)).scalars() if each.until_at > NOW}
    assert kinds == {"yellow", "suspend", "blacklist"}


def test_nothing_was_written_past_the_log(world: Flask) -> None:
    """Every row is the one that an act wrote last."""
    assert check.first_difference(rows=True) is None


def test_every_record_verifies(world: Flask) -> None:
    """protocol.md §1.7, on every draw of the world; some with a beacon and some without."""
    drawn = [each for each in db.session.execute(select(Selection)).scalars() if each.record]
    assert len(drawn) > 30
    assert len({each.beacon_rule for each in drawn}) == 3
    assert sum(each.voided_at is not None for each in drawn) == 1
    for each in drawn:
        assert not lottery.verify(json.loads(each.record or ""))


def test_every_account_signs_in_and_sees_its_desk(world: Flask) -> None:
    """interface.md, Demonstration accounts."""
    logins = [person.login for person in people(SCALES["small"])]
    assert {"purchaser20a", "agency60", "clerk1", "operator3", "regulator14b", "supervisor2", "admin1"} <= set(logins)
    assert all(identities.actor_by_login(login) is not None for login in logins)
    for login in logins[::6]:
        client = world.test_client()
        client.sign_in(login)  # type: ignore[attr-defined]
        assert client.get("/desk").status_code == 200


def test_it_is_loaded_once(world: Flask) -> None:
    """Again, it says that it is there; the front door asks at every start."""
    assert not demonstration.load(scale=SCALES["small"], fresh=False, progress=lambda _: None)
    rows = list(demonstration.accounts())
    assert len(rows) == 122
    assert len(demonstration.table(rows).splitlines()) == 122


PAST = Scale(
    40,
    40,
    Figures(14, 12, Fen(46_000_000), Fen(43_153_000)),
    stories=False,
    first=date(2018, 3, 1),
    last=date(2018, 4, 15),
    ends=datetime(2018, 4, 16, 1, 0, tzinfo=UTC),
)
"""A slice of a world of the past, as the source's whole year is one."""


def guided(app: Flask) -> None:
    """`flask demo tour --yes` in that world: one more procurement, from its need to its place in somebody's credit."""
    before = StandingStill().market()
    result = app.test_cli_runner().invoke(args=["demo", "tour", "--yes", "--base", "http://market.test"])
    assert result.exit_code == 0, result.output
    newest = db.session.execute(select(Announcement).order_by(Announcement.id.desc()).limit(1)).scalar_one()
    assert announcements.present_attempt(newest).decision is Decision.DRAWN
    for stop in tour.stops():
        assert stop.does in result.output
    assert f"http://market.test/announcements/{newest.no}/record" in result.output
    agency = performances.by_contract_no(f"{newest.no}-C01").contract.award.agency
    assert f"http://market.test/credit/{agency.organisation.code}" in result.output
    assert credit.score_as_of(agency.organisation_id, as_of=StandingStill().market()).contracts >= 1
    assert StandingStill().market() > before
    assert check.first_difference(rows=True) is None


def test_a_world_of_the_past_adds_up_and_keeps_its_distance(tmp_path: Path) -> None:
    """Its sums are exact, nothing is left open, its clock stands where it ended, and every row is an act's."""
    app = build(f"sqlite:///{tmp_path / 'market.sqlite3'}", tmp_path, clock=StandingStill())
    told: list[demonstration.Progress] = []
    with app.app_context():
        assert demonstration.load(scale=PAST, fresh=False, progress=told.append)
        now = StandingStill().market()
        taken = [award for award in db.session.execute(select(Award)).scalars() if award.accepted_at is not None]
        announced = list(db.session.execute(select(Announcement)).scalars())
        phases = {announcements.phase_of(each, announcements.present_attempt(each), now).value for each in announced}
        assert now == PAST.ends
        assert (len(announced), len(taken)) == (14, 12)
        assert sum(award.announcement.need.budget_fen for award in taken) == 46_000_000
        assert sum(award.amount_fen for award in taken) == 43_153_000
        assert phases <= {"decided", "direct", "unsuccessful", "withdrawn"}
        assert check.first_difference(rows=True) is None
        guided(app)
        db.session.remove()
        db.engine.dispose()
    assert [progress.done for progress in told] == sorted(progress.done for progress in told)
    assert (told[-1].announcements, told[-1].done) == (14, 1000)


@pytest.mark.parametrize(
    ("now", "last"),
    [
        (datetime(2026, 11, 20, 7, 59, tzinfo=UTC), date(2026, 11, 19)),
        (datetime(2026, 11, 20, 8, 0, tzinfo=UTC), date(2026, 11, 20)),
        (NOW, date(2026, 11, 20)),
    ],
)
def test_its_days_are_working_days_before_now(world: Flask, now: datetime, last: date) -> None:
    """layout.md §8: 120 of them; the last one counts when its people have been at work, at 16:00."""
    days = demonstration.working_days(SCALES["small"], now)
    assert len(days) == demonstration.WORKING_DAYS
    assert days[-1] == last
    assert date(2026, 10, 1) not in days


def test_outside_a_demonstration_it_is_refused(tmp_path: Path) -> None:
    """No published password ever reaches a real market."""
    real = replace(settings_for(f"sqlite:///{tmp_path / 'market.sqlite3'}", tmp_path), demonstration=False)
    with create_app(real, story=STORY).app_context(), pytest.raises(Misconfigured):
        demonstration.load(scale=SCALES["small"], fresh=True, progress=lambda _: None)


@pytest.mark.parametrize("title", ["plain", "with (brackets) \\", "\u4e2d\u6587"])
def test_documents_are_valid(title: str) -> None:
    """The market takes them for what they are: a PDF whose table of objects is right."""
    content = demonstration.document(title)
    start = int(content.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
    assert content[start:].startswith(b"xref\n0 6\n")
    for place, line in enumerate(content[start:].split(b"\n")[3:8], 1):
        assert content[int(line[:10]) :].startswith(b"%d 0 obj" % place)
