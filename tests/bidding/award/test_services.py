"""Awards with a database: made from a result, noticed, answered, passed on; every step on the record."""

import json
from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask

from app.audit import services as records
from app.chance import fresh_key
from app.identity import queries as identities
from app.refusal import NotYours, OutOfTurn
from app.values import Done, Nothing
from bidding.award import queries, services
from bidding.award.models import Award
from bidding.award.rules import Declined, Phase
from bidding.contract import queries as contracts
from marketplace.announcement import queries as announcements
from marketplace.announcement.rules import Decision
from tests.builders.award import a_result, award_of, settle, winner
from tests.builders.contract import a_file
from tests.builders.direct import a_direct_need, an_accepted_commission, an_agency
from tests.builders.purchaser import a_purchaser
from tests.conftest import instant
from tests.grounds import ready

At = Callable[[str], datetime]


def told(act: str, award_no: str) -> dict[str, object]:
    """The public members of the newest entry of an act about an award."""
    entry = records.entry_of(act, f"award:{award_no}")
    assert entry is not None
    public: dict[str, object] = json.loads(entry.payload)["public"]
    return public


def declined(award: Award) -> None:
    """The winner refuses, and what follows at once follows."""
    services.decline(winner(award), award.no, Declined("no staff"), key=fresh_key())
    settle()


def decision(no: str) -> Decision | None:
    """How the present attempt of an announcement ended."""
    announcement = announcements.by_no(no)
    assert announcement is not None
    return announcements.present_attempt(announcement).decision


def test_social_funds_are_noticed_at_once_and_wait_two_working_days(app: Flask) -> None:
    """rules.md §2.7: no publicity, award.confirm 2 wd from the notice (Tuesday 10 March 2026, 09:00)."""
    award = award_of(a_result())
    assert (award.no[-3:], award.rank, queries.phase_of(award)) == ("A01", 1, Phase.NOTICED)
    assert award.noticed_at == award.made_at == instant("2026-03-10 09:00")
    assert award.accept_due_at == instant("2026-03-13 00:00")
    public = told("award.notice", award.no)
    assert public["winner"] == award.agency.organisation.code
    assert public["amount_fen"] == award.amount_fen


def test_public_money_is_shown_a_working_day(app: Flask, at: At) -> None:
    """rules.md §2.7 result.publicity, §2.1 period.minimum; the notice is issued at the end, by itself, to the tick."""
    award = award_of(a_result(prices=(4_900_000, 4_800_000, 4_950_000), fund="fiscal"))
    assert (queries.phase_of(award), award.amount_fen) == (Phase.PUBLICITY, 4_800_000)
    assert (award.made_at, award.publicity_ends_at) == (instant("2026-03-10 09:00"), instant("2026-03-12 09:00"))
    number = award.no
    at("2026-03-12 08:59")
    assert queries.phase_of(queries.by_no(number)) is Phase.PUBLICITY
    at("2026-03-12 09:00")
    known = queries.by_no(number)
    assert (known.noticed_at, queries.phase_of(known)) == (instant("2026-03-12 09:00"), Phase.NOTICED)


def test_nobody_answers_for_another_agency(app: Flask) -> None:
    no = a_result()
    award = award_of(no)
    rivals = [identities.actor_by_login(f"agency{n}") for n in (1, 2, 3)]
    other = next(rival for rival in rivals if rival is not None and rival.party_id != queries.party(award))
    number = award.no
    with pytest.raises(NotYours):
        services.accept(other, number, Nothing(), key=fresh_key())
    with pytest.raises(NotYours):
        services.decline(other, number, Declined("no"), key=fresh_key())


def test_acceptance_opens_the_contract_and_answers_with_a_receipt(app: Flask) -> None:
    award = award_of(a_result())
    number = award.no
    done = services.accept(winner(award), number, Nothing(), key=fresh_key())
    assert isinstance(done, Done)
    assert done.receipt is not None
    accepted = queries.by_no(number)
    assert queries.phase_of(accepted) is Phase.ACCEPTED
    contract = contracts.of_award(accepted.id)
    assert contract is not None
    # Ten working days from Tuesday 10 March, five more to upload.
    assert contract.sign_due_at == instant("2026-03-25 00:00")
    assert contract.upload_due_at == instant("2026-04-01 00:00")
    assert told("award.accept", number)["contract"] == contract.no
    with pytest.raises(OutOfTurn):
        services.decline(winner(queries.by_no(number)), number, Declined("too late"), key=fresh_key())


