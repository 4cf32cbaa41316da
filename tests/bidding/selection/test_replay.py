"""A selection told again out of its transcript: what each method shows, and what a contradiction leaves untold."""

import json
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bidding.auction import bids
from bidding.selection import lottery, methods, prices, replay, scenes, transcript
from bidding.selection.scenes import Kind
from tests.bidding.selection.test_transcript import (
    EXCLUDED,
    IDS,
    OWNER,
    PARAMETERS,
    START,
    TAMPERED,
    alone,
    flip,
    holders,
    json_values,
    lines,
    made,
    offer,
    put,
    read_again,
    recorded,
)
from tests.builders import auction

RECORD = [Kind.ANNOUNCED, Kind.FROZEN, Kind.BEACON, Kind.DRAW]
STEPS = {
    "RANDOM": [],
    "BID_LOW": [Kind.OPENED, Kind.RANKED],
    "BID_LIVE": [Kind.LIVE],
    "BID_ROUNDS": [Kind.LIVE],
    "BID_AVG": [Kind.OPENED, Kind.RANKED],
    "BID_RATE": [Kind.OPENED, Kind.RANKED],
    "SHORTLIST_THEN_BID": [Kind.LISTED, Kind.OPENED, Kind.RANKED],
    "CREDIT_MERIT": [Kind.LISTED, Kind.CHOSEN],
    "SCHEME_MERIT": [Kind.OPENED, Kind.SCORED],
    "COMPARE": [Kind.OPENED, Kind.SCORED],
}


def content(told, kind):
    """What the step of a kind holds."""
    (found,) = [step.content for step in told.steps if step.kind is kind]
    return found


@pytest.mark.parametrize("method", PARAMETERS)
def test_every_method_is_told_to_its_result(method):
    found = read_again(made(method))
    told = replay.replay(found)
    assert [step.kind for step in told.steps] == [*RECORD, *STEPS[method], Kind.RESULT]
    assert told.faults == ()
    assert not any(step.claimed or step.faults for step in told.steps)
    result = content(told, Kind.RESULT)
    assert result.equal
    assert result.places == result.said
    value = methods.METHODS[method].kind
    assert [(one.rank, one.party.id, one.value) for one in result.places] == [
        (row["rank"], row["id"], row[value]) for row in found["result"]
    ]
    assert [one.wins for one in result.places] == [True, False, False]
    frozen = content(told, Kind.FROZEN)
    assert (frozen.valid, frozen.excluded) == (7, 1)
    assert frozen.lines[0].party == scenes.Party(EXCLUDED, "第7家")
    drawn = content(told, Kind.DRAW)
    assert [ticket.party.id for ticket in drawn.tickets] == found["record"]["order"]
    assert [ticket.ticket for ticket in drawn.tickets] == sorted(ticket.ticket for ticket in drawn.tickets)


def test_the_mean_is_told_as_it_is_computed():
    told = replay.replay(made("BID_AVG"))
    ranked = content(told, Kind.RANKED)
    assert ranked.percent == int(content(told, Kind.DRAW).factors[0][0])
    assert ranked.count == 5
    assert len(ranked.left_out) == 2
    assert {one.value for one in ranked.left_out} == {9_000_000, 8_700_000}
    assert ranked.total == sum(one.value for one in ranked.rows)
    assert ranked.reference == prices.reference([one.value for one in ranked.rows], percent=ranked.percent)
    assert [one.distance for one in ranked.rows] == [abs(one.value - ranked.reference) for one in ranked.rows]
    assert [one.distance for one in ranked.rows] == sorted(one.distance for one in ranked.rows)
    assert {one.value for one in ranked.rows if one.tied} == {8_900_000, 8_800_000}


def test_envelopes_that_stay_sealed_are_told_with_their_reason():
    opened = content(replay.replay(made("BID_LOW")), Kind.OPENED)
    assert (opened.count, opened.opened, opened.valid) == (9, 7, 7)
    sealed = {one.reasons: one for one in opened.envelopes if one.body is None}
    assert sealed.keys() == {("replaced",), ("credential_expired",)}
    assert all(one.total is None for one in sealed.values())


def test_a_low_price_that_was_accepted_is_told_as_one():
    offers = [offer(IDS[n], total, index=10 + n) for n, total in enumerate((9_000_000, 8_900_000, 6_000_000))]
    opened = content(replay.replay(made("BID_LOW", offers=offers)), Kind.OPENED)
    assert [one.low for one in opened.envelopes] == [False, False, True]


