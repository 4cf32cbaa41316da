"""Keeping the roster, seating judges, declaring, scoring, locking; and the sheets that rank the offers."""

import json
from collections.abc import Iterable

from app.act import Deed, act
from app.actor import Actor, Role
from app.audit.canonical import canonical
from app.identity import queries as identities
from app.numbering import next_no
from app.refusal import NotFound, OutOfTurn, demand
from app.stage import Recipient
from app.values import Done, Nothing
from bidding.judging import queries, rules
from bidding.judging.models import Judge, Line, Panel, Seat
from bidding.judging.rules import Declaration, JudgeInput, JudgingAct, Named, Sheet
from bidding.selection import notices as selection_notices
from bidding.selection import queries as selections
from bidding.selection import steps as selecting
from bidding.selection.models import Selection
from marketplace.announcement import queries as announcements
from marketplace.announcement.models import Announcement
from marketplace.need import queries as needs
from marketplace.need.rules import Method

# The roster


def enrol(actor: Actor, subject: str | None, judge: JudgeInput, /, *, key: str) -> Done:
    """An owner enters a person into his roster of judges; the number is his for ever."""
    with act(JudgingAct.ENROL, actor=actor, key=key, subject=subject, input=judge) as deed:
        organisation = deed.lock(identities.organisation_row(actor.party))
        account = identities.account_by_login(judge.login.strip())
        colleague = account is not None and account.organisation_id == actor.party
        enrolled = account is not None and queries.is_enrolled(account.id)
        demand(rules.refusals_to_enrol(judge, colleague=colleague, enrolled=enrolled))
        if account is None:
            raise NotFound(deed.act)
        no = next_no(deed, region=organisation.region, kind="J")
        deed.add(
            Judge(
                no=no,
                organisation_id=organisation.id,
                account_id=account.id,
                name=judge.name.strip(),
                unit=judge.unit.strip(),
                trade=judge.trade.strip(),
                enrolled_at=deed.now,
            )
        )
        deed.subject = no
        deed.on("judge", no)
    return deed.answer()


