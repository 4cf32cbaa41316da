"""Registrations of the demonstration world: who is meant to register does, one takes it back, changes are confirmed."""

from app.demonstration import Plot, World
from app.stage import Demo
from app.values import Nothing
from bidding.registration import queries, services
from bidding.registration.rules import Phase, Promise
from marketplace.agency import queries as agencies
from marketplace.announcement import queries as announcements
from marketplace.announcement.rules import Phase as AnnouncementPhase


def day(world: World) -> None:
    """Whatever is open finds its agencies."""
    for plot in world.going("registration"):
        no = world.noted(plot, "announcement")
        if no is None or not plot["agencies"]:
            continue
        announcement = queries.announced(no)
        present = announcements.present_attempt(announcement)
        phase = announcements.phase_of(announcement, present, world.now)
        if phase in (AnnouncementPhase.DECIDED, AnnouncementPhase.WITHDRAWN, AnnouncementPhase.DIRECT):
            world.done(plot, "registration")
        if phase is not AnnouncementPhase.REGISTERING:
            continue
        if world.turn(plot, "registration.submit"):
            for login in plot["agencies"] if present.number == 1 else plot["second"]:
                _takes_part(world, plot, login, no)


def _takes_part(world: World, plot: Plot, login: str, no: str) -> None:
    actor = world.actor(login)
    announcement = queries.announced(no)
    present = announcements.present_attempt(announcement)
    agency = agencies.by_party(actor.party)
    own = None if agency is None else queries.latest_of(present.id, agency.id)
    key = f"{login}:{plot.key}:{present.number}"
    if own is None:
        faster = world.pick(f"days {key}", (0, 0, 1, 2))
        promise = Promise(max(1, announcement.expected_days - faster))
        services.submit(actor, no, promise, key=f"demonstration:register:{key}")
        return
    phase = queries.phase_of(own, announcement)
    if phase is Phase.IN_FORCE and plot.get("leaves") == login:
        services.withdraw(actor, no, Nothing(), key=f"demonstration:leave:{key}")
    elif phase is Phase.UNCONFIRMED and login == plot["agencies"][0]:
        services.reconfirm(actor, no, Nothing(), key=f"demonstration:reconfirm:{key}")


DEMO = Demo(day=day)
