"""The people of the tests' world: each with one role, able to sign in, colleagues sharing an organisation."""

import pytest
from flask import Flask

from app.actor import Role
from app.identity import queries
from app.identity.uscc import is_uscc
from tests.builders import people
from tests.conftest import Client


def test_everybody_has_one_role_and_a_valid_code(app: Flask) -> None:
    for actor, role in (
        (people.an_operator(), Role.OPERATOR),
        (people.a_regulator("housing"), Role.REGULATOR),
        (people.a_supervisor(), Role.SUPERVISOR),
        (people.an_admin(), Role.ADMIN),
        (people.a_clerk(), Role.CLERK),
    ):
        assert actor.roles == {role}
        assert is_uscc(actor.code or "")


def test_asking_twice_gives_the_same(app: Flask) -> None:
    assert people.an_operator() == people.an_operator()
    assert people.an_operator("operator2").party_id == people.an_operator().party_id


def test_a_regulator_has_a_colleague_for_the_second_hand(app: Flask) -> None:
    first = people.a_regulator("housing", "emergency")
    second = queries.actor_by_login("regulator1b")
    assert second is not None
    assert (second.party_id, second.authorities) == (first.party_id, frozenset({"housing", "emergency"}))
    assert second.account_id != first.account_id


@pytest.mark.parametrize("login", ["operator1"])
def test_they_sign_in(client: Client, login: str) -> None:
    people.an_operator(login)
    assert client.sign_in(login).status_code == 303
