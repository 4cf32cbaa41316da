"""A contract equals what was won: the boundaries of price, time, dates, and who may answer."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from app.values import Fen
from bidding.contract import rules
from bidding.contract.rules import Because, ContractTerms, Phase, Side, SignedContract

T = datetime(2026, 3, 5, tzinfo=UTC)
TICK = timedelta.resolution
WON = SignedContract(Fen(5_000_000), 10, date(2026, 3, 5), "a" * 64)
TERMS = ContractTerms(price_equals_award=True, upload_days=5, confirm_days=3)


def codes(signed: SignedContract, **other: object) -> list[str]:
    """The refusals to an upload on 6 March 2026 of what was won on 5 March."""
    plain = {
        "award_fen": 5_000_000,
        "promised_days": 10,
        "awarded_on": date(2026, 3, 5),
        "today": date(2026, 3, 6),
        "file_known": True,
        "terms": TERMS,
    }
    return [one.code for one in rules.refusals_to_upload(signed, **(plain | other))]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, []),
        ({"amount_fen": 5_000_001}, ["contract_price_differs"]),
        ({"amount_fen": 4_999_999}, ["contract_price_differs"]),
        ({"days": 11}, ["contract_days_longer"]),
        ({"days": 9}, []),
        ({"days": 0}, ["contract_days_missing"]),
        ({"signed_on": date(2026, 3, 6)}, []),
        ({"signed_on": date(2026, 3, 7)}, ["contract_signed_in_future"]),
        ({"signed_on": date(2026, 3, 4)}, ["contract_signed_before_award"]),
    ],
)
def test_price_and_time_cannot_be_worse(change: dict[str, object], said: list[str]) -> None:
    """M23, rules.md §2.7 contract.price_equals_award: the price to the fen, the time at most the promised one."""
    assert codes(replace(WON, **change)) == said


def test_every_reason_is_said_at_once() -> None:
    worst = SignedContract(Fen(1), 11, date(2026, 3, 7), "")
    assert codes(worst, file_known=False) == [
        "contract_price_differs",
        "contract_days_longer",
        "contract_signed_in_future",
        "contract_file_unknown",
    ]


def test_a_region_may_leave_the_price_to_the_parties() -> None:
    assert codes(replace(WON, amount_fen=Fen(1), days=11), terms=replace(TERMS, price_equals_award=False)) == []


@pytest.mark.parametrize("uploader", list(Side))
@pytest.mark.parametrize("side", list(Side))
def test_only_the_other_side_answers(uploader: Side, side: Side) -> None:
    """rules.md §2.7 contract.upload_days: either side uploads, the other confirms."""
    answered = [one.code for one in rules.refusals_to_answer(side=side, uploaded_by=uploader)]
    assert answered == (["contract_own_upload"] if side is uploader else [])
    rejected = [one.code for one in rules.refusals_to_reject(Because(""), side=side, uploaded_by=uploader)]
    assert rejected == [*answered, "contract_reason_missing"]


@pytest.mark.parametrize(("now", "open_"), [(T - TICK, True), (T, False)])
def test_deadlines_are_half_open(now: datetime, open_: bool) -> None:
    assert bool(list(rules.refusals_to_deem(confirm_due_at=T, now=now))) is open_
    assert bool(list(rules.refusals_to_lapse(Because("silence"), sign_due_at=T, protested=False, now=now))) is open_


@pytest.mark.parametrize(
    ("uploaded", "confirmed", "lapsed", "phase"),
    [
        (None, None, None, Phase.TO_SIGN),
        (T, None, None, Phase.TO_CONFIRM),
        (T, T, None, Phase.EFFECTIVE),
        (None, None, T, Phase.LAPSED),
    ],
)
def test_the_phase_follows_from_instants(
    uploaded: datetime | None, confirmed: datetime | None, lapsed: datetime | None, phase: Phase
) -> None:
    """rules.md §3.3."""
    assert rules.phase_of(uploaded_at=uploaded, confirmed_at=confirmed, lapsed_at=lapsed) is phase
