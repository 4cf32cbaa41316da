"""The announcements of the demonstration world: handed in, looked at, published, and a few changed or withdrawn."""

from datetime import time

from app.demonstration import Plot, World, instant
from app.stage import Demo
from app.values import Nothing
from marketplace.announcement import queries, services
from marketplace.announcement.rules import Change, Phase, Return, Timetable, Withdrawal, WithdrawReason
from marketplace.need.rules import PUBLIC_MONEY, Method
from marketplace.purchaser.rules import Fund

CLOSES = time(17)
OVER = frozenset({Phase.DECIDED, Phase.WITHDRAWN, Phase.DIRECT})


def day(world: World) -> None:
    """Every plot takes its next step; a direct commission is none of this chapter's."""
    for plot in world.going("announcement"):
        need_no = world.noted(plot, "need")
        if need_no is None or Method(plot["method"]) is Method.DIRECT or world.noted(plot, "withdrawn"):
            continue
        found = queries.by_need(need_no)
        if found is None:
            _announced(world, plot, need_no)
            continue
        present = None if found.published_at is None else queries.present_attempt(found)
        phase = queries.phase_of(found, present, world.now)
        if phase is Phase.IN_REVIEW:
            _reviewed(world, plot, need_no)
        elif found.no is not None:
            world.note(plot, "announcement", found.no)
            _changed(world, plot, found.no, phase)
            if phase in OVER:
                world.done(plot, "announcement")


def _announced(world: World, plot: Plot, need_no: str) -> None:
    if not world.turn(plot, "announcement.submit"):
        return
    owner = world.actor(plot["purchaser"])
    wish = plot.get("closes")
    timetable = Timetable(None if wish is None else instant(world.workday(wish), CLOSES))
    key = f"demonstration:announce:{plot.key}"
    if Fund(plot["fund"]) in PUBLIC_MONEY:
        services.submit(owner, need_no, timetable, key=key)
    else:
        done = services.publish(owner, need_no, timetable, key=key)
        world.note(plot, "announcement", done.subject or "")


def _reviewed(world: World, plot: Plot, need_no: str) -> None:
    if not world.turn(plot, "announcement.approve"):
        return
    operator, key = world.actor("operator1"), f"demonstration:review:{plot.key}"
    if plot.get("review_returned"):
        services.return_(operator, need_no, Return(world.words["texts"]["review_returned"]), key=key)
    else:
        services.approve(operator, need_no, Nothing(), key=key)


def _changed(world: World, plot: Plot, no: str, phase: Phase) -> None:
    owner, texts = world.actor(plot["purchaser"]), world.words["texts"]
    if phase is Phase.REGISTERING and plot.get("amend") and not world.noted(plot, "amended"):
        if world.turn(plot, "announcement.amend", after=1):
            closes_at = instant(world.workday(plot["closes"]), CLOSES)
            change = Change(texts["amend"], content=plot["content"] + texts["amend"], closes_at=closes_at)
            services.amend(owner, no, change, key=f"demonstration:amend:{plot.key}")
            world.note(plot, "amended", no)
    elif phase is Phase.REGISTERING and plot.get("withdraw"):
        if world.turn(plot, "announcement.withdraw", after=1):
            withdrawal = Withdrawal(WithdrawReason(plot["withdraw"]), texts["withdraw"])
            services.withdraw(owner, no, withdrawal, key=f"demonstration:withdraw:{plot.key}")
            world.note(plot, "withdrawn", no)
    elif phase is Phase.UNSUCCESSFUL and plot.get("second") and world.turn(plot, "announcement.repeat", after=1):
        services.repeat(owner, no, Timetable(None), key=f"demonstration:repeat:{plot.key}")


DEMO = Demo(day=day)
