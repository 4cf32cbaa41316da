"""An office publishes its key, replaces it, lays it down; what a command writes is what an opening reads."""

from dataclasses import replace

import pytest

from app.actor import Role
from app.audit.check import first_difference
from app.chance import fresh_key
from app.refusal import NotFound, Refused
from app.sealing import public_key
from app.sweep import keep_log
from app.values import Nothing
from marketplace.holder import queries, rules, services
from marketplace.holder.rules import PublicKey
from tests.builders.holder import DRAWERS, a_holder, an_office
from tests.builders.people import an_account

NEW = public_key(b"n" * 32).hex()


def refused(actor, key):
    with pytest.raises(Refused) as found:
        services.enrol(actor, None, PublicKey(key), key=fresh_key())
    return [reason.code for reason in found.value.reasons]


def test_one_of_each_kind_in_a_place_and_no_key_twice(app):
    operator = a_holder(Role.OPERATOR)
    other = an_account(login="other", role=Role.OPERATOR, organisation="another operator", region="450800")
    assert refused(other, NEW) == ["holder_taken"]
    assert refused(an_office(Role.SUPERVISOR), public_key(DRAWERS[Role.OPERATOR]).hex()) == ["holder_key_known"]
    services.enrol(operator, None, PublicKey(NEW), key=fresh_key())
    assert [line.public_key for line in queries.listed(ended=False)] == [NEW]
    with pytest.raises(NotFound):
        services.resign(other, "450800-operator", Nothing(), key=fresh_key())
    services.resign(operator, "450800-operator", Nothing(), key=fresh_key())
    assert refused(operator, NEW) == ["holder_key_known"]
    services.enrol(other, None, PublicKey(public_key(b"m" * 32).hex()), key=fresh_key())
    assert [line.name for line in queries.listed(ended=False)] == ["another operator"]
    assert len(queries.listed(ended=True)) == 2
    keep_log()
    assert first_difference(rows=True) is None


def test_the_nearest_of_each_kind_serves_a_place(app):
    city = a_holder(Role.OPERATOR)
    county = an_account(login="county", role=Role.OPERATOR, organisation="county operator", region="450803")
    services.enrol(county, None, PublicKey(NEW), key=fresh_key())
    served = {region: queries.serving(region)[Role.OPERATOR].organisation_id for region in ("450802", "450803")}
    assert served == {"450802": city.party, "450803": county.party}


def test_the_command_makes_a_key_file_once(app, tmp_path):
    file = tmp_path / "holder-key.pem"
    made = app.test_cli_runner().invoke(args=["holder", "key", str(file)])
    private = rules.private_of(file.read_text())
    assert (file.stat().st_mode & 0o777, public_key(private).hex()) == (0o600, made.output.strip())
    again = app.test_cli_runner().invoke(args=["holder", "key", str(file)])
    assert (again.exit_code, rules.private_of(file.read_text())) == (1, private)


@pytest.mark.parametrize("built", ["sqlite"], indirect=True)
def test_key_files_are_published_in_a_demonstration_alone(app, client, monkeypatch):
    for role in rules.HOLDERS:
        file = client.get(f"/holders/demonstration/{role}.pem").text
        assert rules.private_of(file) == rules.demonstration_key(role)
    assert client.get("/holders/demonstration/agency.pem").status_code == 404
    settings = app.extensions["market.settings"]
    monkeypatch.setitem(app.extensions, "market.settings", replace(settings, demonstration=False))
    assert client.get("/holders/demonstration/operator.pem").status_code == 404
