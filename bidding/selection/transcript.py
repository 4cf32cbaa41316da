"""The transcript `zjcs-transcript-1` of an attempt and its stand-alone verifier: docs/protocol.md §4, to the byte.

Standard library only, like all that it imports; together they are handed out as one file, `transcript.zip`, which
`verifier()` builds of the very modules that the market decides with. Anybody checks a published transcript with

    python -I -S transcript.zip transcript.json

Exit code 0: the transcript is consistent. 1: it contradicts itself. 2: it cannot be read as a transcript.
The methods are told in docs/methods.md. One function computes the result, when it is written and when it is verified.
"""

import hashlib
import io
import json
import re
import sys
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from bidding.auction import bids
from bidding.offer import body as bodies
from bidding.selection import lottery, merit, methods, prices

FORMAT: Final = "zjcs-transcript-1"
CHOICE: Final = "choice"
"""The criterion under which the owner's own choice stands among the scores; its points are 1 for the first choice."""

OUTDATED: Final = "outdated"
"""The one reason that follows from an earlier act of the announcement's record; the log holds that act."""

LOW: Final = frozenset({"low_price_unexplained", "low_price_refused"})
"""The only reasons against an opened offer that people decide, and only where the price must be explained."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One envelope: its commitment, its body once opened, the log index of its entry.

    `refused`: what people decided about a price that had to be explained, a code of `LOW`. `outdated`: the announcement
    was changed afterwards, so that it answers no longer what was asked (rules.md §2.5 publish.revision).
    """

    id: str
    commitment: str
    body: str | None
    index: int
    refused: str | None = None
    outdated: bool = False


def terms(*, method: str, parameters: Mapping[str, int], rulebook: str, rulebook_sha256: str) -> str:
    """What binds method, parameters and rulebook before anybody knows the result: SHA-256 of their RFC 8785 JSON.

    Where the freeze's entry has a public member `terms`, it is this (inferred: protocol.md §4 leaves them unbound).
    What an outage took of an auction nobody can know before: it stands in the log by an act of its own.
    """
    bound = methods.bound(parameters)
    said = {"method": method, "parameters": bound, "rulebook": {"id": rulebook, "sha256": rulebook_sha256}}
    return _sha256(json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False))


def choice(owner: str, ids: Sequence[str]) -> list[merit.Mark]:
    """The owner's choice, the first one first, as it stands among the scores (inferred: §4 names no other place)."""
    return [merit.Mark(owner, who, CHOICE, place) for place, who in enumerate(ids, 1)]


def transcript(
    *,
    record: Mapping[str, Any],
    rulebook: str,
    rulebook_sha256: str,
    method: str,
    parameters: Mapping[str, int],
    offers: Iterable[Offer] = (),
    live: Sequence[bids.Bid] = (),
    scores: Iterable[merit.Mark] = (),
) -> dict[str, Any]:
    """The transcript of an attempt, validity and result computed here; `verify` decides if it holds.

    `record` is the one of `lottery.record`; `offers` are all envelopes of everybody on the frozen list, `live` what
    counted in the auction, in its sequence; `scores` the locked sheets and the owner's choice. Raises
    lottery.Malformed, body.Malformed, merit.Unscored, and ValueError for a live offer that does not count.
    """
    frozen = lottery.parse_frozen_text(record["frozen_text"])
    row, handed_in = methods.METHODS[method], list(offers)
    judged = reasons(handed_in, frozen=frozen, method=method, parameters=parameters, order=record["order"])
    found = {
        "format": FORMAT,
        "market": frozen.market,
        "no": frozen.no,
        "attempt": frozen.attempt,
        "rulebook": {"id": rulebook, "sha256": rulebook_sha256},
        "method": method,
        "parameters": dict(parameters),
        "record": dict(record),
        "offers": [
            {
                "id": offer.id,
                "commitment": offer.commitment,
                "body": offer.body,
                "index": offer.index,
                "valid": not against,
                "reasons": list(against),
            }
            for offer, against in zip(handed_in, judged, strict=True)
        ],
        "live": [],
        "scores": [
            {"judge": mark.judge, "id": mark.id, "criterion": mark.criterion, "points": mark.points} for mark in scores
        ],
        "result": [],
    }
    if row.live:
        found["live"] = _live_rows(live, methods.auction_terms(case_of(found, frozen)))
    found["result"] = recomputed(found, frozen)
    return found


