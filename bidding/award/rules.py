"""From the result to the notice, and from silence to the next alternate."""

from enum import StrEnum

from app.actor import Role
from app.values import Opens


class AwardAct(StrEnum):
    """The acts on awards."""

    NOTICE = "award.notice"
    ACCEPT = "award.accept"
    DECLINE = "award.decline"
    LAPSE = "award.lapse"


class Phase(StrEnum):
    """Derived from the instants (rules.md §3.1 rows 18-22)."""

    PUBLICITY = "publicity"
    NOTICED = "noticed"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"
    FALLEN = "fallen"


MAY = {
    AwardAct.NOTICE: {Role.SYSTEM},
    AwardAct.ACCEPT: {Role.AGENCY},
    AwardAct.DECLINE: {Role.AGENCY},
    AwardAct.LAPSE: {Role.SYSTEM},
}
OPENS = {
    AwardAct.NOTICE: Opens.AT_ONCE,
    AwardAct.ACCEPT: Opens.AT_ONCE,
    AwardAct.DECLINE: Opens.AT_ONCE,
    AwardAct.LAPSE: Opens.AT_ONCE,
}
