"""What happens in the demonstration world: which needs, when, for how much, and what becomes of them.

Pure: the same scale, days and cast give the same plots, whose sums are those of the scale to the fen. Money in plots is
in whole yuan.
"""

from bisect import bisect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from app.actor import Role
from app.cast import CITY, OPENING, Figures, Person, Scale, number, trades, written

YUAN = 100
PUBLIC = ("fiscal", "state")
PUBLIC_MOST, SOCIAL_MOST = 100_000, 300_000
"""Public money above the first needs two people's hands; the second is ours, so that no purchase stands out."""

STEP = 100
"""Budgets are whole hundreds of yuan, as people write them."""

CHEAPEST = 80
"""A winning price is at least so many per cent of its budget: nobody has to explain a low price."""

SHARES = {"DIRECT": (955, 30), "RANDOM": (945, 40), "BID_LOW": (860, 100)}
"""Where prices lie, in thousandths of the budget: from the first, over a width of the second."""

ENDS_BY = 9
"""So many working days before the last one the last completed purchase begins: publicity and answer are over."""

FATES = ("few", "withdrawn", "few", "withdrawn", "few", "refused")
"""What becomes of a purchase that is not completed: too few came, it was withdrawn, or every winner refused."""

REVIEWED_EVERY = 3
"""Public money is handed in for review on every third day, so that one evening's beacon serves several draws."""

BAD_DAYS = range(30, 42)
"""When purchasers trust the agencies that will deliver very late: soon after, nobody may register who is that late."""


@dataclass(frozen=True, slots=True)
class Plot:
    """What is meant to become of one need; `day` counts working days backwards from the last one, 0."""

    key: str
    day: int
    facts: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.facts[name]

    def get(self, name: str, default: Any = None) -> Any:
        """A fact that not every plot has."""
        return self.facts.get(name, default)


def plots(scale: Scale, *, length: int, cast: Sequence[Person]) -> tuple[Plot, ...]:
    """Every plot of a world of `length` working days: the written stories, and as many others as the scale wants."""
    told = tuple(Plot(row["key"], row["day"], row) for row in written()["plot"]) if scale.stories else ()
    completed = sum(_completes(plot) for plot in told)
    announced = sum(_announcements(plot) for plot in told)
    rest = Figures(
        scale.figures.announcements - announced,
        scale.figures.completed - completed,
        scale.figures.budget_fen,
        scale.figures.award_fen,
    )
    return (*told, *_others(rest, length=length, cast=cast))


def _announcements(plot: Plot) -> int:
    """How many a story makes: what failed and ends directly is announced a second time, as such."""
    return _announces(plot) * (2 if plot.get("ending") == "direct" else 1)


def _announces(plot: Plot) -> bool:
    """Whether a story gets as far as being announced."""
    order: list[str] = written()["order"]
    reached: str = plot.get("stop", order[-1])
    if plot["method"] == "DIRECT":
        return order.index(reached) > order.index("direct.accept")
    return not plot.get("review_returned") and order.index(reached) > order.index("announcement.publish")


def _completes(plot: Plot) -> bool:
    """Whether a story ends with an accepted award."""
    order: list[str] = written()["order"]
    stop = plot.get("stop")
    return (
        _announces(plot)
        and not plot.get("withdraw")
        and plot.get("decline", 0) < max(1, len(plot["agencies"]))
        and (stop is None or order.index(stop) > order.index("award.accept"))
    )


