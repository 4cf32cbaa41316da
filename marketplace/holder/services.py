"""An office publishes the public half of its key, replaces it, or lays it down."""

from app.act import Deed, act
from app.actor import Actor
from app.refusal import NotFound, demand
from app.values import Done, Nothing
from marketplace.holder import queries, rules
from marketplace.holder.models import Holder
from marketplace.holder.rules import HolderAct, PublicKey


def enrol(actor: Actor, subject: str | None, typed: PublicKey, /, *, key: str) -> Done:
    """An office becomes the holder of its kind for its region, or replaces its own key (protocol.md §2.3).

    What was sealed to the earlier key stays so: its file is needed until those openings are over.
    """
    with act(HolderAct.ENROL, actor=actor, key=key, input=typed) as deed:
        deed.lock_none()
        own, other = queries.of_office(actor.party_id), queries.in_force(deed.role, actor.region)
        public = rules.public_of(typed.key)
        demand(
            rules.refusals_to_enrol(
                public,
                known=public is not None and queries.is_known(public.hex()),
                taken_by=None if other is None or other is own else other.organisation.name,
            )
        )
        if public is None:
            raise NotFound(deed.act)
        if own is not None:
            own.ended_at = deed.now
            deed.session.flush()
        holder = deed.add(
            Holder(
                organisation_id=actor.party,
                role=deed.role,
                region=actor.region,
                public_key=public.hex(),
                enrolled_at=deed.now,
            )
        )
        _about(deed, holder)
    return deed.answer()


def resign(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """An office lays its key down: nothing more is sealed to it."""
    with act(HolderAct.RESIGN, actor=actor, key=key, subject=subject) as deed:
        deed.lock_none()
        holder = queries.by_number(subject)
        if holder.organisation_id != actor.party_id:
            raise NotFound(deed.act)
        holder.ended_at = deed.now
        _about(deed, holder)
    return deed.answer()


def _about(deed: Deed, holder: Holder) -> None:
    deed.subject = queries.number(holder)
    deed.on("holder", deed.subject)
    deed.tell(public_key=holder.public_key)
