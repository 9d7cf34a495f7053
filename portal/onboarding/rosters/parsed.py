"""What one line of a list tells, once its cells are read."""

from typing import Any

from portal.onboarding.rosters.fields import RowProblem
from portal.onboarding.rosters.matching import Match
from portal.onboarding.validators import IdNumber


class Parsed:
    """What one line tells. `row` is its line in the sheet, from 1; a rejected line has a problem of kind `problem`."""

    __slots__ = (
        "birth_year", "confirmed", "digest", "extra", "food_safety", "grown", "hamlet", "id_index", "id_number", "key",
        "match", "name", "name_index", "payment", "phone", "phone2", "phone_confirmed", "phone_index", "place_raw",
        "problems", "programme", "rejected", "row", "sector", "sex", "tax", "tax_index",
    )  # fmt: skip

    def __init__(self, row: int) -> None:
        self.row = row
        self.problems: list[RowProblem] = []
        self.rejected = False
        self.name, self.digest, self.place_raw, self.name_index = "", "", "", ""
        self.phone_index: str | None = None
        self.id_index: str | None = None
        self.key: str | None = None
        self.phone: str | None = None
        self.phone2: str | None = None
        self.id_number: IdNumber | None = None
        self.sex: str | None = None
        self.birth_year: int | None = None
        self.hamlet: str | None = None
        self.grown: str | None = None
        self.food_safety: str | None = None
        self.payment: bool | None = None
        self.phone_confirmed = self.confirmed = False
        self.match: Match | None = None
        self.tax: tuple[str, str] | None = None
        self.tax_index: str | None = None
        self.programme: str | None = None
        self.sector = "other"
        self.extra: dict[str, Any] = {}

    @property
    def known_by(self) -> str | None:
        """Return the key that another line about the same household or firm has too."""
        return self.id_index or self.tax_index or self.key

    def tell(self, *problems: RowProblem) -> None:
        """Add what there is to tell; a problem rejects the line."""
        for one in problems:
            self.problems.append(one)
            self.rejected |= one.kind == "problem"
