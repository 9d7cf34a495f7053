"""What a recount found."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(slots=True)
class Recount:
    """What a recount found; it is right where `mismatches` is empty."""

    snapshot_at: datetime
    cells: int = 0
    mismatches: list[dict[str, Any]] = field(default_factory=list)
    awaiting_revision: int = 0
    seconds: float = 0.0

    def compare(self, clause: str, source: int | None, counted: int | None, **where: str) -> None:
        """Compare one figure with its recount."""
        self.cells += 1
        if source != counted:
            self.mismatches.append({"clause": clause, **where, "source": source, "counted": counted})

    def as_json(self) -> dict[str, Any]:
        """Return what the command line prints."""
        return {
            "snapshot_at": self.snapshot_at.isoformat(),
            "cells": self.cells,
            "mismatches": self.mismatches,
            "awaiting_revision": self.awaiting_revision,
            "seconds": round(self.seconds, 3),
        }
