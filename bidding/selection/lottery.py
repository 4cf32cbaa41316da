"""The draw `zjcs-draw-1` and its stand-alone verifier: docs/protocol.md §1, exact to the byte.

Standard library only; imports nothing of the market. It is one long file because it is handed out beside every
record as one file. Anybody checks a published record with

    python -I -S lottery.py record.json

Exit code 0: the record is consistent. 1: it contradicts itself. 2: it cannot be read as a record.
Chance never arises here: secret, contributions and beacon are handed in.
"""

import hashlib
import io
import json
import re
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Literal, cast

FORMAT: Final = "zjcs-draw-1"
FROZEN_FORMAT: Final = "zjcs-frozen-1"
FACTORS: Final = ("95", "96", "97", "98")
MOST_LOTS: Final = 1000

Made = Literal["browser", "server", "desk"]
Decision = Literal["drawn", "unsuccessful", "void"]

_DELAY: Final = {
    "none": None,
    "lottery 3d+pl5": timedelta(minutes=30),
    "witness": timedelta(minutes=10),
}
_VALUE: Final = {"lottery 3d+pl5": re.compile(r"[0-9]{3}-[0-9]{5}"), "witness": re.compile(r"[0-9]{10,1000}")}

# Times of day of `on`; Asia/Shanghai has been UTC+8 without summer time since 1991.
_SHANGHAI: Final = timedelta(hours=8)
_DRAWN_BY: Final = {"lottery 3d+pl5": timedelta(hours=20), "witness": timedelta(hours=24, microseconds=-1)}
_ENTRY_OPENS: Final = timedelta(hours=22)

_ID: Final = re.compile(r"[0-9A-Z][0-9A-Z-]{0,39}")
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,14}")
_HEX: Final = re.compile(r"[0-9a-f]{64}")
_REASON: Final = re.compile(r"[a-z0-9_.]+")
_INSTANT: Final = re.compile(r"[12][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
_DAY: Final = re.compile(r"[12][0-9]{3}-[0-9]{2}-[0-9]{2}")


class Malformed(ValueError):
    """A text, a value or a record does not have the form of docs/protocol.md §0 and §1."""


@dataclass(frozen=True, slots=True)
class Line:
    """One registration in force at closing, valid or not: a line of the frozen text (§1.3).

    `lots` is 0 exactly when there are `reasons`, else 1 … 1000; `contribution` is 64 hex digits; `members` are the
    USCCs of a consortium beside its lead, `reasons` the refusal codes; both sorted ascending here if they were not.
    """

    id: str
    lots: int
    contribution: str
    made: Made
    members: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "members", tuple(sorted(self.members)))
        object.__setattr__(self, "reasons", tuple(sorted(self.reasons)))
        _must(_ID, self.id, "编号")
        _must(_HEX, self.contribution, "随机贡献")
        if self.made not in ("browser", "server", "desk"):
            raise Malformed(f"{self.id} 的随机贡献来源不明：{self.made!r}")
        for member in self.members:
            _must(_ID, member, "联合体成员编号")
        for reason in self.reasons:
            _must(_REASON, reason, "排除原因代码")
        if len({*self.members, self.id}) != len(self.members) + 1 or len(set(self.reasons)) != len(self.reasons):
            raise Malformed(f"{self.id} 的联合体成员或排除原因有重复")
        if not 0 <= self.lots <= MOST_LOTS or (self.lots == 0) != bool(self.reasons):
            raise Malformed(f"{self.id} 的签数 {self.lots} 与排除原因不符，或不在 0 至 {MOST_LOTS} 之间")

    @property
    def text(self) -> str:
        """The line as it stands in the frozen text, without its line end."""
        members, reasons = "+".join(self.members) or "-", ",".join(self.reasons) or "-"
        return f"{self.id} {self.lots} {self.contribution} {self.made} {members} {reasons}"


