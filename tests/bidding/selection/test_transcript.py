"""Transcripts of every method, built from real records, and what their verifier finds in tampered ones (M44)."""

import copy
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bidding.auction import bids
from bidding.offer import body, envelope
from bidding.selection import lottery, merit, methods, prices, transcript
from tests import outsider
from tests.bidding.selection.test_lottery import FROZEN_AT, MARKET, NO, frozen_text, logged

IDS = [f"91450800MA5K00{n:04d}" for n in range(8)]
EXCLUDED = IDS[7]
OWNER = "U-000000000001"
BOOK, BOOK_SHA = "450800@2026-07-01", "5c" * 32
LOW = {"ceiling_fen": 10_000_000, "floor_fen": 0, "low_of_ceiling_ppm": 700_000, "low_of_mean_ppm": 800_000}
AUCTION = {
    **{name: LOW[name] for name in ("ceiling_fen", "floor_fen")},
    "step_fen": 50_000,
    "start_s": 86_400,
    "window_s": 60,
    "extensions": 2,
}
WEIGHTS = {"weight_service": 40, "weight_team": 30, "weight_price": 30}
PARAMETERS = {
    "RANDOM": {"price_fen": 5_000_000},
    "BID_LOW": LOW,
    "BID_LIVE": {**AUCTION, "duration_s": 600},
    "BID_ROUNDS": {**AUCTION, "rounds": 3, "round_s": 180},
    "BID_AVG": LOW,
    "BID_RATE": {"min_ppm": 20_000, "max_ppm": 200_000},
    "SHORTLIST_THEN_BID": {**LOW, "shortlist": 4},
    "CREDIT_MERIT": {"price_fen": 5_000_000, "long_list": 5, "short_list": 3},
    "SCHEME_MERIT": {**LOW, **WEIGHTS},
    "COMPARE": {**LOW, **WEIGHTS, "judges": 3},
}
JUDGES = ["J-000001", "J-000002", "J-000003", "J-000004"]
START = FROZEN_AT + timedelta(seconds=AUCTION["start_s"])


