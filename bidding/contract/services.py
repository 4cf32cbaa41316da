"""What happens to contracts: opened when the award is accepted, signed, changed by both sides, ended before their time.

Longer than a chapter's services should be: every act of one machine, each short.
"""

from datetime import datetime

from app import files
from app.act import Deed, act
from app.actor import Actor, Role
from app.calendar.services import anew, calendar
from app.clock import MICROSECOND
from app.numbering import part
from app.refusal import NotFound, NotYours, OutOfTurn, Refusal, demand
from app.region import branches
from app.rules_in_force import rulebook
from app.stage import Moved, Settled
from app.values import SHANGHAI, Done, Fen, Nothing
from app.workdays import Deadline
from bidding.award import queries as awards
from bidding.award import services as awarding
from bidding.award.models import Award
from bidding.contract import queries, rules
from bidding.contract.models import Contract, ContractRequest
from bidding.contract.rules import (
    Accusation,
    Agreed,
    AgreedPrice,
    Amendment,
    Because,
    Breach,
    Cause,
    ContractAct,
    ContractTerms,
    Denied,
    Extension,
    Finding,
    Kind,
    Outcome,
    Parting,
    Phase,
    Protest,
    Reselection,
    Side,
    SignedContract,
    Successor,
)
from marketplace.announcement.rules import AnnouncementKind


def on_accept(deed: Deed) -> None:
    """A step: the accepted award wants its contract."""
    _open(deed, awards.by_no(deed.about("award") or ""))


def on_notice(deed: Deed) -> None:
    """A step: of a direct commission, accepted before, the contract is wanted when the notice is issued."""
    award = awards.by_no(deed.about("award") or "")
    if award.accepted_at is not None:
        _open(deed, award)


def on_draw(deed: Deed) -> None:
    """A step: awards fell because their attempt was void; contracts that are not on record yet are not wanted."""
    for no in [subject.removeprefix("award:") for subject in deed.subjects if subject.startswith("award:")]:
        award = awards.by_no(no)
        contract = None if award.fallen_at is None else queries.of_award(award.id)
        if contract is not None and contract.confirmed_at is None:
            contract.lapsed_at = deed.now
            deed.on("contract", contract.no)


def _open(deed: Deed, award: Award) -> None:
    sign, upload = _signing(award)
    no = part(award.announcement.no or "", "C", queries.count_of(award.announcement_id) + 1)
    bound = rulebook(award.announcement.rulebook or "").terms(ContractTerms).price_equals_award
    deed.add(
        Contract(
            no=no,
            award_id=award.id,
            opened_at=deed.now,
            sign_due_at=sign.at,
            upload_due_at=upload.at,
            provisional=sign.provisional or upload.provisional,
            won_fen=award.amount_fen if bound else None,
            won_days=award.promised_days if bound else None,
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
                because,
                sign_due_at=contract.sign_due_at,
                protested=queries.open_request(contract, Kind.UNSIGNED) is not None,
                now=deed.now,
            ),
            rulebook=contract.award.announcement.rulebook,
        )
        contract.lapsed_at = deed.now
        _about(deed, contract)
        deed.keep(reason=because.reason.strip())
        awarding.fall(deed, contract.award)
    return deed.answer()


def extend(actor: Actor, subject: str | None, extension: Extension, /, *, key: str) -> Done:
    """The agency asks for more time (rules.md §3.1 row 27)."""
    with act(ContractAct.EXTEND, actor=actor, key=key, subject=subject, input=extension) as deed:
        contract, _ = _of(deed, actor, Side.AGENCY)
        rules.FLOW.after(queries.phase_of(contract), ContractAct.EXTEND)
        reasons = rules.refusals_to_extend(extension, terms=queries.change_terms(contract))
        demand([*reasons, *_against(deed, contract, extension)], rulebook=deed.basis)
        _ask(deed, contract, extension, days=extension.days, cause=extension.cause)
        deed.tell(days=extension.days, cause=extension.cause.value)
    return deed.answer()


