"""What the chapter award brings to the house."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import url_for

from app.act import Deed
from app.actor import Actor, Role
from app.stage import Command, Recipient, Resource, Stage, Task, Timed, Watch
from app.values import Nothing
from bidding.award import queries, rules, services
from bidding.award.demo import DEMO
from bidding.award.rules import AwardAct, AwardTerms, Declined, Judged, ResultTerms, SigningTerms, SmallTerms
from bidding.award.sweeps import SWEEPS
from bidding.award.views import bp
from bidding.award.wording import WORDS
from bidding.direct.rules import DirectAct
from bidding.judging.rules import JudgingAct
from bidding.offer.rules import OfferAct
from bidding.selection.rules import SelectionAct
from marketplace.announcement.rules import AnnouncementAct


def both_sides(deed: Deed) -> Iterator[Recipient]:
    """Winner and purchaser, each told what is his to do; the next winner is told by his own notice.

    The offices of the trade besides, where an excuse waits for them or the refusals of a year are as many as suspend.
    """
    award = queries.by_no(deed.subject or "")
    params = {"no": award.no, "title": award.announcement.need.title, "agency": award.agency.organisation.name}
    follows = award.rank > award.attempt.winners
    yield Recipient(queries.party(award), {**params, "side": "agency", "follows": follows})
    yield Recipient(queries.purchaser_party(award), {**params, "side": "purchaser", "follows": follows})
    limit = queries.terms(award).refusals_before_suspension
    many = int(deed.public.get("refusals", 0)) >= limit
    if many or (award.excuse is not None and award.judged_at is None):
        for office in queries.offices(award):
            yield Recipient(office, {**params, "side": "office", "many": limit if many else 0})


def tasks(actor: Actor, now: datetime) -> Iterator[Task]:
    """The winner's answer; for the office of the trade the excuses to judge."""
    if Role.AGENCY in actor.roles and actor.party_id is not None:
        for award in queries.to_answer(actor.party_id):
            yield Task(
                AwardAct.ACCEPT, award.announcement.need.title, url_for("award.page", no=award.no), award.accept_due_at
            )
    if Role.REGULATOR in actor.roles:
        for award in queries.to_judge(actor):
            yield Task(AwardAct.JUDGE, award.announcement.need.title, url_for("award.judge", no=award.no))


def award_box(*, no: str) -> Mapping[str, Any]:
    """On the announcement's page: who won, and what follows."""
    awards = queries.of_announcement(no)
    if not awards:
        return {}
    return {
        "template": "bidding/award/box.html",
        "says": "bidding/award/says.html",
        "action": "bidding/award/action.html",
        "awards": awards,
    }


def latest_results() -> Mapping[str, Any]:
    """On the front page."""
    return {
        "rows": [
            {
                "title": line.title,
                "url": url_for("award.page", no=line.no),
                "note": line.agency,
                "proof_url": url_for("selection.record", no=line.announcement_no, attempt=line.attempt)
                if line.selected
                else None,
            }
            for line in queries.public_list(size=5).rows
        ]
    }


def agency_awards(*, code: str, **_: object) -> Mapping[str, Any]:
    """On an agency's card: its latest awards."""
    return {
        "template": "bidding/award/agency.html",
        "title": "近期中选",
        "page": queries.public_list(size=10, agency=code),
    }


def item_awards(*, item: str) -> Mapping[str, Any]:
    """On an item's page: its latest awards, with what was paid for them."""
    return {"template": "bidding/award/item.html", "page": queries.public_list(size=10, item=item)}


WATCHES = {
    "award_answer": Watch(
        title="确认中选",
        kind="award",
        running=queries.unanswered,
        page=lambda no: url_for("award.page", no=no),
        before=timedelta(days=1),
        clause="award.confirm_days",
    )
}

STAGE = Stage(
    name="award",
    title="中选",
    blueprint=bp,
    acts=AwardAct,
    flow=rules.FLOW,
    may=rules.MAY,
    opens=rules.OPENS,
    hears={
        DirectAct.ACCEPT: services.on_direct,
        OfferAct.JUDGE: services.on_result,
        OfferAct.UNEXPLAINED: services.on_result,
        SelectionAct.OPEN: services.on_result,
        SelectionAct.DRAW: services.on_result,
        SelectionAct.CHOOSE: services.on_result,
        JudgingAct.CLOSE: services.on_result,
        AnnouncementAct.HOLD: services.on_hold,
        AnnouncementAct.HOLD_FAULT: services.on_hold,
    },
    sweeps=SWEEPS,
    timed={"award": Timed(queries.provisional, services.settle)},
    watches=WATCHES,
    notices=dict.fromkeys(set(AwardAct) - {AwardAct.ISSUE}, both_sides),
    tasks=tasks,
    panels={
        "award_box": award_box,
        "latest_results": latest_results,
        "awards": agency_awards,
        "item_awards": item_awards,
    },
    commands={
        AwardAct.ACCEPT: Command(Nothing, services.accept, "award"),
        AwardAct.DECLINE: Command(Declined, services.decline, "award"),
        AwardAct.JUDGE: Command(Judged, services.judge, "award"),
    },
    resources={
        "awards": Resource(
            queries.resource,
            one=queries.resource_one,
            params={"agency": "code of the winning agency", "region": "code of a division; its whole branch"},
        )
    },
    terms=(AwardTerms, ResultTerms, SmallTerms, SigningTerms),
    words=WORDS,
    demo=DEMO,
)
