"""A holder uses its key; the offer key put together from two halves; what remains of it destroyed."""

import json
from collections.abc import Iterable, Sequence

from app import sealing
from app.act import Deed, act, chance
from app.actor import Actor
from app.audit.canonical import canonical, sha256_hex
from app.keyring import keyring
from app.refusal import NotFound, NotYours, OutOfTurn, Refusal, demand
from app.stage import Recipient
from app.values import Done, Nothing
from bidding.opening import queries, rules
from bidding.opening.models import KeyUse
from bidding.opening.rules import ENOUGH, OpeningAct
from marketplace.announcement import queries as announcements
from marketplace.announcement import steps as announcing
from marketplace.announcement.models import Announcement, Attempt
from marketplace.holder import rules as holders
from marketplace.holder.models import Holder
from marketplace.holder.rules import PrivateKey

KEPT_INFO = b"zjcs-offer-1 kept"


class MissingKey(Exception):
    """An attempt without any offer key is to be opened: nothing is, and the sweep logs it."""


def unseal(actor: Actor, subject: str | None, file: PrivateKey, /, *, key: str) -> Done:
    """One of three holders unseals its halves of an attempt's offer key; with the second one the envelopes open.

    The private key is used and forgotten; the halves wait for the second holder in a box of the deployment's own key,
    for an hour at the most (protocol.md §2.3).
    """
    with act(OpeningAct.UNSEAL, actor=actor, key=key, subject=subject, input=file) as deed:
        announcement = deed.lock(queries.row(subject or ""))
        attempt = announcements.present_attempt(announcement)
        holder = queries.holder_of(attempt.id, actor.party_id)
        if holder is None:
            raise NotYours(deed.act, Refusal("opening_not_yours"))
        for use in queries.standing(attempt.id):
            if queries.is_alone(use) and rules.is_stale(use.used_at, now=deed.now):
                _lapse(deed, use)
        private = holders.private_of(file.key)
        phase = queries.phase_of(attempt, now=deed.now)
        if phase is None:
            raise NotFound(deed.act)
        demand(
            rules.refusals_to_unseal(
                phase,
                used=any(use.holder_id == holder.id for use in queries.standing(attempt.id)),
                fits=None if private is None else sealing.public_key(private).hex() == holder.public_key,
                closes_at=attempt.offers_close_at or attempt.closes_at,
                due_at=queries.due_at(attempt),
            ),
            rulebook=announcement.rulebook,
        )
        if private is None or actor.account_id is None:
            raise NotFound(deed.act)
        deed.add(
            KeyUse(
                attempt_id=attempt.id,
                holder_id=holder.id,
                account_id=actor.account_id,
                used_at=deed.now,
                kept=_kept(attempt, _unsealed(attempt, holder, private)),
            )
        )
        _about(deed, announcement, attempt, holder)
        deed.tell(standing=len(queries.standing(attempt.id)))
    return deed.answer()


def lapse(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """An hour has passed and no second holder came: the use no longer counts, its halves are gone."""
    with act(OpeningAct.LAPSE, actor=actor, key=key, subject=subject) as deed:
        no, _, use_id = (subject or "").rpartition("/")
        announcement = deed.lock(queries.row(no))
        use = queries.use(use_id)
        deed.session.refresh(use)
        stale = rules.is_stale(use.used_at, now=deed.now) and queries.is_alone(use)
        if use.lapsed_at is not None or use.kept is None or not stale:
            raise OutOfTurn("answered", deed.act)
        _lapse(deed, use)
        _about(deed, announcement, use.attempt, use.holder)
    return deed.answer()


def _lapse(deed: Deed, use: KeyUse) -> None:
    use.lapsed_at, use.kept = deed.now, None
    deed.session.flush()


def _unsealed(attempt: Attempt, holder: Holder, private: bytes) -> dict[str, str]:
    """The holder's halves by pair, in hex; raises `Refused` where its boxes do not open."""
    found = {}
    for pair, box in queries.halves_of(attempt.id, holder).items():
        try:
            half = sealing.open_box(
                box,
                private=private,
                associated=announcements.half_binding(attempt.offer_key or b"", pair),
                info=announcing.OFFER,
            )
        except sealing.Unopenable:
            demand([Refusal("key_file_wrong", field="file")])
        else:
            found[pair] = half.hex()
    return found


def _kept(attempt: Attempt, halves: dict[str, str]) -> bytes:
    return sealing.seal(
        canonical(halves).encode(),
        recipient=keyring().opening_public,
        associated=_binding(attempt),
        info=KEPT_INFO,
        ephemeral=chance().secret(),
    )


def _binding(attempt: Attempt) -> bytes:
    return bytes.fromhex(sha256_hex(attempt.offer_key or b""))


def offer_key(attempt: Attempt) -> bytes | None:
    """The private key K of an attempt; None where it cannot be had, so that no envelope opens (protocol.md §2.3, §2.5).

    One box for the deployment's key file; or the halves of two holders, each of whom has brought its own. Raises
    `MissingKey` where there is none at all.
    """
    if attempt.offer_key is None:
        raise MissingKey(attempt.id)
    if attempt.sealed_offer_key is None:
        if not announcements.key_halves(attempt.id):
            raise MissingKey(attempt.id)
        return _combined(attempt, queries.standing(attempt.id))
    try:
        return sealing.open_box(
            attempt.sealed_offer_key, private=keyring().opening, associated=_binding(attempt), info=announcing.OFFER
        )
    except sealing.Unopenable:
        return None


def is_missing(attempt: Attempt) -> bool:
    """Whether an attempt that two of three open has not seen two of them."""
    return attempt.sealed_offer_key is None and len(queries.standing(attempt.id)) < ENOUGH


def _combined(attempt: Attempt, uses: Sequence[KeyUse]) -> bytes | None:
    if len(uses) < ENOUGH:
        return None
    try:
        one, other = (_remembered(attempt, use) for use in uses[:ENOUGH])
        (pair,) = one.keys() & other.keys()
    except (sealing.Unopenable, ValueError):
        return None
    private = holders.combined(bytes.fromhex(one[pair]), bytes.fromhex(other[pair]))
    return private if sealing.public_key(private) == attempt.offer_key else None


def _remembered(attempt: Attempt, use: KeyUse) -> dict[str, str]:
    plain = sealing.open_box(use.kept or b"", private=keyring().opening, associated=_binding(attempt), info=KEPT_INFO)
    found: dict[str, str] = json.loads(plain)
    return found


def destroy(deed: Deed, attempt: Attempt) -> bool:
    """A step: the offer key has served, or must never serve: every box of it is emptied; whether there was any."""
    for use in queries.standing(attempt.id):
        use.kept = None
    return announcing.drop_offer_key(deed, attempt)


def _about(deed: Deed, announcement: Announcement, attempt: Attempt, holder: Holder) -> None:
    deed.subject, deed.attempt, deed.basis = announcement.no, attempt.number, announcement.rulebook
    deed.on("announcement", announcement.no or "")
    deed.tell(attempt=attempt.number, holder=holder.role.value, public_key=holder.public_key)


def told(deed: Deed) -> Iterable[Recipient]:
    """The other holders, who are to come within the hour; after an hour in vain, all three."""
    attempt = queries.present(deed.subject)
    named = {"no": deed.subject or "", "title": attempt.announcement.need.title}
    for holder in queries.holders_of(attempt.id):
        own = holder.public_key == deed.public["public_key"]
        if not own or deed.act == OpeningAct.LAPSE:
            yield Recipient(holder.organisation_id, {**named, "own": int(own)})
