"""Stand-ins over real loopback HTTP, and a letter box that takes their callbacks so that a test may deliver them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import requests

from portal.config import Settings
from portal.sandboxes.app import Running


@dataclass
class LetterBox:
    """Callbacks as they came: (channel, headers, body). With `closed` the sender gets a 503."""

    letters: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    closed: bool = False

    def take(self) -> list[tuple[str, dict[str, str], bytes]]:
        """Return what came and forget it."""
        taken, self.letters[:] = list(self.letters), []
        return taken


def _handler(box: LetterBox) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if box.closed:
                self.send_response(503)
            else:
                box.letters.append((self.path.rsplit("/", 1)[1], dict(self.headers.items()), body))
                self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    return Handler


@contextmanager
def letter_box() -> Iterator[tuple[LetterBox, str]]:
    """Listen on loopback; give the box and its address."""
    box = LetterBox()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(box))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield box, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Stage:
    """Running stand-ins, the settings that reach them, and where their callbacks end."""

    running: Running
    settings: Settings
    box: LetterBox

    def decide(self) -> None:
        """Let the shops decide and call back what is due."""
        self.running.sandboxes.moderator.round()

    def mood(self, *names: str, channel: str = "postmart", seconds: float = 0.5) -> None:
        """Queue moods."""
        address = f"{self.running.base_url}/_sandbox/{channel}/next"
        answer = requests.post(address, json={"next": list(names), "seconds": seconds}, timeout=5)
        assert answer.status_code == 200, answer.text

    def stats(self, channel: str = "postmart") -> dict[str, int]:
        """Return what the shop counted."""
        answer: dict[str, int] = requests.get(f"{self.running.base_url}/_sandbox/{channel}/stats", timeout=5).json()
        return answer


@contextmanager
def stage(folder: Path, **more: str) -> Iterator[Stage]:
    """Run the stand-ins over an empty folder."""
    settings = Settings.from_env({"INSTANCE_DIR": str(folder), "PUBLIC_URL": "http://localhost", **more})
    with letter_box() as (box, address), Running(settings, portal_url=address, moderate=False) as running:
        reached = Settings.from_env(
            {"INSTANCE_DIR": str(folder), "PUBLIC_URL": "http://localhost", "SANDBOX_URL": running.base_url, **more}
        )
        yield Stage(running=running, settings=reached, box=box)