@dataclass(frozen=True, slots=True)
class Frozen:
    """What the freeze fixed: terms, commitment, beacon rule, and every registration, ascending by id (§1.3)."""

    market: str
    no: str
    attempt: int
    frozen_at: datetime
    winners: int
    alternates: int
    commitment: str
    beacon_rule: str
    lines: tuple[Line, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "lines", tuple(sorted(self.lines, key=lambda line: line.id)))
        _must(_ID, self.market, "市场编号")
        _must(_ID, self.no, "公告编号")
        _must(_HEX, self.commitment, "承诺值")
        if self.attempt < 1 or self.winners < 0 or self.alternates < 0:
            raise Malformed("公告次数须从 1 起，中选数和候补数不得为负")
        if self.beacon_rule not in _DELAY:
            raise Malformed(f"不认识的外部随机源规则：{self.beacon_rule!r}")
        if len({line.id for line in self.lines}) != len(self.lines):
            raise Malformed("同一编号在冻结名单中出现两次")

    @property
    def text(self) -> str:
        """The frozen text, every line ended by one LF, the last too."""
        after = beacon_instant(self.beacon_rule, self.frozen_at)
        head = (
            FROZEN_FORMAT,
            self.market,
            self.no,
            str(self.attempt),
            instant(self.frozen_at),
            f"{self.winners} {self.alternates}",
            self.commitment,
            self.beacon_rule if after is None else f"{self.beacon_rule} after {instant(after)}",
        )
        return "".join(f"{line}\n" for line in (*head, *(line.text for line in self.lines)))

    @property
    def lots(self) -> dict[str, int]:
        """Lots by id of those who take part in the order: every id with at least one lot (§1.5)."""
        return {line.id: line.lots for line in self.lines if line.lots}


def instant(at: datetime) -> str:
    """`at`, an aware instant, as `YYYY-MM-DDTHH:MM:SS.ffffffZ` in UTC (§0). Raises Malformed for a naive one."""
    if at.tzinfo is None:
        raise Malformed("时刻缺少时区")
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def parse_instant(text: str) -> datetime:
    """The aware UTC instant written in the form of §0. Raises Malformed for every other form."""
    _must(_INSTANT, text, "时刻")
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise Malformed(f"不存在的时刻：{text}") from error


def beacon_instant(rule: str, frozen_at: datetime) -> datetime | None:
    """The instant on the beacon line: 30 minutes after `frozen_at`, 10 for `witness`, None for `none` (§1.1, §1.3)."""
    if rule not in _DELAY:
        raise Malformed(f"不认识的外部随机源规则：{rule!r}")
    delay = _DELAY[rule]
    return None if delay is None else frozen_at + delay


def commitment(secret: bytes) -> str:
    """What is published before anybody registers: SHA-256 of the 32 raw bytes of `secret` (§1.1)."""
    if len(secret) != 32:
        raise Malformed("秘密值须为 32 字节")
    return hashlib.sha256(secret).hexdigest()


def frozen_text(
    *,
    market: str,
    no: str,
    attempt: int,
    frozen_at: datetime,
    winners: int,
    alternates: int,
    commitment: str,
    beacon_rule: str,
    lines: Iterable[Line],
) -> str:
    """The frozen text of an attempt (§1.3); the lines may come in any order. Raises Malformed."""
    return Frozen(market, no, attempt, frozen_at, winners, alternates, commitment, beacon_rule, tuple(lines)).text


def parse_frozen_text(text: str) -> Frozen:
    """Reads a frozen text; raises Malformed unless writing what was read gives the same text again, byte for byte."""
    rows = text.split("\n")
    if len(rows) < 9 or rows[0] != FROZEN_FORMAT or rows[-1]:
        raise Malformed("冻结文本的首行、行数或结尾不合格式")
    counts = rows[5].split(" ")
    if len(counts) != 2:
        raise Malformed("冻结文本的中选数与候补数一行不合格式")
    frozen = Frozen(
        market=rows[1],
        no=rows[2],
        attempt=_number(rows[3]),
        frozen_at=parse_instant(rows[4]),
        winners=_number(counts[0]),
        alternates=_number(counts[1]),
        commitment=rows[6],
        beacon_rule=rows[7].partition(" after ")[0],
        lines=tuple(_parse_line(row) for row in rows[8:-1]),
    )
    if frozen.text != text:
        raise Malformed("冻结文本的行序、外部随机源时刻或写法不合格式")
    return frozen


def _parse_line(row: str) -> Line:
    fields = row.split(" ")
    if len(fields) != 6:
        raise Malformed(f"冻结文本的报名行不合格式：{row!r}")
    who, lots, contribution, made, members, reasons = fields
    return Line(
        id=who,
        lots=_number(lots),
        contribution=contribution,
        made=cast(Made, made),
        members=() if members == "-" else tuple(members.split("+")),
        reasons=() if reasons == "-" else tuple(reasons.split(",")),
    )


