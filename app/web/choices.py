"""What a select, radio or check-box field offers."""

from collections.abc import Iterable

from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]


def offered(pairs: Iterable[tuple[str, str]], *, empty: str | None = None) -> list[SelectChoice]:
    """(code, word) pairs as WTForms wants them; `empty` is the word of a first choice that means none yet."""
    first = [] if empty is None else [SelectChoice("", empty)]
    return [*first, *(SelectChoice(code, word) for code, word in pairs)]