def test_refusal_passes_on_until_the_alternates_are_used_up(app: Flask) -> None:
    """rules.md §2.7 award.replacement: two follow, the fourth registrant does not."""
    no = a_result(n=4)
    seen = set()
    for place in (1, 2, 3):
        award = award_of(no)
        assert (award.no[-3:], award.rank, queries.phase_of(award)) == (f"A0{place}", place, Phase.NOTICED)
        seen.add(queries.party(award))
        declined(award)
    assert len(seen) == 3
    last = award_of(no)
    assert (last.no[-3:], queries.phase_of(last)) == ("A03", Phase.DECLINED)
    assert told("award.decline", last.no)["exhausted"] is True
    assert decision(no) is Decision.UNSUCCESSFUL


def test_silence_is_refusal(app: Flask, at: At) -> None:
    """rules.md §2.7 award.confirm: at the first instant after the two working days."""
    no = a_result(n=2)
    first = award_of(no)
    number, due = first.no, first.accept_due_at
    at("2026-03-13 09:00")
    assert queries.by_no(number).lapsed_at == due
    follower = award_of(no)
    assert (follower.rank, follower.made_at, queries.phase_of(follower)) == (2, due, Phase.NOTICED)
    assert told("award.lapse", number)["award"] == follower.no


def test_a_next_price_more_than_five_per_cent_above_does_not_follow(app: Flask) -> None:
    """rules.md §2.7 award.replacement in a price method."""
    no = a_result(prices=(4_000_000, 4_200_000, 4_410_001))
    declined(award_of(no))
    second = award_of(no)
    assert (second.rank, second.amount_fen, queries.phase_of(second)) == (2, 4_200_000, Phase.NOTICED)
    declined(second)
    assert queries.phase_of(award_of(no)) is Phase.DECLINED
    assert decision(no) is Decision.UNSUCCESSFUL


def test_a_reason_is_kept_out_of_the_public_record(app: Flask) -> None:
    award = award_of(a_result())
    number = award.no
    declined(award)
    assert "no staff" not in json.dumps(told("award.decline", number))
    assert queries.by_no(number).decline_reason == "no staff"


@ready
def a_direct_commission(fund: str) -> str:
    """The announcement's number of a commission that an agency accepted, and what followed at once."""
    purchaser = a_purchaser(login=f"purchaser_{fund}", funds=(fund,))
    agency = an_agency("agency1")
    need = a_direct_need(purchaser, fund=fund)
    minutes = None if fund == "social" else a_file(purchaser, "minutes")
    no = an_accepted_commission(purchaser, agency, need_no=need, days=8, minutes=minutes)
    settle()
    return no


def test_a_direct_commission_is_accepted_from_the_start(app: Flask) -> None:
    """rules.md §3.1 row 3: no second acceptance; social funds have no publicity, so the contract is wanted at once."""
    award = award_of(a_direct_commission("social"))
    assert queries.phase_of(award) is Phase.ACCEPTED
    assert (award.amount_fen, award.promised_days, award.accept_due_at) == (1_000_000, 8, None)
    assert contracts.of_award(award.id) is not None


def test_a_direct_commission_of_public_money_is_shown_a_working_day(app: Flask, at: At) -> None:
    award = award_of(a_direct_commission("state"))
    number, ends = award.no, award.publicity_ends_at
    assert queries.phase_of(award) is Phase.PUBLICITY
    assert contracts.of_award(award.id) is None
    at("2026-03-20 09:00")
    known = queries.by_no(number)
    assert (queries.phase_of(known), known.noticed_at) == (Phase.ACCEPTED, ends)
    assert contracts.of_award(known.id) is not None