def seed(*, frozen: Frozen | str, secret: bytes, beacon_value: str | None) -> str:
    """The seed of an attempt, 64 hex digits (§1.4); `beacon_value` None stands as `-`. Raises Malformed."""
    if isinstance(frozen, str):
        frozen = parse_frozen_text(frozen)
    if len(secret) != 32:
        raise Malformed("秘密值须为 32 字节")
    head = (FORMAT, frozen.market, frozen.no, str(frozen.attempt), secret.hex(), beacon_value or "-")
    rows = (*head, *(f"{line.id} {line.contribution}" for line in frozen.lines))
    return _sha256("".join(f"{row}\n" for row in rows))


def ticket(seed: str, purpose: str, id: str, k: int) -> str:
    """The k-th ticket of an id, k = 1 … lots, 64 hex digits: SHA-256 of `<seed> <purpose> <id> <k>` (§1.5)."""
    return _sha256(f"{seed} {purpose} {id} {k}")


def order(seed: str, purpose: str, lots: Mapping[str, int]) -> list[str]:
    """All ids with at least one lot, ascending by (smallest ticket, id): the one order of a purpose (§1.5)."""
    sha256 = hashlib.sha256
    numbers = [str(k).encode() for k in range(1, max(lots.values(), default=0) + 1)]
    tickets = []
    for who, count in lots.items():
        if count:
            stem = f"{seed} {purpose} {who} ".encode("ascii")
            tickets.append((min(sha256(stem + number).digest() for number in numbers[:count]), who))
    return [who for _, who in sorted(tickets)]


def factor_order(seed: str) -> list[str]:
    """The averaging factors in the order of purpose `factor`; the first is k, in per cent (§1.5)."""
    return order(seed, "factor", dict.fromkeys(FACTORS, 1))


def record(
    *,
    frozen_text: str,
    secret: bytes,
    beacon_value: str | None,
    beacon_on: date | None,
    decision: Decision,
    names: Mapping[str, str],
    drawn_at: datetime | None,
    publish: Mapping[str, Any],
    freeze: Mapping[str, Any],
    head: Mapping[str, Any],
    factor: bool = False,
    judges: Collection[str] | None = None,
) -> dict[str, Any]:
    """The published record of an attempt (§1.6), its seed and orders computed here; `verify` decides if it holds.

    `publish` and `freeze` are ENTRY objects, `head` the first signed head that covers the freeze. `factor` says that
    the averaging factor was drawn. `judges` are the drawn judges, given once their sheets are locked. `drawn_at` may
    be None only when nothing was drawn. Raises Malformed.
    """
    frozen = parse_frozen_text(frozen_text)
    value = seed(frozen=frozen, secret=secret, beacon_value=beacon_value)
    return {
        "format": FORMAT,
        "market": frozen.market,
        "no": frozen.no,
        "attempt": frozen.attempt,
        "frozen_text": frozen_text,
        "secret": secret.hex(),
        "beacon_value": beacon_value,
        "beacon_on": None if beacon_on is None else beacon_on.isoformat(),
        "seed": value,
        "order": order(value, "order", frozen.lots),
        "factor": factor_order(value) if factor else None,
        "judges": None if judges is None else order(value, "judge", dict.fromkeys(judges, 1)),
        "decision": decision,
        "names": dict(names),
        "drawn_at": None if drawn_at is None else instant(drawn_at),
        "log": {
            "publish": {key: publish[key] for key in _ENTRY},
            "freeze": {key: freeze[key] for key in _ENTRY},
            "head": {key: head[key] for key in _HEAD},
        },
    }


def verify(record: Mapping[str, Any]) -> list[str]:
    """Every contradiction of a record (§1.6, §1.7), in Chinese; the empty list says that it is consistent.

    Signatures are not checked here (`app.audit.verify` does). A record whose head is not older than the beacon is
    consistent with the decision `void` only.
    """
    return [sentence for part in examine(record).values() for sentence in part]


def examine(record: Mapping[str, Any]) -> dict[str, list[str]]:
    """What `verify` finds, by the part it was found in: `draw`, `beacon`, `log`; `form` alone where nothing is read."""
    misshapen = shape(record)
    if misshapen:
        return {"form": misshapen}
    try:
        frozen = parse_frozen_text(record["frozen_text"])
    except Malformed as error:
        return {"form": [str(error)]}
    return {"draw": _draw(record, frozen), "beacon": _beacon(record, frozen), "log": _log(record, frozen)}


