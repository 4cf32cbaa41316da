"""The announcements of the demonstration world: handed in, looked at, published, and a few changed or withdrawn."""

from datetime import time

from app.approval import services as approvals
from app.demonstration import Happened, Step, World, instant
from app.stage import Demo
from app.values import Nothing, Waiting
from marketplace.announcement import services
from marketplace.announcement.rules import (
    AnnouncementAct,
    Change,
    Conclusion,
    Ending,
    Return,
    Timetable,
    Withdrawal,
    WithdrawReason,
)
from marketplace.need.rules import PUBLIC_MONEY, Method, NeedAct
from marketplace.purchaser.rules import Fund

CLOSES = time(17)


def _needed(world: World, happened: Happened) -> None:
    """A direct commission is none of this chapter's."""
    if Method(happened.plot["method"]) is not Method.DIRECT:
        step = AnnouncementAct.COUNT if happened.plot.get("counted") else AnnouncementAct.SUBMIT
        world.plan(happened.plot, step, need=happened["need"])


def _submitted(world: World, happened: Happened) -> None:
    world.plan(happened.plot, AnnouncementAct.APPROVE, after=1, need=happened["need"])


def _published(world: World, happened: Happened) -> None:
    plot, no = happened.plot, happened["announcement"]
    if happened.public["attempt"] > 1:
        return
    if plot.get("amend"):
        world.plan(plot, AnnouncementAct.AMEND, after=1, no=no)
    if plot.get("withdraw"):
        world.plan(plot, AnnouncementAct.WITHDRAW, after=2, no=no)


def _failed(world: World, happened: Happened) -> None:
    """Announced again where the plot has a second time; else its purchaser says what becomes of it."""
    plot, no = happened.plot, happened["announcement"]
    if plot.get("second") and happened.public["attempt"] == 1:
        world.plan(plot, AnnouncementAct.REPEAT, after=1, no=no)
    else:
        world.plan(plot, AnnouncementAct.CONCLUDE, after=2, no=no)


def _count(world: World, step: Step) -> None:
    """Once the count was public long enough, the need is written anew as a direct commission."""
    owner = world.actor(step.plot["purchaser"])
    services.count(owner, step["need"], Nothing(), key=f"demonstration:count:{step.plot.key}")
    world.plan(step.plot, NeedAct.REVISE, after=4, need=step["need"])


def _announce(world: World, step: Step) -> None:
    """Public money is handed in for review, social money published at once."""
    plot, need_no = step.plot, step["need"]
    owner, wish = world.actor(plot["purchaser"]), plot.get("closes")
    timetable = Timetable(None if wish is None else instant(world.workday(wish), CLOSES))
    key = f"demonstration:announce:{plot.key}"
    if plot.get("hands"):
        _by_two(world, step, timetable, key)
    elif Fund(plot["fund"]) in PUBLIC_MONEY:
        services.submit(owner, need_no, timetable, key=key)
    else:
        services.publish(owner, need_no, timetable, key=key)


def _by_two(world: World, step: Step, timetable: Timetable, key: str) -> None:
    """Much public money: one of the owner's people hands in, a colleague agrees; one plot still waits for that."""
    first, second = (world.actor(login) for login in step.plot["hands"])
    waiting = approvals.submit(AnnouncementAct.SUBMIT, first, step["need"], timetable, key=key)
    if isinstance(waiting, Waiting) and not step.plot.get("waits"):
        approvals.agree(second, waiting.prepared)


def _review(world: World, step: Step) -> None:
    operator, key = world.actor("operator1"), f"demonstration:review:{step.plot.key}"
    if step.plot.get("review_returned"):
        services.return_(operator, step["need"], Return(world.words["texts"]["review_returned"]), key=key)
    else:
        services.approve(operator, step["need"], Nothing(), key=key)


def _amend(world: World, step: Step) -> None:
    plot, text = step.plot, world.words["texts"]["amend"]
    closes_at = instant(world.workday(plot["closes"]), CLOSES)
    change = Change(text, content=plot["content"] + text, closes_at=closes_at)
    services.amend(world.actor(plot["purchaser"]), step["no"], change, key=f"demonstration:amend:{plot.key}")


def _withdraw(world: World, step: Step) -> None:
    plot = step.plot
    withdrawal = Withdrawal(WithdrawReason(plot["withdraw"]), world.words["texts"]["withdraw"])
    services.withdraw(world.actor(plot["purchaser"]), step["no"], withdrawal, key=f"demonstration:withdraw:{plot.key}")


def _repeat(world: World, step: Step) -> None:
    owner = world.actor(step.plot["purchaser"])
    services.repeat(owner, step["no"], Timetable(None), key=f"demonstration:repeat:{step.plot.key}")


def _conclude(world: World, step: Step) -> None:
    plot = step.plot
    conclusion = Conclusion(Ending(plot.get("ending", Ending.CANCEL)), world.words["texts"]["conclude"])
    services.conclude(world.actor(plot["purchaser"]), step["no"], conclusion, key=f"demonstration:conclude:{plot.key}")


DEMO = Demo(
    hears={
        NeedAct.CREATE: _needed,
        AnnouncementAct.SUBMIT: _submitted,
        AnnouncementAct.PUBLISH: _published,
        AnnouncementAct.CLOSE_UNSUCCESSFUL: _failed,
    },
    steps={
        AnnouncementAct.COUNT: _count,
        AnnouncementAct.SUBMIT: _announce,
        AnnouncementAct.APPROVE: _review,
        AnnouncementAct.AMEND: _amend,
        AnnouncementAct.WITHDRAW: _withdraw,
        AnnouncementAct.REPEAT: _repeat,
        AnnouncementAct.CONCLUDE: _conclude,
    },
)
