"""The anchors' contract: its Vyper source, and the artefact that was compiled from it (`make contract`)."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).with_name("Anchors.vy")
ARTEFACT = Path(__file__).with_name("Anchors.json")


@dataclass(frozen=True, slots=True)
class Artefact:
    """What is deployed (`creation`), what then stands at the address (`runtime`), and how to call it.

    The file also says by which compiler, for which EVM and from which source it was made.
    """

    abi: tuple[dict[str, Any], ...]
    creation: bytes
    runtime: bytes


@cache
def artefact() -> Artefact:
    """Read the shipped artefact."""
    facts = json.loads(ARTEFACT.read_text("utf-8"))
    return Artefact(
        abi=tuple(facts["abi"]),
        creation=bytes.fromhex(facts["creation"]),
        runtime=bytes.fromhex(facts["runtime"]),
    )
