"""flask story | sweep | reference | rulebook | log | clock | demo | bulk | accounts: each walks what stages brought."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext
from flask_migrate import upgrade
from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from app import demonstration, files, tour
from app import sweep as sweeps
from app.act import act as _act  # noqa: F401 - the models of the door belong to the metadata
from app.audit import check
from app.cast import SCALES
from app.clock import clock
from app.clockwork import services as clockwork
from app.database import db
from app.deployment import Misconfigured, settle_market_id
from app.durations import parse
from app.notice import services as notices
from app.region import services as regions
from app.rulebook import Rulebooks
from app.settings import Settings
from app.stage import Stage
from app.storybook import markdown
from app.values import SHANGHAI

MIGRATIONS = Path(__file__).parents[1] / "migrations"


def stages() -> tuple[Stage, ...]:
    """The house's rooms and the chapters, in order."""
    found: tuple[Stage, ...] = current_app.extensions["market.stages"]
    return found


reference = AppGroup("reference", help="Reference data.")


@reference.command("load")
def reference_load() -> None:
    """Regions, authorities, then what each chapter brings (catalogue); idempotent."""
    try:
        market = settle_market_id()
    except Misconfigured as error:
        raise click.ClickException(str(error)) from error
    changed = regions.load()
    for stage in stages():
        if stage.reference is not None:
            changed += stage.reference()
    sweeps.keep_log()
    click.echo(f"reference data of {market}: {changed} changed")


log = AppGroup("log", help="The public record.")


@log.command("verify")
@click.option("--rows", is_flag=True, help="Compare every table with the last row hashes in the log.")
def log_verify(rows: bool) -> None:
    """Recompute this deployment's own log; exit 1 and name the first difference."""
    difference = check.first_difference(rows=rows)
    if difference is not None:
        click.echo(difference)
        sys.exit(1)
    click.echo("the log is consistent" + (", and so is every row" if rows else ""))


clock_group = AppGroup("clock", help="The demonstration clock.")


@clock_group.command("show")
def clock_show() -> None:
    """Market time in Asia/Shanghai."""
    click.echo(clock().market().astimezone(SHANGHAI).isoformat())


def _go(target: datetime) -> None:
    settings: Settings = current_app.extensions["market.settings"]
    if not settings.demonstration:
        raise click.ClickException("only a demonstration's clock can be moved")
    if target <= clock().market():
        raise click.ClickException("the clock goes forward only; to go back, load the world anew")
    clockwork.go_to(target)
    click.echo(clock().market().astimezone(SHANGHAI).isoformat())


@clock_group.command("advance")
@click.argument("duration")
def clock_advance(duration: str) -> None:
    """Forward by a duration such as 90m, 3h, 2d, 1w."""
    try:
        _go(clock().market() + parse(duration))
    except ValueError as error:
        raise click.ClickException(str(error)) from error


@clock_group.command("set")
@click.argument("instant")
def clock_set(instant: str) -> None:
    """Forward to an instant, Asia/Shanghai where it says no zone."""
    try:
        target = datetime.fromisoformat(instant)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    _go((target if target.tzinfo else target.replace(tzinfo=SHANGHAI)).astimezone(UTC))


@click.command("sweep")
@click.option("--once", is_flag=True, help="Do what is due and leave.")
@with_appcontext
def sweep(once: bool) -> None:
    """Do what is due, number the log, sign heads, deliver notices; every second until stopped."""
    if once:
        click.echo(f"{tick()} acts")
        return
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    scheduler = BackgroundScheduler(timezone="UTC")

    def job() -> None:
        with app.app_context():
            tick()

    scheduler.add_job(job, "interval", seconds=1, max_instances=1, coalesce=True)
    scheduler.start()
    stop.wait()
    scheduler.shutdown(wait=True)


def tick() -> int:
    """One round: due work, log, heads, deliveries, and a trace that the sweep lives."""
    try:
        done = sweeps.run_due()
        notices.deliver()
        files.expire(clock().real())
        sweeps.beat()
        return done
    finally:
        db.session.remove()


@click.command("story")
@click.option("--markdown", "as_markdown", is_flag=True, help="Print docs/acts.md.")
@with_appcontext
def story(as_markdown: bool) -> None:
    """The chapters in order; with --markdown everything about their acts."""
    click.echo(markdown(stages()) if as_markdown else "\n".join(f"{s.name}\t{s.title}" for s in stages()))


rulebook = AppGroup("rulebook", help="Regional rules.")


@rulebook.command("check")
def rulebook_check() -> None:
    """The boot has already checked every rulebook; say which are in use."""
    books: Rulebooks = current_app.extensions["market.rulebooks"]
    for book in books.all():
        click.echo(f"{book.id}\t{book.sha256}\t{len(book.clauses)} clauses")


@rulebook.command("show")
@click.argument("identifier")
def rulebook_show(identifier: str) -> None:
    """Every clause of one rulebook."""
    books: Rulebooks = current_app.extensions["market.rulebooks"]
    for clause in books.get(identifier).clauses.values():
        click.echo(f"{clause.key} = {clause.value} {clause.unit} [{clause.evidence}] {clause.basis}")


