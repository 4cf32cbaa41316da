"""Writing an invitation, and coming by it."""

import hmac

from app.act import act
from app.actor import Actor
from app.identity import queries as identities
from app.identity import services as accounts
from app.identity.rules import Joins, NewAccount
from app.identity.uscc import is_uscc
from app.refusal import NotFound, demand
from app.region import branches
from app.region import queries as regions
from app.values import Done
from marketplace.invitation import models, queries, rules
from marketplace.invitation.rules import Acceptance, Invitation, InvitationAct


def send(actor: Actor, subject: str | None, invitation: Invitation, /, *, key: str) -> Done:
    """The operator invites an organisation of a register; a lapsed letter is written anew, with another code (M39)."""
    with act(InvitationAct.SEND, actor=actor, key=key, subject=subject, input=invitation) as deed:
        found = queries.by_code(invitation.code)
        if found is None:
            deed.lock_none()
        else:
            found = deed.lock(queries.row(invitation.code))
        region_known = any(invitation.region == code for code, _ in regions.choices())
        if region_known:
            branches.guard(deed, invitation.region)
        demand(
            rules.refusals_to_send(
                invitation,
                code_valid=is_uscc(invitation.code),
                region_known=region_known,
                here=identities.organisation_by_code(invitation.code) is not None,
                phase=None if found is None else queries.phase_of(found, deed.now),
            )
        )
        if found is None:
            found = models.Invitation(code=invitation.code)
            deed.session.add(found)
        for name in ("name", "region", "legal_representative", "contact", "phone", "address", "introduction"):
            setattr(found, name, getattr(invitation, name).strip())
        found.invited_by = actor.party
        found.invited_at, found.expires_at = deed.now, deed.now + rules.COUNTS_FOR
        deed.session.flush()
        deed.subject = invitation.code
        deed.on("invitation", invitation.code)
    return deed.answer()


def accept(actor: Actor, subject: str | None, acceptance: Acceptance, /, *, key: str) -> Done:
    """Whoever holds the letter opens the organisation's account; the application is still its own to hand in (M07)."""
    password_hash = accounts.hashed(acceptance.password)
    with act(InvitationAct.ACCEPT, actor=actor, key=key, subject=subject, input=acceptance) as deed:
        found = queries.by_code(acceptance.code)
        if found is None:
            deed.lock_none()
        else:
            found = deed.lock(queries.row(acceptance.code))
        right = found is not None and hmac.compare_digest(
            queries.activation(found).encode(), rules.activation_read(acceptance.activation).encode()
        )
        phase = None if found is None else queries.phase_of(found, deed.now)
        demand(rules.refusals_to_accept(phase=phase, activation_right=right))
        if found is None:
            raise NotFound("invitation")
        new = NewAccount(
            joins=Joins.AGENCY,
            organisation=found.name,
            code=found.code,
            region=found.region,
            name=acceptance.name,
            login=acceptance.login,
            password=acceptance.password,
        )
        organisation = accounts.enrol(deed, new, password_hash=password_hash)
        found.accepted_at, found.organisation_id = deed.now, organisation.id
        deed.subject = deed.party_code = organisation.code
        deed.on("organisation", organisation.code)
        deed.on("invitation", organisation.code)
    return deed.answer()
