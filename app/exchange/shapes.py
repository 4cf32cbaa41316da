"""The shape of a machine's request: the acts' own frozen inputs, validated and described by pydantic, strictly.

No number passes as text, no 5.0 and no true as 5, no unknown field; dates and instants come as ISO texts with a zone.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass, make_dataclass
from datetime import datetime
from functools import cache
from typing import Annotated, Any

from pydantic import StringConstraints, TypeAdapter, ValidationError

from app.audit.canonical import NotCanonical, canonical
from app.audit.rows import input_members
from app.exchange import rules
from app.stage import Command

Subject = Annotated[str, StringConstraints(min_length=1, max_length=80)]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a request's shape: where, which kind, in words."""

    loc: tuple[str | int, ...]
    type: str
    msg: str

    def members(self) -> dict[str, Any]:
        """As the answer shows it."""
        return {**asdict(self), "loc": list(self.loc)}


class Unfit(Exception):
    """The request has not the shape the act wants; 422 with every fault."""

    def __init__(self, *faults: Fault) -> None:
        self.faults = faults
        super().__init__(", ".join(fault.type for fault in faults))


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a demonstration gives a token for: name, password, the acts (none = all), the days it lives."""

    username: str
    password: str
    acts: tuple[str, ...] = ()
    days: int = rules.TOKEN_DAYS_BY_PASSWORD


def call(command: Command, body: bytes) -> tuple[str | None, Any]:
    """Subject and input of an act's request. Raises `Unfit`."""
    found = read(_call(command.input, command.kind is not None), body)
    return found.subject, found.input


def read(kind: type, body: bytes) -> Any:
    """A value of this kind from JSON. Raises `Unfit`."""
    try:
        value = _adapter(kind).validate_json(body, strict=True, extra="forbid")
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        # The value itself stays out of the answer: it may be a password or an amount.
        raise Unfit(*(Fault(tuple(fault["loc"]), fault["type"], fault["msg"]) for fault in faults)) from None
    # Two readers may each take another of two members of one name: then nobody knows what was asked for.
    json.loads(body, object_pairs_hook=_each_once)
    unfit = tuple(_unfit(value, ()))
    if unfit:
        raise Unfit(*unfit)
    try:
        canonical(input_members(value, whole=True))
    except NotCanonical as error:
        raise Unfit(Fault(("input",), "not_canonical", str(error))) from None
    return value


def _each_once(members: list[tuple[str, Any]]) -> None:
    names = [name for name, _ in members]
    if len(set(names)) < len(names):
        raise Unfit(Fault((max(names, key=names.count),), "twice", "A member must stand once"))


def call_schema(command: Command, *, refs: str = "#/$defs/{model}") -> dict[str, Any]:
    """The JSON schema of an act's request: `{"subject", "input"}`; `refs` says where its definitions will stand."""
    return _closed_object(_adapter(_call(command.input, command.kind is not None)).json_schema(ref_template=refs))


def input_schema(command: Command) -> dict[str, Any]:
    """The JSON schema of an act's input alone."""
    return _closed_object(_adapter(command.input).json_schema())


def schema(kind: type) -> dict[str, Any]:
    """The JSON schema of another request of ours."""
    return _closed_object(_adapter(kind).json_schema())


@cache
def _adapter(kind: type) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


@cache
def _call(input: type, on_subject: bool) -> type:
    return make_dataclass("Call", [("subject", Subject if on_subject else type(None)), ("input", input)], frozen=True)


def _closed_object(node: Mapping[str, Any]) -> dict[str, Any]:
    closed: dict[str, Any] = _closed(node)
    return closed


def _closed(node: Any) -> Any:
    """The schema with `additionalProperties: false` on every object that names its members."""
    if isinstance(node, list):
        return [_closed(part) for part in node]
    if not isinstance(node, Mapping):
        return node
    closed = {name: _closed(part) for name, part in node.items()}
    if closed.get("type") == "object" and isinstance(closed.get("properties"), dict):
        closed["additionalProperties"] = False
    return closed


def _unfit(value: object, loc: tuple[str | int, ...]) -> Iterator[Fault]:
    """What JSON can say and the market cannot keep."""
    if isinstance(value, str):
        if "\x00" in value:
            yield Fault(loc, "text_with_nul", "Text must not hold U+0000")
        if len(value) > rules.TEXT_LONGEST:
            yield Fault(loc, "text_too_long", f"Text must not be longer than {rules.TEXT_LONGEST} characters")
    elif isinstance(value, datetime):
        if value.tzinfo is None:
            yield Fault(loc, "instant_without_zone", "An instant must say its zone, for example +08:00")
    elif is_dataclass(value):
        for member in fields(value):
            yield from _unfit(getattr(value, member.name), (*loc, member.name))
    elif isinstance(value, tuple | list | frozenset):
        for place, member in enumerate(value):
            yield from _unfit(member, (*loc, place))
    elif isinstance(value, Mapping):
        for name, member in value.items():
            yield from _unfit(name, loc)
            yield from _unfit(member, (*loc, str(name)))