def test_an_auction_is_told_offer_by_offer():
    told = replay.replay(made("BID_LIVE"))
    live = content(told, Kind.LIVE)
    assert [one.bidder.letter for one in live.offers] == list("ABCABCAB")
    assert [one.standings[0].bidder for one in live.offers] == [one.bidder for one in live.offers]
    assert [(one.rank, one.bidder.letter, one.amount) for one in live.offers[3].standings] == [
        (1, "A", 9_620_000),
        (2, "C", 9_680_000),
        (3, "B", 9_740_000),
    ]
    assert [one.below for one in live.offers] == [None, *[60_000] * 7]
    assert live.offers[1].most == 9_800_000 - 50_000
    assert [one.seq for one in live.offers if one.extended] == [5, 6]
    assert live.first_end == START + timedelta(seconds=600)
    assert live.end == live.offers[-1].end == START + timedelta(seconds=640)
    assert [view.offer and view.offer.seq for view in told.views] == [None] * 4 + list(range(1, 9)) + [None]
    assert [view.number for view in told.views] == list(range(1, 14))
    across = [mark.x for mark in live.plot.marks]
    down = [mark.y for mark in live.plot.marks]
    assert across == sorted(across)
    assert down == sorted(down)
    assert live.plot.first_end < live.plot.last_end == replay.WIDTH - replay.EDGE


def test_rounds_are_told_with_equal_amounts_in_the_order_drawn():
    heard = [bids.Bid(who, 9_500_000, START + timedelta(seconds=at)) for at, who in enumerate(IDS[:3])]
    found = made("BID_ROUNDS", live=heard)
    live = content(replay.replay(found), Kind.LIVE)
    order = [who for who in found["record"]["order"] if who in IDS[:3]]
    assert [one.bidder.party.id for one in live.standings] == order
    assert [one.below for one in live.offers] == [None, 0, 0]
    assert [one.round for one in live.offers] == [1, 1, 1]
    assert len(live.plot.limits) == 2


def test_an_auction_without_an_offer():
    told = replay.replay(made("BID_LIVE", live=[], decision="unsuccessful"))
    live = content(told, Kind.LIVE)
    assert told.faults == ()
    assert live.offers == live.standings == live.plot.marks == ()
    assert live.end == live.first_end


def test_sheets_are_told_by_criterion_and_judge():
    found = made("COMPARE")
    scored = content(replay.replay(found), Kind.SCORED)
    assert scored.criteria == (("service", 40), ("team", 30))
    assert scored.price_weight == 30
    assert list(scored.judges) == found["record"]["judges"][:3]
    first = scored.rows[0]
    given = {(mark["judge"], mark["id"], mark["criterion"]): mark["points"] for mark in found["scores"]}
    assert first.points == tuple(
        tuple(given[judge, first.party.id, name] for judge in scored.judges) for name in ("service", "team")
    )
    assert [row.party.id for row in scored.rows][:3] == [row["id"] for row in found["result"]]
    assert [row.thousandths for row in scored.rows] == sorted((row.thousandths for row in scored.rows), reverse=True)


def test_the_lists_by_credit_and_the_owners_choice():
    told = replay.replay(made("CREDIT_MERIT"))
    listed, chosen = content(told, Kind.LISTED), content(told, Kind.CHOSEN)
    assert len(listed.long) == 5
    assert [lots for _, lots in listed.long] == sorted((lots for _, lots in listed.long), reverse=True)
    assert chosen.standing == listed.short
    assert chosen.choices == listed.short[1:2]
    assert chosen.owner == OWNER


def test_two_schemes_are_chosen_from():
    two = [offer(who, 9_000_000 + n, index=10 + n) for n, who in enumerate(IDS[:2])]
    parameters = {"minimum": 2, **PARAMETERS["SCHEME_MERIT"]}
    given = {
        "record": recorded("SCHEME_MERIT", parameters),
        "rulebook": "450800@2026-07-01",
        "rulebook_sha256": "5c" * 32,
        "method": "SCHEME_MERIT",
        "parameters": parameters,
        "offers": two,
    }
    waiting = replay.replay(transcript.transcript(**given))
    assert content(waiting, Kind.CHOSEN).choices == ()
    assert content(waiting, Kind.RESULT).places == ()
    assert content(waiting, Kind.RESULT).waits
    chosen = replay.replay(transcript.transcript(**given, scores=transcript.choice(OWNER, [IDS[1]])))
    assert [one.id for one in content(chosen, Kind.CHOSEN).choices] == [IDS[1]]


