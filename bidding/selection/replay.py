"""A selection told again step by step, out of its transcript alone (docs/protocol.md §4).

Nothing is decided here: what a step shows was computed by the very functions that the market decides with. What would
follow from a contradiction is not told.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from bidding.auction import bids
from bidding.offer import body as bodies
from bidding.selection import lottery, merit, methods, prices
from bidding.selection import transcript as transcripts

MOST_LINES: Final = 200
"""So many lines of a list are told, those against whom there is a reason first; the file holds them all."""

MOST_BIDS: Final = 300
"""So many offers of an auction are told one by one."""

MOST_WORK: Final = 200_000
"""Of what `work` counts, about a second: more is refused where anybody may ask."""

MOST_BYTES: Final = 2 * 1024 * 1024
"""Of a file that anybody hands in."""

FAULTS_TOLD: Final = 3
"""So many faults of form are told of a file that cannot be read."""

LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Unreadable(ValueError):
    """What was handed in is not told: `code` says why, `faults` what is wrong with its form, in Chinese."""

    def __init__(self, code: str, faults: Sequence[str] = ()) -> None:
        super().__init__(code)
        self.code, self.faults = code, tuple(faults)


class Kind(StrEnum):
    """The steps, in the order in which they are told; which of them there are follows from the method."""

    ANNOUNCED = "announced"
    FROZEN = "frozen"
    BEACON = "beacon"
    DRAW = "draw"
    LISTED = "listed"
    OPENED = "opened"
    RANKED = "ranked"
    LIVE = "live"
    SCORED = "scored"
    CHOSEN = "chosen"
    RESULT = "result"


_RECORD: Final = ("log", "beacon", "draw")
NEEDS: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.ANNOUNCED: (),
    Kind.FROZEN: ("log",),
    Kind.BEACON: ("log", "beacon"),
    Kind.DRAW: _RECORD,
    Kind.LISTED: (*_RECORD, "terms"),
    Kind.OPENED: (*_RECORD, "terms", "offers"),
    Kind.RANKED: (*_RECORD, "terms", "offers", "enough"),
    Kind.LIVE: (*_RECORD, "terms", "offers", "enough", "live"),
    Kind.SCORED: (*_RECORD, "terms", "offers", "enough", "live", "scores"),
    Kind.CHOSEN: (*_RECORD, "terms", "offers", "enough", "live", "scores"),
    Kind.RESULT: (*_RECORD, "terms", "offers", "enough", "live", "scores"),
}
"""The parts of `transcript.examine` in which there must be no contradiction, or the step is not told."""

SPEAKS: Final[Mapping[str, tuple[Kind, ...]]] = {
    "terms": (Kind.ANNOUNCED,),
    "log": (Kind.FROZEN,),
    "beacon": (Kind.BEACON,),
    "draw": (Kind.DRAW,),
    "offers": (Kind.OPENED, Kind.RESULT),
    "live": (Kind.LIVE, Kind.RESULT),
    "scores": (Kind.SCORED, Kind.CHOSEN, Kind.RESULT),
    "enough": (Kind.RESULT,),
    "result": (Kind.RESULT,),
}
"""At which step a contradiction of a part stands: the first of these that there is."""


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody on the frozen list, and the name that the transcript gives, if any."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Announced:
    """What was said beforehand; `parameters` in the method's own order, weights last. `bound`: also by the freeze."""

    market: str
    no: str
    attempt: int
    method: str
    rulebook: str
    rulebook_sha256: str
    parameters: tuple[tuple[str, int], ...]
    winners: int
    alternates: int
    commitment: str
    beacon_rule: str
    at: str | None
    index: int
    bound: bool