def grant(actor: Actor, subject: str | None, agreed: Agreed, /, *, key: str) -> Done:
    """The purchaser gives the time asked for: the contract's next version (rules.md §2.7 contract.extension)."""
    with act(ContractAct.GRANT, actor=actor, key=key, subject=subject, input=agreed) as deed:
        contract, side = _of(deed, actor, Side.PURCHASER)
        rules.FLOW.after(queries.phase_of(contract), ContractAct.GRANT)
        request = _answered(deed, contract, side, agreed.number)
        _next_version(deed, contract, request)
        days = queries.versions(contract)[-1].days
        deed.tell(days=request.days, cause=str(request.cause), days_in_all=days)
    return deed.answer()


def unanswered(actor: Actor, subject: str | None, agreed: Agreed, /, *, key: str) -> Done:
    """The purchaser let the time for an answer pass: his delay, not the agency's (rules.md contract.extension)."""
    with act(ContractAct.UNANSWERED, actor=actor, key=key, subject=subject, input=agreed) as deed:
        contract = deed.lock(queries.row(subject or ""))
        phase = queries.phase_of(contract)
        rules.FLOW.after(phase, ContractAct.UNANSWERED)
        request = queries.open_request(contract, Kind.EXTENSION)
        if request is None or request.number != agreed.number or request.unanswered_at is not None:
            raise OutOfTurn(phase, deed.act)
        demand(rules.refusals_to_unanswered(answer_due_at=request.answer_due_at, now=deed.now))
        request.unanswered_at = deed.now
        _about(deed, contract)
        deed.tell(number=request.number, kind=request.kind.value, answer_due_at=request.answer_due_at)
    return deed.answer()


def amend(actor: Actor, subject: str | None, amendment: Amendment, /, *, key: str) -> Done:
    """Either side hands in a changed price or content, signed by both on paper (rules.md §2.7 contract.change)."""
    with act(ContractAct.AMEND, actor=actor, key=key, subject=subject, input=amendment) as deed:
        contract, _ = _of(deed, actor)
        rules.FLOW.after(queries.phase_of(contract), ContractAct.AMEND)
        demand([*rules.refusals_to_amend(amendment), *_against(deed, contract, amendment)], rulebook=deed.basis)
        _ask(deed, contract, amendment, amount_fen=amendment.amount_fen, content=amendment.content.strip())
        deed.tell(amount_fen=amendment.amount_fen)
    return deed.answer()


def adopt(actor: Actor, subject: str | None, agreed: AgreedPrice, /, *, key: str) -> Done:
    """The other side agrees to a change within the share: the contract's next version."""
    with act(ContractAct.ADOPT, actor=actor, key=key, subject=subject, input=agreed) as deed:
        contract, side = _of(deed, actor)
        rules.FLOW.after(queries.phase_of(contract), ContractAct.ADOPT)
        request, won, share = _priced(deed, contract, side, agreed)
        reasons = rules.refusals_to_adopt(agreed, asked_fen=request.amount_fen or 0, won_fen=won, share=share)
        demand(reasons, rulebook=deed.basis)
        _change_price(deed, contract, request)
    return deed.answer()


def exceed(actor: Actor, subject: str | None, agreed: AgreedPrice, /, *, key: str) -> Done:
    """Above the share the supervisor of the branch must consent, and all of it is public (rules.md contract.change)."""
    with act(ContractAct.EXCEED, actor=actor, key=key, subject=subject, input=agreed) as deed:
        contract, side = _of(deed, actor)
        rules.FLOW.after(queries.phase_of(contract), ContractAct.EXCEED)
        request, won, share = _priced(deed, contract, side, agreed)
        reasons = rules.refusals_to_exceed(agreed, asked_fen=request.amount_fen or 0, won_fen=won, share=share)
        demand(reasons, rulebook=deed.basis)
        branches.guard_consent(deed, contract.award.announcement.need.region)
        _change_price(deed, contract, request)
        deed.tell(consent=Role.SUPERVISOR.value)
    return deed.answer()


