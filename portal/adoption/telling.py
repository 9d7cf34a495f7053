"""What the public is told of one indicator in one month: each cell's figure, or that it is hidden. Pure."""

from collections.abc import Callable, Collection, Mapping, Set
from dataclasses import dataclass, field
from hashlib import blake2b

from portal.adoption.areas import ProvinceThen
from portal.adoption.figures import Cell, Truth
from portal.adoption.privacy import (
    SMALLEST,
    Shares,
    enough_hidden,
    hide_line,
    hide_overlapping,
    is_dominated,
    is_small,
    open_below_province,
)
from portal.counting import TOTAL, Cut, Indicator

Told = Mapping[Cell, int | None]
"""Cell → its figure, None where it is hidden. What is not there is 0."""
SharesOf = Callable[[Cell], Shares]


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """One month of an indicator: what is true in it, and what hides in it.

    `cuts` are all that the catalogue declares; `hidden` is what was hidden in this month once, `hidden_last` in the
    month before; `shares_of` gives the contributors to a cell. `salt` is nobody's to know: it chooses among siblings
    that are equal, so that which one is hidden tells nothing of the others.
    """

    indicator: Indicator
    then: ProvinceThen
    cuts: tuple[str, ...]
    truth: Truth
    before: Truth = field(default_factory=dict)
    closed: bool = False
    hidden: Set[Cell] = frozenset()
    hidden_last: Set[Cell] = frozenset()
    shares_of: SharesOf = lambda _cell: {}
    salt: bytes = b""


def told_in(month: Month) -> Told:
    """Return what the public is told: the province's total always, the rest when the rule allows it."""
    top = (TOTAL, month.then.id)
    if open_below_province(month.indicator):
        return {top: 0, **month.truth}
    total_hidden = must_hide(month, top)
    found: dict[Cell, int | None] = {top: None if total_hidden else month.truth.get(top, 0)}
    if not month.closed:
        return found
    for line, cut in _lines(month):
        if total_hidden:
            hidden: Collection[Cell] = line
        else:
            hidden = _hidden_of(month, line, cut)
        found |= dict.fromkeys(hidden)
        found |= {cell: value for cell in line if cell not in hidden and (value := month.truth.get(cell, 0))}
    return found


def is_justified(month: Month, told: Told) -> bool:
    """Say whether hidden cells hide what the rule names, and whether they hide each other: what a recount can ask."""
    total_hidden = told.get((TOTAL, month.then.id), 0) is None
    for line, cut in _lines(month):
        hidden = {cell for cell in line if told.get(cell, 0) is None}
        must = {cell for cell in line if must_hide(month, cell)}
        if not must <= hidden:
            return False
        if hidden and not total_hidden and len(hidden) < len(line):
            if cut is not None and not cut.additive:
                continue
            if not _safe(month)(hidden):
                return False
    return True


def _lines(month: Month) -> list[tuple[list[Cell], Cut | None]]:
    """Return the siblings of each line that sums, or overlaps, to the province's total."""
    province = month.then.id
    lines: list[tuple[list[Cell], Cut | None]] = []
    if not month.indicator.province_only:
        lines.append(([(TOTAL, leaf) for leaf in sorted(month.then.leaves)], None))
    for one in month.indicator.cuts:
        values = [cut for cut in month.cuts if cut.partition("@")[0] == one.dimension]
        counted = {cut for cut, area in month.truth if area == province and cut.partition("@")[0] == one.dimension}
        lines.append(([(cut, province) for cut in dict.fromkeys([*values, *sorted(counted)])], one))
    return lines


def must_hide(month: Month, cell: Cell) -> bool:
    """Say whether a cell is hidden for itself: few people, one firm, or hidden in this month before."""
    if cell in month.hidden:
        return True
    value = month.truth.get(cell, 0)
    if not value or month.indicator.privacy == "P5":
        return is_small(month.indicator, value)
    top = cell == (TOTAL, month.then.id)
    if top and month.indicator.unit != "đồng":  # a province's counts of things are told, its money only by the rule
        return False
    return is_dominated(list(month.shares_of(cell).values()))


def _safe(month: Month) -> Callable[[Collection[Cell]], bool]:
    def safe(hidden: Collection[Cell]) -> bool:
        if not enough_hidden([abs(month.truth.get(cell, 0)) for cell in hidden]):
            return False
        present = [cell for cell in hidden if month.truth.get(cell)]
        if month.indicator.privacy != "DOM" or not present:
            return True
        together: dict[str, int] = {}
        for cell in present:  # the sum of what is hidden is known: it must hide its contributors too
            for contributor, share in month.shares_of(cell).items():
                together[contributor] = together.get(contributor, 0) + share
        return not is_dominated(list(together.values()))

    return safe


def _hidden_of(month: Month, line: list[Cell], cut: Cut | None) -> Collection[Cell]:
    names = {f"{name}\n{area}": (name, area) for name, area in line}
    values = {key: month.truth.get(cell, 0) for key, cell in names.items()}
    must = {key for key, cell in names.items() if must_hide(month, cell)}

    def order(key: str) -> tuple[object, ...]:
        cell = names[key]
        stands = month.truth.get(cell, 0) == month.before.get(cell, 0)  # its last figure would be a good guess
        return (cell not in month.hidden_last, stands, values[key], blake2b(key.encode(), key=month.salt).digest())

    if cut is not None and not cut.additive:
        most = SMALLEST - 1 if month.indicator.privacy == "P5" else None
        chosen = hide_overlapping(
            values, must, total=month.truth.get((TOTAL, month.then.id), 0), most=most, order=order
        )
    else:
        chosen = hide_line(values, must, order=order, safe=lambda keys: _safe(month)([names[key] for key in keys]))
    return {names[key] for key in chosen}
