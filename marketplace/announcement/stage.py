"""What the chapter announcement brings to the house."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import url_for

from app.actor import Actor, Role
from app.clock import now
from app.refusal import Refusal
from app.stage import Command, Resource, Rows, Stage, Task, Timed, Watch
from app.values import Nothing
from marketplace.announcement import ahead, bulk, limits, lists, pages, rules, services, steps, times
from marketplace.announcement.demo import DEMO
from marketplace.announcement.rules import (
    AnnouncementAct,
    Because,
    Change,
    Conclusion,
    Mended,
    Return,
    Timetable,
    Withdrawal,
)
from marketplace.announcement.sweeps import SWEEPS
from marketplace.announcement.views import announcing, bp, closing_today, latest, of_need, of_needs, of_outage
from marketplace.announcement.wording import WORDS
from marketplace.need.rules import NeedAct


def tasks(actor: Actor, now: datetime) -> Iterator[Task]:
    """The operator's reviews; the purchaser's returned announcements, and those it may announce again."""
    if Role.OPERATOR in actor.roles:
        for waiting in lists.in_review(actor):
            address = url_for("announcement.review", no=waiting.need.no)
            yield Task(AnnouncementAct.APPROVE, waiting.need.title, address, waiting.review_due_at)
    if Role.PURCHASER in actor.roles and actor.party_id is not None:
        returned, failed = lists.waiting_for(actor.party_id)
        for back in returned:
            yield Task(AnnouncementAct.SUBMIT, back.need.title, url_for("need.page", no=back.need.no))
        for ended, due, left in failed:
            verb = AnnouncementAct.REPEAT if left else AnnouncementAct.CONCLUDE
            yield Task(verb, ended.need.title, url_for(f"announcement.{verb.name.lower()}", no=ended.no), due)


def resource_page(after: str | None, limit: int, **params: str) -> Rows:
    """One page of the machine API."""
    return pages.resource_page(after, limit, now=now(), **params)


def resource_one(no: str) -> Mapping[str, Any] | None:
    """One announcement of the machine API."""
    return pages.resource_one(no, now=now())


TEXT, WHOLE = {"type": "string"}, {"type": "integer"}
INSTANT = {"type": "string", "format": "date-time"}
ROW = {
    "type": "object",
    "properties": {
        **dict.fromkeys(
            ("no", "title", "kind", "phase", "region", "item", "item_name", "fund", "method"),
            TEXT,
        ),
        "purchaser": {"type": "object", "properties": {"name": TEXT, "code": TEXT}},
        **dict.fromkeys(("budget_fen", "expected_days", "attempt"), WHOLE),
        "price_fen": {"type": ["integer", "null"]},
        "items": {"type": "array", "items": TEXT, "description": "codes of all items, the main one (`item`) first"},
        "published_at": INSTANT,
        "closes_at": INSTANT,
    },
}

WATCHES = {
    "announcement_review": Watch(
        title="采购公告审核",
        kind="need",
        running=limits.unreviewed,
        page=lambda no: url_for("announcement.review", no=no),
        offices=(Role.OPERATOR,),
        before=timedelta(hours=12),
        clause="publish.review_deadline",
    ),
    "attempt_freeze": Watch(
        title="报名截止后冻结名单",
        kind="announcement",
        running=limits.unfrozen,
        page=lambda no: url_for("announcement.page", no=no.partition("/")[0]),
        offices=(Role.OPERATOR,),
        ends=lambda closes_at, region: closes_at + timedelta(minutes=10),
        public=True,
    ),
    "announcement_failed": Watch(
        title="流标以后重新公告或者另作处理",
        kind="announcement",
        running=limits.failing,
        page=lambda no: url_for("announcement.conclude", no=no),
        ends=times.concluding_due,
        before=timedelta(days=3),
    ),
    "announcement_hold": Watch(
        title="暂停满三十日",
        kind="announcement",
        running=limits.holding,
        page=lambda no: url_for("announcement.page", no=no),
        offices=(Role.SUPERVISOR, Role.OPERATOR),
        ends=lambda held_at, region: held_at + rules.LONGEST_HOLD,
        before=timedelta(days=3),
        public=True,
        fixed=True,
    ),
}
"""How long before an end the warning comes, and that the clockwork should freeze within ten minutes: inferred."""

STAGE = Stage(
    name="announcement",
    title="采购公告",
    blueprint=bp,
    acts=AnnouncementAct,
    flow=rules.FLOW,
    may=rules.MAY,
    opens=rules.OPENS,
    discloses={
        AnnouncementAct.PUBLISH: (NeedAct.CREATE, NeedAct.REVISE),
        AnnouncementAct.CLOSE_UNSUCCESSFUL: (),
    },
    consent=rules.CONSENT,
    passes={
        **{verb: ahead.passes_to_announce(verb) for verb in (AnnouncementAct.SUBMIT, AnnouncementAct.PUBLISH)},
        **dict.fromkeys(rules.BY_ITS_PURCHASER, ahead.passes),
    },
    sweeps=SWEEPS,
    timed={
        "announcement": Timed(limits.provisional_closings, steps.settle_closing),
        "auction": Timed(limits.provisional_auctions, steps.settle_auction),
        "review": Timed(limits.provisional_reviews, steps.settle_review, public=False),
    },
    watches=WATCHES,
    notices={
        AnnouncementAct.APPROVE: services.purchaser_of,
        AnnouncementAct.RETURN: services.purchaser_of,
        AnnouncementAct.PUBLISH: services.purchaser_of,
        AnnouncementAct.EXTEND: services.purchaser_of,
        **dict.fromkeys((*rules.HOLDS, *rules.RELEASES), services.purchaser_of),
    },
    tasks=tasks,
    panels={
        "latest_announcements": latest,
        "closing_today": closing_today,
        "need_announcement": of_need,
        "need_announcements": of_needs,
        "announcing": announcing,
        "extended_by_outage": of_outage,
    },
    commands={
        AnnouncementAct.COUNT: Command(Nothing, services.count, "need"),
        AnnouncementAct.SUBMIT: Command(Timetable, services.submit, "need"),
        AnnouncementAct.APPROVE: Command(Nothing, services.approve, "need"),
        AnnouncementAct.RETURN: Command(Return, services.return_, "need"),
        AnnouncementAct.PUBLISH: Command(Timetable, services.publish, "need"),
        AnnouncementAct.AMEND: Command(Change, services.amend, "announcement"),
        AnnouncementAct.WITHDRAW: Command(Withdrawal, services.withdraw, "announcement"),
        AnnouncementAct.REPEAT: Command(Timetable, services.repeat, "announcement"),
        AnnouncementAct.CONCLUDE: Command(Conclusion, services.conclude, "announcement"),
        AnnouncementAct.HOLD: Command(Because, services.hold, "announcement"),
        AnnouncementAct.HOLD_FAULT: Command(Because, services.hold_fault, "announcement"),
        AnnouncementAct.RELEASE: Command(Because, services.release, "announcement"),
        AnnouncementAct.RELEASE_FAULT: Command(Mended, services.release_fault, "announcement"),
    },
    resources={
        "announcements": Resource(
            page=resource_page,
            one=resource_one,
            params={
                "q": "words of title, item or purchaser, part of the number, pinyin, initials; all must be found",
                "region": "six digits; its whole branch",
                "category": "two digits",
                "item": "four digits, the main item or a further one",
                "method": "a code of docs/methods.md",
                "phase": "registering, selecting, held, decided, unsuccessful, void, withdrawn, scheduled or direct",
                "fund": "fiscal, state or social",
            },
            schema=ROW,
        )
    },
    terms=(
        rules.PublishTerms,
        rules.DrawTerms,
        rules.StandbyTerms,
        rules.AttemptTerms,
        rules.ThinTerms,
        rules.OfferDaysTerms,
    ),
    words=WORDS,
    constraints={"uq_hold_open": Refusal("hold_open")},
    demo=DEMO,
    bulk={"announcements": bulk.announcements},
)
