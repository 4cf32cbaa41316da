"""The draw and its stand-alone verifier, against the page and against an outsider's implementation."""

import copy
import hashlib
import json
import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.audit import texts, tree
from bidding.selection import lottery
from tests import outsider

SCRIPT = Path(lottery.__file__)
FROZEN_AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
SECRET = bytes(range(32))
MARKET, NO = "DEMO-450800", "450800-2026-000017"
TIMELY, LATE = FROZEN_AT + timedelta(minutes=1), FROZEN_AT + timedelta(minutes=30)
TERMS = {"market": MARKET, "no": NO, "attempt": 1, "frozen_at": FROZEN_AT, "winners": 1, "alternates": 2}

LINES = (
    lottery.Line("91450800MA5K000013", 1, "11" * 32, "browser"),
    lottery.Line("91450800MA5K000021", 87, "22" * 32, "server", ("91450800MA5K00003X", "91450800MA5K000048")),
    lottery.Line("91450800MA5K000056", 0, "33" * 32, "desk", (), ("credential_expired", "same_control_group")),
)


def frozen_text(lines=LINES, rule="lottery 3d+pl5", secret=SECRET, **changed):
    terms = {**TERMS, "commitment": lottery.commitment(secret), "beacon_rule": rule, "lines": lines}
    return lottery.frozen_text(**{**terms, **changed})


def logged(text, *, head_at=TIMELY, others=3, publish=None, freeze=None, subject=f"announcement:{NO}", **acts):
    """Both entries among others, and the head over all: the `log` member of a record."""
    frozen = lottery.parse_frozen_text(text)
    said = {"attempt": frozen.attempt, "beacon_rule": frozen.beacon_rule, "commitment": frozen.commitment}
    shared = {"basis": None, "private": None, "subjects": [subject, "need:450800-2026-N00004"]}
    published = texts.payload_text(
        act=acts.get("publish_act", "announcement.publish"),
        at=FROZEN_AT - timedelta(days=5),
        role="purchaser",
        public=said | (publish or {}),
        **shared,
    )
    frozen_part = {"attempt": frozen.attempt, "frozen": hashlib.sha256(text.encode()).hexdigest()} | (freeze or {})
    froze = texts.payload_text(
        act=acts.get("freeze_act", "selection.freeze"),
        at=FROZEN_AT + timedelta(seconds=2),
        role="system",
        public=frozen_part,
        **shared,
    )
    salts = ["a1" * 32, "b2" * 32]
    digests = [texts.entry_digest(salt, payload) for salt, payload in zip(salts, (published, froze), strict=True)]
    fillers = [hashlib.sha256(bytes([n])).hexdigest() for n in range(others)]
    leaves = [tree.leaf_hash(d) for d in [fillers[0], digests[0], *fillers[1:], digests[1]]]
    size, nodes = len(leaves), tree.MemoryNodes(leaves)

    def entry(index, salt, payload):
        path = tree.hexes(tree.inclusion_path(nodes, index=index, size=size))
        return {"index": index, "salt": salt, "payload": payload, "path": path}

    head = {"tree_size": size, "root_hash": tree.root(nodes, size=size).hex(), "timestamp": lottery.instant(head_at)}
    return {
        "publish": entry(1, salts[0], published),
        "freeze": entry(size - 1, salts[1], froze),
        "head": {**head, "key_id": "0" * 16, "signature": "0" * 128},
    }


def record(*, text=None, beacon="372-90418", on=date(2026, 11, 20), decision="drawn", log=None, **changed):
    text = frozen_text() if text is None else text
    given = {
        "frozen_text": text,
        "secret": SECRET,
        "beacon_value": beacon,
        "beacon_on": on,
        "decision": decision,
        "names": {"91450800MA5K000013": "甲公司", "91450800MA5K000021": "乙公司"},
        "drawn_at": datetime(2026, 11, 20, 14, 5, tzinfo=UTC),
        **(logged(text) if log is None else log),
    }
    return lottery.record(**{**given, **changed})


def both(found):
    """What the product finds; an outsider must come to the same judgement."""
    ours = lottery.verify(found)
    assert bool(outsider.check_record(found)) == bool(ours), (ours, outsider.check_record(found))
    return ours


def flipped(text):
    """The same text with its last letter or digit changed."""
    return text[:-1] + ("0" if text[-1] != "0" else "1")


def test_the_record_of_the_example_is_consistent():
    found = record(factor=True, judges=["J-000003", "J-000001"])
    assert both(found) == []
    assert found["order"] == ["91450800MA5K000021", "91450800MA5K000013"]
    assert found["factor"] == ["97", "96", "98", "95"]


