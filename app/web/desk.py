"""The front page and each person's desk (工作台): what waits, by when, one click to it; gathered from the stages."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from flask import Blueprint, Flask, current_app, render_template

from app.clock import now
from app.stage import Stage, Task
from app.values import SHANGHAI
from app.web.door import actor, members, public

bp = Blueprint("desk", __name__)
FAR = datetime(9999, 1, 1, tzinfo=UTC)
SOON = timedelta(days=7)


class Urgency(StrEnum):
    """How near the end of a task is, the nearest first."""

    OVERDUE = "overdue"
    TODAY = "today"
    SOON = "soon"
    LATER = "later"
    OPEN = "open"


def urgency(due: datetime | None, *, now: datetime) -> Urgency:
    """`due` is half-open: what ends at midnight is due on the day before."""
    if due is None:
        return Urgency.OPEN
    if due <= now:
        return Urgency.OVERDUE
    last = (due.astimezone(SHANGHAI) - timedelta(microseconds=1)).date()
    if last == now.astimezone(SHANGHAI).date():
        return Urgency.TODAY
    return Urgency.SOON if due <= now + SOON else Urgency.LATER


def in_order(tasks: Sequence[Task]) -> list[Task]:
    """The nearest end first; of what has none the act that waits least often, so that a heap hides no single thing."""
    waiting = Counter(task.act for task in tasks if task.due is None)
    return sorted(tasks, key=lambda task: (task.due or FAR, waiting[task.act] if task.due is None else 0))


def panel(name: str, **values: object) -> Mapping[str, Any] | None:
    """A later chapter's read-only figures, by name; None where no chapter brings them."""
    panels: Mapping[str, Callable[..., Mapping[str, Any]]] = current_app.extensions["market.panels"]
    return panels[name](**values) if name in panels else None


def register(app: Flask) -> None:
    """Pages and the templates' `panel`."""
    app.register_blueprint(bp)
    app.jinja_env.globals["panel"] = panel


@bp.get("/")
@public
def home() -> str:
    """The front page."""
    return render_template("home.html")


@bp.get("/desk")
@members()
def desk() -> str:
    """What waits for the person who is signed in, the most urgent first."""
    stages: tuple[Stage, ...] = current_app.extensions["market.stages"]
    tasks: list[Task] = [task for stage in stages if stage.tasks for task in stage.tasks(actor(), now())]
    groups: dict[Urgency, list[Task]] = {each: [] for each in Urgency}
    for task in in_order(tasks):
        groups[urgency(task.due, now=now())].append(task)
    return render_template("desk.html", groups=groups, open_tasks=len(tasks))
