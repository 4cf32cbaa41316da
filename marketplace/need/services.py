"""Writing, revising and abandoning needs; taking one out of its purchaser's hands when it is announced."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import cache

from app.act import Deed, act
from app.actor import Actor
from app.audit.canonical import canonical
from app.numbering import next_no
from app.refusal import NotFound, Refusal, demand
from app.region import queries as regions
from app.rulebook import Rulebook
from app.rules_in_force import rulebook_for
from app.values import SHANGHAI, Done
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.models import ItemVersion
from marketplace.need import queries, rules
from marketplace.need.models import Need, NeedItem
from marketplace.need.rules import Exceptional, HandsTerms, Known, Method, NeedAct, NeedInput, Particulars
from marketplace.purchaser import queries as purchasers
from marketplace.purchaser.models import Purchaser
from marketplace.purchaser.rules import refusals_to_use


def create(actor: Actor, subject: str | None, need: NeedInput, /, *, key: str) -> Done:
    """A purchaser writes down what it needs; the need has its number at once and tells nobody (rules.md §4.1)."""
    with act(NeedAct.CREATE, actor=actor, key=key, subject=subject, input=need) as deed:
        deed.lock_none()
        purchaser = purchasers.by_party(actor.party)
        _demand(deed, need, purchaser)
        if purchaser is None:
            raise NotFound("purchaser")
        no = next_no(deed, region=need.region, kind="N")
        row = deed.add(Need(no=no, purchaser_id=purchaser.id, created_at=deed.now, **_columns(need, deed.now)))
        _add_further(deed, row, need)
        deed.subject = no
        _record(deed, no, need)
    return deed.answer()


def revise(actor: Actor, subject: str | None, need: NeedInput, /, *, key: str) -> Done:
    """Write it anew, whole, as long as it is in the purchaser's own hands."""
    with act(NeedAct.REVISE, actor=actor, key=key, subject=subject, input=need) as deed:
        found = _own(deed, actor, subject)
        rules.FLOW.after(queries.phase_of(found), NeedAct.REVISE)
        _demand(deed, need, found.purchaser, exceptional=found.exceptional is not None)
        for each in found.others:
            deed.session.delete(each)
        for name, value in _columns(need, deed.now).items():
            setattr(found, name, value)
        deed.session.flush()
        deed.session.expire(found, ["others"])
        _add_further(deed, found, need)
        _record(deed, found.no, need)
    return deed.answer()


def abandon(actor: Actor, subject: str | None, nothing: object, /, *, key: str) -> Done:
    """The need has ceased before anybody heard of it."""
    with act(NeedAct.ABANDON, actor=actor, key=key, subject=subject) as deed:
        found = _own(deed, actor, subject)
        rules.FLOW.after(queries.phase_of(found), NeedAct.ABANDON)
        found.abandoned_at = deed.now
        deed.on("need", found.no)
        deed.on("purchaser", found.purchaser.organisation.code)
    return deed.answer()


def take(deed: Deed, need: Need) -> None:
    """Step: the need is handed in or under commission; its purchaser revises it no more."""
    need.taken_at = deed.now


def give_back(deed: Deed, need: Need) -> None:
    """Step: the need is its purchaser's again (returned by the operator, a commission ended)."""
    need.taken_at = None


def follow(deed: Deed, need: Need, announced: NeedInput, *, direct: bool) -> Need:
    """Step: a new need of the same purchaser in the place of one whose announcements failed, as that was announced.

    Its terms are its purchaser's to change; with `direct` it may go direct, because the same terms failed often enough.
    The number is told to nobody, as that of any need. Source: rules.md §3.1 row 37, §4.1.
    """
    written = announced
    if direct:
        written = replace(announced, method=Method.DIRECT, price_fen=None, winners=1, particulars=Particulars())
    no = next_no(deed, region=need.region, kind="N")
    row = deed.add(
        Need(
            no=no,
            purchaser_id=need.purchaser_id,
            created_at=deed.now,
            follows_id=need.id,
            exceptional=Exceptional.TWO_FAILURES if direct else None,
            **_columns(written, deed.now),
        )
    )
    _add_further(deed, row, written)
    return row


def allow(need: Need, why: Exceptional) -> None:
    """Step: it was found that this need may go direct; what was found before stands."""
    if need.exceptional is None:
        need.exceptional = why


def against_hands(need: Need, actor: Actor, *, book: Rulebook, version: int) -> Iterator[Refusal]:
    """Why an act of the purchaser's is not done by two of its people, where the money of its need takes two.

    `version`: as which its subject stands now.
    """
    if queries.takes_two(need, book):
        yield from rules.refusals_to_hands(actor, version=version, terms=book.terms(HandsTerms))


