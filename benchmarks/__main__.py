"""Run every measurement, each in a process of its own; print one table, write results.json, fail on a missed bar."""

import json
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
LONGEST_S = 1_800


@dataclass(frozen=True, slots=True)
class Measured:
    """One script: where its result holds our figure and the peer's, their unit, and on which side of the bar to be.

    `held` is what is held against the bar: the ratio to the peer, or our figure alone. A missed `aim` is told and
    fails nothing: nobody has reached it yet.
    """

    module: str
    ours: str
    peer: str
    unit: str
    side: str
    held: str = "ratio"
    aim: bool = False


SCRIPTS = (
    Measured("benchmarks.issue_stamps", "seconds", "peer_seconds", "s", "≤"),
    Measured("benchmarks.stamps_as_rows", "seconds", "peer_seconds", "s", "≥"),
    Measured("benchmarks.one_transaction", "transactions", "batches", "", "≤", "transactions"),
    Measured("benchmarks.proof", "milliseconds", "bare_sha256_ms", "ms", "≤", "milliseconds"),
    Measured("benchmarks.mac_check", "microseconds", "bare_sha256_us", "µs", "≤", "microseconds"),
    Measured("benchmarks.root", "microseconds_a_leaf", "peer_microseconds_a_leaf", "µs", "≥"),
    Measured("benchmarks.scan_route", "requests_per_second", "peer_requests_per_second", "/s", "≥"),
    Measured("benchmarks.print_labels", "labels_per_minute", "peer_labels_per_minute", "/min", "≥"),
    Measured("benchmarks.scan_flood", "p99_ms", "peer_p99_ms", "ms", "≤"),
    Measured("benchmarks.import_roster", "seconds", "floor_seconds", "s", "≤"),
    Measured("benchmarks.import_class_list", "seconds", "floor_seconds", "s", "≤"),
    Measured("benchmarks.import_settlement", "seconds", "peer_seconds", "s", "≤"),
    Measured("benchmarks.notices", "notices_per_second", "peer_notices_per_second", "/s", "≥", aim=True),
    Measured("benchmarks.intents_create", "milliseconds", "peer_milliseconds", "ms", "≥", aim=True),
    Measured("benchmarks.intents_retrieve", "milliseconds", "peer_milliseconds", "ms", "≥", aim=True),
    Measured("benchmarks.intents_flat", "milliseconds", "peer_milliseconds", "ms", "≤"),
    Measured("benchmarks.vnpay_sign", "microseconds", "peer_microseconds", "µs", "≥"),
    Measured("benchmarks.counting", "acts_per_second", "peer_acts_per_second", "/s", "≥"),
)


def run(script: Measured) -> dict[str, Any]:
    """Run one script; what it prints last is its result, and without one it has failed."""
    done = subprocess.run(
        [sys.executable, "-m", script.module, "--json"],
        cwd=HERE.parent,
        env={**os.environ, "PYTHONPATH": str(HERE.parent)},
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )
    lines = done.stdout.strip().splitlines()
    try:
        result: dict[str, Any] = json.loads(lines[-1])
    except (IndexError, ValueError):
        said = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        return {"claim": script.module, "passed": False, "failure": said[0]}
    result["passed"] = result["passed"] and done.returncode == 0
    return result


def row(script: Measured, result: dict[str, Any]) -> tuple[str, ...]:
    """Return the cells of one line of the table."""
    verdict = "yes" if result["passed"] else "not yet (an aim)" if script.aim else "NO"
    if "failure" in result:
        return result["claim"], "–", "–", "–", "–", f"{verdict}: {result['failure']}"
    figures = (f"{result[name]:,} {script.unit}".strip() for name in (script.ours, script.peer))
    return result["claim"], *figures, f"{result[script.held]:.2f}", f"{script.side} {result['bar']}", verdict


def table(rows: list[tuple[str, ...]]) -> str:
    """Lay out lines of cells in columns."""
    widths = [max(len(line[column]) for line in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in rows
    )


def main() -> int:
    """Return 1 on a missed bar, else 0."""
    results = [(script, run(script)) for script in SCRIPTS]
    print(table([("claim", "ours", "peer", "held", "bar", "ok"), *(row(*one) for one in results)]))
    about = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "processors": os.cpu_count(),
    }
    content = {**about, "results": [result for _, result in results]}
    RESULTS.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", "utf-8")
    return 0 if all(result["passed"] or (script.aim and "failure" not in result) for script, result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
