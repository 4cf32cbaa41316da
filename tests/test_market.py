"""The front door says in one sentence what the caller can mend, before anything slow."""

import ast
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

MARKET = Path(__file__).resolve().parent.parent / "market"


def started(*arguments: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """`./market …` from another folder, with an instance of its own."""
    surroundings: Mapping[str, str] = {
        key: value for key, value in os.environ.items() if not key.startswith("MARKET_")
    } | {"MARKET_INSTANCE": str(folder / "instance"), **variables}
    return subprocess.run(
        [sys.executable, MARKET, *arguments],
        cwd=folder,
        env=surroundings,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )


def free_port() -> str:
    """A port that nobody listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return str(listener.getsockname()[1])


def test_an_old_python_can_read_the_sentence_that_refuses_it() -> None:
    """interface.md, commands: nothing but Python ≥ 3.11, and an older one must be told so."""
    ast.parse(MARKET.read_text(encoding="utf-8"), feature_version=(3, 6))


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    """Before the environment, the database and the demonstration are touched."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        answer = started("run", "--port", port, folder=tmp_path)
    assert answer.returncode == 2
    assert port in answer.stderr
    assert len(answer.stderr.splitlines()) == 1
    assert not (tmp_path / "instance").exists()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("run", "--port", "{free}", "--host", "0.0.0.0"), "MARKET_DEMONSTRATION=public"),  # noqa: S104 - refused
        (("run", "--port", "0"), "65535"),
        (("run", "--port", "many"), "many"),
        (("run", "--scale", "huge"), "huge"),
        (("check", "bidding"), "check"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(arguments: tuple[str, ...], named: str, tmp_path: Path) -> None:
    """interface.md: a demonstration refuses any host that is not loopback; arguments are checked first."""
    answer = started(*(argument.format(free=free_port()) for argument in arguments), folder=tmp_path)
    assert answer.returncode == 2
    assert named in answer.stderr
    assert len(answer.stderr.splitlines()) == 1


def test_an_empty_market_is_not_opened_over_a_demonstration(tmp_path: Path) -> None:
    """Else accounts with published passwords would pass for real ones."""
    (tmp_path / "instance").mkdir()
    (tmp_path / "instance" / "demonstration").touch()
    answer = started("run", "--empty", "--port", free_port(), folder=tmp_path)
    assert answer.returncode == 2
    assert str(tmp_path / "instance") in answer.stderr


def test_without_a_command_it_says_what_it_can_do(tmp_path: Path) -> None:
    """All five commands of interface.md."""
    answer = started(folder=tmp_path)
    assert answer.returncode == 2
    assert all(command in answer.stderr for command in ("run", "check", "test", "bench", "flask"))
