"""What the steps of a selection show that is told again: plain values."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bidding.auction import bids


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
