"""Judging in the demonstration world: rosters on the first day, then whoever judges declares and scores."""

from collections.abc import Iterator

from app.actor import Actor
from app.cast import number
from app.demonstration import Happened, Step, World
from app.identity import queries as identities
from app.stage import Demo
from bidding.judging import queries, services
from bidding.judging.rules import Declaration, JudgeInput, JudgingAct, Named, Sheet, SheetLine
from bidding.selection import queries as selections
from bidding.selection.rules import SelectionAct
from marketplace.need.rules import Method

NAMED = 2
"""So many of his roster an owner lets judge."""

LEAST, WIDTH = 70, 26
"""Points lie from the first, over a width of the second."""


def day(world: World) -> None:
    """On the first day owners enter their judges."""
    if world.index > 0:
        return
    for person in world.people.values():
        for login, unit, trade in person.facts.get("judges", ()):
            if person.login == person.facts["login"]:
                entered = JudgeInput(login, world.people[login].name, unit, trade)
                key = f"demonstration:judge:{login}"
                services.enrol(world.actor(person.login), None, entered, key=key)


def opened(world: World, happened: Happened) -> None:
    """The owner names who judges."""
    if happened.plot["method"] == Method.SCHEME_MERIT:
        world.plan(happened.plot, JudgingAct.NAME, no=happened["announcement"])


def drawn(world: World, happened: Happened) -> None:
    """The judges are drawn with the record."""
    if happened.plot["method"] == Method.COMPARE:
        world.plan(happened.plot, JudgingAct.DECLARE, no=happened["announcement"])


def _name(world: World, step: Step) -> None:
    owner = world.actor(step.plot["purchaser"])
    numbers = tuple(judge.no for judge in queries.roster(owner.party)[:NAMED])
    services.name(owner, step["no"], Named(numbers), key=f"demonstration:name:{step['no']}")
    world.plan(step.plot, JudgingAct.DECLARE, no=step["no"])


def _codes(no: str) -> tuple[str, ...]:
    selection = selections.of(selections.attempt_of(no, None).id)
    return () if selection is None else tuple(one.agency.organisation.code for one in queries.judged(selection))


def _judges(no: str) -> Iterator[tuple[str, Actor]]:
    """Number and actor of everybody who has not stepped back."""
    panel = queries.panel_of(selections.attempt_of(no, None).id)
    for seat in () if panel is None else queries.active(panel):
        actor = identities.actor_by_account(seat.judge.account_id)
        if actor is not None:
            yield seat.judge.no, actor


def _declare(world: World, step: Step) -> None:
    """Where the judges are drawn, the first one steps back, and the next of the order takes the place."""
    no, codes = step["no"], _codes(step["no"])
    if step.plot.get("step_back"):
        judge_no, judge = next(_judges(no))
        said = Declaration((), step_back=True, reason=world.words["texts"]["step_back"])
        services.declare(judge, no, said, key=f"demonstration:declare:{no}:{judge_no}")
    for judge_no, judge in list(_judges(no)):
        said = Declaration(codes, step_back=False)
        services.declare(judge, no, said, key=f"demonstration:declare:{no}:{judge_no}")
    world.plan(step.plot, JudgingAct.LOCK, after=1, no=no)


def _lock(world: World, step: Step) -> None:
    no, reasons = step["no"], world.words["texts"]["judged"]
    for judge_no, judge in list(_judges(no)):
        lines = tuple(
            SheetLine(
                code,
                LEAST + number(f"service {judge_no} {code} {no}") % WIDTH,
                LEAST + number(f"team {judge_no} {code} {no}") % WIDTH,
                world.pick(f"{judge_no} {code} {no}", reasons),
            )
            for code in _codes(no)
        )
        services.lock(judge, no, Sheet(lines), key=f"demonstration:lock:{no}:{judge_no}")


DEMO = Demo(
    hears={SelectionAct.OPEN: opened, SelectionAct.DRAW: drawn},
    steps={JudgingAct.NAME: _name, JudgingAct.DECLARE: _declare, JudgingAct.LOCK: _lock},
    day=day,
)
