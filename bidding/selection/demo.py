"""Beacons of the demonstration: operator and supervisor type an invented value or throw when one is waited for."""

from datetime import timedelta

from app.actor import Actor
from app.cast import number
from app.demonstration import EVENING, Happened, Step, World, instant
from app.stage import Demo
from bidding.offer.rules import OfferAct
from bidding.selection import beacons, pages, services, throws
from bidding.selection.rules import BeaconInput, Choice, SelectionAct, Throw, Witness, entry_opens
from marketplace.announcement import limits as announcement_limits
from marketplace.announcement.rules import AnnouncementAct, Decision
from marketplace.need.rules import Method

SLIP = "000-00000"
"""What the supervisor types by mistake on the very first evening: both entries are set aside and typed anew."""

ATTENDED = 3
"""To every third throw no registrant comes: the supervisor is the witness."""


def day(world: World) -> None:
    """Somebody stays until the drawings of a day on which a draw waits, or may begin to wait, for them."""
    closing = announcement_limits.next_closing(world.now)
    closes_today = closing is not None and closing < instant(world.today, EVENING)
    world.late = closes_today or bool(beacons.waiting_draws())
    if not world.last:
        _throws(world)


def evening(world: World) -> None:
    """Every day that is waited for and may be typed by now; the last day's is left to whoever tries the market."""
    for on in sorted(beacons.waiting_draws()):
        if world.now < entry_opens(on):
            continue
        value = f"{number(f'3d {on}') % 1000:03d}-{number(f'pl5 {on}') % 100_000:05d}"
        first = not beacons.settled_days(limit=1)
        pairs = ((value, SLIP), (value, value)) if first else ((value, value),)
        for times, (his, hers) in enumerate(pairs):
            for login, typed in (("operator1", his), ("supervisor1", hers)):
                _types(world.actor(login), BeaconInput(on, typed), key=f"demonstration:beacon:{on}:{login}:{times}")

    _throws(world)


def _throws(world: World) -> None:
    """Whatever waits for a throw: some minutes after it could first be made, both saw the same digits."""
    for waiting in throws.waiting_throws(world.actor("supervisor1"), now=world.now):
        thrown_at = waiting.after.replace(second=0, microsecond=0) + timedelta(minutes=6)
        if not waiting.open or thrown_at > world.now:
            continue
        key = throws.throw_key(waiting.no, waiting.attempt)
        digits, came = number(f"throw {key}"), number(f"came {key}") % ATTENDED
        witness = Witness.REGISTRANT if came else Witness.SUPERVISOR
        typed = Throw(f"{digits % 10**12:012d}", thrown_at, waiting.place, witness, world.words["throw"][witness])
        for login in ("operator1", "supervisor1"):
            services.enter_throw(world.actor(login), key, typed, key=f"demonstration:throw:{key}:{login}")


def _types(actor: Actor, typed: BeaconInput, *, key: str) -> None:
    services.enter_beacon(actor, typed.on.isoformat(), typed, key=key)


def drawn(world: World, happened: Happened) -> None:
    """After an outage the attempt is void, and its purchaser asks for the next one."""
    if happened.public["decision"] == Decision.VOID and happened.plot.get("second"):
        world.plan(happened.plot, AnnouncementAct.REPEAT, after=1, no=happened["announcement"])
    if Method(happened.plot["method"]) is Method.CREDIT_MERIT and "decide_by" in happened.public:
        world.plan(happened.plot, SelectionAct.CHOOSE, after=1, no=happened["announcement"])


def _choose(world: World, step: Step) -> None:
    """The owner takes the second of the short list: the draw does not decide it."""
    standing = pages.choice_page(step["no"], world.actor(step.plot["purchaser"]).party_id).standing
    choice = Choice((standing[min(1, len(standing) - 1)].code,), world.words["texts"]["choose"])
    key = f"demonstration:choose:{step['no']}"
    services.choose(world.actor(step.plot["purchaser"]), step["no"], choice, key=key)


def opened(world: World, happened: Happened) -> None:
    """Whose price is so low that it must be explained, explains it at once."""
    for code in happened.public.get("low", ()):
        world.plan(happened.plot, OfferAct.EXPLAIN, no=happened["announcement"], agency=code)


DEMO = Demo(
    hears={SelectionAct.OPEN: opened, SelectionAct.DRAW: drawn},
    steps={SelectionAct.CHOOSE: _choose},
    day=day,
    evening=evening,
)
