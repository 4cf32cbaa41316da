"""What importing files brings to the house: its pages, its sweep, what goes on for the desk."""

from collections.abc import Iterator
from datetime import datetime

from flask import url_for

from app.actor import Actor
from app.intake import queries
from app.intake.sweeps import SWEEPS
from app.intake.views import bp
from app.intake.wording import WORDS
from app.stage import Stage, Task


def tasks(actor: Actor, now: datetime) -> Iterator[Task]:
    """Files that are being worked through: to be left and found again."""
    for run in queries.unfinished(actor.account_id or 0):
        yield Task("intake", f"{run.name}（{run.ended}/{run.chosen_rows}）", url_for("intake.run", no=run.no))


STAGE = Stage(
    name="intake",
    title="批量导入",
    blueprint=bp,
    sweeps=SWEEPS,
    tasks=tasks,
    words=WORDS,
)