def refusals_now(need: Need, *, now: datetime) -> Iterator[Refusal]:
    """The reasons against a stored need as of `now`: rules and the purchaser's registration may have changed."""
    around = Around(need.purchaser, region=need.region, now=now)
    yield from around.refusals(queries.input_of(need), exceptional=need.exceptional is not None)


def _own(deed: Deed, actor: Actor, no: str | None) -> Need:
    found = deed.lock(queries.row(no or ""))
    if found.purchaser.organisation_id != actor.party:
        raise NotFound("need")
    return found


def _demand(deed: Deed, need: NeedInput, purchaser: Purchaser | None, *, exceptional: bool = False) -> None:
    around = Around(purchaser, region=deed.actor.region, now=deed.now)
    rulebook = around.rulebook(need.region)
    demand(around.refusals(need, exceptional=exceptional), rulebook=rulebook.id)
    deed.basis = rulebook.id


class Around:
    """What the market knows around the needs of one purchaser at one instant, as plain values; read once.

    `region` is the purchaser's own division, whose rules count where a need names none.
    """

    def __init__(self, purchaser: Purchaser | None, *, region: str, now: datetime) -> None:
        self.phase = None if purchaser is None else purchasers.phase(purchaser)
        self.funds = () if purchaser is None else purchaser.funds
        self.home, self.now = region, now
        self.regions = frozenset(code for code, _ in regions.choices())
        self.authorities = frozenset(regions.authorities())
        self.fee_nature = cache(self._fee_nature)
        self.terms = cache(queries.terms_of)

    def _fee_nature(self, item: str) -> str | None:
        found = _item(item, self.now)
        return None if found is None else found.fee_nature

    def rulebook(self, region: str) -> Rulebook:
        """The rules that a need in a division is judged by."""
        return rulebook_for(region if region in self.regions else self.home, self.now)

    def refusals(self, need: NeedInput, *, exceptional: bool = False) -> Iterator[Refusal]:
        """Every reason against the need now; `exceptional`: it was found that it may go direct."""
        fee_nature = self.fee_nature(need.item)
        further = [self.fee_nature(item) for item in need.further[: rules.MOST_ITEMS]]
        known = Known(
            unusable=tuple(refusals_to_use(need.fund, phase=self.phase, funds=self.funds)),
            item=fee_nature is not None,
            authority_pays=fee_nature == "authority",
            region=need.region in self.regions,
            authority=need.authority is None or need.authority in self.authorities,
            further=None not in further,
            two_payers=len({nature == "authority" for nature in (fee_nature, *further) if nature is not None}) > 1,
            exceptional=exceptional,
        )
        yield from rules.refusals_to_need(need, known=known, terms=self.terms(self.rulebook(need.region)))


def _item(code: str, now: datetime) -> ItemVersion | None:
    return catalogue.item_in_force(code, now.astimezone(SHANGHAI).date())


def _columns(need: NeedInput, now: datetime) -> dict[str, object]:
    """The columns of a need that was found in order: its item is in force."""
    item = _item(need.item, now)
    if item is None:
        raise NotFound("item")
    return {
        "item_code": need.item,
        "item_version_id": item.id,
        "further": " ".join(need.further) or None,
        "region": need.region,
        "title": need.title.strip(),
        "content": need.content.strip(),
        "fund": need.fund,
        "payer": need.payer,
        "budget_line": need.budget_line,
        "budget_fen": need.budget_fen,
        "price_fen": need.price_fen,
        "expected_days": need.expected_days,
        "method": need.method,
        "winners": need.winners,
        "particulars": canonical(need.particulars.given()) if need.particulars.given() else None,
        "project_code": need.project_code,
        "approval": need.approval,
        "authority": need.authority,
        "contact": need.contact.strip(),
        "phone": need.phone.strip(),
    }


def _add_further(deed: Deed, row: Need, need: NeedInput) -> None:
    """The further items of a need, each of the version in force."""
    for position, code in enumerate(need.further, 2):
        item = _item(code, deed.now)
        if item is None:
            raise NotFound("item")
        deed.add(NeedItem(need_id=row.id, position=position, item_code=code, item_version_id=item.id))


def _record(deed: Deed, no: str, need: NeedInput) -> None:
    deed.on("need", no)
    deed.on("purchaser", deed.actor.code or "")
    for code in (need.item, *need.further):
        deed.on("item", code)
    told = {
        "price_fen": need.price_fen,
        "budget_line": need.budget_line,
        "project_code": need.project_code,
        "winners": need.winners if need.winners > 1 else None,
        "particulars": need.particulars.given() or None,
        "further": list(need.further) or None,
    }
    deed.tell(
        title=need.title.strip(),
        item=need.item,
        region=need.region,
        fund=need.fund.value,
        payer=need.payer.value,
        method=need.method.value,
        budget_fen=need.budget_fen,
        expected_days=need.expected_days,
        **{name: value for name, value in told.items() if value is not None},
    )
