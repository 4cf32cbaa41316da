"""Two answers to one prepared act at once: it is performed once, or withdrawn, and never both."""

from flask import Flask

from app.actor import Role
from app.approval import services as approval
from app.approval.rules import Phase, Reason
from app.approval.services import phase_of, seen_by
from app.chance import fresh_key
from app.values import Nothing, Waiting
from marketplace.announcement.rules import AnnouncementAct, Timetable
from tests.builders.need import a_need, purchaser_for
from tests.builders.people import a_colleague
from tests.races.test_award import interleaved


def test_a_prepared_act_is_answered_once(live: Flask) -> None:
    """Whoever comes first has answered; nobody meets anything but a refusal."""
    with live.app_context():
        one = purchaser_for("state")
        two, three = (a_colleague(one, login=login, role=Role.PURCHASER) for login in ("second", "third"))
        prepared = []
        for _ in range(4):
            no = a_need(one, fund="state", budget_fen=15_000_000)
            waiting = approval.submit(AnnouncementAct.SUBMIT, one, no, Timetable(), key=fresh_key())
            assert isinstance(waiting, Waiting)
            prepared.append(waiting.prepared)
    both, agreed, back, denied = prepared
    answers = (
        interleaved(live, lambda: approval.agree(two, both), lambda: approval.agree(three, both)),
        interleaved(
            live, lambda: approval.agree(two, agreed), lambda: approval.withdraw(one, agreed, Nothing(), key="w1")
        ),
        interleaved(live, lambda: approval.withdraw(one, back, Nothing(), key="w2"), lambda: approval.agree(two, back)),
        interleaved(
            live,
            lambda: approval.refuse(two, denied, Reason("no"), key="r1"),
            lambda: approval.agree(three, denied),
        ),
    )
    assert [first for first, _ in answers] == ["done"] * 4
    # On SQLite the second one may read before or after the first one's commit.
    assert {second.partition(":")[0] for _, second in answers} <= {"AlreadyDone", "OutOfTurn", "NotFound"}
    with live.app_context():
        phases = [phase_of(seen_by(one, no)) for no in prepared]
        assert phases == [Phase.PERFORMED, Phase.PERFORMED, Phase.WITHDRAWN, Phase.REFUSED]