@dataclass(frozen=True, slots=True)
class Registered:
    """One line of the frozen text."""

    party: Party
    lots: int
    contribution: str
    made: str
    members: tuple[str, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FrozenList:
    """The frozen list, whoever is excluded first; `valid` and `excluded` count all lines, also those left out here."""

    at: datetime
    digest: str
    index: int
    lines: tuple[Registered, ...]
    valid: int
    excluded: int
    consortia: bool
    by_credit: bool


@dataclass(frozen=True, slots=True)
class Beacon:
    """The head over the freeze, and the number from outside: not before `after`."""

    tree_size: int
    root_hash: str
    signed_at: datetime
    rule: str
    after: datetime | None
    on: str | None
    value: str | None


@dataclass(frozen=True, slots=True)
class Ticket:
    """One place of an order: the smallest ticket of an id, and which of its lots that was."""

    place: int
    party: Party
    lots: int
    lot: int
    ticket: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """Seed and orders; `places` counts all of the order. Of it a random draw takes `winners`, others up to `wanted`.

    `outside`: a number from outside went into the seed. `lists`: who goes on follows from the order.
    """

    commitment: str
    secret: str
    seed: str
    at: datetime | None
    tickets: tuple[Ticket, ...]
    places: int
    winners: int
    wanted: int
    outside: bool
    lists: bool
    by_credit: bool
    factors: tuple[tuple[str, str], ...]
    judges: tuple[Ticket, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """Who was left after the draw: those invited, or of a long list the short list, each in its order."""

    long: tuple[tuple[Party, int], ...]
    short: tuple[Party, ...]


@dataclass(frozen=True, slots=True)
class Envelope:
    """One sealed offer; `total` in fen or ppm, None unopened. `low`: it had to be explained, being so low."""

    party: Party
    index: int
    commitment: str
    body: str | None
    total: int | None
    promised_days: int | None
    reasons: tuple[str, ...]
    low: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """All envelopes, in the log's order."""

    kind: str
    envelopes: tuple[Envelope, ...]
    count: int
    opened: int
    valid: int


@dataclass(frozen=True, slots=True)
class Priced:
    """One price or rate in its place; `distance` to the reference in fen; `tied`: `order` decided beside another."""

    place: int | None
    party: Party
    value: int
    distance: int | None = None
    tied: bool = False


@dataclass(frozen=True, slots=True)
class Ranked:
    """The arithmetic of a price method: what was left out, the mean of the rest, and everybody in the place."""

    kind: str
    rows: tuple[Priced, ...]
    left_out: tuple[Priced, ...] = ()
    percent: int | None = None
    total: int | None = None
    count: int = 0
    reference: int | None = None


@dataclass(frozen=True, slots=True)
class Bidder:
    """Somebody in an auction under a letter, in the order of first offers."""

    letter: str
    party: Party


@dataclass(frozen=True, slots=True)
class Standing:
    """Where somebody stands after an offer: with the last amount, fen."""

    rank: int
    bidder: Bidder
    amount: int


@dataclass(frozen=True, slots=True)
class Offered:
    """One offer that counted. `most`: what at most would have counted; `below`: fen under the best before it.

    `end`: the end from now on; `extended`: by this offer. `standings`: of everybody who has offered, after it.
    """

    seq: int
    bidder: Bidder
    at: datetime
    amount: int
    most: int
    below: int | None
    best: int
    round: int
    end: datetime
    extended: bool
    standings: tuple[Standing, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A point of the picture of an auction, in user units: an offer, and how the best price went there."""

    seq: int
    x: int
    y: int
    letter: str
    lettered: bool
    path: str


@dataclass(frozen=True, slots=True)
class Plot:
    """Price over time in user units: offers, round limits and ends; `high` and `low` in fen.

    `tail`: how the best price stood from the last offer to the end.
    """

    marks: tuple[Mark, ...]
    tail: str
    limits: tuple[int, ...]
    first_end: int
    last_end: int
    high: int
    low: int


WIDTH: Final = 384
HEIGHT: Final = 200
EDGE: Final = 14
GAP: Final = 13
"""Of the picture, in user units, and the room that a letter needs."""


@dataclass(frozen=True, slots=True)
class Live:
    """An auction: its terms, who took part, each offer; `count` of all, also those left out here."""

    start: datetime
    first_end: datetime
    end: datetime
    extended: int
    extensions: int
    window: timedelta
    step: int
    ceiling: int
    floor: int
    rounds: int
    own: bool
    bidders: tuple[Bidder, ...]
    offers: tuple[Offered, ...]
    standings: tuple[Standing, ...]
    count: int
    pauses: tuple[bids.Pause, ...]
    plot: Plot


@dataclass(frozen=True, slots=True)
class Score:
    """One offer's points: of each criterion by judge, in the sequence of `Scored.criteria`; thousandths in all."""

    party: Party
    amount: int
    price_points: int
    points: tuple[tuple[int, ...], ...]
    thousandths: int


@dataclass(frozen=True, slots=True)
class Scored:
    """Sheets and totals, highest first; nothing but weights while the sheets are awaited."""

    criteria: tuple[tuple[str, int], ...]
    price_weight: int
    judges: tuple[str, ...]
    rows: tuple[Score, ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The owner's own choice from those who stood for it; empty while it is awaited."""

    owner: str | None
    standing: tuple[Party, ...]
    choices: tuple[Party, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """One rank of a result."""

    rank: int
    party: Party
    value: int
    wins: bool


@dataclass(frozen=True, slots=True)
class Result:
    """The result computed anew, beside the one that stands in the transcript. `valid`: who counted, of `minimum`.

    `waits`: for sheets or for the owner's choice, where nobody stands in it.
    """

    decision: str
    kind: str
    places: tuple[Place, ...]
    said: tuple[Place, ...]
    equal: bool
    waits: bool
    valid: int
    minimum: int


Content = Announced | FrozenList | Beacon | Drawn | Listed | Opened | Ranked | Live | Scored | Chosen | Result


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `content` is None where it is not told, because a contradiction lies before or within it.

    `claimed`: the file says so, but what would prove it was not looked at.
    """

    number: int
    kind: Kind
    content: Content | None
    faults: tuple[str, ...] = ()
    claimed: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """One state of a replay: a step, and of an auction one of its offers."""

    number: int
    step: Step
    offer: Offered | None


@dataclass(frozen=True, slots=True)
class Replay:
    """All steps, and every contradiction found."""

    market: str
    no: str
    attempt: int
    method: str
    decision: str
    steps: tuple[Step, ...]
    faults: tuple[str, ...]

    @property
    def views(self) -> tuple[View, ...]:
        """The states one after the other: an auction has one for each offer."""
        found: list[tuple[Step, Offered | None]] = []
        for step in self.steps:
            if isinstance(step.content, Live) and step.content.offers:
                found += [(step, offer) for offer in step.content.offers]
            else:
                found.append((step, None))
        return tuple(View(number, *one) for number, one in enumerate(found, 1))

    @property
    def shortened(self) -> bool:
        """Whether some list is longer than what is told of it."""
        return any(_shortened(step.content) for step in self.steps)


def _shortened(content: Content | None) -> bool:
    match content:
        case FrozenList():
            return len(content.lines) < content.valid + content.excluded
        case Live():
            return len(content.offers) < content.count
        case Opened():
            return len(content.envelopes) < content.count
    return False


def work(found: Mapping[str, Any]) -> int:
    """About how much there is to compute: lots, sheets, offers × bidders, choices × registrants, the greatest of them.

    `found` is one without a fault of form. Raises lottery.Malformed for a frozen text that cannot be read.
    """
    frozen = lottery.parse_frozen_text(found["record"]["frozen_text"])
    judges = max(len(found["record"]["judges"] or ()), len({score["judge"] for score in found["scores"]}))
    chosen: int = sum(score["criterion"] == transcripts.CHOICE for score in found["scores"])
    return max(
        sum(frozen.lots.values()),
        len(found["offers"]) * judges * len(methods.weights(found["parameters"])),
        len(found["live"]) * len({each["id"] for each in found["live"]}),
        chosen * len(frozen.lots),
    )


def read(content: bytes) -> Mapping[str, Any]:
    """The transcript that a stranger hands in; raises Unreadable for what is none, is too large or takes too long."""
    if not content.strip():
        raise Unreadable("empty")
    if len(content) > MOST_BYTES:
        raise Unreadable("too_large")
    try:
        found = lottery.strict_json(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Unreadable("no_text") from error
    except lottery.Malformed as error:
        raise Unreadable("malformed", [str(error)]) from error
    faults = transcripts.shape(found)
    if not faults:
        try:
            if work(found) > MOST_WORK:
                raise Unreadable("too_much")
        except lottery.Malformed as error:
            faults = [str(error)]
    if faults:
        raise Unreadable("malformed", faults[:FAULTS_TOLD])
    document: Mapping[str, Any] = found
    return document


def replay(found: Mapping[str, Any]) -> Replay:
    """A transcript without a fault of form, told step by step; raises lottery.Malformed for one that has any."""
    faults = transcripts.examine(found)
    if "form" in faults:
        raise lottery.Malformed("; ".join(faults["form"]))
    return _Teller(found).replay(faults)


class _Teller:
    """One transcript while it is told."""

    def __init__(self, found: Mapping[str, Any]) -> None:
        self.found = found
        self.record: Mapping[str, Any] = found["record"]
        self.frozen = lottery.parse_frozen_text(self.record["frozen_text"])
        self.row = methods.METHODS[found["method"]]
        self.drawn = self.record["decision"] == "drawn"

    def replay(self, faults: Mapping[str, list[str]]) -> Replay:
        kinds = tuple(self._kinds(faults))
        spoken = {part: next(kind for kind in (*SPEAKS[part], Kind.ANNOUNCED) if kind in kinds) for part in faults}
        steps = []
        for number, kind in enumerate(kinds, 1):
            told = not faults.keys() & set(NEEDS[kind])
            against = tuple(sentence for part, at in spoken.items() if at is kind for sentence in faults[part])
            steps.append(
                Step(
                    number,
                    kind,
                    _TOLD[kind](self) if told else None,
                    against,
                    claimed=kind is Kind.ANNOUNCED and bool(faults.keys() & {*_RECORD, "terms"}),
                )
            )
        return Replay(
            market=self.found["market"],
            no=self.found["no"],
            attempt=self.found["attempt"],
            method=self.found["method"],
            decision=self.record["decision"],
            steps=tuple(steps),
            faults=tuple(sentence for sentences in faults.values() for sentence in sentences),
        )

    def _kinds(self, faults: Mapping[str, list[str]]) -> Iterator[Kind]:
        yield from (Kind.ANNOUNCED, Kind.FROZEN, Kind.BEACON, Kind.DRAW)
        if self.drawn and (self.row.second or self.row.lots):
            yield Kind.LISTED
        if self.row.sealed:
            yield Kind.OPENED
        if self.row.live:
            yield Kind.LIVE
        if self.drawn and self.row.sealed and not self.row.weights:
            yield Kind.RANKED
        if self.drawn and (self.row.weights or self.row.lots):
            sound = not faults.keys() & {*_RECORD, "terms", "offers"}
            chooses = self.row.lots or (sound and methods.chooses(self.case()))
            yield Kind.CHOSEN if chooses else Kind.SCORED
        yield Kind.RESULT

    # What a step holds

    def case(self) -> methods.Case:
        return transcripts.case_of(self.found, self.frozen)

    def party(self, id: str) -> Party:
        return Party(id, self.record["names"].get(id, ""))

    def announced(self) -> Announced:
        said, fixed = (self.entry(name) for name in ("publish", "freeze"))
        given = self.found["parameters"]
        own = [(name, given[name]) for name in self.row.parameters if name in given]
        return Announced(
            market=self.found["market"],
            no=self.found["no"],
            attempt=self.found["attempt"],
            method=self.found["method"],
            rulebook=self.found["rulebook"]["id"],
            rulebook_sha256=self.found["rulebook"]["sha256"],
            parameters=(*own, *((name, given[name]) for name in sorted(given) if name not in self.row.parameters)),
            winners=self.frozen.winners,
            alternates=self.frozen.alternates,
            commitment=self.frozen.commitment,
            beacon_rule=self.frozen.beacon_rule,
            at=said.get("at"),
            index=self.record["log"]["publish"]["index"],
            bound="terms" in fixed.get("public", {}),
        )

    def entry(self, name: str) -> Mapping[str, Any]:
        """The payload of an entry of the log, empty where it is none."""
        try:
            payload = json.loads(self.record["log"][name]["payload"])
        except (ValueError, RecursionError):
            return {}
        sound = isinstance(payload, dict) and isinstance(payload.get("public"), dict)
        return payload if sound and isinstance(payload.get("at"), str) else {}

    def frozen_list(self) -> FrozenList:
        lines = sorted(self.frozen.lines, key=lambda line: (not line.reasons, line.id))
        excluded = sum(bool(line.reasons) for line in lines)
        return FrozenList(
            at=self.frozen.frozen_at,
            digest=hashlib.sha256(self.frozen.text.encode()).hexdigest(),
            index=self.record["log"]["freeze"]["index"],
            lines=tuple(
                Registered(self.party(line.id), line.lots, line.contribution, line.made, line.members, line.reasons)
                for line in lines[:MOST_LINES]
            ),
            valid=len(lines) - excluded,
            excluded=excluded,
            consortia=any(line.members for line in lines),
            by_credit=self.row.lots,
        )

    def beacon(self) -> Beacon:
        head = self.record["log"]["head"]
        return Beacon(
            tree_size=head["tree_size"],
            root_hash=head["root_hash"],
            signed_at=lottery.parse_instant(head["timestamp"]),
            rule=self.frozen.beacon_rule,
            after=lottery.beacon_instant(self.frozen.beacon_rule, self.frozen.frozen_at),
            on=self.record["beacon_on"],
            value=self.record["beacon_value"],
        )

    def draw(self) -> Drawn:
        # Seed and order were computed anew when the record was examined, and are the same.
        seed, order = self.record["seed"], self.record["order"]
        drawn_at = self.record["drawn_at"]
        factors = lottery.factor_order(seed) if self.row.factor else []
        return Drawn(
            commitment=lottery.commitment(bytes.fromhex(self.record["secret"])),
            secret=self.record["secret"],
            seed=seed,
            at=None if drawn_at is None else lottery.parse_instant(drawn_at),
            tickets=tuple(self.tickets(seed, "order", order[:MOST_LINES], self.frozen.lots)),
            places=len(order),
            winners=self.frozen.winners,
            wanted=self.frozen.winners + self.frozen.alternates if self.found["method"] == "RANDOM" else 0,
            outside=self.record["beacon_value"] is not None,
            lists=self.row.second or self.row.lots,
            by_credit=self.row.lots,
            factors=tuple((factor, lottery.ticket(seed, "factor", factor, 1)) for factor in factors),
            judges=tuple(self.tickets(seed, "judge", self.record["judges"] or (), {})),
        )

    def tickets(self, seed: str, purpose: str, ids: Sequence[str], lots: Mapping[str, int]) -> Iterator[Ticket]:
        for place, who in enumerate(ids, 1):
            count = lots.get(who, 1)
            ticket, lot = min((lottery.ticket(seed, purpose, who, k), k) for k in range(1, count + 1))
            yield Ticket(place, self.party(who), count, lot, ticket)

    def listed(self) -> Listed:
        # Whoever goes on follows from the draw alone: an envelope that cannot be read changes nothing about it.
        case = transcripts.case_of({**self.found, "offers": []}, self.frozen)
        if self.row.second:
            return Listed((), tuple(map(self.party, methods.invited(case))))
        order = case.order or ()
        long = merit.long_list(case.lots, size=case.parameters["long_list"], order=order)
        return Listed(
            tuple((self.party(who), case.lots[who]) for who in long[:MOST_LINES]),
            tuple(map(self.party, methods.short_list(case)[:MOST_LINES])),
        )

    def opened(self) -> Opened:
        rows = sorted(self.found["offers"], key=lambda offer: offer["index"])
        read = {row["index"]: bodies.parse_body(row["body"]) for row in rows if row["body"] is not None}
        standing = {row["id"]: read[row["index"]].total for row in rows if self.stands(row) and row["index"] in read}
        said = self.found["parameters"]
        low: frozenset[str] = frozenset()
        if "low_of_ceiling_ppm" in said:
            low = prices.abnormally_low(
                standing,
                ceiling=said["ceiling_fen"],
                of_ceiling=said["low_of_ceiling_ppm"],
                of_mean=said["low_of_mean_ppm"],
            )
        return Opened(
            kind=self.row.kind,
            envelopes=tuple(
                Envelope(
                    party=self.party(row["id"]),
                    index=row["index"],
                    commitment=row["commitment"],
                    body=row["body"],
                    total=read[row["index"]].total if row["index"] in read else None,
                    promised_days=read[row["index"]].promised_days if row["index"] in read else None,
                    reasons=tuple(row["reasons"]),
                    low=row["id"] in low and self.stands(row),
                )
                for row in rows[:MOST_LINES]
            ),
            count=len(rows),
            opened=len(read),
            valid=sum(row["valid"] for row in rows),
        )

    @staticmethod
    def stands(row: Mapping[str, Any]) -> bool:
        """Whether an offer counts, or would but for what people decided of its low price."""
        return set(row["reasons"]) <= transcripts.LOW

    def ranked(self) -> Ranked:
        case, kind = self.case(), self.row.kind
        everybody = replace(case, winners=len(case.offers), alternates=0)
        ranks = methods.result(self.found["method"], everybody) or ()
        middle = methods.reference(case) if self.row.factor else None
        distances = None if middle is None else {rank.id: abs(rank.value - middle) for rank in ranks}
        keys = [(rank.value,) if distances is None else (distances[rank.id], rank.value) for rank in ranks]
        rows = tuple(
            Priced(
                place,
                self.party(rank.id),
                rank.value,
                None if distances is None else distances[rank.id],
                tied=keys.count(keys[place - 1]) > 1,
            )
            for place, rank in enumerate(ranks[:MOST_LINES], 1)
        )
        if middle is None:
            return Ranked(kind, rows)
        rest = {rank.id: rank.value for rank in ranks}
        return Ranked(
            kind,
            rows,
            left_out=tuple(
                Priced(None, self.party(who), price) for who, price in case.offers.items() if who not in rest
            ),
            percent=case.factor,
            total=sum(rest.values()),
            count=len(rest),
            reference=middle,
        )

    def live(self) -> Live:
        case = self.case()
        terms = methods.auction_terms(case)
        auction = bids.announced(terms)
        bidders: dict[str, Bidder] = {}
        offers: list[Offered] = []
        for seq, bid in enumerate(case.live, 1):
            before = auction.at(bid.at)
            auction = before.after(bid)
            bidder = bidders.setdefault(bid.id, Bidder(_letter(len(bidders)), self.party(bid.id)))
            if seq > MOST_BIDS:
                continue
            offers.append(
                Offered(
                    seq=seq,
                    bidder=bidder,
                    at=bid.at,
                    amount=bid.amount,
                    most=before.most(bid.id),
                    below=None if before.best is None else before.best - bid.amount,
                    best=auction.best or 0,
                    round=auction.round_at(bid.at),
                    end=auction.end,
                    extended=auction.end > before.end,
                    standings=self.standings(auction, bidders),
                )
            )
        auction = auction.at(None)
        return Live(
            start=terms.start,
            first_end=bids.announced(terms).end,
            end=auction.end,
            extended=auction.extended,
            extensions=terms.extensions,
            window=terms.window,
            step=terms.step,
            ceiling=terms.ceiling,
            floor=terms.floor,
            rounds=terms.rounds,
            own=terms.own,
            bidders=tuple(bidders.values()),
            offers=tuple(offers),
            standings=self.standings(auction, bidders),
            count=len(case.live),
            pauses=terms.pauses,
            plot=_plot(offers, terms, end=auction.end),
        )

    def standings(self, auction: bids.Auction, bidders: Mapping[str, Bidder]) -> tuple[Standing, ...]:
        ids = prices.lowest(auction.amounts, wanted=len(auction.amounts), order=self.record["order"]) or ()
        return tuple(Standing(rank, bidders[who], auction.amounts[who]) for rank, who in enumerate(ids, 1))

    def scored(self) -> Scored:
        case = self.case()
        given = methods.weights(case.parameters)
        criteria = tuple((name, weight) for name, weight in sorted(given.items()) if name != merit.PRICE)
        rows: tuple[Score, ...] = ()
        if case.marks is not None and case.offers:
            totals = merit.totals(case.marks, offers=case.offers, weights=given, judges=case.judges)
            points = {(mark.id, mark.criterion, mark.judge): mark.points for mark in case.marks}
            least = min(case.offers.values())
            ranking = merit.by_total(totals, wanted=len(totals), order=case.order) or ()
            rows = tuple(
                Score(
                    party=self.party(who),
                    amount=case.offers[who],
                    price_points=merit.price_points(case.offers[who], least=least),
                    points=tuple(tuple(points[who, name, judge] for judge in case.judges) for name, _ in criteria),
                    thousandths=merit.in_thousandths(totals[who], judges=len(case.judges)),
                )
                for who in ranking[:MOST_LINES]
            )
        return Scored(criteria, given.get(merit.PRICE, 0), tuple(case.judges), rows)

    def chosen(self) -> Chosen:
        case = self.case()
        by_lots = methods.short_list(case) if self.row.lots else None
        standing = tuple(who for who in case.order or () if who in case.offers) if by_lots is None else by_lots
        owner = next((score["judge"] for score in self.found["scores"]), None)
        return Chosen(owner, tuple(map(self.party, standing)), tuple(map(self.party, case.choices or ())))

    def result(self) -> Result:
        computed = transcripts.recomputed(self.found, self.frozen)
        counted = len({offer["id"] for offer in self.found["offers"] if offer["valid"]})
        return Result(
            decision=self.record["decision"],
            kind=self.row.kind,
            places=tuple(self.places(computed)),
            said=tuple(self.places(self.found["result"])),
            equal=self.found["result"] == computed,
            waits=self.row.weights or self.row.lots,
            valid=counted if self.row.sealed and self.drawn else len(self.frozen.lots),
            minimum=self.found["parameters"].get("minimum", 0),
        )

    def places(self, rows: Iterable[Mapping[str, Any]]) -> Iterator[Place]:
        for row in rows:
            wins = row["rank"] <= self.frozen.winners
            yield Place(row["rank"], self.party(row["id"]), row[self.row.kind], wins)


_TOLD: Final[Mapping[Kind, Callable[[_Teller], Content]]] = {
    Kind.ANNOUNCED: _Teller.announced,
    Kind.FROZEN: _Teller.frozen_list,
    Kind.BEACON: _Teller.beacon,
    Kind.DRAW: _Teller.draw,
    Kind.LISTED: _Teller.listed,
    Kind.OPENED: _Teller.opened,
    Kind.RANKED: _Teller.ranked,
    Kind.LIVE: _Teller.live,
    Kind.SCORED: _Teller.scored,
    Kind.CHOSEN: _Teller.chosen,
    Kind.RESULT: _Teller.result,
}


def _letter(place: int) -> str:
    """A, B … Z, then 27, 28 …"""
    return LETTERS[place] if place < len(LETTERS) else str(place + 1)


def _plot(offers: Sequence[Offered], terms: bids.AuctionTerms, *, end: datetime) -> Plot:
    """The picture of an auction: from its start to its end, from the ceiling down to the lowest offer."""
    first_end = bids.announced(terms).end
    low = min((offer.best for offer in offers), default=terms.floor)
    span, depth = max((end - terms.start) // timedelta(milliseconds=1), 1), max(terms.ceiling - low, 1)

    def across(at: datetime) -> int:
        since: int = (at - terms.start) // timedelta(milliseconds=1)
        return EDGE + (WIDTH - 2 * EDGE) * since // span

    def down(amount: int) -> int:
        return EDGE + (HEIGHT - 2 * EDGE) * (terms.ceiling - amount) // depth

    marks: list[Mark] = []
    left, level = EDGE, None
    lettered_at = (-GAP, -GAP)
    for offer in offers:
        x, y, best = across(offer.at), down(offer.amount), down(offer.best)
        path = f"M{x} {best}" if level is None else f"M{left} {level}H{x}V{best}"
        lettered = x - lettered_at[0] >= GAP or abs(y - lettered_at[1]) >= GAP
        lettered_at = (x, y) if lettered else lettered_at
        marks.append(Mark(offer.seq, x, y, offer.bidder.letter, lettered, path))
        left, level = x, best
    return Plot(
        marks=tuple(marks),
        tail="" if level is None else f"M{left} {level}H{across(end)}",
        limits=tuple(across(terms.start + n * terms.length) for n in range(1, min(terms.rounds, 50))),
        first_end=across(first_end),
        last_end=across(end),
        high=terms.ceiling,
        low=low,
    )
