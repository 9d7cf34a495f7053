"""Read a log over HTTP as C2SP tlog-tiles serves it. What comes is bounded in size and time, and not yet believed."""

import time
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from traceability.errors import LogMisbehaves, LogUnreachable
from traceability.merkle import HASH_BYTES, TILE_WIDTH, Subtree
from traceability.tiles import format_number, subtree_from_tiles, width_at

if TYPE_CHECKING:
    from requests import Session

WAIT_S = 10
LONGEST_S = 30.0
MOST_NOTE = 64 * 1024
MOST_TILE = TILE_WIDTH * HASH_BYTES
MOST_ENTRIES = TILE_WIDTH * (2 + 65_535)
_CHUNK = 64 * 1024


class LogReader:
    """One log at its address, as `https://stamps.example/log`; `entries_path` is C2SP's or an operator's own."""

    def __init__(self, url: str, *, entries_path: str = "tile/entries") -> None:
        if not url.startswith(("http://", "https://")):
            raise ValueError("a log is given by its http or https address")
        self.url = url.rstrip("/")
        self._entries_path = entries_path

    @cached_property
    def _session(self) -> "Session":
        import requests  # late: `verify` shares the command and must not pay for it

        session = requests.Session()
        session.trust_env = False
        # A cache between us and the log may keep tiles; it must not show us an old checkpoint.
        session.headers.update({"Cache-Control": "no-cache", "Accept-Encoding": "identity"})
        return session

    def checkpoint(self) -> str:
        """Give the newest signed checkpoint; raises LogUnreachable, and LogMisbehaves if it is no text."""
        status, content = self._get("checkpoint", most=MOST_NOTE)
        if status != 200:
            raise LogUnreachable(path="checkpoint", status=status)
        try:
            return content.decode()
        except UnicodeDecodeError:
            raise LogMisbehaves(kind="note_unreadable", reason="the checkpoint is not UTF-8") from None

    def tile(self, level: int, number: int, *, width: int) -> bytes:
        """Give the first `width` hashes of a tile that a checkpoint promises; raises LogMisbehaves if it is not so."""
        content = self._part(f"tile/{level}/{format_number(number)}", width, most=MOST_TILE)
        # A log may answer with the whole tile where the part is not kept any more.
        if len(content) not in (width * HASH_BYTES, MOST_TILE):
            raise LogMisbehaves(kind="tile_length", level=level, number=number, bytes=len(content))
        return content[: width * HASH_BYTES]

    def entries(self, number: int, *, width: int) -> list[bytes]:
        """Give the first `width` entries of a bundle; raises LogMisbehaves if there are fewer or their lengths lie."""
        content = self._part(f"{self._entries_path}/{format_number(number)}", width, most=MOST_ENTRIES)
        found: list[bytes] = []
        place = 0
        while place < len(content):
            end = place + 2 + int.from_bytes(content[place : place + 2], "big")
            if end > len(content):
                raise LogMisbehaves(kind="entries_length", number=number, reason="the last entry is cut off")
            found.append(content[place + 2 : end])
            place = end
        if len(found) not in (width, TILE_WIDTH):
            raise LogMisbehaves(kind="entries_missing", number=number, expected=width, found=len(found))
        return found[:width]

    def subtree(self, size: int) -> Subtree:
        """Read subtrees of the tree of `size` leaves from its tiles, each fetched once."""
        read: dict[tuple[int, int], bytes] = {}

        def tile(level: int, number: int) -> bytes:
            if (level, number) not in read:
                read[level, number] = self.tile(level, number, width=width_at(size, level, number))
            return read[level, number]

        return subtree_from_tiles(tile)

    def post(self, path: str, content: str, *, key: str) -> tuple[int, str]:
        """Post a text with a Bearer key; gives status and answer. Raises LogUnreachable."""
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "text/plain; charset=utf-8"}
        status, answer = self._call("POST", path, most=MOST_NOTE, headers=headers, content=content.encode())
        return status, answer.decode("utf-8", "replace")

    def _part(self, path: str, width: int, *, most: int) -> bytes:
        status, content = self._get(path if width == TILE_WIDTH else f"{path}.p/{width}", most=most)
        if status == 404 and width < TILE_WIDTH:
            status, content = self._get(path, most=most)
        if status in (404, 410):
            raise LogMisbehaves(kind="part_missing", path=path, width=width)
        if status != 200:
            raise LogUnreachable(path=path, status=status)
        return content

    def _get(self, path: str, *, most: int) -> tuple[int, bytes]:
        return self._call("GET", path, most=most)

    def _call(
        self, method: str, path: str, *, most: int, headers: Mapping[str, str] | None = None, content: bytes = b""
    ) -> tuple[int, bytes]:
        import requests

        end = time.monotonic() + LONGEST_S
        try:
            with self._session.request(
                method,
                f"{self.url}/{path}",
                data=content or None,
                headers=headers,
                timeout=WAIT_S,
                allow_redirects=False,
                stream=True,
            ) as answer:
                body = bytearray()
                for chunk in answer.iter_content(_CHUNK):
                    body += chunk
                    if len(body) > most or time.monotonic() > end:
                        raise LogUnreachable(path=path, reason="too large or too slow", most=most)
                return answer.status_code, bytes(body)
        except (requests.RequestException, OSError) as error:
            raise LogUnreachable(path=path, reason=type(error).__name__) from error
