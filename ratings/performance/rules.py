"""The service clock in working days; what late means."""

from enum import StrEnum

from app.actor import Role
from app.values import Opens


class PerformanceAct(StrEnum):
    """The acts of keeping a contract."""

    PAUSE = "performance.pause"
    RESUME = "performance.resume"
    SUBMIT = "deliverable.submit"
    RETURN = "deliverable.return"
    CONFIRM = "deliverable.confirm"
    OVERDUE = "performance.overdue"


class Phase(StrEnum):
    """Derived from the deliverables and pauses."""

    IN_SERVICE = "in_service"
    PAUSED = "paused"
    DELIVERED = "delivered"
    DONE = "done"


MAY = {
    PerformanceAct.PAUSE: {Role.PURCHASER},
    PerformanceAct.RESUME: {Role.PURCHASER},
    PerformanceAct.SUBMIT: {Role.AGENCY},
    PerformanceAct.RETURN: {Role.PURCHASER},
    PerformanceAct.CONFIRM: {Role.PURCHASER},
    PerformanceAct.OVERDUE: {Role.SYSTEM},
}
OPENS = {
    PerformanceAct.PAUSE: Opens.AT_ONCE,
    PerformanceAct.RESUME: Opens.AT_ONCE,
    PerformanceAct.SUBMIT: Opens.AT_ONCE,
    PerformanceAct.RETURN: Opens.AT_ONCE,
    PerformanceAct.CONFIRM: Opens.AT_ONCE,
    PerformanceAct.OVERDUE: Opens.AT_ONCE,
}
