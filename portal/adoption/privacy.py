"""The privacy rule, decided once, here, and asked by the publisher and the recount. Pure.

P5 hides a count of 1 to 4 persons or households. DOM hides what fewer than five contribute to, or of which one has
more than 80 %. R10 hides a ratio of fewer than ten, or with 1 to 4 above the line or missing from it. Of P5 and DOM,
communes and cuts appear only when a month closes: a total that rises by one while one commune turns from 0 to hidden
would give the hidden one away.

A hidden cell beside its shown siblings and their sum would be that sum less the siblings, so further cells are hidden
with it (`hide_line`, `hide_overlapping`). Whoever knows these rules still finds three whole numbers for each.
"""

from collections.abc import Callable, Collection, Mapping, Set

from portal.counting import Indicator

SMALLEST = 5
CONTRIBUTORS = 5
LARGEST_SHARE_PERCENT = 80
LEAST_OF_RATIO = 10
FEWEST_NUMBERS = 3

Shares = Mapping[str, int]
"""Contributor → how much of a figure is theirs."""
Line = Mapping[str, int]
"""Sibling → its figure; the siblings of an additive line sum to a figure that is shown."""


def open_below_province(indicator: Indicator) -> bool:
    """Say whether communes and cuts of an indicator may be told at any time."""
    return indicator.privacy in ("-", "PUB")


def is_small(indicator: Indicator, value: int) -> bool:
    """Say whether a count is so small that it tells of single persons."""
    return indicator.privacy == "P5" and 0 < value < SMALLEST


def is_dominated(contributions: Collection[int]) -> bool:
    """Say whether a sum tells too much of one contributor."""
    whole = sum(contributions)
    return len(contributions) < CONTRIBUTORS or max(contributions) * 100 > LARGEST_SHARE_PERCENT * whole


def is_telling_ratio(numerator: int, denominator: int) -> bool:
    """Say whether a ratio tells of few: under ten below the line, or 1 to 4 above it or missing from it."""
    return denominator < LEAST_OF_RATIO or any(0 < few < SMALLEST for few in (numerator, abs(denominator - numerator)))


def enough_hidden(values: Collection[int]) -> bool:
    """Say whether the hidden figures of a line hide each other: whoever knows their sum has numbers to choose from.

    Small ones alone must not come near the most that so many small ones can be: then each would be that most.
    """
    present = [value for value in values if value]
    most = len(present) * (SMALLEST - 1) - FEWEST_NUMBERS + 1
    if not present:
        return True
    enough = len(present) >= 2 and sum(present) >= len(present) + FEWEST_NUMBERS
    return enough and (max(present) >= SMALLEST or sum(present) <= most)


def hide_line(
    line: Line,
    hidden: Set[str],
    *,
    order: Callable[[str], tuple[object, ...]],
    safe: Callable[[Collection[str]], bool],
) -> frozenset[str]:
    """Return which siblings of an additive line to hide, given those that must be.

    Others with a figure join, least telling first by `order`, until the hidden hide each other. Where none is left
    the whole line is hidden, zeros too: even which of them are 0 would tell then.
    """
    found = set(hidden)
    others = sorted((one for one, value in line.items() if value and one not in found), key=order, reverse=True)
    while found and not safe(found):
        if not others:
            return frozenset(line)
        found.add(others.pop())
    return frozenset(found)


def hide_overlapping(
    line: Line, hidden: Set[str], *, total: int, most: int | None, order: Callable[[str], tuple[object, ...]]
) -> frozenset[str]:
    """Return which of the overlapping parts of a shown total to hide, given those that must be.

    Each part is at most the total and together they are at least the total, so a single hidden one of which only
    `most` at most is possible may be left fewer than three numbers: then another part is hidden with it.
    """
    found = frozenset(hidden)
    if len([one for one in found if line[one]]) != 1:
        return found
    shown = sum(value for one, value in line.items() if one not in found)
    least = max(1, total - shown)
    if min(most or total, total) - least + 1 >= FEWEST_NUMBERS:
        return found
    others = sorted((one for one, value in line.items() if value and one not in found), key=order)
    return found | {others[0]} if others else frozenset(line)
