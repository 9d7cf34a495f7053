"""Count and sums of a settlement file: as its first line or the covering letter says, and as its rows come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from payments.settlement.errors import FileUnreadable, ForeignRow, IncompleteFile

_VERSION: Final = "1"


@dataclass(frozen=True, slots=True)
class Totals:
    """What a file, its letter or its rows come to: count and sums in đồng; a sum nobody named is None."""

    rows: int
    net: int
    amount: int | None = None
    fee: int | None = None


def declared(first: Sequence[str], *, provider: str) -> tuple[Totals, date]:
    """Return totals and day of a canonical file's first line, given as its cells."""
    try:
        version, own, day, *figures = [cell.strip() for cell in first[1:8]]
        rows, amount, fee, net = map(int, figures)
        found = Totals(rows=rows, amount=amount, fee=fee, net=net), date.fromisoformat(day)
    except ValueError:
        raise IncompleteFile(what="first_line") from None
    if version != _VERSION:
        raise FileUnreadable(version=version)
    if own != provider:
        raise ForeignRow(row=0)
    return found


def require_same(said: Totals, found: Totals) -> None:
    """Raise IncompleteFile with both figures where a file does not come to what was said of it."""
    for name in ("rows", "amount", "fee", "net"):
        want, have = getattr(said, name), getattr(found, name)
        if want is not None and want != have:
            raise IncompleteFile(what=name, said=want, found=have)
