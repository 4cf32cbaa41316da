"""What an address that leads nowhere may have meant: a number in full width, in small letters, with gaps."""

import re
import unicodedata

_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−－﹣", "-"))
_NUMBER = re.compile(r"[0-9A-Za-z-]+")
_ANNOUNCEMENT = re.compile(r"(?<![0-9A-Za-z])(\d{6})[^0-9A-Za-z]?(\d{4})[^0-9A-Za-z]?(\d{1,6})(?![0-9A-Za-z])")
DIGITS = 6
"""A part of an address with as many digits is a public number or a credit code, whose letters are capitals."""
LONGEST = 100
"""Of an address at most so many characters are looked for."""


LONGEST_NUMBER = 30
"""What is longer is no public number of this market but, say, a digest in small letters."""


def meant(path: str) -> str:
    """The same address in half-width characters, each public number in capitals; always begins with one slash."""
    plain = unicodedata.normalize("NFKC", path).translate(_DASHES).replace("\\", "/").replace("。", ".")
    # Slashes in front go last: a part of spaces alone is empty by then, and `//` would name another site.
    return "/" + "/".join(_number(part.strip()) for part in plain.split("/")).lstrip("/")


def _number(part: str) -> str:
    if (
        len(part) <= LONGEST_NUMBER
        and _NUMBER.fullmatch(part)
        and sum(character.isdigit() for character in part) >= DIGITS
    ):
        return part.upper()
    return part


def words(path: str) -> str:
    """What to look for in its stead: an announcement's number made whole, a code, a name; "" where nothing is likely.

    A word in small Latin letters alone is no number and no name here, but mostly a machine that tries addresses.
    """
    last = next((part for part in reversed(meant(path).split("/")) if part), "")[:LONGEST]
    found = _ANNOUNCEMENT.search(last)
    if found:
        return f"{found[1]}-{found[2]}-{int(found[3]):06}"
    return last if not last.isascii() or sum(character.isdigit() for character in last) >= DIGITS else ""
