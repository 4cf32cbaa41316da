"""An outsider's second implementation of docs/protocol.md: written from that page, importing nothing of the product.

    python -I -S tests/outsider.py URL [--announcement NO [--attempt N]] [--receipt FILE] [--head FILE]

checks over HTTP the record of a draw, the transcript and the opened offers of an announcement, a receipt's inclusion,
and that the log continues a head kept from earlier. Every check answers with a list of faults; the empty list means
that it holds. Standard library only.
"""

import argparse
import hashlib
import json
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

Fetch = Callable[[str], Any]

ID = r"[0-9A-Z][0-9A-Z-]{0,39}"
INT = r"(?:0|[1-9][0-9]*)"
HEX = r"[0-9a-f]{64}"
AT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"

FROZEN = re.compile(
    rf"zjcs-frozen-1\n({ID})\n({ID})\n([1-9][0-9]*)\n({AT})\n({INT}) ({INT})\n({HEX})\n"
    rf"(none|lottery 3d\+pl5|witness)(?: after ({AT}))?\n"
    rf"((?:{ID} {INT} {HEX} (?:browser|server|desk) (?:-|{ID}(?:\+{ID})*) (?:-|[a-z0-9_.]+(?:,[a-z0-9_.]+)*)\n)*)",
    re.ASCII,
)
OFFER = re.compile(
    rf"zjcs-offer-1\n{ID}\n{ID}\n[1-9][0-9]*\n{ID}\n(amount|rate)\n({INT})\n{INT}\n{HEX}\n"
    rf"((?:item {ID} {INT} {INT}\n)*)((?:file {HEX}\n)*)",
    re.ASCII,
)
RECEIPT = re.compile(
    rf"zjcs-receipt-1\n({ID})\n([a-z0-9_.]+)\n({ID}|-)\n([1-9][0-9]*|-)\n({ID})\n({HEX})\n({AT})\n({HEX})\n", re.ASCII
)


# Hashes, trees, signatures


