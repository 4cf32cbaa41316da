"""What the documents say of the code is compared with the code (styles.md, lesson 20)."""

import re

from app.storybook import markdown
from tests.architecture.reading import ROOT, STAGES

DOCS = ROOT / "docs"
VARIABLE = re.compile(r"MARKET_[A-Z]+(?:_[A-Z]+)*")
FEATURE = re.compile(r"\bM\d\d\b")


def read(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def test_the_map_of_the_acts_is_current() -> None:
    """`./market flask story --markdown > docs/acts.md`"""
    assert read("acts.md") == markdown(STAGES) + "\n"


def test_every_setting_is_described_and_no_other() -> None:
    settings = set(VARIABLE.findall((ROOT / "app" / "settings.py").read_text(encoding="utf-8")))
    described = set(VARIABLE.findall(read("settings.md")))
    elsewhere = {
        variable
        for file in (ROOT / "market", *(ROOT / "tests").rglob("*.py"))
        for variable in VARIABLE.findall(file.read_text(encoding="utf-8"))
    }
    assert settings <= described
    assert described <= settings | elsewhere


def test_every_feature_that_a_test_cites_is_in_the_list() -> None:
    cited = {
        feature
        for file in (ROOT / "tests").rglob("*.py")
        for feature in FEATURE.findall(file.read_text(encoding="utf-8"))
    }
    assert cited - set(FEATURE.findall(read("features.md"))) == set()