def part_(actor: Actor, subject: str | None, parting: Parting, /, *, key: str) -> Done:
    """Either side proposes to end the contract, with what is still to be paid (rules.md §3.1 row 28)."""
    with act(ContractAct.PART, actor=actor, key=key, subject=subject, input=parting) as deed:
        contract, _ = _of(deed, actor)
        rules.FLOW.after(queries.phase_of(contract), ContractAct.PART)
        reasons = rules.refusals_to_part(parting, amount_fen=queries.present_fen(contract))
        demand([*reasons, *_against(deed, contract, parting)], rulebook=deed.basis)
        _ask(deed, contract, parting, amount_fen=parting.settlement_fen)
        deed.tell(settlement_fen=parting.settlement_fen)
    return deed.answer()


def terminate(actor: Actor, subject: str | None, agreed: AgreedPrice, /, *, key: str) -> Done:
    """The other side agrees: the contract is over, with its settlement and reason in public (rules.md §3.1 row 28)."""
    with act(ContractAct.TERMINATE, actor=actor, key=key, subject=subject, input=agreed) as deed:
        contract, side = _of(deed, actor)
        rules.FLOW.after(queries.phase_of(contract), ContractAct.TERMINATE)
        request = _answered(deed, contract, side, agreed.number)
        price = queries.present_fen(contract)
        reasons = rules.refusals_to_settle(agreed, asked_fen=request.amount_fen or 0, price_fen=price)
        demand(reasons, rulebook=deed.basis)
        _end(deed, contract, request, Outcome.AGREED)
        deed.tell(settlement_fen=request.amount_fen)
    return deed.answer()


def refuse(actor: Actor, subject: str | None, denied: Denied, /, *, key: str) -> Done:
    """The other side does not agree; the contract stays as it is."""
    with act(ContractAct.REFUSE, actor=actor, key=key, subject=subject, input=denied) as deed:
        contract, side = _of(deed, actor)
        rules.FLOW.after(queries.phase_of(contract), ContractAct.REFUSE)
        request = _answered(deed, contract, side, denied.number)
        demand(rules.refusals_to_deny(denied))
        _close(deed, request, Outcome.REFUSED, denied.reason)
    return deed.answer()


def recall(actor: Actor, subject: str | None, agreed: Agreed, /, *, key: str) -> Done:
    """Whoever asked or filed takes it back before it is answered."""
    with act(ContractAct.RECALL, actor=actor, key=key, subject=subject, input=agreed) as deed:
        contract, side = _of(deed, actor)
        rules.FLOW.after(queries.phase_of(contract), ContractAct.RECALL)
        request = _waiting(contract, agreed.number)
        demand(rules.refusals_to_recall(queries.asked(request), side=side))
        if request is None:
            raise NotFound(deed.act)
        _close(deed, request, Outcome.RECALLED, None)
    return deed.answer()


def accuse(actor: Actor, subject: str | None, accusation: Accusation, /, *, key: str) -> Done:
    """The purchaser reports a breach; the regulator of the item's trade decides (rules.md §3.1 row 29)."""
    with act(ContractAct.ACCUSE, actor=actor, key=key, subject=subject, input=accusation) as deed:
        contract, _ = _of(deed, actor, Side.PURCHASER)
        rules.FLOW.after(queries.phase_of(contract), ContractAct.ACCUSE)
        demand(_against(deed, contract, accusation), rulebook=deed.basis)
        _ask(deed, contract, accusation, breach=accusation.breach)
    return deed.answer()


def protest(actor: Actor, subject: str | None, filed: Protest, /, *, key: str) -> Done:
    """The agency reports that the purchaser does not sign; the regulator decides (rules.md §3.1 row 25)."""
    with act(ContractAct.PROTEST, actor=actor, key=key, subject=subject, input=filed) as deed:
        contract, _ = _of(deed, actor, Side.AGENCY)
        rules.FLOW.after(queries.phase_of(contract), ContractAct.PROTEST)
        reasons = rules.refusals_to_protest(sign_due_at=contract.sign_due_at, now=deed.now)
        demand([*reasons, *_against(deed, contract, filed)], rulebook=deed.basis)
        _ask(deed, contract, filed)
    return deed.answer()