def sha(content: str | bytes) -> str:
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def canon(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def when(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def node(left: str, right: str) -> str:
    return sha(b"\x01" + bytes.fromhex(left) + bytes.fromhex(right))


def leaf(digest: str) -> str:
    return sha(b"\x00zjcs-log-1\n" + digest.encode() + b"\n")


def cut(size: int) -> int:
    """The largest power of two smaller than `size`."""
    half = 1
    while half * 2 < size:
        half *= 2
    return half


def included(index: int, size: int, value: str, path: Sequence[str]) -> str:
    """The root that the path (leaf side first) leads to, by the recursion of RFC 9162 §2.1.3.1."""
    if not 0 <= index < size:
        raise ValueError("index outside the tree")
    if size == 1:
        if path:
            raise ValueError("path too long")
        return value
    half = cut(size)
    if index < half:
        return node(included(index, half, value, path[:-1]), path[-1])
    return node(path[-1], included(index - half, size - half, value, path[:-1]))


def continued(first: int, second: int, old_root: str, path: Sequence[str], whole: bool = True) -> tuple[str, str]:
    """The two roots that a consistency path leads to, by the recursion of RFC 9162 §2.1.4.1."""
    if first == second:
        if len(path) != (0 if whole else 1):
            raise ValueError("path of the wrong length")
        return (old_root, old_root) if whole else (path[0], path[0])
    half = cut(second)
    if first <= half:
        old, new = continued(first, half, old_root, path[:-1], whole)
        return old, node(new, path[-1])
    old, new = continued(first - half, second - half, old_root, path[:-1], False)
    return node(path[-1], old), node(path[-1], new)


P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
Point = tuple[int, int, int, int]


def add(a: Point, b: Point) -> Point:
    """Sum of two points of edwards25519 in extended coordinates: RFC 8032 §5.1.4."""
    one, two = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    three, four = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = two - one, four - three, four + three, two + one
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(scalar: int, point: Point) -> Point:
    total: Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = add(total, point)
        point, scalar = add(point, point), scalar >> 1
    return total


def decompressed(raw: bytes) -> Point:
    """RFC 8032 §5.1.3."""
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    if len(raw) != 32 or y >= P or x * x % P != square or (x == 0 and sign):
        raise ValueError("not a point")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = decompressed((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def signed(public: bytes, text: str, signature: str) -> bool:
    """Whether the Ed25519 signature holds: RFC 8032 §5.1.7."""
    try:
        raw = bytes.fromhex(signature)
        key, point, s = decompressed(public), decompressed(raw[:32]), int.from_bytes(raw[32:], "little")
    except ValueError:
        return False
    if len(raw) != 64 or s >= ORDER:
        return False
    k = int.from_bytes(hashlib.sha512(raw[:32] + public + text.encode()).digest(), "little") % ORDER
    left, right = times(s, BASE), add(point, times(k, key))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


# The four checks


def ranked(seed: str, purpose: str, lots: dict[str, int]) -> list[str]:
    def smallest(who: str) -> str:
        return min(sha(f"{seed} {purpose} {who} {k}") for k in range(1, lots[who] + 1))

    return [who for _, who in sorted((smallest(who), who) for who in lots if lots[who])]


def check_record(record: dict[str, Any]) -> list[str]:
    """§1.7: commitment, frozen text, both entries under the head, head older than the beacon, seed, order."""
    try:
        return _record(record)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        return [f"not a record: {error!r}"]


def _record(record: dict[str, Any]) -> list[str]:
    text, log, value = record["frozen_text"], record["log"], record["beacon_value"]
    match = FROZEN.fullmatch(text)
    if record["format"] != "zjcs-draw-1" or not match:
        return ["format or frozen text"]
    market, no, attempt, frozen_at, _, _, commitment, rule, after, block = match.groups()
    rows = [row.split(" ") for row in block.splitlines()]
    faults = []

    def must(holds: object, fault: str) -> None:
        if not holds:
            faults.append(fault)

    ids = [row[0] for row in rows]
    must(ids == sorted(set(ids)), "order of lines")
    for who, lots, _, _, members, reasons in rows:
        for joined, sign in ((members, "+"), (reasons, ",")):
            must(joined.split(sign) == sorted(set(joined.split(sign))), f"members or reasons of {who}")
        must(who not in members.split("+"), f"members of {who}")
        must(int(lots) <= 1000 and (lots == "0") == (reasons != "-"), f"lots of {who}")
    delay = {"none": None, "lottery 3d+pl5": 30, "witness": 10}[rule]
    expected = None if delay is None else when(frozen_at) + timedelta(minutes=delay)
    must((None if after is None else when(after)) == expected, "beacon line")
    must((record["market"], record["no"], str(record["attempt"])) == (market, no, attempt), "market, no, attempt")
    must(sha(bytes.fromhex(record["secret"])) == commitment, "commitment")
    if value is None:
        must(rule == "none" or record["decision"] != "drawn", "beacon value is missing")
    else:
        form = {"none": r"(?!)", "lottery 3d+pl5": r"[0-9]{3}-[0-9]{5}", "witness": r"[0-9]{10,}"}[rule]
        must(re.fullmatch(form, value), "beacon value")
    must((record["beacon_on"] is None) == (value is None), "beacon day")
    if expected and value and record["beacon_on"]:
        hour = timedelta(hours=20) if rule != "witness" else timedelta(hours=24, microseconds=-1)
        day = datetime.strptime(record["beacon_on"] + "+0800", "%Y-%m-%d%z")
        must(day + hour >= expected, "beacon day too early")
        if rule != "witness" and record["drawn_at"]:
            must(when(record["drawn_at"]) >= day + timedelta(hours=22), "drawn before the beacon was known")
    must(record["drawn_at"] is None or when(record["drawn_at"]) >= max(when(frozen_at), expected or when(frozen_at)),
         "drawn too early")  # fmt: skip
    must(record["drawn_at"] or record["decision"] != "drawn", "instant of the draw")
    body = "".join(f"{row[0]} {row[2]}\n" for row in rows)
    seed = sha(f"zjcs-draw-1\n{market}\n{no}\n{attempt}\n{record['secret']}\n{value or '-'}\n{body}")
    must(record["seed"] == seed, "seed")
    order = ranked(seed, "order", {row[0]: int(row[1]) for row in rows})
    must(record["order"] == order, "order")
    must(record["factor"] in (None, ranked(seed, "factor", dict.fromkeys(("95", "96", "97", "98"), 1))), "factor")
    judges = record["judges"]
    must(judges is None or judges == ranked(seed, "judge", dict.fromkeys(judges, 1)), "judges")
    must(all(re.fullmatch(ID, judge, re.ASCII) for judge in judges or ()), "judges")
    must(
        record["decision"] in ("drawn", "unsuccessful", "void") and (order or record["decision"] != "drawn"), "decision"
    )

    said = {
        "publish": ("announcement.publish", {"commitment": commitment, "beacon_rule": rule, "attempt": int(attempt)}),
        "freeze": ("selection.freeze", {"frozen": sha(text), "attempt": int(attempt)}),
    }
    head = log["head"]
    for name, (act, members) in said.items():
        entry = log[name]
        payload = json.loads(entry["payload"])
        digest = sha(f"{entry['salt']}\n{entry['payload']}\n")
        must(canon(payload) == entry["payload"] and payload["format"] == "zjcs-act-1", f"{name}: form")
        about = [subject for subject in payload["subjects"] if subject.startswith("announcement:")]
        must(payload["act"] == act and about == [f"announcement:{no}"], f"{name}: another act or subject")
        public = payload["public"]
        must(all(canon(public[member]) == canon(members[member]) for member in members), f"{name}: another content")
        must((when(payload["at"]) < when(frozen_at)) == (name == "publish"), f"{name}: instant")
        must(included(entry["index"], head["tree_size"], leaf(digest), entry["path"]) == head["root_hash"],
             f"{name}: not under the head")  # fmt: skip
    must(log["publish"]["index"] < log["freeze"]["index"], "frozen before it was published")
    late = expected is not None and when(head["timestamp"]) >= expected
    must(not late or record["decision"] == "void", "head not older than the beacon")
    return faults


def check_offer(body_text: str, commitment: str) -> list[str]:
    """§2.1: the body's form, its sum, and that it is what was committed to."""
    match = OFFER.fullmatch(body_text)
    if not match:
        return ["not a body"]
    kind, total, items, files = match.groups()
    rows = [row.split(" ") for row in items.splitlines()]
    codes, hashes = [row[1] for row in rows], files.splitlines()
    faults = []
    if codes != sorted(set(codes)) or hashes != sorted(set(hashes)):
        faults.append("items or files out of order")
    if kind == "amount" and rows and sum(int(row[2]) for row in rows) != int(total):
        faults.append("items do not add up")
    if sha(body_text) != commitment:
        faults.append("not what was committed to")
    return faults


def check_transcript(told: dict[str, Any]) -> list[str]:
    """§4 for every offered method: the record, what was offered, and the result computed from them alone."""
    try:
        return [*check_record(told["record"]), *_transcript(told)]
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        return [f"not a transcript: {error!r}"]


MEMBERS = {"format", "market", "no", "attempt", "rulebook", "method", "parameters", "record"}
MEMBERS |= {"offers", "live", "scores", "result"}
BY_PRICE = ("BID_LOW", "BID_AVG", "BID_RATE", "SCHEME_MERIT", "COMPARE")
SEALED = (*BY_PRICE, "SHORTLIST_THEN_BID")


def _terms(told: dict[str, Any]) -> list[str]:
    """docs/methods.md: the freeze binds method, parameters and rulebook; a factor and judges only where drawn."""
    said, method = told["parameters"], told["method"]
    announced = {name: value for name, value in said.items() if not name.startswith("pause_")}
    bound = sha(canon({"method": method, "parameters": announced, "rulebook": told["rulebook"]}))
    published = json.loads(told["record"]["log"]["publish"]["payload"])["public"]
    frozen = json.loads(told["record"]["log"]["freeze"]["payload"])["public"]
    found = {
        "members": set(told) == MEMBERS,
        "parameters": all(type(value) is int and value >= 0 for value in said.values()) and said["minimum"] >= 1,
        "terms": frozen.get("terms", bound) == bound and published.get("method", method) == method,
        "ceiling": published.get("budget_fen", said.get("ceiling_fen")) == said.get("ceiling_fen")
        or "ceiling_fen" not in said,
        "factor": (told["record"]["factor"] is not None) == (method == "BID_AVG"),
        "judges": told["record"]["judges"] is None or method == "COMPARE",
        "offers in a method without any": method in SEALED or not told["offers"],
    }
    return [fault for fault, holds in found.items() if not holds]


def _handed_in(told: dict[str, Any]) -> tuple[dict[str, int], list[str]]:
    """§2.4, §2.5: the valid prices; and each envelope whose reasons are others than those that follow from the rest."""
    record, said, method, faults = told["record"], told["parameters"], told["method"], []
    lines = {row.split(" ")[0]: row.split(" ")[5] for row in record["frozen_text"].splitlines()[8:]}
    invited = record["order"][: said["shortlist"]] if method == "SHORTLIST_THEN_BID" else list(lines)
    last = {row["id"]: row["index"] for row in sorted(told["offers"], key=lambda row: row["index"])}
    first, fixed = record["log"]["publish"]["index"], record["log"]["freeze"]["index"]
    standing: dict[str, int] = {}
    decided = []
    for row in told["offers"]:
        who, body, known = row["id"], row["body"], {"outdated"} & {*row["reasons"]}
        known |= {*lines[who].split(",")} - {"-"} | ({"replaced"} if row["index"] != last[who] else set())
        known |= {"not_invited"} if who not in invited and lines[who] == "-" else set()
        in_time = row["index"] > first and (row["index"] > fixed) == (method == "SHORTLIST_THEN_BID")
        if body is not None:
            faults += [f"offer {who}: {fault}" for fault in check_offer(body, row["commitment"])]
            if body.splitlines()[1:5] != [told["market"], told["no"], str(told["attempt"]), who]:
                faults.append(f"the body of {who} is of another attempt")
            if known:
                faults.append(f"an envelope of {who} that stays sealed was opened")
            kind, total = body.splitlines()[5], int(body.splitlines()[6])
            least, most = (said["min_ppm"], said["max_ppm"]) if method == "BID_RATE" else (
                max(1, said["floor_fen"]), said["ceiling_fen"]
            )  # fmt: skip
            known |= {"another_kind"} if kind != ("rate" if method == "BID_RATE" else "amount") else set()
            known |= {"below_floor"} if total < least else {"above_ceiling"} if total > most else set()
            bare = method in ("SCHEME_MERIT", "COMPARE") and "\nfile " not in body
            known |= {"proposal_missing"} if bare else set()
            if not known:
                standing[who] = total
                if row["reasons"] in (["low_price_unexplained"], ["low_price_refused"]):
                    decided.append(who)
                    known |= {*row["reasons"]}
        elif not known:
            known.add("unopened")
        if row["reasons"] != sorted(known) or row["valid"] != (not known) or not in_time:
            faults.append(f"reasons of {who}")
    cheap = of_low(standing, said) if "low_of_ceiling_ppm" in said else set()
    faults += [f"the price of {who} need not be explained" for who in decided if who not in cheap]
    old = [row["index"] for row in told["offers"] if "outdated" in row["reasons"]]
    new = [row["index"] for row in told["offers"] if "outdated" not in row["reasons"]]
    if len({*old, *new}) < len(told["offers"]) or (old and new and max(old) > min(new)):
        faults.append("indexes of the offers")
    return {who: price for who, price in standing.items() if who not in decided}, faults


def of_low(standing: dict[str, int], said: dict[str, int]) -> set[str]:
    """rules.md offer.low_price_alert: below a share of the ceiling, or of the mean of the others."""
    found = set()
    for who, price in standing.items():
        rest = [other for name, other in standing.items() if name != who]
        if price * 10**6 < said["low_of_ceiling_ppm"] * said["ceiling_fen"]:
            found.add(who)
        if rest and price * 10**6 * len(rest) < said["low_of_mean_ppm"] * sum(rest):
            found.add(who)
    return found


def _enough(told: dict[str, Any], prices: dict[str, int]) -> list[str]:
    """§2.5: the count against the minimum; nothing opened where there are too few."""
    valid = {row.split(" ")[0] for row in told["record"]["frozen_text"].splitlines()[8:] if row.endswith(" -")}
    opened = {row["id"] for row in told["offers"] if row["body"] is not None}
    by_price = told["method"] in BY_PRICE
    if by_price:
        valid &= opened or {row["id"] for row in told["offers"] if "outdated" not in row["reasons"]}
    enough, decision = len(valid) >= told["parameters"]["minimum"], told["record"]["decision"]
    faults = ["drawn of too few"] if decision == "drawn" and not (enough and (opened or not by_price)) else []
    silent = told["method"] in ("BID_LIVE", "BID_ROUNDS") and not told["live"]
    if decision == "drawn" and silent:
        faults.append("drawn though nobody offered")
    if decision == "unsuccessful" and enough and not silent and not (by_price and not prices):
        faults.append("unsuccessful with enough")
    if opened and len(opened) < told["parameters"]["minimum"]:
        faults.append("opened though too few")
    return faults


def _transcript(told: dict[str, Any]) -> list[str]:
    record, faults = told["record"], _terms(told)
    if told["format"] != "zjcs-transcript-1" or (told["market"], told["no"], told["attempt"]) != (
        record["market"],
        record["no"],
        record["attempt"],
    ):
        faults.append("format, market, no, attempt")
    prices, wrong = _handed_in(told)
    faults += [*wrong, *_enough(told, prices)]
    if told["method"] in ("BID_LIVE", "BID_ROUNDS"):
        prices, wrong = _auctioned(told, when(record["frozen_text"].splitlines()[4]))
        faults += wrong
    elif told["live"]:
        faults.append("an auction in a method without one")
    wanted = sum(int(count) for count in record["frozen_text"].splitlines()[5].split(" "))
    ranks: list[tuple[str, int]] = []
    if record["decision"] != "drawn":
        faults += ["scores without a draw"] if told["scores"] else []
    elif told["method"] == "CREDIT_MERIT":
        ranks = _chosen(told)
        wanted = max(wanted, len(ranks))
    elif told["method"] in ("SCHEME_MERIT", "COMPARE"):
        ranks, wrong = _schemes(told, prices)
        faults += wrong
    else:
        ranks = _ranks(told["method"], prices, record, told["parameters"])
    if told["scores"] and told["method"] not in ("CREDIT_MERIT", "SCHEME_MERIT", "COMPARE"):
        faults.append("scores in a method without any")
    value = "rate" if told["method"] == "BID_RATE" else "amount"
    expected = [{"rank": place, "id": who, value: price} for place, (who, price) in enumerate(ranks[:wanted], 1)]
    return faults if told["result"] == expected else [*faults, "result"]


def _auctioned(told: dict[str, Any], frozen_at: datetime) -> tuple[dict[str, int], list[str]]:
    """The last amount of each, and every offer that should not have counted; the end moves as the offers move it."""
    said, faults = told["parameters"], []
    last: dict[str, int] = {}
    in_rounds = told["method"] == "BID_ROUNDS"
    length = timedelta(seconds=said["round_s"] if in_rounds else said["duration_s"])
    begin = frozen_at + timedelta(seconds=said["start_s"])
    end, left = begin + length * said.get("rounds", 1), said["extensions"]
    taking_part = set(told["record"]["order"])
    rounds, latest, resumed, shift = set(), begin, begin, timedelta()
    pauses = [
        [timedelta(seconds=said[f"pause_{number}_{name}_s"]) for name in ("since", "until", "lost")]
        for number in range(1, sum(name.startswith("pause_") for name in said) // 3 + 1)
    ]
    for place, row in enumerate([*told["live"], None], 1):
        while pauses and (row is None or when(row["at"]) >= frozen_at + pauses[0][0]):
            since, until, lost = pauses.pop(0)
            alive, since, until = frozen_at + until - lost, frozen_at + since, frozen_at + until
            if not (resumed <= alive < end and alive <= since < until and (latest < since or not last)):
                faults.append("an outage that cannot have been")
            resumed, end, shift = until, end + lost, shift + lost
        if row is None:
            break
        at, bar = when(row["at"]), last.get(row["id"]) if in_rounds else min(last.values(), default=None)
        fits = row["amount"] <= (said["ceiling_fen"] if bar is None else bar - said["step_fen"])
        turn = (row["id"], min((at - begin - shift) // length, said.get("rounds", 1) - 1))
        if in_rounds and turn in rounds:
            faults.append(f"second offer {place} in one round")
        if not (row["seq"] == place and max(latest, resumed) <= at < end and fits and row["id"] in taking_part):
            faults.append(f"offer {place} does not count")
        if row["amount"] < max(1, said["floor_fen"]):
            faults.append(f"offer {place} below the floor")
        moved = at + timedelta(seconds=said["window_s"])
        moves = moved > end and left > 0
        if (row["extended_to"] and when(row["extended_to"])) != (moved if moves else None):
            faults.append(f"the end after offer {place}")
        end, left = (moved, left - 1) if moves else (end, left)
        rounds.add(turn)
        latest, last[row["id"]] = at, row["amount"]
    return last, faults


def _chosen(told: dict[str, Any]) -> list[tuple[str, int]]:
    """docs/methods.md CREDIT_MERIT: the choice first, then the others of the short list as drawn; nobody before it."""
    said, order = told["parameters"], told["record"]["order"]
    rows = [row.split(" ") for row in told["record"]["frozen_text"].splitlines()[8:]]
    lots = {row[0]: int(row[1]) for row in rows if row[1] != "0"}
    longest = sorted(lots, key=lambda who: (-lots[who], order.index(who)))[: said["long_list"]]
    short = [who for who in order if who in longest][: said["short_list"]]
    chosen = [mark["id"] for mark in sorted(told["scores"], key=lambda mark: mark["points"])]
    if not set(chosen) <= set(short) or not _one_choice(told["scores"]):
        raise ValueError("choice")
    ranked = [*chosen, *(who for who in short if who not in chosen)] if chosen else []
    return [(who, said["price_fen"]) for who in ranked]


def _one_choice(scores: list[dict[str, Any]]) -> bool:
    """Of one owner, numbered from 1."""
    places = sorted(row["points"] for row in scores)
    return {row["criterion"] for row in scores} <= {"choice"} and places == list(range(1, len(scores) + 1))


def _schemes(told: dict[str, Any], prices: dict[str, int]) -> tuple[list[tuple[str, int]], list[str]]:
    """By weighted points and price, each judge one sheet; of one or two the owner chooses, the rest in the order."""
    record, said = told["record"], told["parameters"]
    if not prices or not told["scores"]:
        return [], []
    place = {who: at for at, who in enumerate(record["order"])}
    if len(prices) < 3:
        chosen = [row["id"] for row in sorted(told["scores"], key=lambda row: row["points"])]
        fits = _one_choice(told["scores"]) and set(chosen) <= set(prices)
        rest = sorted(set(prices) - set(chosen), key=lambda who: place[who])
        return [(who, prices[who]) for who in (*chosen, *rest)], [] if fits else ["choice"]
    sheets = {(row["judge"], row["id"], row["criterion"]): row["points"] for row in told["scores"]}
    judges = {judge for judge, _, _ in sheets}
    if told["method"] == "COMPARE" and judges != set((record["judges"] or [])[: said["judges"]]):
        return [], ["other judges than were drawn"]
    whole = {(judge, who, name) for judge in judges for who in prices for name in ("service", "team")}
    if set(sheets) != whole or len(sheets) != len(told["scores"]) or max(sheets.values()) > 100:
        return [], ["sheets"]
    totals = {}
    for who, price in prices.items():
        by_price = (2 * 10**6 * min(prices.values()) + price) // (2 * price)
        by_sheet = sum(
            said[f"weight_{name}"] * points * 10**4 for (_, other, name), points in sheets.items() if other == who
        )
        totals[who] = by_sheet + len(judges) * said["weight_price"] * by_price
    return [(who, prices[who]) for who in sorted(prices, key=lambda who: (-totals[who], place[who]))], []


def _ranks(
    method: str, prices: dict[str, int], record: dict[str, Any], parameters: dict[str, int]
) -> list[tuple[str, int]]:
    place = {who: at for at, who in enumerate(record["order"])}
    if method == "RANDOM":
        return [(who, parameters["price_fen"]) for who in record["order"]]
    if method == "SHORTLIST_THEN_BID":
        prices = {who: price for who, price in prices.items() if place[who] < parameters["shortlist"]}
    if method in ("BID_LOW", "BID_LIVE", "BID_ROUNDS", "SHORTLIST_THEN_BID"):
        return sorted(prices.items(), key=lambda one: (one[1], place[one[0]]))
    if method == "BID_RATE":
        return sorted(prices.items(), key=lambda one: (-one[1], place[one[0]]))
    if method != "BID_AVG":
        raise ValueError(method)
    rest, percent = dict(prices), int(record["factor"][0])
    if len(rest) >= 6:
        for extreme in (max, min):
            edge = extreme(rest.values())
            del rest[max((who for who in rest if rest[who] == edge), key=lambda who: place[who])]
    count = len(rest)
    middle = (2 * percent * sum(rest.values()) + 100 * count) // (200 * count)
    return sorted(rest.items(), key=lambda one: (abs(one[1] - middle), one[1], place[one[0]]))


def check_logged(offer: dict[str, Any], fetch: Fetch) -> list[str]:
    """§2.5, §3.5: the disclosed entry at the offer's index says this commitment, of this agency, under the head."""
    head = fetch("/log/head")
    (entry,) = fetch(f"/log/entries?start={offer['index']}&end={offer['index'] + 1}")
    if entry["disclosed"] is None:
        return ["the entry is not disclosed"]
    told = entry["disclosed"]
    digest = sha(f"{told['salt']}\n{told['payload']}\n")
    proof = fetch(f"/log/proof/inclusion?leaf={leaf(digest)}&tree_size={head['tree_size']}")
    root = included(offer["index"], head["tree_size"], leaf(digest), proof["path"])
    payload = json.loads(told["payload"])
    faults = check_head(head, fetch)
    if digest != entry["digest"] or root != head["root_hash"]:
        faults.append("another entry than was logged")
    if payload["act"] != "offer.submit" or payload["public"]["commitment"] != offer["commitment"]:
        faults.append("the entry says another commitment")
    if f"agency:{offer['id']}" not in payload["subjects"]:
        faults.append("the entry is of another agency")
    return faults


def offers_of(page: str, query: str, fetch: Fetch) -> list[dict[str, Any]]:
    """§2.5: the opened offers with body, commitment and index; none where no price decided."""
    try:
        return [offer for offer in fetch(f"{page}/offers.json{query}") if offer["body"] is not None]
    except urllib.error.HTTPError as error:
        if error.code != 404:
            raise
        return []


def _key(fetch: Fetch) -> tuple[bytes, str, str]:
    key = fetch("/log/key")
    public = bytes.fromhex(key["public_key"])
    return public, sha(public)[:16], key["market"]


def check_head(head: dict[str, Any], fetch: Fetch) -> list[str]:
    """§3.4: a head's signature under the deployment's key."""
    public, key_id, market = _key(fetch)
    text = f"zjcs-sth-1\n{market}\n{head['tree_size']}\n{head['root_hash']}\n{head['timestamp']}\n"
    return [] if head["key_id"] == key_id and signed(public, text, head["signature"]) else ["head: signature"]


def check_receipt(receipt_json: dict[str, Any], fetch: Fetch) -> list[str]:
    """§3.5: signature, input, and the leaf under the market's present head (absent within 60 s only)."""
    match = RECEIPT.fullmatch(receipt_json["text"])
    if receipt_json["format"] != "zjcs-receipt-1" or not match:
        return ["not a receipt"]
    public, key_id, own = _key(fetch)
    market, act, _, _, _, digest, at, place = match.groups()
    faults = []
    if market != own:
        faults.append("of another market")
    if receipt_json["key_id"] != key_id or not signed(public, receipt_json["text"], receipt_json["signature"]):
        faults.append("receipt: signature")
    handed_in = receipt_json["input"]
    if handed_in is not None and not act.startswith("offer.") and sha(canon(handed_in)) != digest:
        faults.append("input is not what was hashed")
    head = fetch("/log/head")
    faults += check_head(head, fetch)
    try:
        proof = fetch(f"/log/proof/inclusion?leaf={place}&tree_size={head['tree_size']}")
        reached = included(proof["index"], head["tree_size"], place, proof["path"])
    except (urllib.error.HTTPError, LookupError, ValueError):
        reached = None
    overdue = when(head["timestamp"]) > when(at) + timedelta(seconds=60)
    if reached != head["root_hash"] and (reached is not None or overdue):
        faults.append("not under the head")
    return faults


def check_consistency(head1: dict[str, Any], head2: dict[str, Any], fetch: Fetch) -> list[str]:
    """§3.4: the log of head2 continues the log of head1."""
    first, second = head1["tree_size"], head2["tree_size"]
    faults = check_head(head1, fetch) + check_head(head2, fetch)
    if not 0 <= first <= second:
        return [*faults, "the log has become shorter"]
    if first == 0:
        return faults if head1["root_hash"] == sha(b"") else [*faults, "empty tree with a root"]
    path = fetch(f"/log/proof/consistency?first={first}&second={second}")["path"] if first < second else []
    try:
        roots = continued(first, second, head1["root_hash"], path)
    except (ValueError, IndexError):
        return [*faults, "no proof of consistency"]
    return faults if roots == (head1["root_hash"], head2["root_hash"]) else [*faults, "the log was rewritten"]


def over_http(base: str) -> Fetch:
    if not base.startswith(("http://", "https://")):
        raise ValueError("http:// or https:// only")

    def fetch(path: str) -> Any:
        with urllib.request.urlopen(base.rstrip("/") + path, timeout=30) as answer:  # noqa: S310  checked above
            return json.loads(answer.read())

    return fetch


def main(argv: Sequence[str]) -> int:
    """0: everything asked for holds. 1: a fault. 2: something could not be read."""
    parser = argparse.ArgumentParser(description="Check a market from outside, by its published protocol.")
    parser.add_argument("url")
    parser.add_argument("--announcement", metavar="NO")
    parser.add_argument("--attempt", type=int)
    parser.add_argument("--receipt", metavar="FILE")
    parser.add_argument("--head", metavar="FILE", help="a head kept from earlier")
    given = parser.parse_args(argv)
    try:
        fetch = over_http(given.url)
        head = fetch("/log/head")
        faults = check_head(head, fetch)
        if given.announcement:
            page = f"/announcements/{given.announcement}"
            query = f"?attempt={given.attempt}" if given.attempt else ""
            record = fetch(f"{page}/record.json{query}")
            faults += check_transcript(fetch(f"{page}/transcript.json{query}"))
            faults += check_record(record) + check_consistency(record["log"]["head"], fetch("/log/head"), fetch)
            for offer in offers_of(page, query, fetch):
                found = check_offer(offer["body"], offer["commitment"]) + check_logged(offer, fetch)
                faults += [f"offer {offer['id']}: {fault}" for fault in found]
        if given.receipt:
            with open(given.receipt, encoding="utf-8") as file:
                faults += check_receipt(json.load(file), fetch)
        if given.head:
            with open(given.head, encoding="utf-8") as file:
                faults += check_consistency(json.load(file), head, fetch)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        print(f"unreadable: {error!r}")
        return 2
    print("\n".join(faults) or "holds")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
