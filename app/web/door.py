"""Who may open which page: every endpoint carries `door(act)`, `members(roles)` or `public`, or a test fails."""

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Any, TypeVar, cast

from flask import g, redirect, request, url_for
from werkzeug.wrappers import Response

from app.act import wiring
from app.actor import Actor, Role
from app.refusal import NotYours

View = TypeVar("View", bound=Callable[..., Any])


def actor() -> Actor:
    """Who asks: the signed-in person as a plain value, or a stranger."""
    found: Actor = g.get("actor") or Actor.stranger()
    return found


def public(view: View) -> View:
    """A page for everybody, signed in or not."""
    view.door = "public"  # type: ignore[attr-defined]
    return view


def door(act: StrEnum) -> Callable[[View], View]:
    """A page that performs or prepares one act: only for the roles of its MAY table (checked again by `act()`)."""

    def wrap(view: View) -> View:
        return _guarded(view, str(act), lambda: wiring().may[act])

    return wrap


def members(*roles: Role) -> Callable[[View], View]:
    """A page for signed-in people: of these roles, or of any role where none is named."""

    def wrap(view: View) -> View:
        return _guarded(view, "members", lambda: frozenset(roles) or frozenset(Role) - {Role.PUBLIC})

    return wrap


def _guarded(view: View, label: str, allowed: Callable[[], frozenset[Role]]) -> View:
    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        who = actor()
        if not who.roles & allowed():
            if who.account_id is None:
                return _sign_in_first()
            raise NotYours(label)
        return view(*args, **kwargs)

    guarded.door = label  # type: ignore[attr-defined]
    return cast(View, guarded)


def _sign_in_first() -> Response:
    """To the sign-in page and back again; a form that was posted comes back to its own page, empty."""
    return redirect(url_for("identity.login", next=request.full_path.rstrip("?")), code=303)