def uphold(actor: Actor, subject: str | None, finding: Finding, /, *, key: str) -> Done:
    """The regulator finds what was filed to be so: the contract is over; of a breach credit hears.

    Of a purchaser who did not sign the award is taken back, nobody follows, and the agency is free.
    """
    with act(ContractAct.UPHOLD, actor=actor, key=key, subject=subject, input=finding) as deed:
        contract, request = _filed(deed, actor, finding.number)
        demand(rules.refusals_to_find(finding, asked=queries.asked(request)), rulebook=deed.basis)
        if request is None:
            raise NotFound(deed.act)
        rules.FLOW.after(queries.phase_of(contract), ContractAct.UPHOLD)
        request.answer, request.found = finding.reason.strip(), finding.breach
        _end(deed, contract, request, Outcome.UPHELD)
        if finding.breach is not None:
            deed.tell(breach=finding.breach.value)
        else:
            awarding.release(deed, contract.award)
    return deed.answer()


def dismiss(actor: Actor, subject: str | None, denied: Denied, /, *, key: str) -> Done:
    """The regulator does not find it to be so; the contract stays as it is."""
    with act(ContractAct.DISMISS, actor=actor, key=key, subject=subject, input=denied) as deed:
        contract, request = _filed(deed, actor, denied.number)
        rules.FLOW.after(queries.phase_of(contract), ContractAct.DISMISS)
        demand([*rules.refusals_to_deny(denied)], rulebook=deed.basis)
        if request is None:
            raise NotFound(deed.act)
        _close(deed, request, Outcome.DISMISSED, denied.reason)
    return deed.answer()


def reselect(actor: Actor, subject: str | None, chosen: Reselection, /, *, key: str) -> Done:
    """After a breach the purchaser asks the next candidate, or may announce anew (rules.md §3.1 row 29)."""
    with act(ContractAct.RESELECT, actor=actor, key=key, subject=subject, input=chosen) as deed:
        contract, _ = _of(deed, actor, Side.PURCHASER)
        rules.FLOW.after(queries.phase_of(contract), ContractAct.RESELECT)
        award = contract.award
        reasons = rules.refusals_to_reselect(
            selected=award.announcement.kind is AnnouncementKind.OPEN, award_stands=award.fallen_at is None
        )
        demand(reasons, rulebook=deed.basis)
        deed.tell(successor=chosen.successor.value)
        if chosen.successor is Successor.ALTERNATE:
            awarding.fall(deed, award)
        else:
            awarding.release(deed, award, repeat=True)
    return deed.answer()


Request = Extension | Amendment | Parting | Accusation | Protest


def _of(deed: Deed, actor: Actor, only: Side | None = None) -> tuple[Contract, Side]:
    """The contract and the actor's side of it; raises `NotYours` for strangers, and for the side that may not."""
    contract, side = _own(deed, actor)
    if only is not None and side is not only:
        raise NotYours(deed.act)
    _about(deed, contract)
    return contract, side


def _filed(deed: Deed, actor: Actor, number: int) -> tuple[Contract, ContractRequest | None]:
    contract = deed.lock(queries.row(deed.subject or ""))
    need = contract.award.announcement.need
    branches.guard_trade(deed, need.region, authorities=need.item.authorities)
    _about(deed, contract)
    request = _waiting(contract, number)
    return contract, request if request is not None and request.kind in rules.FILED else None


def _waiting(contract: Contract, number: int) -> ContractRequest | None:
    return next((one for one in contract.requests if one.number == number and one.closed_at is None), None)


def _against(deed: Deed, contract: Contract, wanted: Request) -> list[Refusal]:
    """What stands against any request, whatever it is about."""
    known = wanted.file is not None and files.known(wanted.file, account_id=deed.actor.account_id) is not None
    return list(
        rules.refusals_to_ask(
            reason=wanted.reason,
            already=queries.open_request(contract, rules.ASKS[ContractAct(deed.act)]) is not None,
            file=wanted.file,
            file_known=known,
        )
    )


