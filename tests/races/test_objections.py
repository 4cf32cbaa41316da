"""An objection is decided while its award is accepted: one after the other, and each sees what the other did."""

import pytest
from flask import Flask

from app.approval import services as approvals
from app.chance import fresh_key
from app.database import db
from app.identity import queries as identities
from app.values import Nothing
from bidding.award import queries as awards
from bidding.award import services as awarding
from bidding.award.rules import Phase
from bidding.contract import queries as contracts
from ratings.complaint.rules import Effect, ObjectionAct
from tests.builders.award import a_result, award_of, winner
from tests.builders.objection import (
    BECAUSE,
    against_the_winner,
    appealed,
    objection,
    present_decision,
)
from tests.builders.people import a_regulator
from tests.races.test_award import interleaved


@pytest.mark.parametrize("accepted_first", [True, False])
def test_an_award_is_accepted_or_void_never_both(live: Flask, accepted_first: bool) -> None:
    with live.app_context():
        no = a_result()
        filed = appealed(against_the_winner(no, whole=True)).no
        award = award_of(no)
        party, award_no, award_id = winner(award), award.no, award.id
        prepared = approvals.submit(ObjectionAct.UPHOLD, a_regulator(), filed, BECAUSE, key=fresh_key()).prepared
        second = identities.actor_by_login("regulator1b")
        db.session.remove()

    def accept() -> object:
        return awarding.accept(party, award_no, Nothing(), key="accept")

    def uphold() -> object:
        return approvals.agree(second, prepared)

    came = interleaved(live, *((accept, uphold) if accepted_first else (uphold, accept)))
    with live.app_context():
        phase, effect = awards.phase_of(awards.by_no(award_no)), objection(filed).effect
        if accepted_first:
            assert came == ("done", "done")
            assert (phase, effect, present_decision(no)) == (Phase.ACCEPTED, Effect.RECORDED, "drawn")
            assert contracts.of_award(award_id) is not None
        else:
            assert came == ("done", "OutOfTurn")
            assert (phase, effect, present_decision(no)) == (Phase.FALLEN, Effect.VOID, "void")
            assert contracts.of_award(award_id) is None