def _live_rows(heard: Sequence[bids.Bid], terms: bids.AuctionTerms) -> list[dict[str, Any]]:
    auction, rows = bids.announced(terms), []
    for seq, bid in enumerate(heard, 1):
        before, auction = auction, auction.after(bid)
        rows.append(
            {
                "seq": seq,
                "id": bid.id,
                "amount": bid.amount,
                "at": lottery.instant(bid.at),
                "extended_to": lottery.instant(auction.end) if auction.end > before.at(bid.at).end else None,
            }
        )
    return rows


# What counts


def reasons(
    offers: Sequence[Offer],
    *,
    frozen: lottery.Frozen,
    method: str,
    parameters: Mapping[str, int],
    order: Sequence[str],
) -> tuple[tuple[str, ...], ...]:
    """Why each envelope does not count, ascending codes; empty where it does. `order` as drawn.

    Those of the frozen text; `outdated` by a change of the announcement, `replaced` by a later one (protocol.md §2.4),
    `not_invited`, `unopened` (§2.5); of a body
    `another_kind`, `below_floor`, `above_ceiling`, `proposal_missing`; and what people decided of a price that must be
    explained. Raises body.Malformed for a body that is none, or is another's.
    """
    row = methods.METHODS[method]
    lines = {line.id: line for line in frozen.lines}
    latest = {offer.id: offer.index for offer in sorted(offers, key=lambda offer: offer.index)}
    invited = _invited(method, frozen, parameters, order)
    against: list[set[str]] = []
    standing: dict[str, int] = {}
    for offer in offers:
        found = set(lines[offer.id].reasons)
        if offer.outdated:
            found.add(OUTDATED)
        if latest[offer.id] != offer.index:
            found.add("replaced")
        if lines[offer.id].lots and offer.id not in invited:
            found.add("not_invited")
        if not found and offer.body is None:
            found.add("unopened")
        elif not found:
            body = _read(offer, frozen)
            found |= _faults(body, row, parameters)
            standing |= {} if found else {offer.id: body.total}
        against.append(found)
    low = _low(standing, parameters)
    for offer, found in zip(offers, against, strict=True):
        if offer.refused is not None and not found and offer.id in low:
            found.add(offer.refused)
    return tuple(tuple(sorted(found)) for found in against)


def _read(offer: Offer, frozen: lottery.Frozen) -> bodies.Body:
    """The opened body; raises body.Malformed unless it hashes to its commitment and is this one's, of this attempt."""
    found = bodies.parse_body(offer.body or "")
    if bodies.commitment(offer.body or "") != offer.commitment:
        raise bodies.Malformed("commitment")
    if (found.market, found.no, found.attempt, found.id) != (frozen.market, frozen.no, frozen.attempt, offer.id):
        raise bodies.Malformed("market, no, attempt, id")
    return found


def _faults(body: bodies.Body, row: methods.Row, parameters: Mapping[str, int]) -> set[str]:
    least, most = methods.bounds(parameters)
    checks = {
        "another_kind": body.kind.value != row.kind,
        "below_floor": body.total < least,
        "above_ceiling": body.total > most,
        "proposal_missing": row.weights and not body.files,
    }
    return {code for code, faulty in checks.items() if faulty}


def _low(standing: Mapping[str, int], parameters: Mapping[str, int]) -> frozenset[str]:
    """Whose price must be explained, among all that would otherwise count (rules.md §2.5)."""
    if "low_of_ceiling_ppm" not in parameters:
        return frozenset()
    return prices.abnormally_low(
        standing,
        ceiling=parameters["ceiling_fen"],
        of_ceiling=parameters["low_of_ceiling_ppm"],
        of_mean=parameters["low_of_mean_ppm"],
    )


def _invited(
    method: str, frozen: lottery.Frozen, parameters: Mapping[str, int], order: Sequence[str]
) -> frozenset[str]:
    """Who may hand in an envelope: every valid registration, of those a short list where one is drawn first."""
    shortened = methods.METHODS[method].second
    return frozenset(order[: parameters["shortlist"]]) if shortened else frozenset(frozen.lots)


