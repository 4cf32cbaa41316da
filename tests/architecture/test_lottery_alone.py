"""The draw and its verifier are one file that runs with nothing but Python (M17, M44)."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.reading import ROOT

LOTTERY = ROOT / "bidding" / "selection" / "lottery.py"


@pytest.mark.parametrize("record", [None, "missing.json", "empty.json"])
def test_without_a_readable_record_it_says_so_and_exits_with_2(record: str | None, tmp_path: Path) -> None:
    alone = tmp_path / "lottery.py"
    alone.write_bytes(LOTTERY.read_bytes())
    (tmp_path / "empty.json").write_text("", encoding="utf-8")
    command = [sys.executable, "-I", "-S", str(alone), *([] if record is None else [str(tmp_path / record)])]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False, timeout=60)
    assert found.returncode == 2
    assert "Traceback" not in found.stderr
    assert found.stderr.strip() or found.stdout.strip()