@pytest.mark.parametrize("method", PARAMETERS)
@pytest.mark.parametrize("decision", ["unsuccessful", "void"])
def test_a_selection_without_a_result_is_told_too(method, decision):
    parameters = {"minimum": 3, **PARAMETERS[method]}
    few = lines(credit=methods.METHODS[method].lots, count=3)
    record = recorded(method, parameters, decision=decision, frozen_lines=few)
    told = replay.replay(
        transcript.transcript(
            record=record, rulebook="450800@2026-07-01", rulebook_sha256="5c" * 32, method=method, parameters=parameters
        )
    )
    assert told.faults == ()
    assert all(step.content is not None for step in told.steps)
    assert content(told, Kind.RESULT).places == ()
    assert told.decision == decision


@pytest.mark.parametrize(("method", "change"), TAMPERED)
def test_what_follows_from_a_contradiction_is_not_told(method, change):
    found = read_again(made(method))
    change(found)
    if transcript.shape(found):
        with pytest.raises(lottery.Malformed):
            replay.replay(found)
        return
    told = replay.replay(found)
    assert list(told.faults) == transcript.verify(found) != []
    spoken = [step for step in told.steps if step.faults]
    assert {sentence for step in spoken for sentence in step.faults} == set(told.faults)
    result = told.steps[-1]
    if result.faults and set(transcript.examine(found)) == {"result"}:
        assert not result.content.equal
    else:
        assert result.content is None
    first = min(step.number for step in spoken)
    untold = [step.number for step in told.steps if step.content is None]
    assert all(number >= first for number in untold)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (put(flip, "record", "log", "freeze", "salt"), [Kind.ANNOUNCED]),
        (put("000-00000", "record", "beacon_value"), [Kind.ANNOUNCED, Kind.FROZEN, Kind.BEACON]),
        (put(None, "record", "beacon_value"), [Kind.ANNOUNCED, Kind.FROZEN]),
        (put(flip, "record", "seed"), [Kind.ANNOUNCED, Kind.FROZEN, Kind.BEACON]),
        (put(5, "parameters", "minimum"), RECORD),
        (put(flip, "offers", 0, "commitment"), RECORD),
        (put("unsuccessful", "record", "decision"), [*RECORD, Kind.OPENED]),
        (put(lambda rows: rows[::-1], "result"), [*RECORD, Kind.OPENED, Kind.RANKED, Kind.RESULT]),
    ],
)
def test_how_far_a_tampered_transcript_is_told(change, told):
    found = read_again(made("BID_LOW"))
    change(found)
    assert [step.kind for step in replay.replay(found).steps if step.content] == told


def test_who_was_invited_is_told_though_an_envelope_is_broken():
    found = read_again(made("SHORTLIST_THEN_BID"))
    found["offers"][0]["body"] = None
    told = [step.kind for step in replay.replay(found).steps if step.content]
    assert told == [*RECORD, Kind.LISTED]


def test_what_the_file_says_of_itself_is_called_a_claim():
    found = read_again(made("RANDOM"))
    found["parameters"]["price_fen"] += 1
    announced = replay.replay(found).steps[0]
    assert announced.claimed
    assert ("price_fen", 5_000_001) in announced.content.parameters


@given(st.sampled_from(sorted(PARAMETERS)), st.data())
@settings(max_examples=120)
def test_whatever_is_handed_in_is_told_or_refused(method, data):
    found = read_again(made(method))
    for _ in range(data.draw(st.integers(1, 2))):
        way = data.draw(st.sampled_from(list(holders(found))))
        put(data.draw(json_values), *way)(found)
    try:
        told = replay.replay(replay.read(json.dumps(found).encode()))
    except replay.Unreadable:
        return
    assert list(told.faults) == transcript.verify(found)
    assert told.faults or told.steps[-1].content.equal


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"\xff\xfe", "no_text"),
        (b"{}", "malformed"),
        (b"[" * 100_000, "malformed"),
        (b'{"a":1.5}', "malformed"),
        (b"9" * 5000, "malformed"),
        (b" " * replay.MOST_BYTES + b"1", "too_large"),
    ],
)
def test_what_is_no_transcript_is_said_so(content, code):
    with pytest.raises(replay.Unreadable) as refused:
        replay.read(content)
    assert refused.value.code == code
    assert len(refused.value.faults) <= replay.FAULTS_TOLD