demo = AppGroup("demo", help="The demonstration world.")


@contextmanager
def _shown() -> Iterator[Callable[[demonstration.Progress], None]]:
    """Progress of a world under way: a bar on a terminal, elsewhere a line for every tenth of its days."""
    if not sys.stderr.isatty():
        tenths: set[int] = set()

        def told(progress: demonstration.Progress) -> None:
            tenth = progress.done // 100
            if tenth not in tenths:
                tenths.add(tenth)
                click.echo(f"{progress.day}  {progress.announcements} announcements  {progress.done // 10} %")

        yield told
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=1000)
        yield lambda progress: bar.update(
            task, completed=progress.done, description=f"{progress.day}  {progress.announcements} announcements"
        )


@demo.command("load")
@click.option("--scale", type=click.Choice(tuple(SCALES)), default="small", show_default=True)
@click.option("--fresh", is_flag=True, help="Empty the database first, whatever it holds.")
def demo_load(scale: str, fresh: bool) -> None:
    """Make the world by the acts that people perform, up to now; nothing where there is one already."""
    try:
        with _shown() as progress:
            made = demonstration.load(scale=SCALES[scale], fresh=fresh, progress=progress)
    except Misconfigured as error:
        raise click.ClickException(str(error)) from error
    click.echo("loaded" if made else "there is a world already; --fresh makes it anew")


@demo.command("accounts")
def demo_accounts() -> None:
    """Every account of the world, of which organisation it is and what it shows."""
    rows = list(demonstration.accounts())
    if not rows:
        raise click.ClickException("no demonstration world here: flask demo load")
    click.echo(demonstration.table(rows))


def _bulk(kinds: Mapping[str, Callable[[int], int]]) -> click.Command:
    """`flask bulk`, with an option for every kind of synthetic rows that a stage brings."""

    @with_appcontext
    def bulk(**counts: int | None) -> None:
        """Write synthetic rows for measurements, past the acts; in a demonstration's database only."""
        try:
            for kind, count in counts.items():
                if count:
                    click.echo(f"{kinds[kind.replace('_', '-')](count)} {kind}")
        except Misconfigured as error:
            raise click.ClickException(str(error)) from error
        sweeps.keep_log()

    options = [click.Option([f"--{kind}"], type=click.IntRange(min=1)) for kind in kinds]
    return click.Command("bulk", callback=bulk, params=[*options], help=bulk.__doc__)


@demo.command("tour")
@click.option("--yes", is_flag=True, help="Run through without waiting for the Enter key.")
@click.option("--base", default="http://127.0.0.1:8000", show_default=True, help="Where the market's pages are.")
def demo_tour(yes: bool, base: str) -> None:
    """Lead one procurement through all its acts, from the need to the credit; the clock goes forward."""
    if not demonstration.loaded():
        raise click.ClickException("no demonstration world here: flask demo load")
    stops, words = tour.stops(), tour.told()["words"]
    leading = tour.Tour(lambda who, reasons: click.echo(words["refused"].format(who=who, reasons=reasons)))
    click.echo(words["opening"].format(stops=len(stops)))
    for place, stop in enumerate(stops, 1):
        if not yes:
            click.pause(words["next"])
        click.secho("\n" + words["step"].format(place=place, stops=len(stops), who=leading.who(stop)), bold=True)
        click.echo(f"{stop.does}\n{words['rule'].format(rule=stop.rule)}")
        leading.perform(stop)
        local = clock().market().astimezone(SHANGHAI)
        click.echo(words["clock"].format(clock=f"{local:%Y-%m-%d %H:%M}"))
        click.echo(words["page"].format(page=base + leading.page(stop)))
    click.echo("\n" + words["closing"])
    click.echo(f"curl -s {base}/announcements/{leading.known['announcement']}/record.json -o record.json")
    click.echo(f"curl -s {base}/verify/lottery.py -o lottery.py && python3 -I -S lottery.py record.json")
    click.echo(f"./market flask log verify --rows    python -m app.audit.verify {base}")


@click.command("prepare")
@click.option("--scale", type=click.Choice(tuple(SCALES)), help="Load the demonstration world too.")
@click.pass_context
@with_appcontext
def prepare(context: click.Context, scale: str | None) -> None:
    """Everything before a start in one go: tables, reference data, and on demand the world; idempotent."""
    upgrade(directory=str(MIGRATIONS))
    context.invoke(reference_load)
    if scale is not None:
        context.invoke(demo_load, scale=scale, fresh=False)


def register(app: Flask) -> None:
    """Add the commands."""
    commands: tuple[Any, ...] = (reference, log, clock_group, sweep, story, rulebook, demo, prepare)
    for command in commands:
        app.cli.add_command(command)
    app.cli.add_command(_bulk(app.extensions["market.bulk"]))
