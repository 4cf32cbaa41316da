"""Publishing versions of items, and loading the list the market ships with; idempotent, one act per version."""

import tomllib
from collections.abc import Iterator
from dataclasses import fields
from datetime import date
from pathlib import Path

import app
from app.act import Deed, act
from app.actor import Actor
from app.clock import clock
from app.refusal import demand
from app.region import queries as regions
from app.values import SHANGHAI, Done
from marketplace.catalogue import queries, rules
from marketplace.catalogue.models import Category, Item, ItemVersion, Qualification
from marketplace.catalogue.rules import Content, ItemAct, Licence, NamedCategory, Publication

DATA = Path(app.__file__).parent / "data"


def publish(actor: Actor, subject: str | None, publication: Publication, /, *, key: str) -> Done:
    """Take a version of an item into the public list; earlier versions stay readable (M02)."""
    with act(ItemAct.PUBLISH, actor=actor, key=key, subject=subject, input=publication) as deed:
        deed.lock_none()
        latest = queries.latest_version(publication.code)
        demand(
            rules.refusals_to_publish(
                publication,
                authorities=regions.authorities().keys(),
                latest=None if latest is None else (latest.version, latest.effective_from),
            )
        )
        if latest is None:
            _first_needed(deed, publication)
            deed.add(Item(code=publication.code, category=publication.category.code))
        else:
            _licences(deed, publication)
        deed.add(
            ItemVersion(
                item_code=publication.code,
                version=publication.version,
                effective_from=publication.effective_from,
                published_at=deed.now,
                **_columns(publication.content),
            )
        )
        deed.subject = publication.code
        deed.on("item", publication.code)
        deed.tell(
            code=publication.code,
            version=publication.version,
            effective_from=publication.effective_from.isoformat(),
            **_columns(publication.content),
        )
    return deed.answer()


def load() -> int:
    """Publish what is new or changed in the shipped list; how many versions that were."""
    today = clock().market().astimezone(SHANGHAI).date()
    publications = tuple(_changes(today))
    for publication in publications:
        publish(
            Actor.sweeper(),
            None,
            publication,
            key=f"reference:{publication.code}:{publication.version}",
        )
    return len(publications)


def _changes(today: date) -> Iterator[Publication]:
    catalogue = tomllib.loads((DATA / "catalogue.toml").read_text("utf-8"))
    shipped = tomllib.loads((DATA / "qualifications.toml").read_text("utf-8"))
    licences = {row["id"]: rules.licence_of(row) for row in shipped["qualification"]}
    categories = {row["code"]: NamedCategory(row["code"], row["name"]) for row in catalogue["category"]}
    known = {version.item_code: version for version in queries.latest_versions()}
    for row in catalogue["item"]:
        code, content = row["code"], rules.content_of(row)
        latest = known.get(code)
        if latest is not None and _content(latest) == content:
            continue
        yield Publication(
            code=code,
            version=1 if latest is None else latest.version + 1,
            effective_from=rules.effective_from(None if latest is None else latest.effective_from, today=today),
            category=categories[code[:2]],
            licences=_needed(content, licences),
            content=content,
        )


def _needed(content: Content, licences: dict[str, Licence]) -> tuple[Licence, ...]:
    part_of = {code: licence.part_of for code, licence in licences.items()}
    return tuple(licences[code] for code in sorted(rules.with_wider(content.requires, part_of)))


def _first_needed(deed: Deed, publication: Publication) -> None:
    """The category of a new item, and its licences: rows of the record like any other."""
    category = publication.category
    if deed.session.get(Category, category.code) is None:
        deed.add(Category(code=category.code, name=category.name))
    _licences(deed, publication)


def _licences(deed: Deed, publication: Publication) -> None:
    for licence in publication.licences:
        known = deed.session.get(Qualification, licence.code)
        if known is None:
            deed.add(
                Qualification(
                    code=licence.code,
                    name=licence.name,
                    grades=licence.grades,
                    authority=licence.authority,
                    part_of=licence.part_of,
                )
            )
        else:
            known.name, known.grades = licence.name, licence.grades
            known.authority, known.part_of = licence.authority, licence.part_of


def _columns(content: Content) -> dict[str, object]:
    return {column.name: getattr(content, column.name) for column in fields(Content)}


def _content(version: ItemVersion) -> Content:
    return rules.content_of(
        {column.name: getattr(version, column.name) for column in fields(Content)} | {"days": version.days or "term"}
    )
