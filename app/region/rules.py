"""Which office serves which part of the region tree: its own branch, and what nobody else serves."""

from collections.abc import Collection


def path(code: str) -> tuple[str, ...]:
    """The codes from a division upwards, most specific first: ("450803", "450800", "450000"). Source: GB/T 2260."""
    return tuple(dict.fromkeys((code, f"{code[:4]}00", f"{code[:2]}0000")))


def covers(region: str, of: str) -> bool:
    """Whether an office of `region` has `of` in its branch: itself and everything below it.

    450800 covers 450800, 450802, …; 450802 covers itself alone; 450000 covers them all. Source: mission.md M04.
    """
    return region in path(of)


def serves(region: str, *, of: str, offices: Collection[str]) -> bool:
    """Whether an office of `region` acts on what lies in `of`; `offices`: where offices of its kind are.

    Its own branch, at every level of it. What lies in nobody's branch is served by every one of them: an agency of a
    city without a market of its own is admitted once, and everywhere (rules.md §2.2 entry.scope). Where the province
    has an office it covers everything, so that nothing is nobody's. Source: mission.md M04; the second part (inferred).
    """
    return covers(region, of) or not any(covers(office, of) for office in offices)


def competent(region: str, *, of: str, offices: Collection[str]) -> bool:
    """Whether an office of `region` is the competent one of its trade for `of`; `offices`: where that trade has one.

    The nearest on the way up from `of`: where the county has an office of the trade, the city's leaves the case to it.
    What lies in nobody's branch is any one's. Source: rules.md §2.2 entry.qualification_verify ("in the region");
    of two levels the nearest, and what is nobody's: (inferred).
    """
    nearest = next((code for code in path(of) if code in offices), None)
    return nearest is None or nearest == region