def test_a_frozen_text_that_cannot_be_read_is_malformed():
    found = read_again(made("RANDOM"))
    found["record"]["frozen_text"] = "zjcs-frozen-1\n"
    with pytest.raises(replay.Unreadable) as refused:
        replay.read(json.dumps(found).encode())
    assert refused.value.code == "malformed"


def test_what_takes_too_long_is_not_begun():
    many = [lottery.Line(f"91450800MA{n:08d}", 1000, f"{n:064x}", "server") for n in range(301)]
    found = made("CREDIT_MERIT", frozen_lines=many)
    assert replay.work(found) == 301_000
    with pytest.raises(replay.Unreadable) as refused:
        replay.read(json.dumps(found).encode())
    assert refused.value.code == "too_much"
    chosen = {"judge": OWNER, "id": IDS[0], "criterion": "choice", "points": 1}
    found = read_again(made("CREDIT_MERIT")) | {"scores": [chosen] * 50_000}
    assert replay.work(found) == 350_000


def test_a_long_list_is_shortened_but_counted_whole():
    many = [
        lottery.Line(f"91450800MA{n:08d}", int(n != 9), f"{n:064x}", "server", (), () if n != 9 else ("over",))
        for n in range(replay.MOST_LINES + 50)
    ]
    told = replay.replay(made("RANDOM", frozen_lines=many))
    frozen, drawn = content(told, Kind.FROZEN), content(told, Kind.DRAW)
    assert told.shortened
    assert len(frozen.lines) == len(drawn.tickets) == replay.MOST_LINES
    assert frozen.lines[0].reasons == ("over",)
    assert (frozen.valid, frozen.excluded, drawn.places) == (249, 1, 249)
    assert not replay.replay(made("RANDOM")).shortened


# The recorded auction


def test_the_recorded_auction_is_consistent_and_a_changed_byte_is_not(tmp_path):
    """The command of docs/auction/README.md, and one byte changed at a time."""
    text = auction.FILE.read_text(encoding="utf-8")
    code, said = alone(tmp_path, text)
    assert code == 0
    assert "结论：全程记录前后一致" in said
    found = json.loads(text)
    assert f"1. {found['result'][0]['id']} 清源工程咨询有限公司 4190000 分" in said
    for old, new in (
        ('"amount":4190000,"at"', '"amount":4190001,"at"'),
        (f'"seed":"{found["record"]["seed"]}', f'"seed":"{flip(found["record"]["seed"])}'),
        ('"step_fen":24000', '"step_fen":24001'),
        ("372-90418", "372-90419"),
        ('"rank":1', '"rank":2'),
    ):
        assert old in text
        code, said = alone(tmp_path, text.replace(old, new, 1))
        assert code == 1, (old, said)
        assert "矛盾" in said


def told_of(live):
    """An auction without what differs from one recording to the next."""
    since = [((one.at - live.start) // timedelta(seconds=1), (one.end - live.start).seconds) for one in live.offers]
    said = [(one.bidder.party.name, one.bidder.letter, one.amount, one.extended) for one in live.offers]
    ranks = [[each.bidder.letter for each in one.standings] for one in live.offers]
    return since, said, ranks, live.step, live.ceiling


def test_the_recorded_auction_is_fought_out_again_by_the_markets_own_acts(app):
    recorded = replay.replay(replay.read(auction.FILE.read_bytes()))
    again = replay.replay(auction.recorded())
    for told in (recorded, again):
        live, frozen, result = (content(told, kind) for kind in (Kind.LIVE, Kind.FROZEN, Kind.RESULT))
        assert told.faults == ()
        assert len(live.bidders) == 5
        assert live.extended == 4
        assert [one.bidder.letter for one in live.standings] == ["B", "E", "D", "C", "A"]
        assert [(line.party.name, line.reasons) for line in frozen.lines if line.reasons] == [
            (auction.EXCLUDED, ("qualification_missing",))
        ]
        assert [one.party.name for one in result.places] == [auction.NAMES[n] for n in (1, 4, 3)]
    assert told_of(content(again, Kind.LIVE)) == told_of(content(recorded, Kind.LIVE))