def _ask(
    deed: Deed,
    contract: Contract,
    wanted: Request,
    *,
    days: int | None = None,
    amount_fen: Fen | None = None,
    content: str | None = None,
    cause: Cause | None = None,
    breach: Breach | None = None,
) -> None:
    kind, number = rules.ASKS[ContractAct(deed.act)], len(contract.requests) + 1
    if wanted.file is not None:
        files.keep(deed, [wanted.file], by=f"contract:{contract.no}")
    due = _answer_due(contract, kind, deed.now)
    contract.requests.append(
        ContractRequest(
            number=number,
            kind=kind,
            asked_by=queries.side_of(contract, deed.actor),
            asked_at=deed.now,
            reason=wanted.reason.strip(),
            days=days,
            amount_fen=amount_fen,
            content=content,
            cause=cause,
            breach=breach,
            file=wanted.file,
            answer_due_at=due.at,
            provisional=due.provisional,
            ends=False,
        )
    )
    deed.session.flush()
    deed.tell(number=number, kind=kind.value, answer_due_at=due.at)
    if wanted.file is not None:
        deed.tell(file=wanted.file)
    deed.keep(reason=wanted.reason.strip())


def _answer_due(contract: Contract, kind: Kind, since: datetime) -> Deadline:
    days = queries.change_terms(contract).days_for(kind)
    return calendar().due(since, days, path=awards.region_path(contract.award))


def _answered(deed: Deed, contract: Contract, side: Side, number: int) -> ContractRequest:
    """The other side's open request of this number, and of the kind that the act answers."""
    request = _waiting(contract, number)
    kind = rules.AGREES.get(ContractAct(deed.act))
    if request is not None and (request.kind in rules.FILED or kind not in (None, request.kind)):
        request = None
    demand(rules.refusals_to_answer_request(queries.asked(request), number, side=side))
    if request is None:
        raise NotFound(deed.act)
    return request


def _priced(deed: Deed, contract: Contract, side: Side, agreed: AgreedPrice) -> tuple[ContractRequest, int, int]:
    """The request, the price that was won, the share that both sides may change alone."""
    request = _answered(deed, contract, side, agreed.number)
    return request, contract.award.amount_fen, queries.change_terms(contract).change_share


def _change_price(deed: Deed, contract: Contract, request: ContractRequest) -> None:
    before = queries.present_fen(contract)
    _next_version(deed, contract, request)
    deed.tell(amount_fen=request.amount_fen, before_fen=before)


def _next_version(deed: Deed, contract: Contract, request: ContractRequest) -> None:
    request.version = len(queries.versions(contract)) + 1
    _close(deed, request, Outcome.AGREED, None)
    deed.tell(version=request.version)


def _close(deed: Deed, request: ContractRequest, outcome: Outcome, answer: str | None) -> None:
    request.closed_at, request.outcome, request.provisional = deed.now, outcome, False
    if answer is not None:
        request.answer = answer.strip()
        deed.keep(answer=request.answer)
    deed.session.flush()
    deed.tell(number=request.number, kind=request.kind.value)


def _end(deed: Deed, contract: Contract, request: ContractRequest, outcome: Outcome) -> None:
    """The contract is over; whatever else waits is without object."""
    request.ends = True
    for other in contract.requests:
        if other is not request and other.closed_at is None:
            other.closed_at, other.outcome, other.provisional = deed.now, Outcome.MOOT, False
    _close(deed, request, outcome, None)


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


def settle_request(deed: Deed, request_no: str) -> Settled:
    """A step: the time to answer a request, computed anew (rules.md §2.1). `request_no` is `<contract>/<number>`."""
    no, _, number = request_no.partition("/")
    contract = deed.lock(queries.row(no))
    request = next(one for one in contract.requests if one.number == int(number))
    if not request.provisional:
        raise OutOfTurn(queries.phase_of(contract), deed.act)
    before, request.provisional = request.answer_due_at, False
    if request.closed_at is None and request.unanswered_at is None:
        found = _answer_due(contract, request.kind, request.asked_at)
        request.answer_due_at = anew(before, found, path=awards.region_path(contract.award), now=deed.now)
        request.provisional = found.provisional
    deed.subject = contract.no
    _about(deed, contract)
    parties = (awards.party(contract.award), awards.purchaser_party(contract.award))
    moved = Moved("answering", before, request.answer_due_at)
    return Settled((moved,), parties, contract.award.announcement.need.title)


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
    # It was signed after all.
    for request in contract.requests:
        if request.closed_at is None:
            request.closed_at, request.outcome, request.provisional = deed.now, Outcome.MOOT, False
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
