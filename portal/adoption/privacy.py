"""What the public may see: decided once, by the publisher, before any format.

Of a P5 or DOM indicator only the province's total is public while a month runs: watching it rise by one while one
commune turns from 0 to hidden would give the hidden value away.
"""

from portal.counting import TOTAL, Indicator

HIDDEN_UNTIL_CLOSED = "published when the month closes"
OPEN_RULES = ("-", "PUB")


def public_cell(indicator: Indicator, *, cut: str, is_province: bool) -> bool:
    """Say whether a cell of an open month may be published."""
    if indicator.privacy in OPEN_RULES:
        return True
    return is_province and cut == TOTAL