@pytest.mark.parametrize("decision", ["drawn", "unsuccessful", "void"])
def test_without_a_beacon_no_head_has_to_be_early(decision):
    text = frozen_text(rule="none")
    found = record(text=text, beacon=None, on=None, decision=decision, log=logged(text, head_at=LATE + timedelta(9)))
    assert both(found) == []


def test_a_witness_beacon():
    text = frozen_text(rule="witness")
    assert "witness after 2026-11-20T09:40:00.000000Z\n" in text
    assert both(record(text=text, beacon="0123456789")) == []
    assert both(record(text=text, beacon="012345678"))
    assert both(record(text=text, beacon="0123456789", on=date(2026, 11, 19)))


def test_a_late_head_allows_the_decision_void_only():
    late = logged(frozen_text(), head_at=LATE)
    assert both(record(log=late, decision="void")) == []
    assert both(record(log=late, decision="unsuccessful"))
    assert len(both(record(log=late))) == 1
    assert both(record(log=logged(frozen_text(), head_at=LATE - timedelta(microseconds=1)))) == []


def test_an_attempt_without_draw_may_lack_the_beacon_but_a_draw_may_not():
    assert both(record(beacon=None, on=None, decision="unsuccessful", drawn_at=None)) == []
    assert both(record(beacon=None, on=None))
    assert both(record(drawn_at=None))


def test_an_attempt_without_registrations_is_unsuccessful():
    text = frozen_text(lines=())
    assert both(record(text=text, decision="unsuccessful")) == []
    assert both(record(text=text))


@pytest.mark.parametrize(
    "changed",
    [
        {"secret": bytes(32)},
        {"on": date(2026, 11, 19)},
        {"beacon": "372-9041"},
        {"beacon": "3729041800"},
        {"on": None},
        {"drawn_at": FROZEN_AT},
        {"drawn_at": datetime(2026, 11, 20, 13, 59, tzinfo=UTC)},
    ],
)
def test_what_does_not_fit_is_refused(changed):
    assert both(record(**changed))


@pytest.mark.parametrize(
    "log",
    [
        {"publish": {"attempt": 2}},
        {"publish": {"attempt": True}},
        {"publish": {"commitment": "0" * 64}},
        {"publish": {"beacon_rule": "none"}},
        {"freeze": {"attempt": 2}},
        {"freeze": {"frozen": "0" * 64}},
        {"subject": "announcement:450800-2026-000018"},
        {"publish_act": "announcement.amend"},
        {"freeze_act": "announcement.publish"},
    ],
)
def test_an_entry_that_says_something_else_is_refused(log):
    assert both(record(log=logged(frozen_text(), **log)))


def test_entries_cannot_stand_for_each_other():
    log = logged(frozen_text())
    assert both(record(log={**log, "publish": log["freeze"], "freeze": log["publish"]}))
    assert both(record(log={**log, "publish": log["freeze"]}))


def test_a_forged_path_is_refused():
    found = record()
    for name in ("publish", "freeze"):
        for step in range(len(found["log"][name]["path"])):
            forged = copy.deepcopy(found)
            forged["log"][name]["path"][step] = flipped(forged["log"][name]["path"][step])
            assert both(forged)
        longer = copy.deepcopy(found)
        longer["log"][name]["path"].append("0" * 64)
        assert both(longer)


def test_another_list_than_the_frozen_one_is_refused():
    log = logged(frozen_text())
    changes = [
        LINES[:2],
        (LINES[0], LINES[1], lottery.Line("91450800MA5K000056", 1, "33" * 32, "desk")),
        (lottery.Line("91450800MA5K000013", 1, "10" + "11" * 31, "browser"), *LINES[1:]),
        (LINES[0], lottery.Line("91450800MA5K000021", 87, "22" * 32, "server", ("91450800MA5K00003X",)), LINES[2]),
    ]
    for lines in changes:
        assert both(record(text=frozen_text(lines=lines), log=log))


PLACES = (
    [("market",), ("no",), ("frozen_text",), ("secret",), ("beacon_value",), ("seed",), ("beacon_on",)]
    + [("order", 0), ("order", 1), ("factor", 3)]
    + [("log", name, member) for name in ("publish", "freeze") for member in ("salt", "payload")]
    + [("log", "head", "root_hash")]
)


@given(st.data())
@settings(max_examples=150)
def test_one_changed_character_anywhere_is_found(data):
    found = record(factor=True)
    *way, last = data.draw(st.sampled_from(PLACES))
    holder = found
    for step in way:
        holder = holder[step]
    text = holder[last]
    # A later day contradicts the instant of the draw, an earlier one the beacon line; the year's first digits none.
    place = data.draw(st.integers(8 if last == "beacon_on" else 0, len(text) - 1))
    holder[last] = (
        text[:place] + chr(ord(text[place]) ^ data.draw(st.sampled_from([1, 2, 4, 8, 16]))) + text[place + 1 :]
    )
    if last == "beacon_on" and holder[last] <= text:
        return
    assert both(found)