def _others(figures: Figures, *, length: int, cast: Sequence[Person]) -> Iterator[Plot]:
    """The purchases that nobody wrote down: those that are completed first in number, spread over all days."""
    failed = figures.announcements - figures.completed
    # Every so-manieth one fails, so that failures are spread like everything else.
    fails = {place * figures.announcements // failed for place in range(failed)} if failed else set()
    pool = _Pool(cast, length=length)
    drafts = [
        _draft(place, figures.announcements, failing=place in fails, length=length, pool=pool)
        for place in range(figures.announcements)
    ]
    kept = [place for place in range(len(drafts)) if place not in fails]
    budgets = [drafts[place]["budget"] for place in kept]
    if figures.budget_fen is not None:
        most = [_most(drafts[place]["fund"]) for place in kept]
        budgets = to_sum(budgets, figures.budget_fen // YUAN, least=STEP * 15, most=most, step=STEP)
    prices = [budget * drafts[place]["share"] // 1000 for place, budget in zip(kept, budgets, strict=True)]
    if figures.award_fen is not None:
        prices = to_sum(
            prices, figures.award_fen // YUAN, least=[-(-budget * CHEAPEST // 100) for budget in budgets], most=budgets
        )
    for place, budget, price in zip(kept, budgets, prices, strict=True):
        drafts[place] |= {"budget": budget, "won": price}
    for place, draft in enumerate(drafts):
        yield _told(place, draft, length=length)


def to_sum(
    values: Sequence[int], total: int, *, least: int | Sequence[int], most: int | Sequence[int], step: int = 1
) -> list[int]:
    """The values, scaled and then corrected one step at a time, so that they add up to `total` exactly.

    Each stays a multiple of `step` within its bounds. Raises ValueError where the bounds do not allow the total.
    """
    lows = [-(-low // step) for low in (least if isinstance(least, Sequence) else [least] * len(values))]
    highs = [high // step for high in (most if isinstance(most, Sequence) else [most] * len(values))]
    wanted = total // step
    if total % step or not sum(lows) <= wanted <= sum(highs):
        raise ValueError(f"{total} cannot be reached")
    scaled = sum(values)
    found = [
        min(max(value * total // (scaled * step), low), high)
        for value, low, high in zip(values, lows, highs, strict=True)
    ]
    missing = wanted - sum(found)
    while missing:
        direction = 1 if missing > 0 else -1
        for place, value in enumerate(found):
            if missing and lows[place] <= value + direction <= highs[place]:
                found[place] = value + direction
                missing -= direction
    return [value * step for value in found]


class _Pool:
    """Which agencies can be asked for an item on a day, the well-known ones more often."""

    def __init__(self, cast: Sequence[Person], *, length: int) -> None:
        self._by_item: dict[str, list[tuple[int, Person]]] = {}
        for person in cast:
            if person.role is Role.AGENCY and person.facts["fate"] == "admitted":
                since = person.facts["joins"] + OPENING
                for row in person.facts.get("items", ()):
                    self._by_item.setdefault(row["item"], []).append((since, person))
        self.purchasers = [
            person
            for person in cast
            if person.role is Role.PURCHASER and person.login == person.facts["login"] and "joins" not in person.facts
        ]

    def agencies(self, item: str, *, on: int, fund: str, direct: bool, count: int, about: str) -> list[str]:
        """So many different agencies that may take part on that day of the world; fewer where there are not so many."""
        able = [person for since, person in self._by_item.get(item, ()) if since <= on]
        if direct:
            able = [person for person in able if "trade" in person.facts]
        bad = [person for person in able if person.facts.get("quality") == "late"]
        trusted = [person.login for person in bad if "trade" in person.facts]
        if trusted and count == 1 and fund not in PUBLIC and on in BAD_DAYS:
            return [trusted[number(f"bad {about}") % len(trusted)]]
        logins = [person.login for person in able if person not in bad]
        weights = list(accumulate(1000 // (place + 4) + 20 for place in range(len(logins))))
        chosen: list[str] = []
        turn = 0
        while len(chosen) < min(count, len(logins)):
            login = logins[bisect(weights, number(f"who {about} {turn}") % weights[-1])]
            if login not in chosen:
                chosen.append(login)
            turn += 1
        return chosen


def _draft(place: int, among: int, *, failing: bool, length: int, pool: _Pool) -> dict[str, Any]:
    """One purchase before its price is corrected."""
    about = f"chronicle {place}"
    works: Sequence[Mapping[str, Any]] = trades()["work"]
    weights = list(accumulate(work["weight"] for work in works))
    day = place * (length - ENDS_BY) // among
    early = day < OPENING
    owners = pool.purchasers
    owner = owners[number(f"owner {about}") % len(owners)]
    funds = [fund for fund in owner.facts["funds"] if not early or fund == "social"]
    while not funds:
        owner = owners[(owners.index(owner) + 1) % len(owners)]
        funds = [fund for fund in owner.facts["funds"] if fund == "social"]
    fund = funds[number(f"fund {about}") % len(funds)]
    if fund in PUBLIC:
        day = max(OPENING, day - day % REVIEWED_EVERY)
    on = max(day, OPENING)
    fate = None if not failing else FATES[0] if early else FATES[number(f"fate {about}") % len(FATES)]
    turn = 0
    while True:
        work = works[bisect(weights, number(f"work {about} {turn}") % weights[-1])]
        method = _method(about, work, fund, early=early, fate=fate)
        count = _competitors(about, method, fund, fate)
        agencies = pool.agencies(work["item"], on=on, fund=fund, direct=method == "DIRECT", count=count, about=about)
        if len(agencies) == count:
            break
        turn += 1
    budget = work["usual"] * (60 + number(f"budget {about}") % 95) // 100
    low, spread = SHARES[method]
    return {
        "purchaser": owner.login,
        "owner": owner,
        "item": work["item"],
        "work": work,
        "fund": fund,
        "method": method,
        "budget": min(_most(fund), max(STEP * 15, budget // STEP * STEP)),
        "share": low + number(f"share {about}") % spread,
        "fate": fate,
        "on": day,
        "agencies": agencies,
    }


def _most(fund: str) -> int:
    return PUBLIC_MOST if fund in PUBLIC else SOCIAL_MOST


def _method(about: str, work: Mapping[str, Any], fund: str, *, early: bool, fate: str | None) -> str:
    """Small things mostly directly, where the work has a price that can be compared with the budget."""
    dice = number(f"method {about}") % 100
    if fate is not None or early:
        return "RANDOM" if dice < 70 or fate == "refused" else "BID_LOW"
    if work["unit"] == "project" and dice < 86:
        return "DIRECT"
    return "RANDOM" if dice < 93 else "BID_LOW"


def _competitors(about: str, method: str, fund: str, fate: str | None) -> int:
    dice = number(f"competitors {about}") % 10
    if method == "DIRECT":
        return 1
    if fate == "few":
        return dice % 3 if fund in PUBLIC else 0
    if fund in PUBLIC:
        return 3
    return (1 if dice < 7 else 2) if method == "RANDOM" else 2


def _told(place: int, draft: Mapping[str, Any], *, length: int) -> Plot:
    """The purchase as the chapters read it."""
    about = f"chronicle {place}"
    work, owner, fate = draft["work"], draft["owner"], draft["fate"]
    region = owner.region
    here = next((one for one in trades()["place"] if one["region"] == region), trades()["place"][-1])
    if region == CITY:
        here = trades()["place"][number(f"region {about}") % len(trades()["place"])]
        region = here["region"]
    projects = trades()["projects"][draft["fund"]]
    names = {
        "place": here["names"][number(f"place {about}") % len(here["names"])],
        "project": projects[number(f"project {about}") % len(projects)],
        "what": work["what"],
    }
    won = draft.get("won", draft["budget"] * draft["share"] // 1000)
    days = work.get("term", work["days"] + number(f"days {about}") % 6)
    facts: dict[str, Any] = {
        "purchaser": draft["purchaser"],
        "item": draft["item"],
        "region": region,
        "title": "{place}{project}{what}".format(**names),
        "content": trades()["content"].format(**names),
        "fund": draft["fund"],
        "method": draft["method"],
        "budget": draft["budget"],
        "days": days,
        "agencies": draft["agencies"],
    }
    if draft["method"] == "DIRECT":
        facts |= {"price": won, "reason": "small_amount"}
    elif draft["method"] == "RANDOM":
        facts["price"] = won
    else:
        facts["offers"] = _offers(about, won, draft["budget"], len(draft["agencies"]))
    if draft["on"] < OPENING and draft["method"] != "DIRECT":
        facts |= {"closes": OPENING + 3, "wait": {"registration.submit": OPENING - draft["on"]}}
    if fate == "withdrawn":
        facts |= {"withdraw": "project_changed", "closes": facts.get("closes", 4)}
    facts = {**_service(about, draft), **facts}
    if fate == "refused":
        facts["decline"] = len(draft["agencies"])
    return Plot(f"c{place:04d}", draft["on"] - (length - 1), facts)


def _offers(about: str, won: int, budget: int, count: int) -> list[int]:
    """The winning price first, the others above it and within the budget, no two alike."""
    room = budget - won
    return [
        won,
        *(
            won + max(place, room * place * (3 + number(f"offer {about}") % 6) // (10 * count))
            for place in range(1, count)
        ),
    ]


def _service(about: str, draft: Mapping[str, Any]) -> Mapping[str, Any]:
    """How the service goes, beside what its agency is like; an authority often says nothing."""
    facts: dict[str, Any] = {"silent_authority": number(f"authority {about}") % 5 != 0}
    if number(f"decline {about}") % 40 == 0 and len(draft["agencies"]) > 1 and draft["method"] == "RANDOM":
        facts["decline"] = 1
    if number(f"returned {about}") % 60 == 0:
        facts["returns"] = True
    if number(f"paused {about}") % 50 == 0:
        facts["pause"] = True
    return facts
