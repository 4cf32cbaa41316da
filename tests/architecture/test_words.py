"""Chinese stands where words live, and every code has its words (layout.md §9)."""

import ast
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, get_args, get_type_hints

from app.web.words import WORDS as HOUSE_WORDS
from tests.architecture.reading import ROOT, STAGES, calls, trees

HAN = re.compile(r"[\u4e00-\u9fff]")
SPEAKING = {"forms.py", "wording.py", "stage.py"}
ALSO = {
    "app/web/words.py",  # the house's own wording
    "app/exchange/openapi.py",  # what the machine API's description says to people
    "app/storybook.py",  # the head of a column of docs/acts.md
    "bidding/selection/lottery.py",  # one file alone: it brings its own words
    "bidding/selection/transcript.py",  # handed out with it
}
WORDS = {**HOUSE_WORDS, **{code: word for stage in STAGES for code, word in stage.words.items()}}


def test_chinese_stands_where_words_live() -> None:
    elsewhere = []
    for path, tree in trees():
        docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            said = isinstance(node, ast.Constant) and isinstance(node.value, str) and HAN.search(node.value)
            if said and id(node) not in docs and path.name not in SPEAKING and str(path) not in ALSO:
                elsewhere.append(f"{path}:{node.lineno}")
    assert elsewhere == []


def test_every_act_has_a_word() -> None:
    assert [str(act) for stage in STAGES for act in stage.acts or () if str(act) not in WORDS] == []


def test_every_refusal_says_what_fails_and_how_to_cure_it() -> None:
    """quality.md U5."""
    codes = {
        call.args[0].value: f"{path}:{call.lineno}"
        for path, tree in trees()
        for call in calls(tree, "Refusal")
        if call.args and isinstance(call.args[0], ast.Constant)
    }
    missing = {f"{kind}.{code}" for code in codes for kind in ("refusal", "cure")} - WORDS.keys()
    assert {word: codes[word.partition(".")[2]] for word in sorted(missing)} == {}
    assert {code for stage in STAGES for code in stage.cures} - codes.keys() == set()


def members(kind: Any) -> Iterator[tuple[str, Any]]:
    """The names and kinds of an input's members, also of the inputs inside it."""
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        for each in fields(kind):
            yield each.name, hints[each.name]
            for inner in (hints[each.name], *get_args(hints[each.name])):
                yield from members(inner)


def test_whoever_is_to_agree_reads_every_member_in_words() -> None:
    """What waits for another hand is shown to it member by member (templates/approval/page.html)."""
    commands = {str(name): command for stage in STAGES for name, command in stage.commands.items()}
    handed = [str(name) for stage in STAGES for name in (*stage.second, *stage.consent, *stage.passes)]
    wanted = set()
    for name in handed:
        for member, kind in members(commands[name].input):
            wanted.add(f"field.{member}")
            for each in (kind, *get_args(kind)):
                if isinstance(each, type) and issubclass(each, Enum):
                    wanted |= {f"value.{member}.{one.value}" for one in each}
    assert len(wanted) > len(handed)
    assert sorted(wanted - WORDS.keys()) == []


def test_no_word_is_said_twice_differently() -> None:
    said = [code for stage in STAGES for code in stage.words]
    assert sorted({code for code in said if said.count(code) > 1}) == []


def test_every_notice_has_its_text() -> None:
    told = {str(act) for stage in STAGES for act in stage.notices}
    assert {act for act in told if not (ROOT / "templates" / "notice" / f"{act}.txt").is_file()} == set()
