"""What these tests read: the stages in order, and the source as syntax trees."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from app.factory import HOUSE
from app.stage import Stage
from story import STORY

ROOT = Path(__file__).parents[2]
PACKAGES = ("marketplace", "bidding", "ratings")
STAGES: tuple[Stage, ...] = (*HOUSE, *STORY)


@cache
def trees() -> tuple[tuple[Path, ast.Module], ...]:
    """Every module of the product by its path from the root, parsed."""
    files = [*ROOT.glob("*.py"), *(file for package in ("app", *PACKAGES) for file in (ROOT / package).rglob("*.py"))]
    return tuple((file.relative_to(ROOT), ast.parse(file.read_text(encoding="utf-8"))) for file in sorted(files))


def calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    """Every call of a function or method of this name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            if name == (called.id if isinstance(called, ast.Name) else getattr(called, "attr", None)):
                yield node


def chapters() -> list[str]:
    """`bidding.award` and its like, in the order of STORY: a stage is known by its chapter's folder."""
    folders = {path.parent.name: ".".join(path.parent.parts) for path, _ in trees() if path.name == "stage.py"}
    return [folders[stage.name] for stage in STORY]
