"""A real PostgreSQL for the tests: the address given, else Debian's binaries started here, as an unprivileged user."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USERS = ("postgres", "nobody")


def binaries() -> Path | None:
    """Return the folder with `initdb` and `postgres`, the newest Debian version first."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]), reverse=True
    )
    if found:
        return found[0].parent
    on_path = shutil.which("postgres")
    return Path(on_path).parent if on_path else None


def free_port() -> int:
    """Return a port of loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _as_user() -> dict[str, object]:
    if os.geteuid() != 0:
        return {}
    for name in USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise RuntimeError("PostgreSQL refuses to run as root, and there is no unprivileged user here")


IN_A_HURRY = (
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
)  # no test outlives a power cut


@contextmanager
def server(*, durable: bool = False, more: tuple[str, ...] = ()) -> Iterator[str]:
    """Run a server until the block ends; give its address without a database name.

    With `durable` it keeps its own word about crashes, as in production; `more` are settings besides.
    """
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given.rstrip("/")
        return
    folder = binaries()
    if folder is None:
        raise RuntimeError("no PostgreSQL here: run `make test`, which installs it, or set TEST_DATABASE_URL")
    data = Path(tempfile.mkdtemp(prefix="cho-so-pg-"))
    user = _as_user()
    if user:
        os.chown(data, user["user"], user["group"])  # type: ignore[arg-type]
    port = free_port()
    run = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "cwd": "/", **user}
    made = subprocess.run(
        [folder / "initdb", "-D", data / "db", "-U", "portal", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"],
        **run,
    )  # type: ignore[call-overload]
    if made.returncode != 0:
        raise RuntimeError(made.stderr.decode())
    settings = ("max_connections=200", "listen_addresses=127.0.0.1", *(() if durable else IN_A_HURRY), *more)
    options = [part for setting in settings for part in ("-c", setting)]
    process = subprocess.Popen(
        [folder / "postgres", "-D", data / "db", "-p", str(port), "-k", str(data), *options], **run
    )  # type: ignore[call-overload]
    try:
        _wait(port, process)
        yield f"postgresql+psycopg://portal@127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGINT)  # fast shutdown: does not wait for clients
        process.wait(timeout=30)
        _remove(data)


def _remove(data: Path) -> None:
    """Have a folder removed beside what goes on: hundreds of databases are some hundred thousand files."""
    os.posix_spawnp("rm", ["rm", "-rf", "--", str(data)], os.environ, setsid=True)


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    import psycopg

    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError(f"PostgreSQL ended at once: {process.stderr.read().decode() if process.stderr else ''}")
        try:
            psycopg.connect(f"postgresql://portal@127.0.0.1:{port}/postgres", connect_timeout=2).close()
            return
        except psycopg.OperationalError:
            time.sleep(0.1)
    raise RuntimeError("PostgreSQL did not become ready")