def test_machines_read_public_members_only(app: Flask) -> None:
    """Every value is JSON, money in fen; nobody's reason, no contact."""
    award = award_of(a_result())
    page = queries.resource(limit=10)
    assert [row["no"] for row in page.rows] == [award.no]
    assert queries.resource_one(award.no) == page.rows[0]
    assert queries.resource_one("none") is None
    text = json.dumps(page.rows[0])
    assert award.announcement.need.phone not in text
    assert [row["no"] for row in queries.resource(limit=10, agency=award.agency.organisation.code).rows] == [award.no]
    assert not queries.resource(limit=10, agency="none").rows
    assert [row["no"] for row in queries.resource(limit=10, region="450800").rows] == [award.no]
    assert not queries.resource(limit=10, region="450100").rows


def standing(no: str) -> list[tuple[str, int, int]]:
    """The awards of an announcement that stand: the end of the number, place, rank."""
    announcement = announcements.by_no(no)
    assert announcement is not None
    found = queries.in_force(announcements.present_attempt(announcement).id)
    return [(award.no[-3:], award.seat, award.rank) for award in found]


def refused(no: str, place: str) -> None:
    """The award of an announcement whose number ends so is refused."""
    declined(queries.by_no(f"{no}-{place}"))


def test_each_of_several_winners_has_an_award_of_his_own(app: Flask) -> None:
    """rules.md §2.7: one award for each place, numbered on; who stands by follows whichever falls first."""
    no = a_result(n=6, winners=2, alternates=2)
    assert standing(no) == [("A01", 1, 1), ("A02", 2, 2)]
    entry = records.entry_of("selection.draw", f"announcement:{no}")
    assert entry is not None
    public = json.loads(entry.payload)["public"]
    assert public["awards"] == [f"{no}-A01", f"{no}-A02"]
    assert public["award"] == f"{no}-A01"
    assert len(set(public["winners"])) == 2
    services.accept(winner(queries.by_no(f"{no}-A01")), f"{no}-A01", Nothing(), key=fresh_key())
    refused(no, "A02")
    assert standing(no) == [("A01", 1, 1), ("A03", 2, 3)]
    refused(no, "A03")
    assert standing(no) == [("A01", 1, 1), ("A04", 2, 4)]
    refused(no, "A04")
    assert standing(no) == [("A01", 1, 1)]
    assert told("award.decline", f"{no}-A04")["vacant"] is True
    assert decision(no) is Decision.DRAWN


def test_when_no_place_is_held_any_more_it_can_be_announced_again(app: Flask) -> None:
    no = a_result(n=3, winners=2, alternates=1)
    for place in ("A01", "A02"):
        refused(no, place)
    assert standing(no) == [("A03", 1, 3)]
    assert decision(no) is Decision.DRAWN
    refused(no, "A03")
    assert standing(no) == []
    assert decision(no) is Decision.UNSUCCESSFUL
    assert told("award.decline", f"{no}-A03")["exhausted"] is True


def test_fewer_candidates_than_places_leave_places_empty(app: Flask) -> None:
    assert standing(a_result(n=2, winners=3)) == [("A01", 1, 1), ("A02", 2, 2)]


def test_silence_of_several_winners_at_once(app: Flask, at: At) -> None:
    """Both lapse in one round of the sweep: two different candidates follow, under two different numbers."""
    no = a_result(n=4, winners=2, alternates=2)
    at("2026-03-13 09:00")
    assert standing(no) == [("A03", 1, 3), ("A04", 2, 4)]


def test_a_price_that_may_not_follow_leaves_the_place_empty(app: Flask) -> None:
    """rules.md §2.7 award.replacement: measured against the award of the place that fell."""
    no = a_result(prices=(4_000_000, 4_300_000, 4_400_000, 4_500_000), winners=2, alternates=2)
    refused(no, "A01")
    assert standing(no) == [("A02", 2, 2)]
    assert told("award.decline", f"{no}-A01")["vacant"] is True
    refused(no, "A02")
    assert standing(no) == [("A03", 2, 3)]