# The result


def case_of(found: Mapping[str, Any], frozen: lottery.Frozen) -> methods.Case:
    """The members of a transcript as what its result follows from. Raises body.Malformed."""
    record, row, parameters = found["record"], methods.METHODS[found["method"]], found["parameters"]
    marks = [merit.Mark(**score) for score in found["scores"]]
    chosen = sorted((mark for mark in marks if mark.criterion == CHOICE), key=lambda mark: mark.points)
    sheets = [mark for mark in marks if mark.criterion != CHOICE]
    named = (record["judges"] or [])[: parameters.get("judges", 0)]
    return methods.Case(
        winners=frozen.winners,
        alternates=frozen.alternates,
        parameters=parameters,
        frozen_at=frozen.frozen_at,
        order=record["order"],
        factor=int(record["factor"][0]) if record["factor"] else None,
        lots=frozen.lots,
        offers={offer["id"]: _read(_offer(offer), frozen).total for offer in found["offers"] if offer["valid"]},
        live=[bids.Bid(each["id"], each["amount"], lottery.parse_instant(each["at"])) for each in found["live"]],
        marks=sheets or None,
        judges=named if row.judges else sorted({mark.judge for mark in sheets}),
        choices=[mark.id for mark in chosen] or None,
    )


def _offer(offer: Mapping[str, Any]) -> Offer:
    refused = sorted(LOW.intersection(offer["reasons"]))
    return Offer(
        offer["id"],
        offer["commitment"],
        offer["body"],
        offer["index"],
        refused[0] if refused else None,
        OUTDATED in offer["reasons"],
    )


def recomputed(found: Mapping[str, Any], frozen: lottery.Frozen) -> list[dict[str, Any]]:
    """The member `result`: empty unless the record says `drawn`, and while the owner's choice or sheets are awaited."""
    if found["record"]["decision"] != "drawn":
        return []
    value = methods.METHODS[found["method"]].kind
    ranks = methods.result(found["method"], case_of(found, frozen)) or ()
    return [{"rank": place, "id": rank.id, value: rank.value} for place, rank in enumerate(ranks, 1)]


# Contradictions


def verify(transcript: Mapping[str, Any]) -> list[str]:
    """Every contradiction of a transcript (protocol.md §4), in Chinese; the empty list says that it is consistent.

    The record is checked by `lottery.verify`; what would follow from a contradiction is not looked at any more.
    Signatures and the log indexes of offers are not checked here: both need the log itself.
    """
    return [sentence for part in examine(transcript).values() for sentence in part]


def examine(transcript: Mapping[str, Any]) -> dict[str, list[str]]:
    """What `verify` finds, by the part it was found in; a part without contradiction is left out.

    `form`: nothing can be read. `log`, `beacon`, `draw`: of the record, all that there are. Of what the method made of
    it only the first: `terms`, `offers`, `enough` (the count against the decision), `live`, `scores`, `result`.
    """
    misshapen = shape(transcript)
    if misshapen:
        return {"form": misshapen}
    record = {
        part: [f"抽取记录：{sentence}" for sentence in sentences]
        for part, sentences in lottery.examine(transcript["record"]).items()
        if sentences
    }
    if record:
        return record
    frozen = lottery.parse_frozen_text(transcript["record"]["frozen_text"])
    for part, check in _CHECKS:
        found = check(transcript, frozen)
        if found:
            return {part: found}
    return {}


def _failed(checks: Iterable[tuple[object, str]]) -> list[str]:
    return [sentence for holds, sentence in checks if not holds]


def _about(found: Mapping[str, Any], frozen: lottery.Frozen) -> list[str]:
    same = (found["market"], found["no"], found["attempt"]) == (frozen.market, frozen.no, frozen.attempt)
    wrong = methods.misfits(found["method"], found["parameters"])
    return _failed(
        (
            (same, "市场、公告编号或公告次数与抽取记录不符"),
            (not wrong, f"方法参数不齐、多余或取值不当：{'、'.join(wrong)}"),
        )
    )