@pytest.mark.parametrize(
    "change",
    [
        lambda found: found.update(attempt=2),
        lambda found: found.update(order=found["order"][::-1]),
        lambda found: found.update(order=found["order"][:1]),
        lambda found: found["factor"].reverse(),
        lambda found: found["judges"].reverse(),
        lambda found: found["judges"].append(found["judges"][0]),
        lambda found: found["log"]["publish"].update(index=2),
        lambda found: found["log"]["head"].update(tree_size=6),
        lambda found: found.update(decision="drawn "),
        lambda found: found.pop("names"),
        lambda found: found.update(remark=""),
        lambda found: found["names"].update({"91450800MA5K000013": "甲\x1b[2J"}),
    ],
)
def test_a_changed_record_is_refused(change):
    found = record(factor=True, judges=["J-000003", "J-000001"])
    change(found)
    assert lottery.verify(found)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n1\n", "\n01\n"),
        ("\n1 2\n", "\n1  2\n"),
        ("\n1 2\n", "\n+1 2\n"),
        ("Z\n1 2", "+00:00\n1 2"),
        ("T09:30", "T25:30"),
        ("after 2026-11-20T10", "after 2026-11-20T11"),
        (" after 2026-11-20T10:00:00.000000Z", ""),
        ("lottery 3d+pl5 after", "lottery after"),
        ("aabbb", "AABBB"),
        ("browser", "phone"),
        (" 87 ", " 1001 "),
        (" 87 ", " 0 "),
        (" 0 ", " 1 "),
        ("91450800MA5K00003X+91450800MA5K000048", "91450800MA5K000048+91450800MA5K00003X"),
        ("91450800MA5K00003X+91450800MA5K000048", "91450800MA5K00003X+91450800MA5K00003X"),
        ("91450800MA5K00003X+91450800MA5K000048", "91450800MA5K000021"),
        ("credential_expired,", "same_control_group,"),
        ("zjcs-frozen-1", "zjcs-frozen-2"),
        ("DEMO", "demo"),
        ("91450800MA5K000013 ", "91450800MA5K000057 "),
        ("91450800MA5K000013 ", "91450800MA5K000021 "),
        ("\n", "\r\n"),
    ],
)
def test_a_frozen_text_of_another_form_is_not_read(old, new):
    text = frozen_text().replace(lottery.commitment(SECRET), "aabbb" + "0" * 59)
    assert old in text
    lottery.parse_frozen_text(text)
    with pytest.raises(lottery.Malformed):
        lottery.parse_frozen_text(text.replace(old, new, 1))
    with pytest.raises(lottery.Malformed):
        lottery.parse_frozen_text(text.removesuffix("\n"))


ids = st.from_regex(r"[0-9A-Z][0-9A-Z-]{0,39}", fullmatch=True)
contributions = st.binary(min_size=32, max_size=32).map(bytes.hex)
reasons = st.sets(st.from_regex(r"[a-z0-9_.]{1,12}", fullmatch=True), min_size=1, max_size=3).map(tuple)


@st.composite
def line(draw, who):
    members = tuple(draw(st.sets(ids.filter(lambda member: member != who), max_size=3)))
    made = draw(st.sampled_from(["browser", "server", "desk"]))
    refused = draw(st.one_of(st.just(()), reasons))
    return lottery.Line(who, 0 if refused else draw(st.integers(1, 50)), draw(contributions), made, members, refused)


lists_of_lines = st.sets(ids, max_size=8).flatmap(lambda found: st.tuples(*(line(who) for who in sorted(found))))


@given(lists_of_lines, st.randoms(use_true_random=False), st.binary(min_size=32, max_size=32))
def test_the_order_of_arrival_does_not_matter_and_what_is_written_can_be_read(lines, chance, secret):
    shuffled = list(lines)
    chance.shuffle(shuffled)
    text = frozen_text(lines=lines, secret=secret)
    assert frozen_text(lines=shuffled, secret=secret) == text
    assert lottery.parse_frozen_text(text).text == text
    value = lottery.seed(frozen=text, secret=secret, beacon_value="372-90418")
    lots = {one.id: one.lots for one in shuffled}
    ranking = lottery.order(value, "order", lots)
    assert sorted(ranking) == sorted(one.id for one in lines if one.lots)
    assert ranking == outsider.ranked(value, "order", lots)
    assert ranking == sorted(
        ranking, key=lambda who: (min(lottery.ticket(value, "order", who, k) for k in range(1, lots[who] + 1)), who)
    )


