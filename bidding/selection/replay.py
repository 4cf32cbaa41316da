"""A selection told again step by step, out of its transcript alone (docs/protocol.md §4).

Nothing is decided here: what a step shows was computed by the very functions that the market decides with. What would
follow from a contradiction is not told.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from bidding.auction import bids
from bidding.offer import body as bodies
from bidding.selection import lottery, merit, methods, prices, scenes
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


_RECORD: Final = ("log", "beacon", "draw")


NEEDS: Final[Mapping[scenes.Kind, tuple[str, ...]]] = {
    scenes.Kind.ANNOUNCED: (),
    scenes.Kind.FROZEN: ("log",),
    scenes.Kind.BEACON: ("log", "beacon"),
    scenes.Kind.DRAW: _RECORD,
    scenes.Kind.LISTED: (*_RECORD, "terms"),
    scenes.Kind.OPENED: (*_RECORD, "terms", "offers"),
    scenes.Kind.RANKED: (*_RECORD, "terms", "offers", "enough"),
    scenes.Kind.LIVE: (*_RECORD, "terms", "offers", "enough", "live"),
    scenes.Kind.SCORED: (*_RECORD, "terms", "offers", "enough", "live", "scores"),
    scenes.Kind.CHOSEN: (*_RECORD, "terms", "offers", "enough", "live", "scores"),
    scenes.Kind.RESULT: (*_RECORD, "terms", "offers", "enough", "live", "scores"),
}
"""The parts of `transcript.examine` in which there must be no contradiction, or the step is not told."""


SPEAKS: Final[Mapping[str, tuple[scenes.Kind, ...]]] = {
    "terms": (scenes.Kind.ANNOUNCED,),
    "log": (scenes.Kind.FROZEN,),
    "beacon": (scenes.Kind.BEACON,),
    "draw": (scenes.Kind.DRAW,),
    "offers": (scenes.Kind.OPENED, scenes.Kind.RESULT),
    "live": (scenes.Kind.LIVE, scenes.Kind.RESULT),
    "scores": (scenes.Kind.SCORED, scenes.Kind.CHOSEN, scenes.Kind.RESULT),
    "enough": (scenes.Kind.RESULT,),
    "result": (scenes.Kind.RESULT,),
}
"""At which step a contradiction of a part stands: the first of these that there is."""


WIDTH: Final = 384


HEIGHT: Final = 200


EDGE: Final = 14


GAP: Final = 13
"""Of the picture, in user units, and the room that a letter needs."""


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


def replay(found: Mapping[str, Any]) -> scenes.Replay:
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

    def replay(self, faults: Mapping[str, list[str]]) -> scenes.Replay:
        kinds = tuple(self._kinds(faults))
        spoken = {
            part: next(kind for kind in (*SPEAKS[part], scenes.Kind.ANNOUNCED) if kind in kinds) for part in faults
        }
        steps = []
        for number, kind in enumerate(kinds, 1):
            told = not faults.keys() & set(NEEDS[kind])
            against = tuple(sentence for part, at in spoken.items() if at is kind for sentence in faults[part])
            steps.append(
                scenes.Step(
                    number,
                    kind,
                    _TOLD[kind](self) if told else None,
                    against,
                    claimed=kind is scenes.Kind.ANNOUNCED and bool(faults.keys() & {*_RECORD, "terms"}),
                )
            )
        return scenes.Replay(
            market=self.found["market"],
            no=self.found["no"],
            attempt=self.found["attempt"],
            method=self.found["method"],
            decision=self.record["decision"],
            steps=tuple(steps),
            faults=tuple(sentence for sentences in faults.values() for sentence in sentences),
        )

    def _kinds(self, faults: Mapping[str, list[str]]) -> Iterator[scenes.Kind]:
        yield from (scenes.Kind.ANNOUNCED, scenes.Kind.FROZEN, scenes.Kind.BEACON, scenes.Kind.DRAW)
        if self.drawn and (self.row.second or self.row.lots):
            yield scenes.Kind.LISTED
        if self.row.sealed:
            yield scenes.Kind.OPENED
        if self.row.live:
            yield scenes.Kind.LIVE
        if self.drawn and self.row.sealed and not self.row.weights:
            yield scenes.Kind.RANKED
        if self.drawn and (self.row.weights or self.row.lots):
            sound = not faults.keys() & {*_RECORD, "terms", "offers"}
            chooses = self.row.lots or (sound and methods.chooses(self.case()))
            yield scenes.Kind.CHOSEN if chooses else scenes.Kind.SCORED
        yield scenes.Kind.RESULT

    # What a step holds

    def case(self) -> methods.Case:
        return transcripts.case_of(self.found, self.frozen)

    def party(self, id: str) -> scenes.Party:
        return scenes.Party(id, self.record["names"].get(id, ""))

    def announced(self) -> scenes.Announced:
        said, fixed = (self.entry(name) for name in ("publish", "freeze"))
        given = self.found["parameters"]
        own = [(name, given[name]) for name in self.row.parameters if name in given]
        return scenes.Announced(
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

    def frozen_list(self) -> scenes.FrozenList:
        lines = sorted(self.frozen.lines, key=lambda line: (not line.reasons, line.id))
        excluded = sum(bool(line.reasons) for line in lines)
        return scenes.FrozenList(
            at=self.frozen.frozen_at,
            digest=hashlib.sha256(self.frozen.text.encode()).hexdigest(),
            index=self.record["log"]["freeze"]["index"],
            lines=tuple(
                scenes.Registered(
                    self.party(line.id), line.lots, line.contribution, line.made, line.members, line.reasons
                )
                for line in lines[:MOST_LINES]
            ),
            valid=len(lines) - excluded,
            excluded=excluded,
            consortia=any(line.members for line in lines),
            by_credit=self.row.lots,
        )

    def beacon(self) -> scenes.Beacon:
        head = self.record["log"]["head"]
        return scenes.Beacon(
            tree_size=head["tree_size"],
            root_hash=head["root_hash"],
            signed_at=lottery.parse_instant(head["timestamp"]),
            rule=self.frozen.beacon_rule,
            after=lottery.beacon_instant(self.frozen.beacon_rule, self.frozen.frozen_at),
            on=self.record["beacon_on"],
            value=self.record["beacon_value"],
        )

    def draw(self) -> scenes.Drawn:
        # Seed and order were computed anew when the record was examined, and are the same.
        seed, order = self.record["seed"], self.record["order"]
        drawn_at = self.record["drawn_at"]
        factors = lottery.factor_order(seed) if self.row.factor else []
        return scenes.Drawn(
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

    def tickets(self, seed: str, purpose: str, ids: Sequence[str], lots: Mapping[str, int]) -> Iterator[scenes.Ticket]:
        for place, who in enumerate(ids, 1):
            count = lots.get(who, 1)
            ticket, lot = min((lottery.ticket(seed, purpose, who, k), k) for k in range(1, count + 1))
            yield scenes.Ticket(place, self.party(who), count, lot, ticket)

    def listed(self) -> scenes.Listed:
        # Whoever goes on follows from the draw alone: an envelope that cannot be read changes nothing about it.
        case = transcripts.case_of({**self.found, "offers": []}, self.frozen)
        if self.row.second:
            return scenes.Listed((), tuple(map(self.party, methods.invited(case))))
        order = case.order or ()
        long = merit.long_list(case.lots, size=case.parameters["long_list"], order=order)
        return scenes.Listed(
            tuple((self.party(who), case.lots[who]) for who in long[:MOST_LINES]),
            tuple(map(self.party, methods.short_list(case)[:MOST_LINES])),
        )

    def opened(self) -> scenes.Opened:
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
        return scenes.Opened(
            kind=self.row.kind,
            envelopes=tuple(
                scenes.Envelope(
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

    def ranked(self) -> scenes.Ranked:
        case, kind = self.case(), self.row.kind
        everybody = replace(case, winners=len(case.offers), alternates=0)
        ranks = methods.result(self.found["method"], everybody) or ()
        middle = methods.reference(case) if self.row.factor else None
        distances = None if middle is None else {rank.id: abs(rank.value - middle) for rank in ranks}
        keys = [(rank.value,) if distances is None else (distances[rank.id], rank.value) for rank in ranks]
        rows = tuple(
            scenes.Priced(
                place,
                self.party(rank.id),
                rank.value,
                None if distances is None else distances[rank.id],
                tied=keys.count(keys[place - 1]) > 1,
            )
            for place, rank in enumerate(ranks[:MOST_LINES], 1)
        )
        if middle is None:
            return scenes.Ranked(kind, rows)
        rest = {rank.id: rank.value for rank in ranks}
        return scenes.Ranked(
            kind,
            rows,
            left_out=tuple(
                scenes.Priced(None, self.party(who), price) for who, price in case.offers.items() if who not in rest
            ),
            percent=case.factor,
            total=sum(rest.values()),
            count=len(rest),
            reference=middle,
        )

    def live(self) -> scenes.Live:
        case = self.case()
        terms = methods.auction_terms(case)
        auction = bids.announced(terms)
        bidders: dict[str, scenes.Bidder] = {}
        offers: list[scenes.Offered] = []
        for seq, bid in enumerate(case.live, 1):
            before = auction.at(bid.at)
            auction = before.after(bid)
            bidder = bidders.setdefault(bid.id, scenes.Bidder(_letter(len(bidders)), self.party(bid.id)))
            if seq > MOST_BIDS:
                continue
            offers.append(
                scenes.Offered(
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
        return scenes.Live(
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

    def standings(self, auction: bids.Auction, bidders: Mapping[str, scenes.Bidder]) -> tuple[scenes.Standing, ...]:
        ids = prices.lowest(auction.amounts, wanted=len(auction.amounts), order=self.record["order"]) or ()
        return tuple(scenes.Standing(rank, bidders[who], auction.amounts[who]) for rank, who in enumerate(ids, 1))

    def scored(self) -> scenes.Scored:
        case = self.case()
        given = methods.weights(case.parameters)
        criteria = tuple((name, weight) for name, weight in sorted(given.items()) if name != merit.PRICE)
        rows: tuple[scenes.Score, ...] = ()
        if case.marks is not None and case.offers:
            totals = merit.totals(case.marks, offers=case.offers, weights=given, judges=case.judges)
            points = {(mark.id, mark.criterion, mark.judge): mark.points for mark in case.marks}
            least = min(case.offers.values())
            ranking = merit.by_total(totals, wanted=len(totals), order=case.order) or ()
            rows = tuple(
                scenes.Score(
                    party=self.party(who),
                    amount=case.offers[who],
                    price_points=merit.price_points(case.offers[who], least=least),
                    points=tuple(tuple(points[who, name, judge] for judge in case.judges) for name, _ in criteria),
                    thousandths=merit.in_thousandths(totals[who], judges=len(case.judges)),
                )
                for who in ranking[:MOST_LINES]
            )
        return scenes.Scored(criteria, given.get(merit.PRICE, 0), tuple(case.judges), rows)

    def chosen(self) -> scenes.Chosen:
        case = self.case()
        by_lots = methods.short_list(case) if self.row.lots else None
        standing = tuple(who for who in case.order or () if who in case.offers) if by_lots is None else by_lots
        owner = next((score["judge"] for score in self.found["scores"]), None)
        return scenes.Chosen(owner, tuple(map(self.party, standing)), tuple(map(self.party, case.choices or ())))

    def result(self) -> scenes.Result:
        computed = transcripts.recomputed(self.found, self.frozen)
        counted = len({offer["id"] for offer in self.found["offers"] if offer["valid"]})
        return scenes.Result(
            decision=self.record["decision"],
            kind=self.row.kind,
            places=tuple(self.places(computed)),
            said=tuple(self.places(self.found["result"])),
            equal=self.found["result"] == computed,
            waits=self.row.weights or self.row.lots,
            valid=counted if self.row.sealed and self.drawn else len(self.frozen.lots),
            minimum=self.found["parameters"].get("minimum", 0),
        )

    def places(self, rows: Iterable[Mapping[str, Any]]) -> Iterator[scenes.Place]:
        for row in rows:
            wins = row["rank"] <= self.frozen.winners
            yield scenes.Place(row["rank"], self.party(row["id"]), row[self.row.kind], wins)


_TOLD: Final[Mapping[scenes.Kind, Callable[[_Teller], scenes.Content]]] = {
    scenes.Kind.ANNOUNCED: _Teller.announced,
    scenes.Kind.FROZEN: _Teller.frozen_list,
    scenes.Kind.BEACON: _Teller.beacon,
    scenes.Kind.DRAW: _Teller.draw,
    scenes.Kind.LISTED: _Teller.listed,
    scenes.Kind.OPENED: _Teller.opened,
    scenes.Kind.RANKED: _Teller.ranked,
    scenes.Kind.LIVE: _Teller.live,
    scenes.Kind.SCORED: _Teller.scored,
    scenes.Kind.CHOSEN: _Teller.chosen,
    scenes.Kind.RESULT: _Teller.result,
}


def _letter(place: int) -> str:
    """A, B … Z, then 27, 28 …"""
    return LETTERS[place] if place < len(LETTERS) else str(place + 1)


def _plot(offers: Sequence[scenes.Offered], terms: bids.AuctionTerms, *, end: datetime) -> scenes.Plot:
    """The picture of an auction: from its start to its end, from the ceiling down to the lowest offer."""
    first_end = bids.announced(terms).end
    low = min((offer.best for offer in offers), default=terms.floor)
    span, depth = max((end - terms.start) // timedelta(milliseconds=1), 1), max(terms.ceiling - low, 1)

    def across(at: datetime) -> int:
        since: int = (at - terms.start) // timedelta(milliseconds=1)
        return EDGE + (WIDTH - 2 * EDGE) * since // span

    def down(amount: int) -> int:
        return EDGE + (HEIGHT - 2 * EDGE) * (terms.ceiling - amount) // depth

    marks: list[scenes.Mark] = []
    left, level = EDGE, None
    lettered_at = (-GAP, -GAP)
    for offer in offers:
        x, y, best = across(offer.at), down(offer.amount), down(offer.best)
        path = f"M{x} {best}" if level is None else f"M{left} {level}H{x}V{best}"
        lettered = x - lettered_at[0] >= GAP or abs(y - lettered_at[1]) >= GAP
        lettered_at = (x, y) if lettered else lettered_at
        marks.append(scenes.Mark(offer.seq, x, y, offer.bidder.letter, lettered, path))
        left, level = x, best
    return scenes.Plot(
        marks=tuple(marks),
        tail="" if level is None else f"M{left} {level}H{across(end)}",
        limits=tuple(across(terms.start + n * terms.length) for n in range(1, min(terms.rounds, 50))),
        first_end=across(first_end),
        last_end=across(end),
        high=terms.ceiling,
        low=low,
    )
