"""An operator writes letters and nothing else comes into being; whoever holds one comes by himself (M07, M39)."""

import dataclasses
import json

import pytest
from sqlalchemy import func, select

from app.actor import Actor, Role
from app.audit import texts
from app.audit.check import first_difference
from app.audit.models import Entry
from app.chance import fresh_key
from app.database import Base, db
from app.identity import queries as identities
from app.identity import services as accounts
from app.identity.models import Account, Organisation
from app.identity.rules import Joins, NewAccount
from app.keyring import keyring
from app.refusal import AlreadyDone, NotYours, Refused
from app.sweep import keep_log
from marketplace.agency import queries as agencies
from marketplace.agency import services as agency_services
from marketplace.agency.models import Agency
from marketplace.invitation import models, queries, rules, services
from marketplace.invitation.rules import Phase
from tests.builders.agency import an_agency_account, an_application
from tests.builders.invitation import a_line, activation_of, an_acceptance, an_invitation
from tests.builders.people import an_operator, organisation_code

STRANGER = Actor.stranger()


def rows(model):
    return db.session.execute(select(func.count()).select_from(model)).scalar_one()


def refused(work):
    with pytest.raises(Refused) as caught:
        work()
    return [reason.code for reason in caught.value.reasons]


def test_a_letter_makes_no_organisation_no_account_no_application(app):
    an_operator()
    before = {model: rows(model) for model in (Organisation, Account, Agency)}
    code = an_invitation()
    assert {model: rows(model) for model in before} == before
    assert queries.phase_of(queries.by_code(code), app.extensions["market.clock"].market()) is Phase.OPEN
    keep_log()
    assert first_difference(rows=True) is None


def test_the_one_time_code_is_stored_nowhere(app):
    code = an_invitation()
    activation = activation_of(code)
    assert len(activation) == rules.CODE_LENGTH
    for name, table in Base.metadata.tables.items():
        for row in db.session.execute(select(table)):
            assert activation not in " ".join(map(str, row)), name


def test_whoever_holds_the_letter_opens_the_account(app):
    code = an_invitation()
    done = services.accept(STRANGER, None, an_acceptance(code), key="k1")
    assert done.subject == code
    assert texts.verify_signature(keyring().signing_public, done.receipt.text, done.receipt.signature)
    actor = identities.actor_by_login("zhangsan")
    assert (actor.code, actor.roles, actor.region) == (code, {Role.AGENCY}, "450803")
    assert agencies.by_party(actor.party) is None
    assert queries.filled_in(code)["legal_representative"] == "李四"
    entry = db.session.execute(select(Entry).where(Entry.act == "invitation.accept")).scalar_one()
    kept = json.loads(entry.private)["input"]
    assert (kept["login"], "password" in kept, "activation" in kept) == ("zhangsan", False, False)
    agency_services.apply(actor, None, an_application(), key=fresh_key())
    assert agencies.by_party(actor.party).commitments
    keep_log()
    assert first_difference(rows=True) is None


def test_a_letter_opens_once(app):
    code = an_invitation()
    acceptance = an_acceptance(code)
    services.accept(STRANGER, None, acceptance, key="k1")
    with pytest.raises(AlreadyDone):
        services.accept(STRANGER, None, acceptance, key="k1")
    assert refused(lambda: services.accept(STRANGER, None, an_acceptance(code, login="lisi1"), key="k2")) == [
        "invitation_used"
    ]


@pytest.mark.parametrize("wrong", ["", "AAAA-AAAA-AAAA-AAAA", "é" * 16])
def test_a_wrong_code_and_an_unknown_organisation_are_not_told_apart(app, wrong):
    code = an_invitation()
    other = organisation_code("nobody")
    for acceptance in (an_acceptance(code, activation=wrong), dataclasses.replace(an_acceptance(code), code=other)):
        assert refused(lambda acceptance=acceptance: services.accept(STRANGER, None, acceptance, key=fresh_key())) == [
            "invitation_unknown"
        ]
    assert identities.organisation_by_code(code) is None


def test_one_letters_code_opens_no_other(app):
    first, second = an_invitation(), an_invitation("乙测绘有限公司")
    wrong = an_acceptance(first, activation=activation_of(second))
    assert refused(lambda: services.accept(STRANGER, None, wrong, key=fresh_key())) == ["invitation_unknown"]


def test_a_lapsed_letter_opens_nothing_and_is_written_anew_with_another_code(app, clock):
    code = an_invitation()
    old = an_acceptance(code)
    clock.instant += rules.COUNTS_FOR
    assert refused(lambda: services.accept(STRANGER, None, old, key=fresh_key())) == ["invitation_lapsed"]
    assert an_invitation(contact="赵六") == code
    assert rows(models.Invitation) == 1
    assert refused(lambda: services.accept(STRANGER, None, old, key=fresh_key())) == ["invitation_unknown"]
    services.accept(STRANGER, None, an_acceptance(code), key=fresh_key())
    assert queries.filled_in(code)["contact"] == "赵六"


def test_nobody_is_invited_twice_or_who_is_here(app):
    an_invitation()
    assert refused(an_invitation) == ["invited_already"]
    here = an_agency_account()
    assert refused(lambda: an_invitation("x", code=here.code)) == ["invited_is_here"]
    assert refused(lambda: an_invitation("y", code="914508030000000000")) == ["invited_code_invalid"]
    assert refused(lambda: an_invitation("z", region="999999")) == ["invited_region_unknown"]


def test_who_joined_without_the_letter_needs_it_no_more(app):
    code = an_invitation()
    new = NewAccount(Joins.AGENCY, "甲测绘有限公司", code, "450803", "张三", "lisi1", "a-long-password")
    accounts.open_account(STRANGER, None, new, key="k1")
    assert refused(lambda: services.accept(STRANGER, None, an_acceptance(code), key="k2")) == ["organisation_known"]
    assert queries.filled_in(code) is None


def test_the_account_is_judged_as_every_other(app):
    code = an_invitation()
    assert refused(lambda: services.accept(STRANGER, None, an_acceptance(code, password="short"), key="k1")) == [
        "password_short"
    ]
    services.accept(STRANGER, None, an_acceptance(code), key="k1")


def test_only_an_operator_invites_and_in_its_own_branch(app):
    an_operator()
    with pytest.raises(NotYours):
        services.send(an_agency_account(), None, a_line(), key="k1")
    county = an_operator("operator9", region="450802")
    with pytest.raises(NotYours) as outside:
        services.send(county, None, a_line(), key="k2")
    assert outside.value.reason.code == "outside_branch"