def _draw(record: Mapping[str, Any], frozen: Frozen) -> list[str]:
    """Terms, commitment, seed and orders against the frozen text."""
    secret = bytes.fromhex(record["secret"])
    value = seed(frozen=frozen, secret=secret, beacon_value=record["beacon_value"])
    ranking = order(value, "order", frozen.lots)
    judges = record["judges"]
    checks = (
        (
            (record["market"], record["no"], record["attempt"]) == (frozen.market, frozen.no, frozen.attempt),
            "市场、公告编号或公告次数与冻结文本不符",
        ),
        (commitment(secret) == frozen.commitment, "公开的秘密值与事先公布的承诺值不符"),
        (record["seed"] == value, "种子与重新计算的结果不符"),
        (record["order"] == ranking, "排序与重新计算的结果不符"),
        (record["factor"] in (None, factor_order(value)), "均价系数的排序与重新计算的结果不符"),
        (
            judges is None or judges == order(value, "judge", dict.fromkeys(judges, 1)),
            "评审人员的排序与重新计算的结果不符",
        ),
        (record["decision"] != "drawn" or bool(ranking), "没有有效报名，却称已抽取"),
    )
    return [sentence for holds, sentence in checks if not holds]


def _beacon(record: Mapping[str, Any], frozen: Frozen) -> list[str]:
    """The beacon's form and day, and the order of instants: freeze, head, beacon, draw."""
    rule, value = frozen.beacon_rule, record["beacon_value"]
    after = beacon_instant(rule, frozen.frozen_at)
    drawn_at = None if record["drawn_at"] is None else parse_instant(record["drawn_at"])
    earliest = frozen.frozen_at
    found = []
    if (value is None) != (record["beacon_on"] is None):
        found.append("外部随机源的取值与日期须同时给出或同时为空")
    if after is None:
        if value is not None:
            found.append("本次未设外部随机源，却给出了取值")
    elif value is None:
        if record["decision"] == "drawn":
            found.append("已抽取，却没有外部随机源的取值")
    elif not _VALUE[rule].fullmatch(value):
        found.append("外部随机源取值的写法与其规则不符")
    elif record["beacon_on"] is not None:
        midnight = datetime.combine(date.fromisoformat(record["beacon_on"]), datetime.min.time(), UTC) - _SHANGHAI
        if midnight + _DRAWN_BY[rule] < after:
            found.append("外部随机源的日期早于规则允许的最早时刻")
        earliest = after if rule == "witness" else max(after, midnight + _ENTRY_OPENS)
    if record["decision"] == "drawn" and drawn_at is None:
        found.append("已抽取，却没有抽取时刻")
    if drawn_at is not None and drawn_at < earliest:
        found.append("抽取时刻早于冻结时刻或外部随机源可知的时刻")
    signed_at = parse_instant(record["log"]["head"]["timestamp"])
    if after is not None and signed_at >= after and record["decision"] != "void":
        found.append("覆盖冻结记录的日志头不早于外部随机源规则所定时刻：这次选取只能作废")
    return found


def _log(record: Mapping[str, Any], frozen: Frozen) -> list[str]:
    """Both entries: what they say, and that they stand under the head."""
    log, head = record["log"], record["log"]["head"]
    said: dict[str, dict[str, Any]] = {
        "publish": {"attempt": frozen.attempt, "beacon_rule": frozen.beacon_rule, "commitment": frozen.commitment},
        "freeze": {"attempt": frozen.attempt, "frozen": _sha256(frozen.text)},
    }
    acts = {"publish": ("announcement.publish", "公告发布"), "freeze": ("selection.freeze", "名单冻结")}
    found, instants = [], {}
    for name, (act, title) in acts.items():
        entry = log[name]
        try:
            payload = _payload(entry["payload"])
            instants[name] = parse_instant(payload["at"])
            digest = _sha256(f"{entry['salt']}\n{entry['payload']}\n")
        except Malformed as error:
            found.append(f"{title}记录：{error}")
            continue
        announcements = [subject for subject in payload["subjects"] if subject.startswith("announcement:")]
        if payload["act"] != act or announcements != [f"announcement:{frozen.no}"]:
            found.append(f"{title}记录不是本公告的{title}")
        for member, value in said[name].items():
            other = payload["public"].get(member)
            if type(other) is not type(value) or other != value:
                found.append(f"{title}记录中的 {member} 与冻结文本不符")
        leaf = hashlib.sha256(b"\x00" + f"zjcs-log-1\n{digest}\n".encode()).digest()
        if not _included(leaf, entry["index"], head["tree_size"], entry["path"], head["root_hash"]):
            found.append(f"{title}记录不在所给日志头之下")
    if log["publish"]["index"] >= log["freeze"]["index"]:
        found.append("公告发布记录不在名单冻结记录之前")
    if instants.get("publish", frozen.frozen_at - timedelta(1)) >= frozen.frozen_at:
        found.append("公告发布不早于报名截止")
    if instants.get("freeze", frozen.frozen_at) < frozen.frozen_at:
        found.append("名单冻结早于报名截止")
    return found