@given(lists_of_lines.filter(lambda lines: len(lines) > 1), st.binary(min_size=32, max_size=32))
def test_excluding_somebody_never_re_rolls(lines, secret):
    def judged(changed):
        text = frozen_text(lines=changed, secret=secret)
        value = lottery.seed(frozen=text, secret=secret, beacon_value=None)
        return value, lottery.order(value, "order", lottery.parse_frozen_text(text).lots)

    first = lines[0]
    excluded = lottery.Line(first.id, 0, first.contribution, first.made, first.members, ("expired",))
    before, after = judged(lines), judged((excluded, *lines[1:]))
    assert before[0] == after[0]
    assert [who for who in before[1] if who != first.id] == after[1]


def test_everybody_can_win_and_lots_count():
    lots = {"A": 1, "B": 2, "C": 5}
    won = Counter(
        lottery.order(hashlib.sha256(bytes([n // 256, n % 256])).hexdigest(), "order", lots)[0] for n in range(8000)
    )
    # 1000, 2000 and 5000 are expected; four standard deviations are below 180.
    assert all(abs(won[who] - count * 1000) < 180 for who, count in lots.items())


def test_one_seed_gives_each_purpose_its_own_order():
    lots = {str(n): 1 for n in range(50)}
    assert lottery.order("0" * 64, "order", lots) != lottery.order("0" * 64, "judge", lots)


@pytest.mark.parametrize(
    "wrong",
    [{"attempt": 0}, {"winners": -1}, {"no": "a"}, {"beacon_rule": "dice"}, {"commitment": "00"}, {"market": "X\nY"}],
)
def test_terms_that_cannot_stand_in_a_frozen_text_are_refused(wrong):
    with pytest.raises(lottery.Malformed):
        frozen_text(**wrong)


def test_instants_are_utc_to_the_microsecond():
    assert lottery.instant(datetime(2026, 1, 1, 8, 0, 0, 5, tzinfo=UTC)) == "2026-01-01T08:00:00.000005Z"
    with pytest.raises(lottery.Malformed):
        lottery.instant(datetime(2026, 1, 1))  # noqa: DTZ001  a naive one is the point
    with pytest.raises(lottery.Malformed):
        lottery.parse_instant("2026-01-01T08:00:00Z")


def alone(path):
    """The verifier as an outsider runs it."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(SCRIPT), str(path)], capture_output=True, encoding="utf-8", check=False
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_the_script_runs_alone(tmp_path):
    path = tmp_path / "record.json"
    path.write_text(json.dumps(record()), encoding="utf-8")
    code, said = alone(path)
    assert code == 0
    for part in (
        "root_hash",
        "lottery 3d+pl5 after 2026-11-20T10:00:00.000000Z",
        "372-90418",
        "1. 91450800MA5K000021 乙公司",
    ):
        assert part in said
    assert "请将此日志头与您手中任何一份留存的日志头核对" in said
    path.write_text(json.dumps({**record(), "seed": "0" * 64}, ensure_ascii=False), encoding="utf-8")
    code, said = alone(path)
    assert code == 1
    assert "矛盾：种子与重新计算的结果不符" in said


def test_the_script_says_when_no_beacon_was_used(tmp_path, capsys):
    path = tmp_path / "record.json"
    text = frozen_text(rule="none")
    path.write_text(json.dumps(record(text=text, beacon=None, on=None)), encoding="utf-8")
    assert lottery.main([str(path)]) == 0
    assert "本次抽取未使用外部随机源，不能排除平台运行方预知结果。" in capsys.readouterr().out


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", "nonsense", '{"format":"zjcs-draw-1"}', '{"a":1,"a":1}', '{"a":1.5}', "[" * 100_000, "9" * 5000],
)
def test_what_is_no_record_is_unreadable(tmp_path, capsys, content):
    path = tmp_path / "record.json"
    path.write_text(content, encoding="utf-8")
    assert lottery.main([str(path)]) == 2
    assert lottery.main([str(tmp_path / "missing.json")]) == 2
    assert lottery.main([]) == 2
    assert "Traceback" not in capsys.readouterr().out


def test_a_lone_surrogate_is_a_contradiction_not_a_crash():
    found = record()
    found["log"]["freeze"]["payload"] = '{"act":"\ud800"}'
    assert lottery.verify(found)
    found["frozen_text"] += "\ud800"
    assert lottery.verify(found)


def test_ten_thousand_candidates():
    lines = [lottery.Line(f"{n:018d}", 1, f"{n:064x}", "server") for n in range(10_000)]
    text = frozen_text(lines=lines)
    found = record(text=text, log=logged(text), names={})
    assert lottery.verify(found) == []
    assert len(found["order"]) == 10_000