def _announced(found: Mapping[str, Any], frozen: lottery.Frozen) -> list[str]:
    """Method, rulebook, ceiling and terms against what publication and freeze recorded, where they recorded it."""
    said = {name: json.loads(found["record"]["log"][name]["payload"]) for name in ("publish", "freeze")}
    published, fixed = said["publish"]["public"], said["freeze"]["public"]
    rulebook, parameters = found["rulebook"], found["parameters"]
    bound = terms(
        method=found["method"], parameters=parameters, rulebook=rulebook["id"], rulebook_sha256=rulebook["sha256"]
    )
    pairs = (
        (published.get("method"), found["method"], "选取方式与公告发布记录不符"),
        (published.get("rulebook"), rulebook["id"], "规则集与公告发布记录不符"),
        (said["freeze"].get("basis"), rulebook["id"], "规则集与名单冻结记录不符"),
        (fixed.get("terms"), bound, "选取方式、参数或规则集与名单冻结记录不符"),
    )
    ceiling = parameters.get("ceiling_fen")
    budget = published.get("budget_fen", ceiling)
    return _failed(
        (
            *((known is None or known == value, sentence) for known, value, sentence in pairs),
            (ceiling is None or ceiling == budget, "最高限价与公告发布记录中的预算不符"),
        )
    )


def _drawn(found: Mapping[str, Any], frozen: lottery.Frozen) -> list[str]:
    """Factor, judges and lots are there exactly where the method asks for them."""
    row, record = methods.METHODS[found["method"]], found["record"]
    return _failed(
        (
            ((record["factor"] is not None) == row.factor, "均价系数只应在均价法中抽取"),
            (record["judges"] is None or row.judges, "本方法不抽取评审人员"),
            (row.lots or set(frozen.lots.values()) <= {1}, "本方法每家只有一签"),
        )
    )


def _members(found: Mapping[str, Any], frozen: lottery.Frozen) -> list[str]:
    """Only what the method knows: envelopes, live offers, scores; all of those on the frozen list."""
    row, listed = methods.METHODS[found["method"]], {line.id for line in frozen.lines}
    indexes = [offer["index"] for offer in found["offers"]]
    log = found["record"]["log"]
    first, fixed = log["publish"]["index"], log["freeze"]["index"]
    after = {index > fixed for index in indexes}
    outdated = [offer["index"] for offer in found["offers"] if OUTDATED in offer["reasons"]]
    standing = [offer["index"] for offer in found["offers"] if OUTDATED not in offer["reasons"]]
    return _failed(
        (
            (row.sealed or not found["offers"], "本方法没有密封报价"),
            (row.live or not found["live"], "本方法没有实时竞价"),
            (row.weights or row.lots or not found["scores"], "本方法没有评分或业主选择"),
            ({offer["id"] for offer in found["offers"]} <= listed, "有报价不属于冻结名单上的单位"),
            ({each["id"] for each in found["live"]} <= frozen.lots.keys(), "有竞价不属于有效报名单位"),
            (len(set(indexes)) == len(indexes), "有两份报价的日志序号相同"),
            (
                len({offer["commitment"] for offer in found["offers"]}) == len(indexes),
                "有两份报价的承诺值相同",
            ),
            (all(index > first for index in indexes) and after <= {row.second}, "报价的日志序号不在应有的时段内"),
            (max(outdated, default=-1) < min(standing, default=fixed), "公告变更之后提交的报价却称变更前提交"),
        )
    )


def _offers(found: Mapping[str, Any], frozen: lottery.Frozen) -> list[str]:
    """Bodies against commitments, validity and reasons against what they must be; nothing opened that stays sealed."""
    offers = [_offer(offer) for offer in found["offers"]]
    faults = []
    for offer in offers:
        if offer.body is not None:
            try:
                _read(offer, frozen)
            except (bodies.Malformed, UnicodeEncodeError) as error:
                faults.append(f"{offer.id} 的报价正文不合格式、与承诺值不符或不属于这次公告（{error}）")
    if faults:
        return faults
    judged = reasons(
        offers,
        frozen=frozen,
        method=found["method"],
        parameters=found["parameters"],
        order=found["record"]["order"],
    )
    excluded = {line.id for line in frozen.lines if line.reasons}
    for offer, said, against in zip(offers, found["offers"], judged, strict=True):
        if said["reasons"] != list(against) or said["valid"] != (not against):
            faults.append(f"{offer.id} 的报价是否有效或无效原因与重新判断的结果不符")
        if offer.body is not None and (offer.id in excluded or {OUTDATED, "replaced", "not_invited"} & {*against}):
            faults.append(f"{offer.id} 的这份报价不应开启")
    return faults


