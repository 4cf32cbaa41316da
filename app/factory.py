"""`create_app` builds what it is given: settings, the story, a clock, chance, channels; it reads nothing else."""

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from flask import Flask
from flask_bootstrap import Bootstrap5
from flask_migrate import Migrate
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from app import bulletin, cli
from app.act import Follower, Wiring
from app.approval import services as approvals
from app.approval.stage import STAGE as APPROVAL
from app.calendar.stage import STAGE as CALENDAR
from app.chance import Chance, FixedChance, SystemChance
from app.clock import Clock, DemonstrationClock, SystemClock
from app.clockwork.stage import STAGE as CLOCKWORK
from app.database import db, end_reading, engine_options, normalised
from app.deployment import Misconfigured
from app.exchange.stage import STAGE as EXCHANGE
from app.guide.stage import STAGE as GUIDE
from app.identity.stage import STAGE as IDENTITY
from app.intake.stage import STAGE as INTAKE
from app.keyring import Keyring
from app.notice import services as notices
from app.notice.services import Channel, InApp
from app.notice.stage import STAGE as NOTICE
from app.openrules.stage import STAGE as OPENRULES
from app.region.stage import STAGE as REGION
from app.rulebook import DEMONSTRATION, Rulebooks
from app.rulebook import SHIPPED as RULEBOOKS
from app.settings import Settings
from app.stage import Stage
from app.standing import answer_with, list_with
from app.watch.stage import STAGE as WATCH
from app.web import addresses, desk, errors, filters, security
from app.web.templates import Templates
from app.web.words import WORDS as HOUSE_WORDS
from app.workdays import SHIPPED as WORKDAYS
from app.workdays import WorkCalendar

T = TypeVar("T")

HOUSE: tuple[Stage, ...] = (
    REGION,
    IDENTITY,
    APPROVAL,
    CALENDAR,
    NOTICE,
    WATCH,
    CLOCKWORK,
    OPENRULES,
    EXCHANGE,
    INTAKE,
    GUIDE,
)
"""The house's own rooms, before every chapter."""

THREADS = 8
"""Of a web process, each with a connection that is kept: to open one for a single page costs more than the page."""

WATCHERS = THREADS // 2
"""Of a web process, each with a thread of its own while it watches: the others stay with those who act."""

TESTS = "the tests' own token"
"""Only whoever says this may hand in a reproducible chance."""


