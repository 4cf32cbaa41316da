"""Items of the shipped list as tests need them, and versions published beside it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from app.actor import Actor
from app.values import Done
from marketplace.catalogue import queries, rules, services
from marketplace.catalogue.models import ItemVersion
from marketplace.catalogue.rules import Content, NamedCategory, Publication

SURVEY = "0201"
"""岩土工程勘察: asks for one licence that has a wider one."""

APPRAISAL = "0106"
"""项目评估（评审）: commissioned and paid by the authority."""

CONSULTING = "0101"
"""项目建议书编制: asks for no licence."""


def a_content(**only: Any) -> Content:
    """What a version says; name only what the test is about."""
    plain = Content(
        name="an item",
        authorities=("housing",),
        approval="an approval",
        basis="a law",
        q=rules.Q.NONE,
        qualification="",
        requires=(),
        units=("project",),
        fee_nature=rules.FeeNature.OPERATING,
        fee_basis="market",
        self_service=False,
        days=10,
        evidence=rules.Evidence.RECALLED,
        verified=(),
        sources=(),
        note=None,
    )
    return replace(plain, **only)


def a_version(code: str = "0199", *, since_days: int = 30, **only: Any) -> Done:
    """The next version of an item, new or known, counting `since_days` after the one before it."""
    latest = queries.latest_version(code)
    publication = Publication(
        code=code,
        version=1 if latest is None else latest.version + 1,
        effective_from=rules.FIRST_DAY if latest is None else latest.effective_from + timedelta(days=since_days),
        category=NamedCategory(code[:2], code[:2]),
        licences=(),
        content=a_content(**only),
    )
    return services.publish(Actor.sweeper(), None, publication, key=f"tests:item:{code}:{publication.version}")


def an_item(code: str = SURVEY) -> ItemVersion:
    """The version of a shipped item that was published last."""
    found = queries.latest_version(code)
    if found is None:
        raise LookupError(code)
    return found