def _enough(found: Mapping[str, Any], frozen: lottery.Frozen) -> list[str]:
    """The decision against the minimum: registrations, in a sealed method envelopes (rules.md §2.6).

    An outdated envelope is none. Those whose body never came are withdrawn, so that of an opening only the opened ones
    count (protocol.md §2.5).
    """
    row, decision = methods.METHODS[found["method"]], found["record"]["decision"]
    minimum, first = found["parameters"]["minimum"], row.sealed and not row.second
    taking_part = _invited(found["method"], frozen, found["parameters"], found["record"]["order"])
    sent = {offer["id"] for offer in found["offers"] if OUTDATED not in offer["reasons"]} & taking_part
    opened = {offer["id"] for offer in found["offers"] if offer["body"] is not None}
    counted = len(opened or sent) if first else len(frozen.lots)
    silent = row.live and not found["live"]
    nobody = silent or (first and not any(offer["valid"] for offer in found["offers"]))
    return _failed(
        (
            (decision != "drawn" or counted >= minimum, "有效数少于公布的最少数，却称已产生结果"),
            (decision != "drawn" or opened or not first, "报价没有开启，却称已产生结果"),
            (decision != "drawn" or not silent, "竞价没有人出价，却称已产生结果"),
            (decision != "unsuccessful" or counted < minimum or nobody, "有效数已达公布的最少数，却称流标"),
            (not opened or len(opened) >= minimum, "报价份数少于公布的最少数，不应开启任何一份"),
        )
    )


def _live(found: Mapping[str, Any], frozen: lottery.Frozen) -> list[str]:
    """Sequence, instants, steps and the moving end of an auction: every row must have counted."""
    if not methods.METHODS[found["method"]].live:
        return []
    heard, terms_then = case_of(found, frozen).live, methods.auction_terms(case_of(found, frozen))
    for number, pause in enumerate(terms_then.pauses):
        known = replace(terms_then, pauses=terms_then.pauses[:number])
        before = bids.replay((bid for bid in heard if bid.at < pause.since), terms=known)
        if not bids.is_possible(before, pause):
            return [f"第 {number + 1} 次竞价中断的时间不可能"]
    try:
        rows = _live_rows(heard, terms_then)
    except ValueError as error:
        return [f"竞价中有一次报价按规则不应计入（{error}）"]
    instants = [bid.at for bid in heard]
    return _failed(
        (
            ([each["seq"] for each in found["live"]] == [row["seq"] for row in rows], "竞价的序号不连续"),
            (instants == sorted(instants), "竞价的时刻前后颠倒"),
            (
                [each["extended_to"] for each in found["live"]] == [row["extended_to"] for row in rows],
                "竞价延时与重新计算的结果不符",
            ),
        )
    )


def _scores(found: Mapping[str, Any], frozen: lottery.Frozen) -> list[str]:
    """Sheets where sheets decide, the owner's choice where the owner chooses, and neither where not."""
    if found["record"]["decision"] != "drawn" or not found["scores"]:
        return []
    row, case = methods.METHODS[found["method"]], case_of(found, frozen)
    chosen = [score for score in found["scores"] if score["criterion"] == CHOICE]
    asked = row.lots or methods.chooses(case)
    judges = len(found["record"]["judges"] or [])
    return _failed(
        (
            (asked or not chosen, "本次由评分决定，不由业主选择"),
            (not asked or len(chosen) == len(found["scores"]), "本次由业主选择，不应有评分"),
            (len({score["judge"] for score in chosen}) <= 1, "业主的选择出自不同的单位"),
            (
                sorted(score["points"] for score in chosen) == list(range(1, len(chosen) + 1))
                and len(chosen) <= frozen.winners,
                "业主选择的次序或数目不对",
            ),
            (asked or judges >= found["parameters"].get("judges", 0), "抽取的评审人员少于公布的人数"),
        )
    )


