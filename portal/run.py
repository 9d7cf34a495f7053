"""`make run`: migrate, load the demo into an empty database, then supervise web, worker and sandboxes.

The console is for a person: what is done, what to open, and the log's end if something stops. All else is in the log.
"""

import json
import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TextIO

from honcho.manager import Manager
from honcho.printer import Printer

BIN = Path(sys.executable).parent
READY_S = 90
LAST_LINES = 20
STOPPED = (130, 143)
"""Exit codes of Ctrl-C and of being asked to stop."""


def environment(port: int) -> dict[str, str]:
    """Return the settings of a development run on this port: the sandboxes listen on the next one."""
    own = {
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "SANDBOX_URL": f"http://127.0.0.1:{port + 1}",
        "PYTHONUNBUFFERED": "1",
    }
    return {**own, **os.environ, "PORT": str(port)}


def commands(port: int) -> dict[str, list[str]]:
    """Return the three processes: name → command."""
    flask = [str(BIN / "flask"), "--app", "wsgi"]
    web = [
        str(BIN / "granian"),
        "--interface",
        "wsgi",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--workers",
        "2",
        "--blocking-threads",
        "2",
    ]
    return {
        "web": [*web, "--respawn-failed-workers", "--no-access-log", "--log-level", "warning", "wsgi:app"],
        "worker": [*flask, "worker"],
        "sandboxes": [*flask, "sandboxes"],
    }


def wait_for(url: str, seconds: float) -> bool:
    """Wait until an address answers; say whether it did."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310  our own loopback address
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    return False


def log_path(env: dict[str, str]) -> Path:
    """Return where the lines of all processes go: the folder of the installation, made if need be."""
    folder = Path(env.get("INSTANCE_DIR", "instance"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "run.log"


def prepare(env: dict[str, str], log: TextIO) -> None:
    """Migrate; load the demo where the database is empty, with web and sandboxes up so that the partners answer."""
    port = int(env["PORT"])
    flask = commands(port)["worker"][:-1]
    subprocess.run([*flask, "db", "upgrade"], env=env, check=True, stderr=log)
    loaded = subprocess.run([*flask, "demo", "status", "--json"], env=env, check=True, capture_output=True, text=True)
    if not json.loads(loaded.stdout.splitlines()[-1])["empty"]:
        return
    print("The database is empty: loading the demo province of Long An …", flush=True)  # noqa: T201
    helping = [subprocess.Popen(commands(port)[name], env=env, stdout=log, stderr=log) for name in ("sandboxes", "web")]
    try:
        if not (wait_for(f"{env['SANDBOX_URL']}/", READY_S) and wait_for(f"{env['PUBLIC_URL']}/readyz", READY_S)):
            raise SystemExit("web or sandboxes did not start: are the ports in use? Choose others with PORT=…")
        subprocess.run([*flask, "demo", "load", "long-an"], env=env, check=True)  # its progress is for people
    finally:
        for process in helping:
            process.terminate()
        for process in helping:
            process.wait(timeout=30)


def announce(env: dict[str, str], log: Path) -> None:
    """Print the addresses to open and the demo's sign-ins once the portal answers."""
    if not wait_for(f"{env['PUBLIC_URL']}/readyz", READY_S):
        return
    flask = commands(int(env["PORT"]))["worker"][:-1]
    ran = subprocess.run([*flask, "demo", "keys", "--json"], env=env, check=True, capture_output=True, text=True)
    keys = json.loads(ran.stdout.splitlines()[-1])
    lines = [
        "",
        f"  Chợ Số is open:      {env['PUBLIC_URL']}",
        f"  Dashboard:           {env['PUBLIC_URL']}/dashboard",
        f"  Phones and partners: {env['SANDBOX_URL']}/_sandbox/outbox  (SMS and authenticator codes; all simulation)",
        "",
        "  Sign in (each link works once):",
    ]
    lines += [f"    {one['role']:<18} {one['name']:<34} {one['link']}" for one in keys["sign_ins"]]
    print("\n".join([*lines, "", f"  Every request is in {log}. Stop with Ctrl-C.", ""]), flush=True)  # noqa: T201


def told_last(log: Path) -> str:
    """Return the end of the log, and where the rest is."""
    lines = log.read_text("utf-8", "replace").splitlines()[-LAST_LINES:]
    return "\n".join([*lines, "", f"A process stopped: these are the last lines of {log}."])


def main() -> None:
    """Run until Ctrl-C or until a process ends."""
    port = int(os.environ.get("PORT", "8000"))
    env = environment(port)
    path = log_path(env)
    with path.open("a", encoding="utf-8") as log:
        try:
            prepare(env, log)
        except subprocess.CalledProcessError as error:
            raise SystemExit(told_last(path)) from error
        manager = Manager(Printer(log))
        for name, command in commands(port).items():
            manager.add_process(name, " ".join(command), env=env)
        threading.Thread(target=announce, args=(env, path), daemon=True).start()
        manager.loop()
    if manager.returncode and manager.returncode not in STOPPED:
        print(told_last(path), flush=True)  # noqa: T201
    sys.exit(manager.returncode)


if __name__ == "__main__":
    main()
