"""What happens to contracts: opened when the award is accepted, uploaded by one side, confirmed by the other."""

from datetime import datetime

from app import files
from app.act import Deed, act
from app.actor import Actor
from app.calendar.services import anew, calendar
from app.clock import MICROSECOND
from app.numbering import part
from app.refusal import NotYours, OutOfTurn, demand
from app.rules_in_force import rulebook
from app.stage import Moved, Settled
from app.values import SHANGHAI, Done, Nothing
from app.workdays import Deadline
from bidding.award import queries as awards
from bidding.award import services as awarding
from bidding.award.models import Award
from bidding.contract import queries, rules
from bidding.contract.models import Contract
from bidding.contract.rules import Because, ContractAct, ContractTerms, Phase, Side, SignedContract


def on_accept(deed: Deed) -> None:
    """A step: the accepted award wants its contract."""
    _open(deed, awards.by_no(deed.about("award") or ""))


def on_notice(deed: Deed) -> None:
    """A step: of a direct commission, accepted before, the contract is wanted when the notice is issued."""
    award = awards.by_no(deed.about("award") or "")
    if award.accepted_at is not None:
        _open(deed, award)


def on_draw(deed: Deed) -> None:
    """A step: the award fell because its attempt was void; a contract that is not on record yet is not wanted."""
    no = deed.about("award")
    award = None if no is None else awards.by_no(no)
    contract = None if award is None or award.fallen_at is None else queries.of_award(award.id)
    if contract is not None and contract.confirmed_at is None:
        contract.lapsed_at = deed.now
        deed.on("contract", contract.no)


def _open(deed: Deed, award: Award) -> None:
    sign, upload = _signing(award)
    no = part(award.announcement.no or "", "C", queries.count_of(award.announcement_id) + 1)
    deed.add(
        Contract(
            no=no,
            award_id=award.id,
            opened_at=deed.now,
            sign_due_at=sign.at,
            upload_due_at=upload.at,
            provisional=sign.provisional or upload.provisional,
            deemed=False,
        )
    )
    deed.on("contract", no)
    deed.tell(contract=no, sign_due_at=sign.at)


def _signing(award: Award) -> tuple[Deadline, Deadline]:
    """The days to sign run from the notice, those to upload from the last day for signing (rules.md §2.7)."""
    terms = rulebook(award.announcement.rulebook or "").terms(ContractTerms)
    sign = awards.sign_by(award)
    if sign is None:
        raise LookupError(award.no)
    return sign, calendar().due(sign.at - MICROSECOND, terms.upload_days, path=awards.region_path(award))


def _confirm_due(contract: Contract, since: datetime) -> Deadline:
    return calendar().due(since, _terms(contract).confirm_days, path=awards.region_path(contract.award))


def upload(actor: Actor, subject: str | None, signed: SignedContract, /, *, key: str) -> Done:
    """Either side hands in the signed contract; price and time cannot be worse than what was won (M23)."""
    with act(ContractAct.UPLOAD, actor=actor, key=key, subject=subject, input=signed) as deed:
        contract, side = _own(deed, actor)
        rules.FLOW.after(queries.phase_of(contract), ContractAct.UPLOAD)
        award, terms = contract.award, _terms(contract)
        demand(
            rules.refusals_to_upload(
                signed,
                award_fen=award.amount_fen,
                promised_days=award.promised_days,
                awarded_on=award.made_at.astimezone(SHANGHAI).date(),
                today=deed.now.astimezone(SHANGHAI).date(),
                file_known=files.known(signed.file, account_id=actor.account_id) is not None,
                terms=terms,
            ),
            rulebook=award.announcement.rulebook,
        )
        files.keep(deed, [signed.file], by=f"contract:{contract.no}")
        due = _confirm_due(contract, deed.now)
        contract.amount_fen, contract.days, contract.signed_on = signed.amount_fen, signed.days, signed.signed_on
        contract.file, contract.uploaded_by, contract.uploaded_at = signed.file, side, deed.now
        contract.confirm_due_at, contract.provisional = due.at, due.provisional
        contract.rejected_at = contract.reject_reason = None
        _about(deed, contract)
        deed.tell(file=signed.file, side=side.value, confirm_due_at=due.at)
    return deed.answer()