def _complete(found: Mapping[str, Any], frozen: lottery.Frozen) -> list[str]:
    try:
        recomputed(found, frozen)
    except merit.Unscored:
        return ["评分表不齐、有多余的分数，或业主选择了不在备选之列的单位"]
    return []


def _ranks(found: Mapping[str, Any], frozen: lottery.Frozen) -> list[str]:
    return [] if found["result"] == recomputed(found, frozen) else ["结果与重新计算的结果不符"]


_CHECKS: Final[Sequence[tuple[str, Callable[[Mapping[str, Any], lottery.Frozen], list[str]]]]] = (
    ("terms", _about),
    ("terms", _announced),
    ("terms", _drawn),
    ("terms", _members),
    ("offers", _offers),
    ("enough", _enough),
    ("live", _live),
    ("scores", _scores),
    ("scores", _complete),
    ("result", _ranks),
)
"""What is checked, in this order and no further than the first contradiction; each part with what it speaks of."""


# The form of a transcript -------------------------------------------------------------------------------------------


def _fits(pattern: str) -> Callable[[Any], bool]:
    compiled = re.compile(pattern)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**53


def _is_instant(value: Any) -> bool:
    try:
        return lottery.parse_instant(value) is not None
    except (lottery.Malformed, TypeError):
        return False


_is_id: Final = _fits(r"[0-9A-Z][0-9A-Z-]{0,39}")
_is_hex: Final = _fits(r"[0-9a-f]{64}")
_is_code: Final = _fits(r"[a-z0-9_.]{1,80}")
_is_criterion: Final = _fits(r"[a-z][a-z0-9_]{0,79}")

_Members = Mapping[str, Callable[[Any], bool]]

_TRANSCRIPT: Final[_Members] = {
    "format": lambda value: value == FORMAT,
    "market": _is_id,
    "no": _is_id,
    "attempt": _is_count,
    "rulebook": lambda value: isinstance(value, dict),
    "method": lambda value: isinstance(value, str) and getattr(methods.METHODS.get(value), "result", None) is not None,
    "parameters": lambda value: (
        isinstance(value, dict)
        and all(_is_criterion(name) and _is_count(each) and each <= 10**15 for name, each in value.items())
    ),
    "record": lambda value: isinstance(value, dict),
    "offers": lambda value: isinstance(value, list),
    "live": lambda value: isinstance(value, list),
    "scores": lambda value: isinstance(value, list),
    "result": lambda value: isinstance(value, list),
}
_RULEBOOK: Final[_Members] = {
    "id": lambda value: isinstance(value, str) and value.isprintable() and 0 < len(value) <= 80,
    "sha256": _is_hex,
}
_ROWS: Final[Mapping[str, _Members]] = {
    "offers": {
        "id": _is_id,
        "commitment": _is_hex,
        "body": lambda value: value is None or isinstance(value, str),
        "index": _is_count,
        "valid": lambda value: isinstance(value, bool),
        "reasons": lambda value: isinstance(value, list) and all(_is_code(each) for each in value),
    },
    "live": {
        "seq": _is_count,
        "id": _is_id,
        "amount": _is_count,
        "at": _is_instant,
        "extended_to": lambda value: value is None or _is_instant(value),
    },
    "scores": {"judge": _is_id, "id": _is_id, "criterion": _is_criterion, "points": _is_count},
}


def shape(transcript: object) -> list[str]:
    """What keeps `transcript` from being read as one of §4, in Chinese; empty when its form is right."""
    found = lottery.misshapen(transcript, _TRANSCRIPT, "全程记录")
    if found or not isinstance(transcript, dict):
        return found
    found = lottery.misshapen(transcript["rulebook"], _RULEBOOK, "rulebook")
    rows = {**_ROWS, "result": {"rank": _is_count, "id": _is_id, methods.METHODS[transcript["method"]].kind: _is_count}}
    for name, members in rows.items():
        for place, row in enumerate(transcript[name], 1):
            found += lottery.misshapen(row, members, f"{name} 第 {place} 行")
    return found + [f"抽取记录：{sentence}" for sentence in lottery.shape(transcript["record"])]


# The stand-alone verifier -------------------------------------------------------------------------------------------

