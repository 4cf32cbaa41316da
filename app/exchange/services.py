"""What machines do: hand in an act, and hold tokens. A token is made once, shown once, kept as a hash."""

from collections.abc import Collection
from typing import Any

from sqlalchemy.exc import DataError

from app.act import chance, chore, wiring
from app.actor import Actor
from app.approval import services as approvals
from app.audit.texts import Malformed
from app.clock import clock
from app.exchange import queries, rules
from app.exchange.models import ApiToken
from app.exchange.shapes import Fault, Unfit
from app.refusal import AlreadyDone, NotFound
from app.values import Done, Waiting


def hand_in(name: str, actor: Actor, subject: str | None, input: Any, /, *, key: str) -> Done | Waiting:
    """The act through the one way in; the same key again is the first answer, as `AlreadyDone` or the same `Waiting`.

    Raises what the act raises, and `Unfit` where a text is longer than its place or the subject is no public number.
    """
    try:
        # Keys of machines are kept apart from those the market gives itself.
        return approvals.submit(name, actor, subject, input, key=f"api:{key}")
    except DataError:
        raise Unfit(Fault(("input",), "too_long", "A text or a number is too long for its place")) from None
    except Malformed:
        raise Unfit(Fault(("subject",), "no_public_number", "This is no public number")) from None
    except AlreadyDone as known:
        wired = wiring()
        if known.subject is not None and (name in wired.second or name in wired.consent):
            return Waiting(name, known.subject)
        raise


def make_token(account_id: int, *, acts: Collection[str], days: int) -> str:
    """A new token for an account: shown now and never again. `acts` empty = all of the account's.

    Raises ValueError outside 1 … 90 days, `NotFound` for an act that the account may not perform.
    """
    token = chance().secret().hex()
    real = clock().real()
    expires_at = rules.token_ends(now=real, days=days)
    if not set(acts) <= set(queries.acts_of_account(account_id)):
        raise NotFound("acts")
    with chore("token") as session:
        session.add(
            ApiToken(
                hash=queries.token_hash(token),
                account_id=account_id,
                acts=" ".join(sorted(acts)),
                created_at=real,
                expires_at=expires_at,
            )
        )
    return token


def revoke_token(account_id: int, hash: str) -> None:
    """The token is worth nothing from now on. Raises `NotFound` for another account's."""
    with chore("token") as session:
        token = session.get(ApiToken, hash)
        if token is None or token.account_id != account_id:
            raise NotFound("token")
        if token.revoked_at is None:
            token.revoked_at = clock().real()
