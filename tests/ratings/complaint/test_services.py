"""Filed, answered, decided; what waits meanwhile, and what follows by rule."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask

from app.actor import Actor
from app.approval import services as approvals
from app.audit import services as records
from app.chance import fresh_key
from app.clock import clock
from app.clockwork import services as clockwork
from app.database import db
from app.identity import queries as identities
from app.refusal import NotYours, OutOfTurn, Refused
from app.values import Nothing
from bidding.award import queries as awards
from bidding.award import services as awarding
from bidding.award.rules import Declined
from bidding.award.rules import Phase as AwardPhase
from bidding.selection import records as selection_records
from marketplace.announcement import queries as announcements
from marketplace.announcement import services as announcing
from marketplace.announcement.rules import Timetable
from ratings.complaint import queries, services
from ratings.complaint.rules import Effect, Filing, Kind, ObjectionAct, Outcome, Phase
from ratings.sanction.rules import Decided, SanctionKind
from story import STORY
from tests.builders.announcement import an_announcement
from tests.builders.award import a_result, accepted, award_of, settle, winner
from tests.builders.need import purchaser_for
from tests.builders.objection import (
    BECAUSE,
    a_public_result,
    against_the_winner,
    appealed,
    dismissed,
    filed,
    loser,
    objection,
    present_decision,
    rejected,
    upheld,
)
from tests.builders.people import a_regulator
from tests.builders.registration import a_registration, agencies, an_agency
from tests.builders.selection import closed, drawn

NOTICE = Filing(Kind.NOTICE, "the brand is prescribed", interest="we offer this service")
TICK = timedelta(microseconds=1)


def phase(no: str) -> AwardPhase:
    return awards.phase_of(award_of(no))


def acting(login: str) -> Actor:
    found = identities.actor_by_login(login)
    assert found is not None
    return found


def codes(refused: pytest.ExceptionInfo[Refused]) -> set[str]:
    return {reason.code for reason in refused.value.reasons}


def go_to(instant: datetime) -> None:
    clockwork.go_to(instant)
    db.session.rollback()


# Result


def test_while_an_objection_stands_the_notice_of_public_money_waits(app: Flask) -> None:
    """objection.result, hold.after_freeze: the publicity ends, the notice does not come."""
    no = a_public_result()
    one = against_the_winner(no)
    award = award_of(no)
    assert award.held_until == one.filed_at + timedelta(days=30)
    go_to(award.publicity_ends_at + timedelta(days=1))
    assert phase(no) is AwardPhase.PUBLICITY
    services.recall(loser(no), one.no, Nothing(), key=fresh_key())
    settle()
    assert phase(no) is AwardPhase.NOTICED
    assert objection(one.no).outcome is Outcome.RECALLED


def test_social_money_does_not_wait(app: Flask) -> None:
    no = a_result()
    one = against_the_winner(no)
    assert award_of(no).held_until is None
    assert not one.pauses
    assert phase(no) is AwardPhase.NOTICED


def test_an_upheld_objection_skips_the_candidate_and_nobody_is_drawn_again(app: Flask) -> None:
    """protocol.md §0: seed and order stand, the next candidate follows."""
    no = a_public_result()
    before = selection_records.record_text(no)
    order = selection_records.record(no)["order"]
    one = upheld(appealed(against_the_winner(no)))
    assert one.effect is Effect.SKIPPED
    assert [awards.phase_of(awards.by_no(line.no)) for line in awards.of_announcement(no)] == [
        AwardPhase.FALLEN,
        AwardPhase.PUBLICITY,
    ]
    assert [line.agency_code for line in awards.of_announcement(no)] == order[:2]
    assert selection_records.record_text(no) == before
    settle()
    assert phase(no) is AwardPhase.NOTICED
    assert present_decision(no) == "drawn"


def test_the_purchaser_alone_changes_nothing(app: Flask) -> None:
    """operators.dual_control: what it concedes two accounts of the office decide."""
    no = a_public_result()
    one = against_the_winner(no)
    services.concede(purchaser_for("fiscal"), one.no, BECAUSE, key=fresh_key())
    one = objection(one.no)
    assert queries.phase_of(one, clock().market()) is Phase.APPEALED
    assert phase(no) is AwardPhase.PUBLICITY
    with pytest.raises(NotYours):
        services.uphold(a_regulator(), one.no, BECAUSE, key=fresh_key())
    assert upheld(objection(one.no)).effect is Effect.SKIPPED


def test_a_selection_that_was_wrong_is_void_and_announced_again(app: Flask) -> None:
    """rules.md §3.1 rows 18 and 38: the next attempt, with a new secret."""
    no = a_public_result()
    one = upheld(appealed(against_the_winner(no, whole=True)))
    assert one.effect is Effect.VOID
    assert present_decision(no) == "void"
    assert phase(no) is AwardPhase.FALLEN
    announcing.repeat(purchaser_for("fiscal"), no, Timetable(None), key=fresh_key())
    settle()
    announcement = announcements.by_no(no)
    assert announcement is not None
    first, second = announcements.attempts(announcement.id)
    assert first.commitment != second.commitment
    assert present_decision(no) is None


def test_dismissed_and_the_notice_follows(app: Flask) -> None:
    no = a_public_result()
    one = appealed(against_the_winner(no))
    go_to(award_of(no).publicity_ends_at)
    assert phase(no) is AwardPhase.PUBLICITY
    one = dismissed(one)
    settle()
    assert one.outcome is Outcome.DISMISSED
    assert phase(no) is AwardPhase.NOTICED


def test_of_two_objections_the_award_waits_for_both(app: Flask) -> None:
    no = a_public_result()
    first, second = against_the_winner(no, loser(no)).no, against_the_winner(no, loser(no, 1)).no
    go_to(award_of(no).publicity_ends_at)
    services.recall(loser(no), first, Nothing(), key=fresh_key())
    settle()
    assert phase(no) is AwardPhase.PUBLICITY
    services.recall(loser(no, 1), second, Nothing(), key=fresh_key())
    settle()
    assert phase(no) is AwardPhase.NOTICED


def test_who_follows_waits_too_while_another_objection_stands(app: Flask) -> None:
    no = a_public_result()
    second = against_the_winner(no, loser(no, 1), whole=True).no
    upheld(appealed(against_the_winner(no, loser(no))))
    settle()
    following = award_of(no)
    assert following.rank == 2
    assert following.held_until is not None
    assert phase(no) is AwardPhase.PUBLICITY
    assert queries.phase_of(objection(second), clock().market()) is Phase.FILED


def test_who_follows_after_a_refusal_waits_too(app: Flask) -> None:
    """The follower was told at once, and refuses; meanwhile somebody has objected to the result as a whole."""
    no = a_public_result()
    first = award_of(no).agency.organisation.name.partition(" ")[0]
    upheld(appealed(against_the_winner(no)))
    settle()
    assert phase(no) is AwardPhase.NOTICED
    assert against_the_winner(no, acting(first), whole=True).pauses
    settle()
    follower = award_of(no)
    awarding.decline(winner(follower), follower.no, Declined("too far away"), key=fresh_key())
    settle()
    assert (award_of(no).rank, phase(no)) == (3, AwardPhase.PUBLICITY)
    assert award_of(no).held_until is not None


def test_no_act_makes_an_award_past_an_objection() -> None:
    """Whatever gives an attempt its awards is heard here too, after the awards were made."""
    chapters = [stage.name for stage in STORY]
    stages = {stage.name: stage for stage in STORY}
    makes = {act for act, follower in stages["award"].hears.items() if follower is awarding.on_result}
    assert makes
    assert makes <= {act for act, follower in stages["complaint"].hears.items() if follower is services.on_award}
    assert chapters.index("award") < chapters.index("complaint")


def test_nobody_asks_for_a_decision_and_it_is_over(app: Flask) -> None:
    """complaint.window: ten working days after the answer; the notice then follows by itself."""
    no = a_public_result()
    one = rejected(against_the_winner(no))
    due = one.appeal_due_at
    go_to(due - timedelta(seconds=1))
    assert objection(one.no).outcome is None
    assert phase(no) is AwardPhase.PUBLICITY
    go_to(due)
    assert objection(one.no).outcome is Outcome.LAPSED
    assert phase(no) is AwardPhase.NOTICED


def test_silence_lets_the_agency_ask_and_the_hold_ends_after_its_longest(app: Flask) -> None:
    """complaint.hold_days: 30 days; the objection itself may still be decided, and is put on record."""
    no = a_public_result()
    one = against_the_winner(no)
    by, number, held = loser(no), one.no, award_of(no).held_until
    with pytest.raises(OutOfTurn):
        services.appeal(by, number, Nothing(), key=fresh_key())
    go_to(one.answer_due_at)
    services.appeal(by, number, Nothing(), key=fresh_key())
    assert held is not None
    go_to(held - timedelta(seconds=1))
    assert phase(no) is AwardPhase.PUBLICITY
    go_to(held)
    assert phase(no) is AwardPhase.NOTICED
    accepted(award_of(no))
    assert upheld(objection(number)).effect is Effect.RECORDED
    assert phase(no) is AwardPhase.ACCEPTED


def test_a_result_is_objected_to_inside_its_publicity(app: Flask) -> None:
    no = a_public_result()
    award = award_of(no)
    code, by = award.agency.organisation.code, loser(no)
    go_to(award.publicity_ends_at)
    with pytest.raises(Refused) as refused:
        services.file(by, no, Filing(Kind.RESULT, "late", against=code), key=fresh_key())
    assert codes(refused) == {"objection_window_closed"}


def test_twice_at_once_is_refused(app: Flask) -> None:
    no = a_public_result()
    against_the_winner(no)
    with pytest.raises(Refused) as refused:
        against_the_winner(no)
    assert codes(refused) == {"objection_open_already"}


def test_wrong_people_are_refused(app: Flask) -> None:
    no = a_public_result()
    one = against_the_winner(no)
    other, owner = loser(no, 1), purchaser_for("social")
    for call in (
        lambda: services.recall(other, one.no, Nothing(), key=fresh_key()),
        lambda: services.reject(owner, one.no, BECAUSE, key=fresh_key()),
        lambda: services.reject(other, one.no, BECAUSE, key=fresh_key()),
    ):
        with pytest.raises(NotYours):
            call()
        db.session.rollback()
    appealed(objection(one.no))
    stranger = a_regulator("transport", login="regulator9")
    with pytest.raises(NotYours):
        services.dismiss(stranger, one.no, BECAUSE, key=fresh_key())


# Exclusion


def an_exclusion(fund: str = "fiscal") -> tuple[str, str]:
    """The number of a frozen announcement, and the login of an agency that was suspended meanwhile."""
    rivals = agencies(4)
    no = an_announcement(fund=fund)
    for rival in rivals:
        a_registration(rival, no)
    decided = Decided(rivals[3].code or "", SanctionKind.SUSPEND, 6, "facts", "basis", "natural_resources")
    waiting = approvals.submit("sanction.decide", a_regulator(), None, decided, key=fresh_key())
    approvals.agree(identities.actor_by_login("regulator1b"), waiting.prepared)
    db.session.rollback()
    closed(no)
    return no, "agency4"


def test_an_excluded_agency_objects_until_noon_and_is_drawn_before_it_is_decided(app: Flask) -> None:
    """objection.exclusion; hold.effect: the computation goes first, then the attempt is void."""
    no, login = an_exclusion()
    excluded = acting(login)
    one = filed(excluded, no, Filing(Kind.EXCLUSION, "the suspension was lifted"))
    one = appealed(one)
    with pytest.raises(Refused) as refused:
        services.dismiss(a_regulator(), one.no, BECAUSE, key=fresh_key())
    assert codes(refused) == {"objection_draw_pending"}
    drawn(no)
    # The award was made while the objection stood: it waits.
    assert award_of(no).held_until is not None
    assert upheld(objection(one.no)).effect is Effect.VOID
    assert present_decision(no) == "void"
    assert phase(no) is AwardPhase.FALLEN
    assert selection_records.record(no)["decision"] == "drawn"


def test_nobody_else_objects_to_an_exclusion_and_not_after_noon(app: Flask) -> None:
    no, login = an_exclusion()
    filing = Filing(Kind.EXCLUSION, "the suspension was lifted")
    with pytest.raises(Refused) as refused:
        services.file(acting("agency1"), no, filing, key=fresh_key())
    assert codes(refused) == {"objection_not_excluded"}
    announcement = announcements.by_no(no)
    assert announcement is not None
    until = queries.until(Kind.EXCLUSION, announcement, announcements.present_attempt(announcement))
    assert until is not None
    assert until.hour == 4  # 12:00 in Asia/Shanghai
    go_to(until)
    with pytest.raises(Refused) as refused:
        services.file(acting(login), no, filing, key=fresh_key())
    assert codes(refused) == {"objection_window_closed"}


# Notice


def test_an_upheld_objection_to_the_notice_ends_the_attempt(app: Flask, at: Callable[[str], datetime]) -> None:
    """rules.md §3.1 row 9; what was registered stays sealed for ever."""
    rival, other = agencies(2)
    no = an_announcement(fund="fiscal", closes="2026-03-11 17:00")
    a_registration(rival, no)
    one = appealed(filed(other, no, NOTICE))
    assert upheld(one).effect is Effect.VOID
    assert present_decision(no) == "void"
    announcement = announcements.by_no(no)
    assert announcement is not None
    assert announcements.present_attempt(announcement).frozen_at is None
    at("2026-03-11 17:01")
    assert announcements.present_attempt(announcements.by_no(no)).frozen_at is None  # type: ignore[arg-type]
    announcing.repeat(purchaser_for("fiscal"), no, Timetable(None), key=fresh_key())


@pytest.mark.parametrize(("when", "late"), [("2026-03-10 16:59", False), ("2026-03-10 17:00", True)])
def test_until_one_working_day_before_the_closing(
    app: Flask, at: Callable[[str], datetime], when: str, late: bool
) -> None:
    rival = an_agency()
    no = an_announcement(closes="2026-03-11 17:00")
    at(when)
    if late:
        with pytest.raises(Refused) as refused:
            services.file(rival, no, NOTICE, key=fresh_key())
        assert codes(refused) == {"objection_window_closed"}
    else:
        assert filed(rival, no, NOTICE).kind is Kind.NOTICE


def test_over_a_weekend_the_working_day_before_counts(app: Flask, at: Callable[[str], datetime]) -> None:
    rival = an_agency()
    no = an_announcement(closes="2026-03-16 10:00")
    at("2026-03-13 10:00")
    with pytest.raises(Refused) as refused:
        services.file(rival, no, NOTICE, key=fresh_key())
    assert codes(refused) == {"objection_window_closed"}


def test_the_log_does_not_say_whose_it_is(app: Flask) -> None:
    """Neither subjects nor public part of any entry name the agency."""
    rival = an_agency()
    no = an_announcement()
    one = appealed(filed(rival, no, NOTICE))
    happened = records.timeline(f"objection:{one.no}")
    assert [item.act for item in happened] == [ObjectionAct.FILE, ObjectionAct.REJECT, ObjectionAct.APPEAL]
    assert rival.code is not None
    assert all(rival.code not in str(item.public) for item in happened)
    assert not any(item.act.startswith("objection.") for item in records.timeline(f"agency:{rival.code}"))


def test_an_agency_gets_a_receipt(app: Flask) -> None:
    rival = an_agency()
    done = services.file(rival, an_announcement(), NOTICE, key=fresh_key())
    assert done.receipt is not None
    assert "objection.file" in done.receipt.text


def test_an_unsuccessful_attempt_is_left_as_it_is(app: Flask) -> None:
    rival, other = agencies(2)
    no = an_announcement(fund="fiscal")
    a_registration(rival, no)
    one = appealed(filed(other, no, NOTICE))
    drawn(no)
    assert present_decision(no) == "unsuccessful"
    assert upheld(objection(one.no)).effect is Effect.RECORDED
    assert present_decision(no) == "unsuccessful"


def test_a_held_award_is_not_noticed_by_hand_either(app: Flask) -> None:
    no = a_public_result()
    against_the_winner(no)
    award = award_of(no)
    number = award.no
    go_to(award.publicity_ends_at)
    with pytest.raises(Refused) as refused:
        awarding.notice(Actor.sweeper(), number, Nothing(), key=fresh_key())
    assert codes(refused) == {"award_held"}