def retire(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """An owner takes a person out of his roster; what he has begun to judge he still judges."""
    with act(JudgingAct.RETIRE, actor=actor, key=key, subject=subject) as deed:
        deed.lock(identities.organisation_row(actor.party))
        judge = deed.lock(queries.judge_row(subject or "", actor.party))
        bound, wanted = queries.tied(actor.party), queries.most_wanted(actor.party)
        if judge.no not in bound:
            demand(rules.refusals_to_retire(wanted=wanted, free=len(queries.free(actor.party)) - 1))
        judge.retired_at = deed.now
        deed.on("judge", judge.no)
    return deed.answer()


def on_announce(deed: Deed) -> None:
    """What hands in, publishes or repeats a need: where judges will be drawn, enough of them stand ready.

    Raises `Refused`, so that nothing is announced. What the clockwork publishes was asked about when it was handed in,
    and since then nobody left the roster without whom it would be too short (`retire`).
    """
    need = needs.by_no(deed.about("need") or "")
    if need is None or need.method is not Method.COMPARE or deed.role is Role.SYSTEM:
        return
    # Whoever enters or takes out a judge waits for this row too.
    roster = identities.organisation_row(need.purchaser.organisation_id).with_for_update()
    owner = deed.session.execute(roster).scalar_one().id
    demand(
        rules.refusals_to_announce(wanted=need.asked.judges or 0, free=len(queries.free(owner))), rulebook=deed.basis
    )


def on_freeze(deed: Deed) -> None:
    """`selection.freeze`: where judges will be drawn, their numbers are bound before anybody knows the seed."""
    announcement = _announced(deed)
    attempt = announcements.present_attempt(announcement)
    if not queries.drawn_by(attempt):
        return
    numbers = [judge.no for judge in queries.free(announcement.need.purchaser.organisation_id)]
    deed.add(Panel(attempt_id=attempt.id, roster=canonical(numbers)))
    deed.tell(roster=rules.roster_digest(numbers))


def on_progress(deed: Deed) -> None:
    """`selection.draw` and what settles a low price: once sheets are awaited, the first of the order are seated."""
    selection = selections.of(announcements.present_attempt(_announced(deed)).id)
    if selection is None or not queries.awaited(selection):
        return
    panel = queries.panel_of(selection.attempt_id)
    if panel is not None and panel.roster is not None and not panel.seats:
        _seat_drawn(deed, panel, selection)


def on_lapse(deed: Deed) -> None:
    """`selection.lapse`: where every sheet was locked in time they count, however late the sweep comes to it.

    Raises `OutOfTurn`, so that nothing lapses: the sheets are closed instead (rules.md §3.1 row 17).
    """
    panel = queries.panel_of(announcements.present_attempt(_announced(deed)).id)
    if panel is not None and queries.is_complete(panel):
        raise OutOfTurn("locked", deed.act)


def _seat_drawn(deed: Deed, panel: Panel, selection: Selection) -> None:
    """As many as are drawn, each next one of the order who is not seated yet."""
    wanted = selection.attempt.announcement.need.asked.judges or 0
    seated = {seat.judge.no for seat in panel.seats}
    for no in queries.order(panel, selection.seed or ""):
        if len(queries.active(panel)) >= wanted:
            return
        if no not in seated:
            _seat(deed, panel, queries.by_no(no))


def _seat(deed: Deed, panel: Panel, judge: Judge) -> None:
    panel.seats.append(Seat(panel_id=panel.id, judge=judge, seated_at=deed.now))
    deed.session.flush()


# Judging


def name(actor: Actor, subject: str | None, named: Named, /, *, key: str) -> Done:
    """The owner names who of his roster judges the proposals (rules.md §2.6 SCHEME_MERIT)."""
    with act(JudgingAct.NAME, actor=actor, key=key, subject=subject, input=named) as deed:
        announcement, selection = _locked(deed, subject)
        if announcement.need.purchaser.organisation_id != actor.party:
            raise NotFound(deed.act)
        demand(selections.refusals_by_limit(selection, now=deed.now), rulebook=announcement.rulebook)
        panel = queries.panel_of(selection.attempt_id)
        known = {judge.no: judge for judge in queries.free(actor.party)}
        demand(
            rules.refusals_to_name(
                named,
                awaited=queries.awaited(selection),
                drawn=queries.drawn_by(selection.attempt),
                seated=0 if panel is None else len(queries.active(panel)),
                known=known.keys() - _stepped_back(panel),
            ),
            rulebook=announcement.rulebook,
        )
        if panel is None:
            panel = deed.add(Panel(attempt_id=selection.attempt_id))
        for no in sorted(named.judges):
            _seat(deed, panel, known[no])
        _about(deed, announcement, selection)
        deed.tell(judges=sorted(named.judges))
    return deed.answer()


def _stepped_back(panel: Panel | None) -> set[str]:
    return set() if panel is None else {seat.judge.no for seat in panel.seats if seat.stepped_back_at is not None}


def declare(actor: Actor, subject: str | None, said: Declaration, /, *, key: str) -> Done:
    """A judge declares to have no tie to any agency, or steps back: then the next of the order is seated (M19)."""
    with act(JudgingAct.DECLARE, actor=actor, key=key, subject=subject, input=said) as deed:
        announcement, selection = _locked(deed, subject)
        seat = _own(selection, actor)
        demand(selections.refusals_by_limit(selection, now=deed.now), rulebook=announcement.rulebook)
        codes = [one.agency.organisation.code for one in queries.judged(selection)]
        demand(
            rules.refusals_to_declare(
                said, awaited=queries.awaited(selection), phase=queries.phase_of(seat), agencies=codes
            ),
            rulebook=announcement.rulebook,
        )
        _about(deed, announcement, selection)
        deed.tell(judge=seat.judge.no, stepped_back=said.step_back)
        if not said.step_back:
            seat.declared_at = deed.now
        else:
            seat.stepped_back_at, seat.reason = deed.now, said.reason.strip()
            panel = queries.panel_of(selection.attempt_id)
            if panel is not None and panel.roster is not None:
                _seat_drawn(deed, panel, selection)
    return deed.answer()


def score(actor: Actor, subject: str | None, sheet: Sheet, /, *, key: str) -> Done:
    """A judge keeps what he has scored so far; he alone sees it."""
    with act(JudgingAct.SCORE, actor=actor, key=key, subject=subject, input=sheet) as deed:
        _write(deed, sheet, lock=False)
    return deed.answer()


def lock(actor: Actor, subject: str | None, sheet: Sheet, /, *, key: str) -> Done:
    """A judge hands in his sheet for good; nobody changes it any more (rules.md §2.6, each judge's sheet is kept)."""
    with act(JudgingAct.LOCK, actor=actor, key=key, subject=subject, input=sheet) as deed:
        seat = _write(deed, sheet, lock=True)
        seat.locked_at = deed.now
        deed.tell(
            sheet=[
                {"id": each.agency, "service": each.service, "team": each.team, "reason": each.reason.strip()}
                for each in sheet.lines
            ]
        )
    return deed.answer()


def _write(deed: Deed, sheet: Sheet, *, lock: bool) -> Seat:
    announcement, selection = _locked(deed, deed.subject)
    seat = _own(selection, deed.actor)
    demand(selections.refusals_by_limit(selection, now=deed.now), rulebook=announcement.rulebook)
    by_code = {one.agency.organisation.code: one for one in queries.judged(selection)}
    demand(
        rules.refusals_to_score(
            sheet,
            awaited=queries.awaited(selection),
            phase=queries.phase_of(seat),
            agencies=by_code.keys(),
            lock=lock,
        ),
        rulebook=announcement.rulebook,
    )
    for given in sheet.lines:
        registration = by_code[given.agency]
        line = queries.line_of(seat.id, registration.id) or Line(seat_id=seat.id, registration_id=registration.id)
        line.service, line.team, line.reason = given.service, given.team, given.reason.strip()
        deed.add(line)
    _about(deed, announcement, selection)
    deed.tell(judge=seat.judge.no)
    return seat


def close(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """All sheets are locked: they rank the offers, and judges and sheets become public (protocol.md §1.6)."""
    with act(JudgingAct.CLOSE, actor=actor, key=key, subject=subject) as deed:
        no, _, number = (subject or "").rpartition("/")
        announcement = deed.lock(announcements.row(no))
        attempt = announcements.attempt(announcement.id, int(number))
        selection, panel = selections.of(attempt.id), queries.panel_of(attempt.id)
        if selection is None or panel is None or panel.closed_at is not None or not queries.is_complete(panel):
            raise OutOfTurn("closed", deed.act)
        panel.closed_at = deed.now
        deed.subject = no
        _about(deed, announcement, selection)
        deed.tell(judges=[seat.judge.no for seat in queries.active(panel)], stepped_back=sorted(_stepped_back(panel)))
        drawn = None
        if panel.roster is not None:
            drawn = [each for each in json.loads(panel.roster) if each not in _stepped_back(panel)]
            deed.tell(roster=json.loads(panel.roster))
        selecting.score(deed, attempt, queries.marks(panel), judges=drawn)
        deed.disclose("announcement", no)
    return deed.answer()


def exhaust(actor: Actor, subject: str | None, nothing: Nothing, /, *, key: str) -> Done:
    """Too many drawn judges stepped back: the order holds no more, the attempt is void, and the next one can follow.

    At once, so that nobody waits for sheets that cannot come; no hand names others in their place (inferred).
    """
    with act(JudgingAct.EXHAUST, actor=actor, key=key, subject=subject) as deed:
        no, _, number = (subject or "").rpartition("/")
        announcement = deed.lock(announcements.row(no))
        attempt = announcements.attempt(announcement.id, int(number))
        selection, panel = selections.of(attempt.id), queries.panel_of(attempt.id)
        if selection is None or panel is None or not queries.awaited(selection) or not queries.is_exhausted(panel):
            raise OutOfTurn("closed", deed.act)
        panel.exhausted_at = deed.now
        deed.subject = no
        _about(deed, announcement, selection)
        deed.tell(
            wanted=announcement.need.asked.judges or 0,
            roster=json.loads(panel.roster or "[]"),
            stepped_back=sorted(_stepped_back(panel)),
        )
        selecting.give_up(deed, selection)
    return deed.answer()


# Shared


def _announced(deed: Deed) -> Announcement:
    found = announcements.by_no(deed.about("announcement") or "")
    if found is None:
        raise NotFound("announcement")
    return found


def _locked(deed: Deed, no: str | None) -> tuple[Announcement, Selection]:
    announcement = deed.lock(announcements.row(no or ""))
    selection = selections.of(announcements.present_attempt(announcement).id)
    if selection is None:
        raise NotFound(deed.act)
    return announcement, selection


def _own(selection: Selection, actor: Actor) -> Seat:
    seat = queries.own_seat(selection.attempt_id, actor.account_id)
    if seat is None:
        raise NotFound("judging")
    return seat


def _about(deed: Deed, announcement: Announcement, selection: Selection) -> None:
    deed.attempt = selection.attempt.number
    deed.basis = announcement.rulebook
    deed.on("announcement", announcement.no or "")
    deed.tell(attempt=selection.attempt.number)


# Who is told


def told(deed: Deed) -> Iterable[Recipient]:
    """Every agency hears its rank, the owner that the sheets are public."""
    yield from selection_notices.told_the_result(deed)


def told_of_the_end(deed: Deed) -> Iterable[Recipient]:
    """Nobody is left to judge: every agency and the owner hears it."""
    yield from selection_notices.told_the_lapse(deed)


def told_the_owner(deed: Deed) -> Iterable[Recipient]:
    """A judge has stepped back: the owner hears that, and where nobody is drawn in his place, that he names another."""
    if not deed.public.get("stepped_back"):
        return
    announcement = _announced(deed)
    params = {"no": announcement.no or "", "title": announcement.need.title}
    yield Recipient(announcement.need.purchaser.organisation_id, params)
