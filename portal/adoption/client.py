"""An example of a client that keeps a copy of the public figures: pages, watermarks, and nothing but HTTP.

    python -m portal.adoption.client --base-url http://127.0.0.1:8000 --query "indicator=HH_ACCOUNT&period=2022-04"

The watermark is the newest time on the first page: what changed later is fetched again by the next round, so nothing
is missed however long paging takes, and what comes twice says the same.
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

Key = tuple[str, str, str, str]
TIMEOUT_S = 30


class Copy:
    """A copy of the figures that one query asks for; `get` returns the JSON of an address."""

    def __init__(self, get: Callable[[str], Any]) -> None:
        self._get = get
        self.rows: dict[Key, Mapping[str, Any]] = {}
        self.watermark: str | None = None

    def pull(self, query: str) -> int:
        """Fetch what is new since the last round, page by page; return how many figures changed."""
        address: str | None = f"/api/v1/observations?{query}"
        if self.watermark is not None:
            address = f"{address}&updated_after={quote(self.watermark)}"
        changed, first = 0, True
        while address is not None:
            page = self._get(address)
            for row in page["observations"]:
                changed += self._take(row)
            if first and page["as_of"] is not None:
                self.watermark = max(page["as_of"], self.watermark or "")
            address, first = page["next"], False
        return changed

    def figures(self) -> dict[Key, Any]:
        """Return each cell's figure; None where it is hidden, missing or taken back."""
        return {key: None if row["deleted"] else row["value"] for key, row in self.rows.items()}

    def _take(self, row: Mapping[str, Any]) -> bool:
        key = (row["indicator"], row["cut"], row["area"], row["period"])
        known = self.rows.get(key)
        self.rows[key] = row
        return known is None or (known["revision"], known["value"]) != (row["revision"], row["value"])


def main() -> None:
    """Pull once and print the copy as JSON lines; a state file keeps it for the next round."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--base-url", default="http://127.0.0.1:8000")
    parser.add_argument("--query", default="cut=*")
    parser.add_argument("--token", help="a Bearer token of /oauth/token; the public figures need none")
    parser.add_argument("--state", type=Path, help="where the copy and its watermark are kept")
    given = parser.parse_args()
    headers = {"Authorization": f"Bearer {given.token}"} if given.token else {}

    def get(address: str) -> Any:
        answer = requests.get(given.base_url.rstrip("/") + address, headers=headers, timeout=TIMEOUT_S)
        answer.raise_for_status()
        return answer.json()

    copy = Copy(get)
    if given.state is not None and given.state.exists():
        kept = json.loads(given.state.read_text("utf-8"))
        copy.watermark = kept["watermark"]
        copy.rows = {(row["indicator"], row["cut"], row["area"], row["period"]): row for row in kept["rows"]}
    changed = copy.pull(given.query)
    if given.state is not None:
        body = {"watermark": copy.watermark, "rows": list(copy.rows.values())}
        given.state.write_text(json.dumps(body, ensure_ascii=False), "utf-8")
    said = {"changed": changed, "figures": len(copy.rows), "watermark": copy.watermark}
    sys.stdout.write(json.dumps(said, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