def _payload(text: str) -> dict[str, Any]:
    """The members of an entry's payload; raises Malformed unless it is canonical (§3.1) and has the members we read."""
    payload = strict_json(text)
    if not isinstance(payload, dict) or text != json.dumps(
        payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ):
        raise Malformed("内容不是规范写法的 JSON")
    subjects = payload.get("subjects")
    sound = (
        payload.get("format") == "zjcs-act-1"
        and all(isinstance(payload.get(member), str) for member in ("act", "at"))
        and isinstance(payload.get("public"), dict)
        and isinstance(subjects, list)
        and all(isinstance(subject, str) for subject in subjects)
    )
    if not sound:
        raise Malformed("内容缺少应有的项目")
    return payload


def _included(leaf: bytes, index: int, size: int, path: Sequence[str], root: str) -> bool:
    """Whether `leaf` stands at `index` in the tree of `size` leaves with this root: RFC 9162 §2.1.3.2."""
    if index >= size:
        return False
    place, last, value = index, size - 1, leaf
    for step in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            value = hashlib.sha256(b"\x01" + bytes.fromhex(step) + value).digest()
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            value = hashlib.sha256(b"\x01" + value + bytes.fromhex(step)).digest()
        place, last = place >> 1, last >> 1
    return last == 0 and value.hex() == root


# The form of a record (§1.6) ---------------------------------------------------------------------------------------


