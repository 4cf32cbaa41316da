"""Offers of the demonstration world: whoever registered for a price method hands in the price of its plot.

Where a draw comes first, whom it invites.
"""

from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO

from app.approval import services as approvals
from app.chronicle import Plot
from app.demonstration import Happened, Step, World, document
from app.stage import Demo
from app.values import Fen, Ppm, Waiting
from bidding.offer import pages, services
from bidding.offer.body import commitment
from bidding.offer.rules import BodyInput, ItemOffer, Judgement, OfferAct, OfferDone, OfferInput, Statement
from bidding.registration.rules import RegistrationAct
from marketplace.need.rules import BY_PROPOSAL, SECOND, Method


def _registered(world: World, happened: Happened) -> None:
    plot = happened.plot
    if Method(plot["method"]) in SECOND:
        world.note(plot, f"days {happened['agency']}", str(happened.public["promised_days"]))
    elif plot.get("offers") or plot.get("rates"):
        facts = {"no": happened["announcement"], "agency": happened["agency"], "attempt": happened.public["attempt"]}
        world.plan(plot, OfferAct.SUBMIT, days=happened.public["promised_days"], **facts)


def _drawn(world: World, happened: Happened) -> None:
    for code in happened.public.get("invited", ()):
        days = int(world.noted(happened.plot, f"days {code}") or 0)
        facts = {"no": happened["announcement"], "agency": code, "attempt": happened.public["attempt"], "days": days}
        world.plan(happened.plot, OfferAct.SUBMIT, after=1, **facts)


def _submit(world: World, step: Step) -> None:
    """On the day of the registration, or after the draw, once."""
    plot, login = step.plot, world.of_code(step["agency"]).login
    key = f"demonstration:offer:{login}:{plot.key}:{step['attempt']}"
    offer = _offer(plot, plot["agencies"].index(login), step["days"])
    if Method(plot["method"]) in BY_PROPOSAL:
        content = BytesIO(document(f"proposal {plot.key} {login}"))
        file, box = services.take_in(world.actor(login), step["no"], content, key=key)
        offer = replace(offer, files=(file,), boxes=(box,))
    done = services.submit(world.actor(login), step["no"], offer, key=key)
    if isinstance(done, OfferDone):
        world.note(plot, f"body {commitment(done.body)}", done.body)


def _offer(plot: Plot, place: int, days: int) -> OfferInput:
    """A rate, or a price in yuan; for several items one of each, all served side by side."""
    if plot.get("rates"):
        return OfferInput(None, days, rate_ppm=Ppm(plot["rates"][place]))
    price: int | Sequence[int] = plot["offers"][place]
    if isinstance(price, int):
        return OfferInput(Fen(price * 100), days)
    codes = (plot["item"], *plot["further"])
    items = tuple(ItemOffer(code, Fen(yuan * 100), days) for code, yuan in zip(codes, price, strict=True))
    return OfferInput(Fen(sum(price) * 100), days, items=items)


def _stopped(world: World, happened: Happened) -> None:
    """The first of a plot hands its body in; the others' lie ready for whoever plays them."""
    plot, awaited = happened.plot, happened.public.get("unopened", ())
    if awaited:
        world.plan(plot, OfferAct.HAND_IN, no=happened["announcement"])
    for own in awaited:
        file, body = pages.drawer(own), world.noted(plot, f"body {own}")
        if file is not None and body is not None:
            file.parent.mkdir(exist_ok=True)
            file.write_text(body)


def _hand_in(world: World, step: Step) -> None:
    actor = world.actor(step.plot["agencies"][0])
    body = pages.kept_body(pages.unopened(actor.party_id, step["no"])) or ""
    services.hand_in(actor, step["no"], BodyInput(body), key=f"demonstration:body:{step['no']}:{actor.party_id}")


def _explain(world: World, step: Step) -> None:
    """The day after, the purchaser decides and the supervisor consents."""
    said = Statement(world.words["texts"]["explain"])
    key = f"demonstration:explain:{step['no']}:{step['agency']}"
    services.explain(world.acting_for(step["agency"]), step["no"], said, key=key)
    world.plan(step.plot, OfferAct.JUDGE, after=1, no=step["no"], agency=step["agency"])


def _judge(world: World, step: Step) -> None:
    judgement = Judgement(step["agency"], True, world.words["texts"]["judge"])
    key = f"demonstration:judge:{step['no']}:{step['agency']}"
    waiting = approvals.submit(OfferAct.JUDGE, world.actor(step.plot["purchaser"]), step["no"], judgement, key=key)
    if isinstance(waiting, Waiting):
        approvals.agree(world.actor("supervisor1"), waiting.prepared)


DEMO = Demo(
    hears={RegistrationAct.SUBMIT: _registered, "selection.draw": _drawn, "selection.open": _stopped},
    steps={
        OfferAct.SUBMIT: _submit,
        OfferAct.HAND_IN: _hand_in,
        OfferAct.EXPLAIN: _explain,
        OfferAct.JUDGE: _judge,
    },
)
