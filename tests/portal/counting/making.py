"""A catalogue of three figures over one small source table, kept in memory, that the tests can count by hand."""

from collections import Counter as Sums
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from portal.counting import TOTAL, Catalogue, Cell, Cut, Indicator

CHANNEL = Cut("channel", additive=False)


def indicator(code: str, kind: Any, *, cuts: tuple[Cut, ...] = (), **more: Any) -> Indicator:
    texts = {TOTAL: "SELECT 1", **{cut.dimension: "SELECT 1" for cut in cuts}} if kind != "R" else {}
    given = {"recount_sql": texts, "unit": "thing", "privacy": "-", **more}
    return Indicator(
        code=code, version=1, name_vi=code, name_en=code, definition_vi=code, definition_en=code, kind=kind,
        owner="CT", source="tests", cuts=cuts, **given,
    )  # fmt: skip


SELLERS = indicator("T_SELLER", "S", cuts=(CHANNEL,))
TOTALS = indicator("T_TOTAL", "C")
SALES = indicator("T_SALE", "F", cuts=(Cut("type", additive=True),))
MONEY = indicator("T_MONEY", "F", unit="đồng")
SHARE = indicator("T_SHARE", "R", numerator="T_SELLER", denominator="T_TOTAL")


class Shops:
    """Tells where a shop is and on which channels it sells; notes what was locked."""

    def __init__(self) -> None:
        self.areas: dict[str, str] = {}
        self.channels: dict[str, set[str]] = {}
        self.locked: list[str] = []

    def lock(self, session: Any, subject_id: str) -> None:
        self.locked.append(subject_id)

    def cells(self, session: Any, subject_id: str, at: datetime) -> Mapping[Cell, int]:
        channels, area = self.channels.get(subject_id), self.areas.get(subject_id)
        if not channels or area is None:
            return {}
        return {("T_SELLER", cut, area): 1 for cut in (TOTAL, *(f"channel@{one}" for one in channels))}

    def lock_many(self, session: Any, subject_ids: Sequence[str]) -> None:
        self.locked += subject_ids

    def cells_of_many(self, session: Any, subject_ids: Sequence[str], at: datetime) -> Sums[Cell]:
        found: Sums[Cell] = Sums()
        for subject_id in subject_ids:
            found.update(self.cells(session, subject_id, at))
        return found

    def recount(self) -> Sums[Cell]:
        """Count all shops from scratch."""
        found: Sums[Cell] = Sums()
        for shop in self.areas:
            found.update(self.cells(None, shop, datetime(2022, 1, 1, tzinfo=UTC)))
        return +found


def catalogue(shops: Shops | None = None) -> Catalogue:
    counters = (shops,) if shops is not None else ()
    return Catalogue((SELLERS, TOTALS, SALES, MONEY, SHARE), counters, {"channel": ("voso", "postmart")})
