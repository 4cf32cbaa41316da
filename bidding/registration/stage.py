"""What the chapter registration brings to the house."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from flask import url_for

from app.act import Deed
from app.actor import Actor, Role
from app.calendar.rules import CalendarAct
from app.refusal import Refusal
from app.stage import Command, Recipient, Stage, Task
from app.values import Nothing
from bidding.registration import queries, rules, services
from bidding.registration.demo import DEMO
from bidding.registration.rules import Membership, Promise, RegistrationAct, RegistrationTerms
from bidding.registration.views import box, bp
from bidding.registration.wording import WORDS
from marketplace.announcement.rules import HOLDS, RELEASES, AnnouncementAct


def registrants(deed: Deed) -> Iterator[Recipient]:
    """Who must know that an announcement changed or ended: each hears for itself, nobody hears of the others."""
    for party_id in queries.registrants_of(deed.about("announcement") or ""):
        yield Recipient(party_id)


def told_of_closing(deed: Deed) -> Iterator[Recipient]:
    """Registrants learn where a provisional closing went; what they handed in stays as it is."""
    if any(one["deadline"] == "closing" for one in deed.public["moved"]):
        for party_id in queries.registrants_of(deed.about("announcement") or ""):
            yield Recipient(party_id, {"title": deed.private["title"]})


def named(deed: Deed) -> Iterator[Recipient]:
    """Those whom a lead names as its consortium hear of it when it registers, and when it takes that back."""
    if isinstance(deed.input, Promise) and not deed.input.members:
        return
    no, lead = deed.about("announcement") or "", deed.about("agency") or ""
    for party_id in queries.named_in(no, lead):
        title = queries.announced(no).need.title
        yield Recipient(party_id, {"title": title, "lead": queries.name_of(lead)})


def answered(deed: Deed) -> Iterator[Recipient]:
    """The lead hears what a member answered."""
    announcement = queries.announced(deed.about("announcement") or "")
    lead, member = deed.public["lead"], deed.public["member"]
    yield Recipient(queries.party_of(lead), {"title": announcement.need.title, "member": queries.name_of(member)})


def tasks(actor: Actor, now: datetime) -> Iterator[Task]:
    """Consortia that wait for a yes or no or that a member left; registrations that lapse unless confirmed again."""
    if Role.AGENCY not in actor.roles or actor.party_id is None:
        return
    for no, title, closes_at in queries.awaiting(actor.code or "", now=now):
        yield Task(RegistrationAct.JOIN, title, url_for("registration.register", no=no), due=closes_at)
    for no, title, closes_at in queries.broken(actor.party_id, now=now):
        yield Task(RegistrationAct.WITHDRAW, title, url_for("registration.register", no=no), due=closes_at)
    for line in queries.unconfirmed(actor.party_id, now=now):
        yield Task(
            RegistrationAct.RECONFIRM, line.title, url_for("registration.register", no=line.no), due=line.closes_at
        )


def _entry(actor: Actor, figures: Mapping[str, Any]) -> str | None:
    return url_for("agency.apply") if Role.AGENCY in actor.roles else None


STAGE = Stage(
    name="registration",
    title="报名",
    blueprint=bp,
    acts=RegistrationAct,
    flow=rules.FLOW,
    may=rules.MAY,
    opens=rules.OPENS,
    notices={
        AnnouncementAct.AMEND: registrants,
        AnnouncementAct.EXTEND: registrants,
        AnnouncementAct.WITHDRAW: registrants,
        **dict.fromkeys((*HOLDS, *RELEASES), registrants),
        CalendarAct.SETTLE: told_of_closing,
        RegistrationAct.SUBMIT: named,
        RegistrationAct.WITHDRAW: named,
        RegistrationAct.JOIN: answered,
        RegistrationAct.DECLINE: answered,
    },
    tasks=tasks,
    panels={"registration_box": box},
    commands={
        RegistrationAct.SUBMIT: Command(Promise, services.submit, "announcement"),
        RegistrationAct.WITHDRAW: Command(Nothing, services.withdraw, "announcement"),
        RegistrationAct.RECONFIRM: Command(Nothing, services.reconfirm, "announcement"),
        RegistrationAct.JOIN: Command(Membership, services.join, "announcement"),
        RegistrationAct.DECLINE: Command(Membership, services.decline, "announcement"),
    },
    terms=(RegistrationTerms,),
    words=WORDS,
    cures={"agency_not_active": _entry},
    constraints={"uq_registration_member_in_force": Refusal("already_registered")},
    demo=DEMO,
)