def confirm(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """The other side confirms: the contract is on record."""
    with act(ContractAct.CONFIRM, actor=actor, key=key, subject=subject, input=nothing) as deed:
        contract, side = _own(deed, actor)
        rules.FLOW.after(queries.phase_of(contract), ContractAct.CONFIRM)
        demand(
            rules.refusals_to_answer(side=side, uploaded_by=contract.uploaded_by),
            rulebook=contract.award.announcement.rulebook,
        )
        _effective(deed, contract)
    return deed.answer()


def reject(actor: Actor, subject: str | None, because: Because, /, *, key: str) -> Done:
    """The other side does not recognise the upload; either side may upload anew."""
    with act(ContractAct.REJECT, actor=actor, key=key, subject=subject, input=because) as deed:
        contract, side = _own(deed, actor)
        rules.FLOW.after(queries.phase_of(contract), ContractAct.REJECT)
        demand(
            rules.refusals_to_reject(because, side=side, uploaded_by=contract.uploaded_by),
            rulebook=contract.award.announcement.rulebook,
        )
        contract.uploaded_at = contract.confirm_due_at = None
        contract.rejected_at, contract.reject_reason = deed.now, because.reason.strip()
        # Signing and uploading run on; what became known of their days meanwhile, the clockwork tells next.
        sign, upload = _signing(contract.award)
        stale = (sign.at, upload.at) != (contract.sign_due_at, contract.upload_due_at)
        contract.provisional = sign.provisional or upload.provisional or stale
        _about(deed, contract)
        deed.keep(reason=contract.reject_reason)
    return deed.answer()


def deem(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """Silence confirms, and is flagged as such (rules.md §3.3)."""
    with act(ContractAct.DEEM, actor=actor, key=key, subject=subject, input=nothing) as deed:
        contract = deed.lock(queries.row(subject or ""))
        rules.FLOW.after(queries.phase_of(contract), ContractAct.DEEM)
        demand(rules.refusals_to_deem(confirm_due_at=contract.confirm_due_at, now=deed.now))
        contract.deemed = True
        _effective(deed, contract)
    return deed.answer()


def lapse(actor: Actor, subject: str | None, because: Because, /, *, key: str) -> Done:
    """The purchaser records that the winner did not sign in time; the award falls, the next candidate follows."""
    with act(ContractAct.LAPSE, actor=actor, key=key, subject=subject, input=because) as deed:
        contract, side = _own(deed, actor)
        if side is not Side.PURCHASER:
            raise NotYours(deed.act)
        rules.FLOW.after(queries.phase_of(contract), ContractAct.LAPSE)
        demand(
            rules.refusals_to_lapse(
                because, sign_due_at=contract.sign_due_at, protested=False, now=deed.now
            ),
            rulebook=contract.award.announcement.rulebook,
        )
        contract.lapsed_at = deed.now
        _about(deed, contract)
        deed.keep(reason=because.reason.strip())
        awarding.fall(deed, contract.award)
    return deed.answer()


def settle(deed: Deed, no: str) -> Settled:
    """A step: the days to sign and upload, or after an upload those to confirm it, computed anew (rules.md §2.1)."""
    contract = deed.lock(queries.row(no))
    phase, award, moved = queries.phase_of(contract), contract.award, []
    if not contract.provisional:
        raise OutOfTurn(phase, deed.act)
    path, due = awards.region_path(award), contract.confirm_due_at
    contract.provisional = False
    if phase is Phase.TO_CONFIRM and contract.uploaded_at is not None and due is not None:
        found = _confirm_due(contract, contract.uploaded_at)
        contract.confirm_due_at = anew(due, found, path=path, now=deed.now)
        contract.provisional = found.provisional
        moved.append(Moved("confirming", due, contract.confirm_due_at))
    elif phase is Phase.TO_SIGN:
        signing, uploading = _signing(award)
        before = (contract.sign_due_at, contract.upload_due_at)
        contract.sign_due_at = anew(before[0], signing, path=path, now=deed.now)
        contract.upload_due_at = anew(before[1], uploading, path=path, now=deed.now)
        contract.provisional = signing.provisional or uploading.provisional
        moved.append(Moved("signing", before[0], contract.sign_due_at))
        moved.append(Moved("uploading", before[1], contract.upload_due_at))
    _about(deed, contract)
    parties = (awards.party(award), awards.purchaser_party(award))
    return Settled(tuple(moved), parties, award.announcement.need.title)


def _own(deed: Deed, actor: Actor) -> tuple[Contract, Side]:
    contract = deed.lock(queries.row(deed.subject or ""))
    side = queries.side_of(contract, actor)
    if side is None:
        raise NotYours(deed.act)
    return contract, side


def _terms(contract: Contract) -> ContractTerms:
    return rulebook(contract.award.announcement.rulebook or "").terms(ContractTerms)


def _effective(deed: Deed, contract: Contract) -> None:
    contract.confirmed_at = deed.now
    _about(deed, contract)
    deed.tell(
        amount_fen=contract.amount_fen,
        days=contract.days,
        signed_on="" if contract.signed_on is None else contract.signed_on.isoformat(),
        file=contract.file,
        deemed=contract.deemed,
    )


def _about(deed: Deed, contract: Contract) -> None:
    award = contract.award
    deed.attempt = award.attempt.number
    deed.basis = award.announcement.rulebook
    deed.on("contract", contract.no)
    deed.on("award", award.no)
    deed.on("announcement", award.announcement.no or "")
    deed.on("agency", award.agency.organisation.code)
    deed.on("purchaser", award.announcement.need.purchaser.organisation.code)
