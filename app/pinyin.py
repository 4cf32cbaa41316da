"""How Chinese text is searched by its sound: pinyin and initials, folded alike on both sides of a search."""

import unicodedata


def folded(text: str) -> str:
    """Text as it is compared: full-width letters as plain ones, lower case, without spaces."""
    return "".join(unicodedata.normalize("NFKC", text).lower().split())


def spelt(text: str) -> str:
    """The pinyin of a text without tones or spaces; what is not Chinese stays as it stands."""
    return _sound(text, initials=False)


def initials(text: str) -> str:
    """The first letters of a text's pinyin; what is not Chinese stays as it stands."""
    return _sound(text, initials=True)


def _sound(text: str, *, initials: bool) -> str:
    # Its dictionary takes a third of a second to load: only whoever writes something down waits for it.
    from pypinyin import Style, lazy_pinyin

    style = Style.FIRST_LETTER if initials else Style.NORMAL
    return "".join(lazy_pinyin(folded(text), style=style))
