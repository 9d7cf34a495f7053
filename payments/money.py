"""Money as an integer of minor units: the đồng has none, so 50,000 ₫ is 50000."""

from __future__ import annotations

from dataclasses import dataclass

from payments.errors import AmountInvalid, AmountTooLarge, AmountTooSmall, CurrencyMixed

VND = "VND"
LEAST_MINOR = 1_000
MOST_MINOR = 9_999_999_999


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units of one currency; never a fraction, never a float."""

    amount_minor: int
    currency: str = VND

    def __post_init__(self) -> None:
        """Refuse anything but an int: a bool or float here is a fault upstream."""
        if type(self.amount_minor) is not int:
            raise AmountInvalid(amount=repr(self.amount_minor))

    def __add__(self, other: Money) -> Money:
        """Add in one currency."""
        self._same(other)
        return Money(self.amount_minor + other.amount_minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        """Subtract in one currency."""
        self._same(other)
        return Money(self.amount_minor - other.amount_minor, self.currency)

    def __neg__(self) -> Money:
        """Turn a debit into a credit."""
        return Money(-self.amount_minor, self.currency)

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise CurrencyMixed(one=self.currency, other=other.currency)


def askable(amount: Money) -> Money:
    """Return the amount if a payer may be asked for it: 1,000 to 9,999,999,999 ₫."""
    if amount.currency != VND:
        raise CurrencyMixed(one=amount.currency, other=VND)
    if amount.amount_minor < LEAST_MINOR:
        raise AmountTooSmall(least_minor=LEAST_MINOR)
    if amount.amount_minor > MOST_MINOR:
        raise AmountTooLarge(most_minor=MOST_MINOR)
    return amount
