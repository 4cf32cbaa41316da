"""Our own plain documents as pages: headings, paragraphs, code; what it does not know stays text."""

import re
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup, escape

INLINE = re.compile(r"`([^`]+)`|\*\*([^*]+)\*\*")


@dataclass(frozen=True, slots=True)
class Passage:
    """A heading, a paragraph or a block of code, its text escaped."""

    kind: Literal["heading", "paragraph", "code"]
    text: Markup


def passages(source: str) -> tuple[Passage, ...]:
    """The passages after the document's own title; every line is a paragraph of its own, code keeps its lines."""
    found: list[Passage] = []
    code: list[str] | None = None
    for line in source.splitlines():
        if line.strip() == "```":
            if code is not None:
                found.append(Passage("code", escape("\n".join(code))))
            code = [] if code is None else None
        elif code is not None:
            code.append(line.strip())
        elif line.startswith("## "):
            found.append(Passage("heading", _inline(line[3:])))
        elif line.strip() and not line.startswith("# "):
            found.append(Passage("paragraph", _inline(line.strip())))
    return tuple(found)


def _inline(text: str) -> Markup:
    whole, end = Markup(""), 0
    for match in INLINE.finditer(text):
        code, strong = match.groups()
        whole += escape(text[end : match.start()])
        whole += Markup("<code>{}</code>").format(code) if code else Markup("<strong>{}</strong>").format(strong)
        end = match.end()
    return whole + escape(text[end:])
