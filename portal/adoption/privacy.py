"""The privacy rule, decided once, here, and asked by the publisher and the recount. Pure.

P5 hides a count of 1 to 4 persons or households. DOM hides a sum of money that fewer than five contribute to, or of
which one has more than 80 %. Of both, cuts and communes appear only when a month closes: a total that rises by one
while one commune turns from 0 to hidden would give the hidden one away.
"""

from collections.abc import Collection

from portal.counting import Indicator

SMALLEST = 5
CONTRIBUTORS = 5
LARGEST_SHARE_PERCENT = 80


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
