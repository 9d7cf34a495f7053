"""The one figure that places owns: how many communes there are."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from portal.counting import TOTAL, Indicator, add_many
from portal.places.areas import COMMUNE, starts_at

# A month ends at 17:00Z on its last day, so a day compared with that instant is on one side of it on both engines.
COMMUNE_TOTAL = Indicator(
    code="COMMUNE_TOTAL",
    version=1,
    name_vi="Số xã, phường",
    name_en="Communes",
    definition_vi="Số xã, phường, thị trấn và đặc khu có hiệu lực vào ngày cuối kỳ.",
    definition_en="Communes, wards, townships and special zones that were valid on the last day of the period.",
    unit="commune",
    kind="S",
    privacy="-",
    owner="KC",
    source="admin_unit",
    province_only=True,
    recount_sql={
        TOTAL: """SELECT u.province_id AS area_id, '_T' AS cut, COUNT(*) AS value FROM admin_unit u
WHERE u.level = 'commune' AND u.valid_from < :end AND (u.valid_to IS NULL OR u.valid_to >= :end)
GROUP BY u.province_id"""
    },
)
INDICATORS = (COMMUNE_TOTAL,)


def count_communes(
    session: Session, *, before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]]
) -> None:
    """Count what a load of units changes: each commune adds one to its province on its first day, and takes it back."""
    steps: Counter[tuple[date, str]] = Counter()
    for rows, sign in ((before, -1), (after, 1)):
        for row in rows:
            if row["level"] == COMMUNE:
                steps[row["valid_from"], row["province_id"]] += sign
                if row["valid_to"] is not None:
                    steps[row["valid_to"], row["province_id"]] -= sign
    for day in sorted({day for (day, _province), d in steps.items() if d}):
        cells = {(COMMUNE_TOTAL.code, TOTAL, area): d for (on, area), d in steps.items() if on == day and d}
        add_many(session, cells, effective_at=starts_at(day))
