"""What this machine lacked: the last line of a test run, after pytest's own summary.

A test that needs something a machine may lack skips with the reason `for want of <thing>`, the thing being one of
WANTS. Loaded by `./market test` as `-p tests.wants`.
"""

from typing import Any

import pytest

WANTS = ("Chromium", "PostgreSQL", "the OCDS zip")
REASON = "for want of "

_missed: dict[str, int] = {}


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Count the skips that name a want; with several workers this runs in the controller, which has all reports."""
    for report in terminalreporter.stats.get("skipped", ()):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        for want in WANTS:
            if REASON + want in reason:
                _missed[want] = _missed.get(want, 0) + 1


def pytest_unconfigure(config: pytest.Config) -> None:
    """Say it in one line, also when nothing was missing."""
    if hasattr(config, "workerinput"):
        return
    missed = ", ".join(f"{want} ({_missed[want]})" for want in WANTS if want in _missed)
    print(f"Skipped for want of: {missed or 'nothing'}")