_ROOT: Final = Path(__file__).parents[2]
_PARTS: Final = (
    "bidding/__init__.py",
    "bidding/auction/__init__.py",
    "bidding/auction/bids.py",
    "bidding/offer/__init__.py",
    "bidding/offer/body.py",
    "bidding/selection/__init__.py",
    "bidding/selection/lottery.py",
    "bidding/selection/merit.py",
    "bidding/selection/methods.py",
    "bidding/selection/prices.py",
    "bidding/selection/transcript.py",
)
_MAIN: Final = """\
import sys

if sys.version_info < (3, 11):
    print("需要 Python 3.11 或更新的版本。")
    sys.exit(2)

from bidding.selection.transcript import main

sys.exit(main(sys.argv[1:]))
"""


def verifier() -> bytes:
    """`transcript.zip`: these modules as they stand and a first file that starts them; the same bytes every time."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in (
            ("__main__.py", _MAIN.encode()),
            *((part, (_ROOT / part).read_bytes()) for part in _PARTS),
        ):
            entry = zipfile.ZipInfo(name)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            archive.writestr(entry, content)
    return out.getvalue()


def main(argv: Sequence[str]) -> int:
    """Checks the transcript in the file named by the only argument and prints what was found; the exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    if len(argv) != 1:
        print("用法：python -I -S transcript.zip transcript.json")
        return 2
    try:
        found = lottery.strict_json(Path(argv[0]).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, lottery.Malformed) as error:
        print(f"无法读取：{error}")
        return 2
    misshapen = shape(found)
    if misshapen:
        print("\n".join(f"无法作为全程记录读取：{sentence}" for sentence in misshapen))
        return 2
    contradictions = verify(found)
    print("\n".join([*_summary(found), *(f"矛盾：{sentence}" for sentence in contradictions)]))
    if not contradictions:
        print("结论：全程记录前后一致，结果由其余内容重新计算得出。")
        print(
            "请将此日志头与您手中任何一份留存的日志头核对，向外部随机源的发布机构核对其取值，并在公开日志中按序号核对每份"
            f"报价的承诺值{_elsewhere(found)}；不作此核对，以上结果仅说明该文件自身不矛盾。"
            "日志头的签名由 app.audit.verify 核验。"
        )
    return 1 if contradictions else 0


def _elsewhere(found: Mapping[str, Any]) -> str:
    """What no commitment in the file binds, with the acts whose entries say it: to be compared with the log."""
    chosen = any(score["criterion"] == CHOICE for score in found["scores"])
    sheets = "、业主的选择（selection.choose）" if chosen else "、评审人的每份评分表（judging.lock）"
    return ("、竞价的每次报价（auction.bid）" if found["live"] else "") + (sheets if found["scores"] else "")


def _summary(found: Mapping[str, Any]) -> list[str]:
    record = found["record"]
    head = record["log"]["head"]
    rows = [
        f"市场 {found['market']}，公告 {found['no']}，第 {found['attempt']} 次公告",
        f"选取方式 {found['method']}，规则集 {found['rulebook']['id']}（SHA-256 {found['rulebook']['sha256']}）",
        "参数：" + "，".join(f"{name} = {value}" for name, value in sorted(found["parameters"].items())),
        f"日志头 HEAD：tree_size = {head['tree_size']}，root_hash = {head['root_hash']}，{head['timestamp']}",
        f"外部随机源取值：{record['beacon_value'] or '-'}（日期 {record['beacon_on'] or '-'}）",
        f"报价 {len(found['offers'])} 份，竞价 {len(found['live'])} 次，评分 {len(found['scores'])} 条",
        "结果：" if found["result"] else "结果：无",
    ]
    paused = found["parameters"].keys() - methods.bound(found["parameters"]).keys()
    if paused:
        rows.insert(3, f"竞价因系统中断而停止 {len(paused) // 3} 次，请在公开日志中核对 auction.pause 的记录")
    for rank in found["result"]:
        said = f"{rank['amount']} 分" if "amount" in rank else f"下浮率 {rank['rate']} ppm"
        rows.append(f"  {rank['rank']}. {rank['id']} {record['names'].get(rank['id'], '')} {said}".replace("  ", " "))
    return rows


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
