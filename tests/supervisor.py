"""The real processes: web, worker, sandboxes, on free ports of loopback, over a database of their own.

`Portal.kill` is SIGKILL and asserts that the process died of it; `start` brings it back. Only processes that were
started here are ended, by their ids.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import psutil

from portal.run import commands
from tests.postgres import free_port

ROOT = Path(__file__).parents[1]
READY_S = 240
PATIENCE_S = 240.0
"""Limits on waiting, never measurements: a machine that does much else is slow."""


class Portal:
    """One running portal."""

    def __init__(
        self, database_url: str, *, names: tuple[str, ...] = ("web", "worker", "sandboxes"), **env: str
    ) -> None:
        self.port, self.sandbox_port = free_port(), free_port()
        self.url, self.sandbox_url = f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{self.sandbox_port}"
        self.instance = Path(tempfile.mkdtemp(prefix="cho-so-run-"))
        self.env = {
            **os.environ,
            "DATABASE_URL": database_url,
            "INSTANCE_DIR": str(self.instance),
            "PUBLIC_URL": self.url,
            "SANDBOX_URL": self.sandbox_url,
            "PYTHONUNBUFFERED": "1",
            "PORTAL_ENV": "development",
            **env,
        }
        self.names = names
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.log = self.instance / "log.txt"  # of the portal's own processes; the partners' stand-ins keep theirs apart

    def __enter__(self) -> "Portal":
        for name in self.names:
            self.start(name)
        self.wait()
        return self

    def __exit__(self, *_: object) -> None:
        for name in list(self.processes):
            self.stop(name)

    def start(self, name: str) -> None:
        """Start one process."""
        command = commands(self.port)[name]
        path = self.instance / "sandboxes.txt" if name == "sandboxes" else self.log
        with path.open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, cwd=ROOT, env=self.env, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self, name: str) -> None:
        """Kill one process and its children with SIGKILL; it must have died of just that."""
        process = self.processes.pop(name)
        children = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        assert process.wait(timeout=PATIENCE_S) == -signal.SIGKILL
        for child in children:  # a server's own workers go with it
            child.kill()
        psutil.wait_procs(children, timeout=PATIENCE_S)

    def stop(self, name: str) -> None:
        """End one process, kindly and then not."""
        process = self.processes.pop(name)
        children = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        process.terminate()
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=PATIENCE_S)
        for child in children:
            if child.is_running():
                child.kill()

    def wait(self, seconds: float = READY_S) -> None:
        """Wait until the portal is ready and the sandboxes answer."""
        wanted = ([f"{self.url}/readyz"] if "web" in self.processes else []) + (
            [f"{self.sandbox_url}/"] if "sandboxes" in self.processes else []
        )
        until = time.monotonic() + seconds
        for address in wanted:
            while not self._answers(address):
                if time.monotonic() > until:
                    raise TimeoutError(f"{address} did not answer\n{self.log.read_text('utf-8')[-3000:]}")
                time.sleep(0.1)

    @staticmethod
    def _answers(address: str) -> bool:
        try:
            with urllib.request.urlopen(address, timeout=10):
                return True
        except (urllib.error.URLError, OSError):
            return False

    def flask(self, *arguments: str, check: bool = True) -> dict[str, Any]:
        """Run a command of the portal with --json; return its object."""
        ran = self.run_flask(*arguments)
        if check:
            assert ran.returncode == 0, ran.stderr[-3000:]
        return json.loads(ran.stdout.strip().splitlines()[-1])

    def run_flask(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of the portal with --json; return what it printed and its exit code."""
        command = [str(Path(sys.executable).parent / "flask"), "--app", "wsgi", *arguments, "--json"]
        return subprocess.run(command, cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=300)


def until(condition: Any, *, seconds: float = PATIENCE_S, why: str = "it did not happen") -> Any:
    """Wait until a condition gives something true; return it. The time is a limit on waiting, no measurement."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(why)
        time.sleep(0.1)