def create_app(
    settings: Settings,
    *,
    story: Sequence[Stage],
    clock: Clock | None = None,
    chance: Chance | None = None,
    channels: Sequence[Channel] = (),
    token: str = "",
) -> Flask:
    """Build the application. `story` are the chapters' stages in order; `token` admits a `FixedChance`."""
    if isinstance(chance, FixedChance) and token != TESTS:
        raise Misconfigured("a fixed chance is for tests only")
    chosen_chance = chance or SystemChance()
    app = Flask("app", template_folder="../templates", static_folder="static")
    app.jinja_environment = Templates
    app.request_class = security.Request
    keys = Keyring.load(settings, chosen_chance)
    app.config.update(
        SECRET_KEY=keys.secret.hex(),
        SQLALCHEMY_DATABASE_URI=normalised(settings.database_url),
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.database_url, threads=THREADS),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_NAME="market",
        MAX_CONTENT_LENGTH=21 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
        WTF_I18N_ENABLED=False,
        WTF_CSRF_TIME_LIMIT=None,
        BOOTSTRAP_SERVE_LOCAL=True,
        TESTING=settings.testing,
    )
    if settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=0)  # type: ignore[method-assign]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    stages = (*HOUSE, *story)
    calendars = WorkCalendar.load((WORKDAYS, *settings.workdays))
    tried = (DEMONSTRATION,) if settings.demonstration else ()
    books = Rulebooks.load((RULEBOOKS, *tried, *settings.rulebooks))
    books.check(terms for stage in stages for terms in stage.terms)
    app.extensions.update(
        {
            "market.settings": settings,
            "market.keyring": keys,
            "market.chance": chosen_chance,
            "market.clock": clock or (DemonstrationClock() if settings.demonstration else SystemClock()),
            "market.rulebooks": books,
            "market.calendar": calendars,
            "market.stages": stages,
            "market.wiring": _wire(stages),
            "market.notices": _lists(stages, lambda stage: stage.notices),
            "market.channels": (InApp(), *channels),
            "market.sweeps": tuple(sorted((one for each in stages for one in each.sweeps), key=lambda one: one.last)),
            "market.commands": _by_name(stages, lambda stage: stage.commands),
            "market.timed": _by_name(stages, lambda stage: stage.timed),
            "market.watches": _by_name(stages, lambda stage: stage.watches),
            "market.panels": _by_name(stages, lambda stage: stage.panels),
            "market.cures": _by_name(stages, lambda stage: stage.cures),
            "market.resources": _by_name(stages, lambda stage: stage.resources),
            "market.bulletin": bulletin.Hub(
                normalised(settings.database_url),
                _by_name(stages, lambda stage: stage.marks),
                most=WATCHERS,
                streams=settings.streams,
                each=settings.streams_each,
                told=bulletin.teller(_by_name(stages, lambda stage: stage.news), within=app.app_context),
            ),
            "market.bulk": _by_name(stages, lambda stage: stage.bulk),
            "market.seals": _by_name(stages, lambda stage: stage.seals),
            "market.intakes": _by_name(stages, lambda stage: stage.intakes),
            "market.previews": {},
            "market.words": {**HOUSE_WORDS, **_by_name(stages, lambda stage: stage.words)},
            "market.submit": approvals.submit,
            "market.market_id": [],
            "market.render": lambda name, /, **values: app.jinja_env.get_template(name).render(**values),
        }
    )
    answer_with(next((stage.standing for stage in stages if stage.standing), None))
    list_with(next((stage.able for stage in stages if stage.able), None))
    db.init_app(app)
    end_reading(app)
    Migrate(app, db, directory="migrations", render_as_batch=True)
    # Before the forgery check, which reads the form.
    security.register(app)
    CSRFProtect(app)
    Bootstrap5(app)
    addresses.register(app)
    filters.register(app)
    desk.register(app)
    errors.register(app)
    for stage in stages:
        if stage.blueprint is not None:
            app.register_blueprint(stage.blueprint)
        if stage.cli is not None:
            app.cli.add_command(stage.cli)
    cli.register(app)
    app.logger.setLevel(logging.INFO)
    return app


def _wire(stages: Sequence[Stage]) -> Wiring:
    hears: dict[str, tuple[Follower, ...]] = {}
    for stage in stages:
        for heard, follower in stage.hears.items():
            hears[str(heard)] = (*hears.get(str(heard), ()), follower)
    discloses: dict[str, frozenset[str]] = defaultdict(frozenset)
    for stage in stages:
        for opener, opened in stage.discloses.items():
            discloses[str(opener)] |= frozenset(str(name) for name in opened)
    return Wiring(
        may={name: frozenset(roles) for name, roles in _by_name(stages, lambda stage: stage.may).items()},
        consent=_by_name(stages, lambda stage: stage.consent),
        second=frozenset(str(name) for stage in stages for name in stage.second),
        passes=_by_name(stages, lambda stage: stage.passes),
        ahead=_by_name(stages, lambda stage: stage.ahead),
        opens=_by_name(stages, lambda stage: stage.opens),
        discloses=dict(discloses),
        hears=hears,
        after=(approvals.settle, notices.post),
        sealed=frozenset(str(name) for stage in stages for name in stage.sealed),
        constraints=_by_name(stages, lambda stage: stage.constraints),
    )


def _by_name(stages: Sequence[Stage], member: Callable[[Stage], Mapping[Any, T]]) -> dict[str, T]:
    found: dict[str, T] = {}
    for stage in stages:
        for name, value in member(stage).items():
            if str(name) in found:
                raise Misconfigured(f"{name} is brought twice, the second time by {stage.name}")
            found[str(name)] = value
    return found


def _lists(stages: Sequence[Stage], member: Callable[[Stage], Mapping[Any, T]]) -> dict[str, tuple[T, ...]]:
    found: dict[str, tuple[T, ...]] = {}
    for stage in stages:
        for name, value in member(stage).items():
            found[str(name)] = (*found.get(str(name), ()), value)
    return found
