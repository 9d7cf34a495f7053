"""A witness with a log on paper, for tests."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.traceability.making import NOW, ORIGIN
from tests.traceability.paper_log import KEYS, PaperLog, event, evidence, serving
from traceability import Cosigner
from traceability.errors import LogMisbehaves
from traceability.outside.memory import Memory
from traceability.outside.reader import LogReader
from traceability.outside.witness import Witness

PROJECT = Path(__file__).parents[2]
SEED = bytes([5]) * 32
COSIGNER = Cosigner("witness.example/w1", SEED)


@pytest.fixture
def log() -> Iterator[PaperLog]:
    with serving(PaperLog([event(number) for number in range(300)])) as served:
        yield served


class Desk:
    """One witness with its state, and a clock that can be set."""

    def __init__(self, log: PaperLog, folder: Path) -> None:
        self.log, self.folder, self.at = log, folder, NOW
        self.memory = Memory(folder / "state.json", origin=ORIGIN, role="witness")
        self.open()

    def open(self, **changes: Any) -> Witness:
        facts: dict[str, Any] = {
            "log_keys": KEYS.verifiers(ORIGIN),
            "cosigner": COSIGNER,
            "memory": self.memory,
            "clock": lambda: self.at,
            "post_key": "ck_secret",
        }
        self.witness = Witness(LogReader(self.log.url), **{**facts, **changes})
        return self.witness

    def refused(self) -> dict[str, Any]:
        """Run a round that must raise the alarm; hold that nothing was said, and give the evidence."""
        said, state = len(self.log.posted), (self.folder / "state.json").read_bytes()
        with pytest.raises(LogMisbehaves) as caught:
            self.witness.once()
        assert len(self.log.posted) == said
        assert (self.folder / "state.json").read_bytes() == state
        found = evidence(str(caught.value.fields["evidence"]))
        assert found["kind"] == caught.value.fields["kind"]
        return found


@pytest.fixture
def desk(log: PaperLog, tmp_path: Path) -> Desk:
    made = Desk(log, tmp_path)
    made.witness.once(begin=True)
    return made


def grown(log: PaperLog, size: int) -> None:
    log.show([*log.entries, *(event(number) for number in range(len(log.entries), size))])


def shrunken(log: PaperLog) -> None:
    log.show(log.entries[:299])


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "traceability", *arguments],
        cwd=folder, env={"PYTHONPATH": str(PROJECT), "PATH": ""}, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
