"""Whatever the document allows is answered as the document says; nothing breaks."""

from flask import g
from hypothesis import HealthCheck, given, settings
from schemathesis import openapi
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from app.database import db

CHECKS = [not_a_server_error, response_schema_conformance, status_code_conformance]
SLOW = {"POST /api/v1/tokens", "POST /api/v1/acts/account.open"}
"""They hash a password each time."""


def test_every_operation_answers_as_described(app, machine):
    token = machine("agency1").token
    operations = [found.ok() for found in openapi.from_wsgi("/api/openapi.json", app).get_all_operations()]
    assert len(operations) > len(SLOW)
    for operation in operations:
        if operation.label not in SLOW:
            answers_as_described(operation, token)


def answers_as_described(operation, token):
    @settings(max_examples=5, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def one(case):
        db.session.rollback()
        for name in tuple(g):
            g.pop(name)
        answer = case.call(headers={**dict(case.headers or {}), "Authorization": f"Bearer {token}"})
        case.validate_response(answer, checks=CHECKS)

    one()
