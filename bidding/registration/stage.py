"""What the chapter registration brings to the house."""

from collections.abc import Iterator
from datetime import datetime

from flask import url_for

from app.act import Deed
from app.actor import Actor, Role
from app.calendar.rules import CalendarAct
from app.refusal import Refusal
from app.stage import Command, Recipient, Stage, Task
from app.values import Nothing
from bidding.registration import queries, rules, services
from bidding.registration.demo import DEMO
from bidding.registration.rules import Promise, RegistrationAct, RegistrationTerms
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


def tasks(actor: Actor, now: datetime) -> Iterator[Task]:
    """Registrations that lapse at the closing unless they are confirmed again."""
    if Role.AGENCY not in actor.roles or actor.party_id is None:
        return
    for line in queries.unconfirmed(actor.party_id, now=now):
        yield Task(
            RegistrationAct.RECONFIRM, line.title, url_for("registration.register", no=line.no), due=line.closes_at
        )


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
    },
    tasks=tasks,
    panels={"registration_box": box},
    commands={
        RegistrationAct.SUBMIT: Command(Promise, services.submit, "announcement"),
        RegistrationAct.WITHDRAW: Command(Nothing, services.withdraw, "announcement"),
        RegistrationAct.RECONFIRM: Command(Nothing, services.reconfirm, "announcement"),
    },
    terms=(RegistrationTerms,),
    words=WORDS,
    constraints={"uq_registration_member_in_force": Refusal("already_registered")},
    demo=DEMO,
)