def _is(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**53


def _is_instant(value: Any) -> bool:
    try:
        parse_instant(value)
    except (Malformed, TypeError):
        return False
    return True


def _is_day(value: Any) -> bool:
    try:
        return _is(_DAY)(value) and date.fromisoformat(value) is not None
    except ValueError:
        return False


def _is_printable(value: Any) -> bool:
    return isinstance(value, str) and value.isprintable()


def _is_list(each: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(each(one) for one in value)


def _is_none_or(other: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or other(value)


def _is_names(value: Any) -> bool:
    return isinstance(value, dict) and all(_is(_ID)(key) and _is_printable(name) for key, name in value.items())


_RECORD: Final[Mapping[str, Callable[[Any], bool]]] = {
    "format": lambda value: value == FORMAT,
    "market": _is(_ID),
    "no": _is(_ID),
    "attempt": _is_count,
    "frozen_text": lambda value: isinstance(value, str),
    "secret": _is(_HEX),
    "beacon_value": _is_none_or(_is(re.compile(r"[0-9-]{1,1000}"))),
    "beacon_on": _is_none_or(_is_day),
    "seed": _is(_HEX),
    "order": _is_list(_is(_ID)),
    "factor": _is_none_or(_is_list(_is(_ID))),
    "judges": _is_none_or(_is_list(_is(_ID))),
    "decision": lambda value: value in ("drawn", "unsuccessful", "void"),
    "names": _is_names,
    "drawn_at": _is_none_or(_is_instant),
    "log": lambda value: isinstance(value, dict),
}
_ENTRY: Final[Mapping[str, Callable[[Any], bool]]] = {
    "index": _is_count,
    "salt": _is(_HEX),
    "payload": lambda value: isinstance(value, str),
    "path": _is_list(_is(_HEX)),
}
_HEAD: Final[Mapping[str, Callable[[Any], bool]]] = {
    "tree_size": _is_count,
    "root_hash": _is(_HEX),
    "timestamp": _is_instant,
    "key_id": _is(re.compile(r"[0-9a-f]{16}")),
    "signature": _is(re.compile(r"[0-9a-f]{128}")),
}


def shape(record: object) -> list[str]:
    """What keeps `record` from being read as a record of §1.6, in Chinese; empty when its form is right."""
    found = misshapen(record, _RECORD, "记录")
    if found:
        return found
    log = cast(Mapping[str, Any], record)["log"]
    parts = (("publish", _ENTRY), ("freeze", _ENTRY), ("head", _HEAD))
    found = misshapen(log, {part: lambda value: isinstance(value, dict) for part, _ in parts}, "log")
    return found or [sentence for part, members in parts for sentence in misshapen(log[part], members, f"log.{part}")]


def misshapen(value: object, members: Mapping[str, Callable[[Any], bool]], where: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{where} 不是 JSON 对象"]
    found = [f"{where} 缺少 {member}" for member in members if member not in value]
    found += [f"{where} 多出 {member!r}" for member in value if member not in members]
    return found + [
        f"{where} 的 {member} 不合格式"
        for member, good in members.items()
        if member in value and not good(value[member])
    ]


def strict_json(text: str) -> Any:
    """JSON without duplicate members, floats, constants, integers from 2^53 and keys beyond ASCII (§3.1).

    Raises Malformed.
    """

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) != len(pairs):
            raise Malformed("JSON 中有重复的项目")
        if not all(name.isascii() for name, _ in pairs):
            raise Malformed("JSON 中有不是 ASCII 的项目名")
        return dict(pairs)

    def whole(number: str) -> int:
        if abs(int(number)) >= 2**53:
            refuse(number)
        return int(number)

    def refuse(number: str) -> None:
        raise Malformed(f"JSON 中有不允许的数：{number}")

    try:
        return json.loads(text, object_pairs_hook=members, parse_int=whole, parse_float=refuse, parse_constant=refuse)
    except Malformed:
        raise
    except (ValueError, RecursionError) as error:
        raise Malformed("不是 JSON") from error


def _must(pattern: re.Pattern[str], text: str, what: str) -> None:
    if not pattern.fullmatch(text):
        raise Malformed(f"{what}不合格式：{text!r}")


def _number(text: str) -> int:
    _must(_NUMBER, text, "数")
    return int(text)


def _sha256(text: str) -> str:
    try:
        return hashlib.sha256(text.encode()).hexdigest()
    except UnicodeEncodeError as error:
        raise Malformed("文本含有无法编码的字符") from error


# The stand-alone verifier (§1.7) -----------------------------------------------------------------------------------


def main(argv: Sequence[str]) -> int:
    """Checks the record in the file named by the only argument and prints what was found; returns the exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    if len(argv) != 1:
        print("用法：python -I -S lottery.py record.json")
        return 2
    try:
        with open(argv[0], encoding="utf-8") as file:
            record = strict_json(file.read())
    except (OSError, UnicodeDecodeError, Malformed) as error:
        print(f"无法读取：{error}")
        return 2
    misshapen = shape(record)
    if misshapen:
        print("\n".join(f"无法作为抽取记录读取：{sentence}" for sentence in misshapen))
        return 2
    found = verify(record)
    print("\n".join([*_summary(record), *(f"矛盾：{sentence}" for sentence in found)]))
    if not found:
        print("结论：记录前后一致。")
        print(
            "请将此日志头与您手中任何一份留存的日志头核对，并向外部随机源的发布机构核对其取值；"
            "不作此核对，以上结果仅说明该记录自身不矛盾。日志头的签名由 app.audit.verify 核验。"
        )
    return 1 if found else 0


def _summary(record: Mapping[str, Any]) -> list[str]:
    head = record["log"]["head"]
    rows = [
        f"市场 {record['market']}，公告 {record['no']}，第 {record['attempt']} 次公告",
        f"结果：{_DECIDED[record['decision']]}",
        "日志头 HEAD：",
        *(f"  {member} = {head[member]}" for member in _HEAD),
    ]
    try:
        frozen = parse_frozen_text(record["frozen_text"])
    except Malformed:
        return rows
    if frozen.beacon_rule == "none":
        rows.append("外部随机源：none。本次抽取未使用外部随机源，不能排除平台运行方预知结果。")
    else:
        rows.append(f"外部随机源规则：{frozen.text.splitlines()[7]}")
        rows.append(f"外部随机源取值：{record['beacon_value'] or '-'}（日期 {record['beacon_on'] or '-'}）")
    rows.append(f"报名 {len(frozen.lines)}，其中有效 {len(frozen.lots)}")
    # The record does not say the method: by price or by score the order decides between equals only.
    shown = record["order"][: frozen.winners + frozen.alternates]
    rows.append(
        f"抽取次序的前 {len(shown)} 名（随机抽取依此中选 {frozen.winners}、候补 {frozen.alternates}；"
        "其他方式的名次见全程记录）："
    )
    rows += [f"  {rank}. {who} {record['names'].get(who, '')}".rstrip() for rank, who in enumerate(shown, 1)]
    return rows


_DECIDED: Final = {"drawn": "已抽取", "unsuccessful": "未成", "void": "作废"}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
