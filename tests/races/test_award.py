"""Two acts on awards at once, on two connections: the first is held in front of its commit until the second waits."""

import threading
from collections.abc import Callable

from flask import Flask
from sqlalchemy import create_engine, event, text
from sqlalchemy.orm import Session

from app.actor import Actor
from app.audit.check import first_difference
from app.chance import fresh_key
from app.database import db, is_sqlite
from app.identity import queries as identities
from app.sweep import keep_log
from app.values import Nothing
from bidding.award import queries, reports, services
from bidding.award.rules import Declined, Phase
from marketplace.announcement import queries as announcements
from marketplace.announcement import services as announcing
from marketplace.announcement.rules import Decision, Timetable
from tests.builders.award import a_result, award_of, settle, winner
from tests.builders.contract import contract_of
from tests.builders.registration import agencies
from tests.races.conftest import outcome_of

PATIENCE = 30
"""Seconds, after which the test itself is at fault."""

WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()")


def interleaved(app: Flask, first: Callable[[], object], second: Callable[[], object]) -> tuple[str, str]:
    """What came of both: `second` begins when `first` is about to commit, which waits until `second` waits or is done.

    On SQLite the second one waits for the first one's end wherever it writes; on PostgreSQL its lock is looked for.
    """
    inside, ended, found = threading.Event(), threading.Event(), ["", ""]
    holder: list[int] = []

    def hold(session: Session) -> None:
        # What an act read before it began is committed too, and holds nothing.
        if threading.get_ident() not in holder or inside.is_set() or "deed" not in session.info:
            return
        inside.set()
        if not is_sqlite():
            until_it_waits(app, ended)

    def run_first() -> None:
        holder.append(threading.get_ident())
        found[0] = outcome_of(app, first)
        inside.set()

    def run_second() -> None:
        assert inside.wait(PATIENCE)
        found[1] = outcome_of(app, second)
        ended.set()

    event.listen(db.session, "before_commit", hold)
    try:
        threads = [threading.Thread(target=run) for run in (run_first, run_second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(2 * PATIENCE)
        assert not any(thread.is_alive() for thread in threads)
    finally:
        event.remove(db.session, "before_commit", hold)
    return found[0], found[1]


def until_it_waits(app: Flask, ended: threading.Event) -> None:
    """Until some connection waits for a lock of another, or the second act is over without having waited."""
    engine = create_engine(app.config["SQLALCHEMY_DATABASE_URI"], isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            for _ in range(PATIENCE * 100):
                if ended.wait(0.01) or connection.execute(WAITING).scalar_one():
                    return
    finally:
        engine.dispose()
    raise TimeoutError("the second act neither waited nor ended")


def accepting(no: str, who: Actor) -> Callable[[], object]:
    return lambda: services.accept(who, no, Nothing(), key=fresh_key())


def declining(no: str, who: Actor) -> Callable[[], object]:
    return lambda: services.decline(who, no, Declined("a reason"), key=fresh_key())


def in_force(no: str) -> list[tuple[str, int, int]]:
    """What stands of an announcement: the end of the number, place, rank."""
    found = announcements.by_no(no)
    assert found is not None
    held = queries.in_force(announcements.present_attempt(found).id)
    return [(award.no[-3:], award.seat, award.rank) for award in held]


def nothing_differs() -> None:
    """The tables are what the log says of them."""
    keep_log()
    assert first_difference(rows=True) is None


def test_accepting_and_declining_at_once(live: Flask) -> None:
    """Whoever comes first has answered; the other one is out of turn."""
    with live.app_context():
        taken, left = (award_of(a_result(rivals=rivals)) for rivals in two_pairs())
        (yes, yes_who), (no, no_who) = ((award.no, winner(award)) for award in (taken, left))
    assert interleaved(live, accepting(yes, yes_who), declining(yes, yes_who)) == ("done", "OutOfTurn")
    assert interleaved(live, declining(no, no_who), accepting(no, no_who)) == ("done", "OutOfTurn")
    with live.app_context():
        assert queries.phase_of(queries.by_no(yes)) is Phase.ACCEPTED
        assert queries.phase_of(queries.by_no(no)) is Phase.DECLINED
        assert in_force(no[:-4]) == [("A02", 1, 2)]
        nothing_differs()


def two_pairs() -> list[list[Actor]]:
    """Two agencies, twice: they may register for as many announcements as they like."""
    pair = agencies(2)
    return [pair, pair]


def test_two_winners_decline_at_once(live: Flask) -> None:
    """Two candidates follow under two numbers: nobody twice, none lost."""
    with live.app_context():
        no = a_result(n=4, winners=2, alternates=2)
        first, second = ((f"{no}-{place}", winner(queries.by_no(f"{no}-{place}"))) for place in ("A01", "A02"))
    assert interleaved(live, declining(*first), declining(*second)) == ("done", "done")
    with live.app_context():
        assert in_force(no) == [("A03", 1, 3), ("A04", 2, 4)]


def test_two_winners_accept_at_once(live: Flask) -> None:
    """Two contracts are wanted under two numbers."""
    with live.app_context():
        no = a_result(n=3, winners=2, alternates=1)
        first, second = ((f"{no}-{place}", winner(queries.by_no(f"{no}-{place}"))) for place in ("A01", "A02"))
    assert interleaved(live, accepting(*first), accepting(*second)) == ("done", "done")
    with live.app_context():
        assert {contract_of(award).no for award, _ in (first, second)} == {f"{no}-C01", f"{no}-C02"}


def test_the_next_follows_while_the_purchaser_announces_again(live: Flask) -> None:
    """As long as somebody holds the place, or just takes it, nothing is announced again; then it can be."""
    with live.app_context():
        no = a_result(n=2)
        award = award_of(no)
        first, who, purchaser = award.no, winner(award), identities.actor_by_login("purchaser1")
        assert purchaser is not None

    def again() -> object:
        return announcing.repeat(purchaser, no, Timetable(None), key=fresh_key())

    assert interleaved(live, declining(first, who), again) == ("done", "OutOfTurn")
    with live.app_context():
        settle()
        assert in_force(no) == [("A02", 1, 2)]
        follower = award_of(no)
        second, next_who = follower.no, winner(follower)
    # Nobody stands by any more: the place is empty from this commit on, and not a moment sooner.
    done, repeated = interleaved(live, declining(second, next_who), again)
    assert (done, repeated in ("OutOfTurn", "done")) == ("done", True)
    with live.app_context():
        if repeated == "OutOfTurn":
            again()
        settle()
        found = announcements.by_no(no)
        assert found is not None
        assert announcements.present_attempt(found).number == 2
        assert announcements.attempt(found.id, 1).decision is Decision.UNSUCCESSFUL
        assert in_force(no) == []
        nothing_differs()


def test_two_parties_ask_for_the_file_at_once(live: Flask) -> None:
    """One file is put on record, and it is what both get."""
    with live.app_context():
        no = award_of(a_result()).no
        keep_log()
    got: list[str] = []

    def asks(page: str) -> Callable[[], object]:
        return lambda: got.append(reports.notice(no, page=page).sha256)

    assert interleaved(live, asks("https://one.example"), asks("https://two.example")) == ("done", "done")
    with live.app_context():
        assert got == [queries.by_no(no).notice_sha256] * 2
        nothing_differs()
