"""What the measurements over HTTP share: the market behind its server, rounds, and how figures are told."""

import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.bench import client

ROOT = Path(__file__).parents[2]
ROUNDS = 7
SECONDS = 2.0
START_SECONDS = 60.0
# As ./market run serves.
SERVER = ("--worker-class", "gthread", "--workers", "2", "--threads", "8", "--no-control-socket")


def surroundings(url: str, folder: Path, **more: str) -> dict[str, str]:
    """The environment of a market on a database, with nothing of the caller's own market in it."""
    own = {"MARKET_DATABASE_URL": url, "MARKET_INSTANCE": str(folder), "FLASK_APP": "wsgi.py", **more}
    return {**{name: value for name, value in os.environ.items() if not name.startswith("MARKET_")}, **own}


@contextmanager
def served(module: str, around: Mapping[str, str]) -> Iterator[int]:
    """The port at which gunicorn serves the module's application for as long as the block lasts."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", *SERVER, "--log-level", "error", "--bind", f"127.0.0.1:{port}"]
    server = subprocess.Popen([*command, f"{module}:application"], cwd=ROOT, env=around)
    try:
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                client.body(port, "/")
                break
            except (OSError, client.Unanswered):
                if server.poll() is not None or time.monotonic() > until:
                    raise
                time.sleep(0.2)
        yield port
    finally:
        server.terminate()
        server.wait()


def spread(figures: Sequence[float]) -> str:
    """Median and range."""
    return f"{statistics.median(figures):.3f} ({min(figures):.3f} to {max(figures):.3f})"


def middle(rates: Sequence[float]) -> str:
    """The median, in whole numbers."""
    return f"{statistics.median(rates):.0f}"