def lines(*, credit=False, count=8):
    return [
        lottery.Line(who, 0, f"{n:064x}", "desk", (), ("credential_expired",))
        if who == EXCLUDED
        else lottery.Line(who, 70 + n // 2 if credit else 1, f"{n:064x}", "server")
        for n, who in enumerate(IDS)
        if n >= 8 - count
    ]


def recorded(method, parameters, *, decision="drawn", frozen_lines=None, bound=True, publish=None, winners=1):
    row = methods.METHODS[method]
    text = frozen_text(lines=lines(credit=row.lots) if frozen_lines is None else frozen_lines, winners=winners)
    fixed = transcript.terms(method=method, parameters=parameters, rulebook=BOOK, rulebook_sha256=BOOK_SHA)
    said = {"method": method, "rulebook": BOOK}
    if "ceiling_fen" in parameters:
        said["budget_fen"] = parameters["ceiling_fen"]
    # Offers have the log indexes between publication and freeze, or those after it.
    log = logged(
        text, others=60, publish=said if publish is None else publish, freeze={"terms": fixed} if bound else None
    )
    return lottery.record(
        frozen_text=text,
        secret=bytes(range(32)),
        beacon_value="372-90418",
        beacon_on=date(2026, 11, 20),
        decision=decision,
        names={who: f"第{n}家" for n, who in enumerate(IDS)},
        drawn_at=datetime(2026, 11, 20, 14, 5, tzinfo=UTC),
        factor=row.factor,
        judges=JUDGES if row.judges else None,
        **log,
    )


def offer(who, total, *, index, kind="amount", files=("ab" * 32,), opened=True, **changed):
    text = body.body_text(
        body.Body(
            MARKET,
            NO,
            1,
            who,
            body.Kind(kind),
            total,
            5,
            hashlib.sha256(f"{who} {index}".encode()).hexdigest(),
            (),
            files,
        )
    )
    return transcript.Offer(who, body.commitment(text), text if opened else None, index, **changed)


def offers_of(method, order):
    """Seven that count, two of them equal, one replaced earlier, and the one of whoever was excluded."""
    row = methods.METHODS[method]
    base = 100 if row.second else 10
    takers = order[: PARAMETERS[method]["shortlist"]] if row.second else IDS[:7]
    totals = [150_000 - n // 2 * 10_000 if row.kind == "rate" else 9_000_000 - n // 2 * 100_000 for n in range(7)]
    found = [
        offer(who, total, index=base + n, kind=row.kind)
        for n, (who, total) in enumerate(zip(takers, totals, strict=False))
    ]
    if not row.second:
        found.append(offer(IDS[0], totals[0], index=base - 3, kind=row.kind, opened=False))
        found.append(offer(EXCLUDED, totals[0], index=base + 20, kind=row.kind, opened=False))
    return found


def live_bids(method):
    times = [10, 20, 30, 210, 300, 400, 530, 570] if method == "BID_ROUNDS" else [10, 20, 30, 40, 570, 580, 625, 635]
    takers = [0, 1, 2, 0, 1, 2, 0, 1]
    return [
        bids.Bid(IDS[who], 9_800_000 - place * 60_000, START + timedelta(seconds=at))
        for place, (who, at) in enumerate(zip(takers, times, strict=True))
    ]


def marks(judges, ids):
    return [
        merit.Mark(judge, who, criterion, (7 * place + 5 * len(judge) + 3 * int(who[-1]) + len(criterion)) % 101)
        for place, judge in enumerate(judges)
        for who in ids
        for criterion in ("service", "team")
    ]


def made(method, **changed):
    """A whole transcript of a method."""
    row = methods.METHODS[method]
    parameters = {"minimum": 3, **PARAMETERS[method]}
    options = {
        name: changed.pop(name)
        for name in ("bound", "decision", "frozen_lines", "publish", "winners")
        if name in changed
    }
    record = recorded(method, parameters, **options)
    given = {
        "record": record,
        "rulebook": BOOK,
        "rulebook_sha256": BOOK_SHA,
        "method": method,
        "parameters": parameters,
    }
    if row.sealed:
        given["offers"] = offers_of(method, record["order"])
    if row.live:
        given["live"] = live_bids(method)
    if row.lots:
        case = methods.Case(1, 2, parameters, FROZEN_AT, record["order"], lots=dict.fromkeys(record["order"], 1))
        frozen = lottery.parse_frozen_text(record["frozen_text"])
        short = merit.short_list(frozen.lots, long=5, short=3, order=case.order)
        given["scores"] = transcript.choice(OWNER, short[1:2])
    if row.weights:
        given["scores"] = marks(record["judges"][:3] if row.judges else [OWNER], IDS[:7])
    return transcript.transcript(**{**given, **changed})


def read_again(found):
    """What a file holds; JSON makes lists of tuples and copies everything."""
    return json.loads(json.dumps(found))


@pytest.mark.parametrize("method", PARAMETERS)
def test_the_transcript_of_every_method_is_consistent(method):
    found = made(method)
    assert transcript.verify(found) == []
    assert transcript.verify(read_again(found)) == []
    assert len(found["result"]) == 3
    assert [row["rank"] for row in found["result"]] == [1, 2, 3]


def test_all_methods_are_covered():
    assert PARAMETERS.keys() == methods.METHODS.keys() - {"DIRECT"}


@pytest.mark.parametrize("method", PARAMETERS)
def test_any_other_result_is_a_contradiction(method):
    found = made(method)
    value = methods.METHODS[method].kind
    changes = [
        found["result"][::-1],
        found["result"][:-1],
        [],
        [*found["result"], {"rank": 4, "id": IDS[0], value: 1}],
        [{**found["result"][0], value: found["result"][0][value] + 1}, *found["result"][1:]],
        [{**found["result"][0], "rank": 2}, *found["result"][1:]],
        [{**found["result"][0], "id": EXCLUDED}, *found["result"][1:]],
    ]
    for changed in changes:
        assert transcript.verify({**found, "result": changed})


@pytest.mark.parametrize("method", PARAMETERS)
@pytest.mark.parametrize("decision", ["unsuccessful", "void"])
def test_nobody_wins_without_a_draw(method, decision):
    few = lines(credit=methods.METHODS[method].lots, count=3)
    parameters = {"minimum": 3, **PARAMETERS[method]}
    record = recorded(method, parameters, decision=decision, frozen_lines=few)
    found = transcript.transcript(
        record=record, rulebook=BOOK, rulebook_sha256=BOOK_SHA, method=method, parameters=parameters
    )
    assert found["result"] == []
    assert transcript.verify(found) == []
    assert transcript.verify({**found, "record": {**record, "decision": "drawn"}})


def put(value, *way):
    """A change: the value at the end of the way, found in the transcript."""

    def change(found):
        *steps, last = way
        holder = found
        for step in steps:
            holder = holder[step]
        holder[last] = value(holder[last]) if callable(value) else value

    return change


def flip(text):
    return text[:-1] + ("0" if text[-1] != "0" else "1")


def more(number):
    return number + 1


TAMPERED = [
    ("BID_LOW", put("zjcs-transcript-2", "format")),
    ("BID_LOW", put("DEMO-450801", "market")),
    ("BID_LOW", put("450800-2026-000018", "no")),
    ("BID_LOW", put(2, "attempt")),
    ("BID_LOW", put("450000@2026-07-01", "rulebook", "id")),
    ("BID_LOW", put(flip, "rulebook", "sha256")),
    ("BID_LOW", put("BID_RATE", "method")),
    ("BID_LOW", put("SCHEME_MERIT", "method")),
    ("BID_LOW", put("DIRECT", "method")),
    *(("BID_LOW", put(more, "parameters", name)) for name in ("minimum", *LOW)),
    *(("BID_LIVE", put(more, "parameters", name)) for name in PARAMETERS["BID_LIVE"]),
    *(("BID_ROUNDS", put(more, "parameters", name)) for name in ("rounds", "round_s")),
    *(("CREDIT_MERIT", put(more, "parameters", name)) for name in PARAMETERS["CREDIT_MERIT"]),
    ("COMPARE", put(4, "parameters", "judges")),
    ("BID_LOW", put(5, "parameters", "remark")),
    ("BID_LOW", lambda found: found["parameters"].pop("floor_fen")),
    ("BID_LOW", put(flip, "record", "seed")),
    ("BID_LOW", put(lambda order: order[::-1], "record", "order")),
    ("BID_LOW", put("unsuccessful", "record", "decision")),
    ("BID_LOW", put("void", "record", "decision")),
    ("BID_LOW", put(lambda text: text.replace("1 2\n", "1 1\n", 1), "record", "frozen_text")),
    ("BID_LOW", put(["97", "96", "98", "95"], "record", "factor")),
    ("BID_AVG", put(None, "record", "factor")),
    ("BID_AVG", put(lambda factor: factor[::-1], "record", "factor")),
    ("COMPARE", put(None, "record", "judges")),
    ("COMPARE", put(lambda judges: judges[::-1], "record", "judges")),
    ("COMPARE", put(lambda judges: judges[:2], "record", "judges")),
    ("BID_LOW", put(lambda text: text.replace("\n9000000\n", "\n8000000\n"), "offers", 0, "body")),
    ("BID_LOW", put(None, "offers", 0, "body")),
    ("BID_LOW", put("zjcs-offer-1\n", "offers", 0, "body")),
    ("BID_LOW", put("\ud800", "offers", 0, "body")),
    ("BID_LOW", put(flip, "offers", 0, "commitment")),
    ("BID_LOW", put(IDS[1], "offers", 0, "id")),
    ("BID_LOW", put("91450800MA5K009999", "offers", 0, "id")),
    ("BID_LOW", put(0, "offers", 0, "index")),
    ("BID_LOW", put(11, "offers", 0, "index")),
    ("BID_LOW", put(10_000, "offers", 0, "index")),
    ("SHORTLIST_THEN_BID", put(5, "offers", 0, "index")),
    ("BID_LOW", put(False, "offers", 0, "valid")),
    ("BID_LOW", put(["replaced"], "offers", 0, "reasons")),
    ("BID_LOW", put(["low_price_refused"], "offers", 0, "reasons")),
    ("BID_LOW", put(["outdated"], "offers", 0, "reasons")),
    ("BID_LOW", lambda found: found["offers"][6].update(valid=False, reasons=["outdated"], body=None)),
    ("BID_LOW", put(True, "offers", 7, "valid")),
    ("BID_LOW", put([], "offers", 7, "reasons")),
    ("BID_LOW", put([], "offers", 8, "reasons")),
    ("BID_LOW", put(["unopened"], "offers", 8, "reasons")),
    ("BID_LOW", lambda found: found["offers"].pop(6)),
    ("BID_LOW", lambda found: found["offers"].append(found["offers"][0])),
    ("BID_LOW", lambda found: found["offers"][0].pop("index")),
    (
        "BID_LOW",
        put([{"seq": 1, "id": IDS[0], "amount": 1, "at": lottery.instant(START), "extended_to": None}], "live"),
    ),
    ("BID_LOW", put([{"judge": OWNER, "id": IDS[0], "criterion": "choice", "points": 1}], "scores")),
    ("BID_LIVE", put(2, "live", 0, "seq")),
    ("BID_LIVE", put(IDS[5], "live", 7, "id")),
    ("BID_LIVE", put(EXCLUDED, "live", 0, "id")),
    ("BID_LIVE", put(more, "live", 7, "amount")),
    ("BID_LIVE", put(9_800_001, "live", 1, "amount")),
    ("BID_LIVE", put(10_000_001, "live", 0, "amount")),
    ("BID_LIVE", put(lottery.instant(START - timedelta(microseconds=1)), "live", 0, "at")),
    ("BID_LIVE", put(lottery.instant(START + timedelta(seconds=31)), "live", 1, "at")),
    ("BID_LIVE", put(lottery.instant(START + timedelta(seconds=571)), "live", 4, "at")),
    ("BID_LIVE", put(lottery.instant(START + timedelta(seconds=690)), "live", 7, "at")),
    ("BID_LIVE", put(None, "live", 4, "extended_to")),
    ("BID_LIVE", put(lottery.instant(START), "live", 0, "extended_to")),
    ("BID_LIVE", lambda found: found["live"].pop(7)),
    ("BID_LIVE", lambda found: found["live"].pop(4)),
    ("BID_ROUNDS", put(lottery.instant(START + timedelta(seconds=170)), "live", 3, "at")),
    ("BID_ROUNDS", put(IDS[2], "live", 0, "id")),
    ("COMPARE", put(101, "scores", 0, "points")),
    ("COMPARE", put("J-000009", "scores", 0, "judge")),
    ("COMPARE", put(EXCLUDED, "scores", 0, "id")),
    ("COMPARE", put("price", "scores", 0, "criterion")),
    ("COMPARE", put("choice", "scores", 0, "criterion")),
    ("COMPARE", lambda found: found["scores"].pop()),
    ("COMPARE", lambda found: found["scores"].append(found["scores"][0])),
    ("CREDIT_MERIT", put(2, "scores", 0, "points")),
    ("CREDIT_MERIT", put(EXCLUDED, "scores", 0, "id")),
    ("CREDIT_MERIT", put("service", "scores", 0, "criterion")),
    ("CREDIT_MERIT", lambda found: found["scores"].clear()),
    ("CREDIT_MERIT", lambda found: found["scores"].append({**found["scores"][0], "judge": "U-000000000002"})),
    ("BID_LOW", lambda found: found.pop("live")),
    ("BID_LOW", put("", "remark")),
    ("BID_RATE", lambda found: found["result"][0].update(amount=found["result"][0].pop("rate"))),
]


@pytest.mark.parametrize(("method", "change"), TAMPERED)
def test_a_tampered_transcript_is_found(method, change):
    found = read_again(made(method))
    before = copy.deepcopy(found)
    assert outsider.check_transcript(before) == []
    change(found)
    assert found != before
    assert transcript.verify(found)
    assert outsider.check_transcript(found)


def leaves(value, *way):
    """Every way to something that is no list and no object."""
    if isinstance(value, dict | list):
        for step, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(each, *way, step)
    else:
        yield way


def other(value):
    """Something else that could stand there as well."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    return "0" * 64 if value is None else flip(value)


UNBOUND = {
    # What only the log and its key can say.
    ("record", "log", "head", "key_id"),
    ("record", "log", "head", "signature"),
    *(("record", "names", who) for who in IDS),
    # Envelopes that stay sealed, and indexes that no other envelope has: compared with /log/entries.
    ("offers", 7, "id"),
    *(("offers", place, "commitment") for place in (7, 8)),
    *(("offers", place, "index") for place in (6, 7, 8)),
}


def test_every_other_value_of_a_transcript_is_bound():
    """Each single value is changed in turn: contradictions, but for those that need the log beside the file."""
    found = read_again(made("BID_AVG"))
    undetected = set()
    for way in leaves(found):
        changed = copy.deepcopy(found)
        put(other, *way)(changed)
        if not transcript.verify(changed):
            undetected.add(way)
    assert undetected == UNBOUND


@given(st.sampled_from(sorted(PARAMETERS)), st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_the_sequence_in_the_file_decides_nothing(method, chance):
    found = made(method)
    shuffled = copy.deepcopy(found)
    chance.shuffle(shuffled["offers"])
    chance.shuffle(shuffled["scores"])
    assert transcript.verify(shuffled) == []
    assert shuffled["result"] == found["result"]


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.text(max_size=5), st.sampled_from(IDS)),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=5), inner, max_size=2)),
    max_leaves=4,
)


def holders(value, *way):
    """Every way to any value below."""
    if isinstance(value, dict | list):
        for step, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield (*way, step)
            yield from holders(each, *way, step)


@given(st.sampled_from(sorted(PARAMETERS)), st.data())
@settings(max_examples=300)
def test_whatever_stands_anywhere_the_verifier_answers(method, data):
    found = read_again(made(method))
    for _ in range(data.draw(st.integers(1, 2))):
        way = data.draw(st.sampled_from(list(holders(found))))
        put(data.draw(json_values), *way)(found)
    assert all(isinstance(sentence, str) for sentence in transcript.verify(found))


# What counts


def low(offers, *, decision="drawn", **parameters):
    said = {"minimum": 3, **LOW, **parameters}
    return transcript.transcript(
        record=recorded("BID_LOW", said, decision=decision),
        rulebook=BOOK,
        rulebook_sha256=BOOK_SHA,
        method="BID_LOW",
        parameters=said,
        offers=offers,
    )


def against(found):
    return [row["reasons"] for row in found["offers"]]


def test_every_reason_against_an_offer():
    found = low(
        [
            offer(IDS[0], 9_000_000, index=10, opened=False),
            offer(IDS[0], 8_900_000, index=20),
            offer(IDS[1], 10_000_001, index=11),
            offer(IDS[2], 499_999, index=12),
            offer(IDS[3], 90_000, index=13, kind="rate"),
            offer(IDS[4], 8_800_000, index=14, opened=False),
            offer(IDS[5], 6_999_999, index=15, refused="low_price_refused"),
            offer(IDS[6], 8_700_000, index=16, refused="low_price_unexplained"),
            offer(EXCLUDED, 5_000_000, index=17, opened=False),
        ],
        floor_fen=500_000,
    )
    assert against(found) == [
        ["replaced"],
        [],
        ["above_ceiling"],
        ["below_floor"],
        ["another_kind", "below_floor"],
        ["unopened"],
        ["low_price_refused"],
        [],  # its price need not be explained, so that nobody may refuse it
        ["credential_expired"],
    ]
    assert [row["id"] for row in found["result"]] == [IDS[6], IDS[0]]
    assert transcript.verify(found) == []


def test_what_a_change_of_the_announcement_outdated_is_no_envelope():
    changed = [offer(who, 9_000_000, index=9 + n, opened=False, outdated=True) for n, who in enumerate(IDS[:2])]
    found = low([*changed, *(offer(who, 8_000_000 + n, index=20 + n) for n, who in enumerate(IDS[1:4]))])
    assert against(found) == [["outdated"], ["outdated", "replaced"], [], [], []]
    assert transcript.verify(found) == []
    few = made("BID_LOW", offers=[*changed, offer(IDS[1], 1, index=20, opened=False)], decision="unsuccessful")
    assert against(few) == [["outdated"], ["outdated", "replaced"], ["unopened"]]
    assert transcript.verify(few) == []


def test_a_scheme_without_a_file_is_no_proposal():
    found = made(
        "SCHEME_MERIT",
        offers=[offer(who, 9_000_000, index=10 + n, files=()) for n, who in enumerate(IDS[:3])],
        scores=(),
    )
    assert against(found) == [["proposal_missing"]] * 3
    assert found["result"] == []
    assert transcript.verify(found) == []


def test_only_those_invited_may_offer():
    found = made("SHORTLIST_THEN_BID")
    order = found["record"]["order"]
    late = made(
        "SHORTLIST_THEN_BID",
        offers=[*offers_of("SHORTLIST_THEN_BID", order), offer(order[4], 1, index=120, opened=False)],
    )
    assert against(late)[-1] == ["not_invited"]
    assert late["result"] == found["result"]
    assert transcript.verify(late) == []


@pytest.mark.parametrize(
    "opened",
    [
        [offer(EXCLUDED, 9_000_000, index=30)],
        [offer(IDS[0], 9_000_000, index=5)],
    ],
)
def test_what_stays_sealed_must_not_be_opened(opened):
    found = made("BID_LOW", offers=[*offers_of("BID_LOW", ())[:7], *opened])
    assert "不应开启" in transcript.verify(found)[0]


def handed_in(*opened):
    return [offer(IDS[n], 9_000_000, index=10 + n, opened=each) for n, each in enumerate(opened)]


@pytest.mark.parametrize(
    ("opened", "decision", "sentence"),
    [
        ((False, False), "unsuccessful", None),
        ((False, False), "drawn", "却称已产生结果"),
        ((False, False, False), "drawn", "没有开启"),
        ((True, True), "unsuccessful", "不应开启任何一份"),
        ((True, True, True), "unsuccessful", "却称流标"),
        ((True, True, True), "drawn", None),
        ((True, True, True, False), "drawn", None),  # the fourth agency's body never came
        ((True, True, False), "drawn", "却称已产生结果"),
        ((False, False, False), "unsuccessful", None),  # a body never came, and two are too few
    ],
)
def test_the_minimum_counts_envelopes(opened, decision, sentence):
    faults = transcript.verify(low(handed_in(*opened), decision=decision))
    assert faults == [] if sentence is None else sentence in faults[0]


@pytest.mark.parametrize("changed", [{"market": "DEMO-1"}, {"no": "X"}, {"attempt": 2}, {"id": IDS[1]}])
def test_a_body_of_another_attempt_does_not_count(changed):
    fields = {"market": MARKET, "no": NO, "attempt": 1, "id": IDS[0]} | changed
    text = body.body_text(body.Body(**fields, kind=body.Kind.AMOUNT, total=9_000_000, promised_days=5, nonce="00" * 32))
    with pytest.raises(body.Malformed):
        low([transcript.Offer(IDS[0], body.commitment(text), text, 10)])


def test_two_schemes_are_chosen_from_by_the_owner():
    two = [offer(who, 9_000_000 + n, index=10 + n) for n, who in enumerate(IDS[:2])]
    settings_ = {"minimum": 2, **PARAMETERS["SCHEME_MERIT"]}
    given = {
        "record": recorded("SCHEME_MERIT", settings_),
        "rulebook": BOOK,
        "rulebook_sha256": BOOK_SHA,
        "method": "SCHEME_MERIT",
        "parameters": settings_,
        "offers": two,
    }
    chosen = transcript.transcript(**given, scores=transcript.choice(OWNER, [IDS[1]]))
    assert [row["id"] for row in chosen["result"]] == [IDS[1], IDS[0]]
    assert transcript.verify(chosen) == []
    waiting = transcript.transcript(**given)
    assert waiting["result"] == []
    assert transcript.verify(waiting) == []
    twice = transcript.transcript(**given, scores=transcript.choice(OWNER, [IDS[1], IDS[0]]))
    assert "数目" in transcript.verify(twice)[0]
    scored = {**chosen, "scores": [*chosen["scores"], {"judge": OWNER, "id": IDS[0], "criterion": "team", "points": 1}]}
    assert "不应有评分" in transcript.verify(scored)[0]


def test_where_the_freeze_says_no_terms_the_publication_still_binds():
    assert transcript.verify(made("BID_LOW", bound=False)) == []
    assert transcript.verify(made("BID_LOW", bound=False, publish={"method": "RANDOM"}))
    assert transcript.verify(made("BID_LOW", bound=False, publish={"rulebook": "450000@2017-11-23"}))
    assert transcript.verify(made("BID_LOW", bound=False, publish={"budget_fen": 9_999_999}))
    assert transcript.verify(made("BID_LOW", bound=False, publish={})) == []


def test_lots_are_for_credit_alone():
    found = made("BID_LOW", frozen_lines=lines(credit=True))
    assert "一签" in transcript.verify(found)[0]


def test_several_winners():
    found = made("BID_LOW", winners=3)
    assert len(found["result"]) == 5
    assert transcript.verify(found) == []


@given(st.sampled_from(["", "\n", "zjcs-offer-1\n", "x"]), st.integers(0, 400), st.sampled_from("0aZ\n -"))
def test_market_and_verifier_read_bodies_alike(start, place, letter):
    whole = offer(IDS[0], 9_000_000, index=1).body
    for text in (start, start + whole, whole[:place] + letter + whole[place + 1 :]):
        read = []
        for parse in (body.parse_body, envelope.parse_body):
            try:
                read.append(parse(text).total)
            except ValueError:
                read.append(None)
        assert read[0] == read[1]


# The file that is handed out


def alone(tmp_path, content):
    """The verifier as an outsider runs it, far from the market."""
    (tmp_path / "transcript.zip").write_bytes(transcript.verifier())
    path = tmp_path / "transcript.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", "-S", "transcript.zip", "transcript.json"],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


@pytest.mark.parametrize("method", ["BID_AVG", "BID_RATE", "COMPARE"])
def test_the_verifier_runs_alone(method, tmp_path):
    found = made(method)
    code, said = alone(tmp_path, json.dumps(found))
    assert code == 0
    assert "结论：全程记录前后一致" in said
    assert found["result"][0]["id"] in said
    assert "请将此日志头与您手中任何一份留存的日志头核对" in said
    assert ("judging.lock" in said) is (method == "COMPARE")
    code, said = alone(tmp_path, json.dumps({**found, "result": found["result"][::-1]}))
    assert code == 1
    assert "矛盾：结果与重新计算的结果不符" in said


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"a":1,"a":1}', '{"format":"zjcs-transcript-1"}'])
def test_what_is_no_transcript_is_unreadable(content, tmp_path):
    code, said = alone(tmp_path, content)
    assert code == 2
    assert said.startswith("无法")


def test_the_verifier_is_the_same_every_time_and_carries_the_very_modules():
    assert transcript.verifier() == transcript.verifier()
    with zipfile.ZipFile(io.BytesIO(transcript.verifier())) as archive:
        names = archive.namelist()
        for module in (lottery, merit, methods, prices, transcript, body, bids):
            (name,) = [name for name in names if name == module.__name__.replace(".", "/") + ".py"]
            assert archive.read(name).decode() == Path(module.__file__).read_text(encoding="utf-8")
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_usage(capsys):
    assert transcript.main([]) == 2
    assert "transcript.zip transcript.json" in capsys.readouterr().out
