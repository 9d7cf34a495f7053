"""Issuing and anchoring in the town: what the tests of the ledger and the random faults share."""

import json

import sqlalchemy as sa

from tests.faults.town import Town
from traceability.models import TraceAnchor, TraceEntry


def issue(town: Town, count: int = 30) -> int:
    """Issue a small batch by the command; return its number."""
    code, said = town.command("stamps", "issue", "--product", town.goods, "--count", str(count))
    assert code == 0
    return int(json.loads(said)["batch"])


def all_anchored(town: Town) -> bool:
    """Say whether every entry has its place and lies under an anchor."""
    if town.count(TraceEntry, TraceEntry.position.is_(None)):
        return False
    with town.rows() as session:
        size = session.scalar(sa.select(sa.func.max(TraceAnchor.size)).where(TraceAnchor.state == "final"))
        return size == session.scalar(sa.select(sa.func.count()).select_from(TraceEntry))
