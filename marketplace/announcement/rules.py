"""When a need may become public, change, or end."""

from enum import StrEnum

from app.actor import Role
from app.values import Opens


class AnnouncementAct(StrEnum):
    """The acts on announcements."""

    SUBMIT = "announcement.submit"
    APPROVE = "announcement.approve"
    RETURN = "announcement.return"
    PUBLISH = "announcement.publish"
    AMEND = "announcement.amend"
    WITHDRAW = "announcement.withdraw"
    CLOSE_UNSUCCESSFUL = "announcement.close_unsuccessful"
    REPEAT = "announcement.repeat"


class AnnouncementKind(StrEnum):
    """`open` invites registrations; `direct` publishes a direct commission."""

    OPEN = "open"
    DIRECT = "direct"


class Decision(StrEnum):
    """How an attempt ended for good."""

    DRAWN = "drawn"
    UNSUCCESSFUL = "unsuccessful"
    VOID = "void"
    WITHDRAWN = "withdrawn"


class Phase(StrEnum):
    """Derived from instants and decisions (rules.md §3.1)."""

    IN_REVIEW = "in_review"
    RETURNED = "returned"
    SCHEDULED = "scheduled"
    REGISTERING = "registering"
    SELECTING = "selecting"
    DECIDED = "decided"
    UNSUCCESSFUL = "unsuccessful"
    VOID = "void"
    WITHDRAWN = "withdrawn"
    DIRECT = "direct"


MAY = {
    AnnouncementAct.SUBMIT: {Role.PURCHASER},
    AnnouncementAct.APPROVE: {Role.OPERATOR},
    AnnouncementAct.RETURN: {Role.OPERATOR},
    AnnouncementAct.PUBLISH: {Role.PURCHASER, Role.SYSTEM},
    AnnouncementAct.AMEND: {Role.PURCHASER},
    AnnouncementAct.WITHDRAW: {Role.PURCHASER},
    AnnouncementAct.CLOSE_UNSUCCESSFUL: {Role.SYSTEM},
    AnnouncementAct.REPEAT: {Role.PURCHASER},
}
OPENS = {
    AnnouncementAct.SUBMIT: Opens.NEVER,
    AnnouncementAct.APPROVE: Opens.NEVER,
    AnnouncementAct.RETURN: Opens.NEVER,
    AnnouncementAct.PUBLISH: Opens.AT_ONCE,
    AnnouncementAct.AMEND: Opens.AT_ONCE,
    AnnouncementAct.WITHDRAW: Opens.AT_ONCE,
    AnnouncementAct.CLOSE_UNSUCCESSFUL: Opens.AT_ONCE,
    AnnouncementAct.REPEAT: Opens.AT_ONCE,
}
