"""A log on paper: entries, tiles and a signed checkpoint as files of a small HTTP server, to be falsified at will."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.traceability.making import NOW, ORIGIN
from traceability import Checkpoint, SigningKeys, format_number, parse_number
from traceability.canonical import canonical_json
from traceability.days import utc_text
from traceability.merkle import EMPTY_ROOT, TileTree, leaf_hash

KEYS = SigningKeys({1: bytes([7]) * 32})
Answer = tuple[int, bytes]


def event(number: int) -> bytes:
    """Write an entry that tells of an event."""
    return canonical_json({"hash": f"sha256:{number:064x}", "type": "event_recorded", "v": 1})


def batch_issued(batch: int = 1, **changes: Any) -> bytes:
    """Write a batch's header."""
    facts = {
        "alg": "blake2s-50/sha256",
        "batch": batch,
        "count": 100,
        "establishment": "or_farm",
        "gtin": None,
        "issued_at": utc_text(NOW),
        "key_version": 1,
        "origin": ORIGIN,
        "root": "ab" * 32,
        "type": "batch_issued",
        "url_prefix": "HTTPS://STAMPS.EXAMPLE/S/",
        "v": 1,
    }
    return canonical_json({**facts, **changes})


class PaperLog:
    """What the server serves: `entries` and `leaves` apart, so that either can be changed alone."""

    def __init__(self, entries: list[bytes]) -> None:
        self.url = ""
        self.asked: list[str] = []
        self.posted: list[tuple[str, str]] = []
        self.answers: dict[str, Answer] = {}
        self.post_answer: Callable[[str], Answer] = lambda note: (200, b"{}")
        self.show(entries)

    def show(self, entries: list[bytes], *, cosignatures: str = "") -> None:
        """Serve these entries, hashed and signed as a log does."""
        self.entries = list(entries)
        self.leaves = [leaf_hash(entry) for entry in entries]
        self.sign(cosignatures=cosignatures)

    def sign(self, *, root: bytes | None = None, size: int | None = None, cosignatures: str = "") -> None:
        """Hash the leaves into tiles and sign their root, or another."""
        self.tiles: dict[tuple[int, int], bytes] = {}
        tree = TileTree(lambda level, number, hashes: self.tiles.__setitem__((level, number), hashes))
        for leaf in self.leaves:
            tree.append(leaf)
        self.tiles.update({(level, number): hashes for level, number, hashes in tree.edge_tiles()})
        own = tree.root() if self.leaves else EMPTY_ROOT
        checkpoint = Checkpoint(ORIGIN, len(self.leaves) if size is None else size, own if root is None else root)
        self.note = KEYS.sign(checkpoint.text(), ORIGIN) + cosignatures

    def answer(self, path: str) -> Answer:
        """Answer a path below the log's address."""
        self.asked.append(path)
        if path in self.answers:
            return self.answers[path]
        if path == "checkpoint":
            return 200, self.note.encode()
        kind, _, name = path.removeprefix("tile/").partition("/")
        number, width = parse_number(name)
        if kind == "entries":
            part = self.entries[number * 256 : number * 256 + (width or 256)]
            return 200, b"".join(len(one).to_bytes(2, "big") + one for one in part)
        hashes = self.tiles.get((int(kind), number), b"")
        return (200, hashes[: (width or 256) * 32]) if hashes else (404, b"")

    def file(self, level: int | str, number: int) -> str:
        """Name the file of a tile or bundle as it is asked for at the size that is served."""
        depth = 0 if level == "entries" else int(level)
        width = min(256, (len(self.leaves) >> 8 * depth) - number * 256)
        return f"tile/{level}/{format_number(number)}" + (f".p/{width}" if width < 256 else "")


@contextmanager
def serving(log: PaperLog) -> Iterator[PaperLog]:
    """Serve the log on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(*log.answer(self.path.removeprefix("/log/")))

        def do_POST(self) -> None:
            note = self.rfile.read(int(self.headers["Content-Length"])).decode()
            log.posted.append((self.headers["Authorization"], note))
            self._send(*log.post_answer(note))

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            if status == 302:
                self.send_header("Location", log.url + "/checkpoint")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    log.url = f"http://127.0.0.1:{server.server_port}/log"
    try:
        yield log
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=60)


def evidence(path: str) -> dict[str, Any]:
    """Read a file of evidence."""
    with open(path, encoding="utf-8") as file:  # noqa: PTH123
        found: dict[str, Any] = json.load(file)
    return found
