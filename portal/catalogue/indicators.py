"""The figures that this subject owns."""

from collections import Counter as Sums
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.bulk import among
from portal.catalogue.models import ChainConfirmation
from portal.counting import TOTAL, Cell, Counter, Indicator, pieces
from portal.places.actions import home_at

SAFE_CHAIN_EST = Indicator(
    code="SAFE_CHAIN_EST",
    version=1,
    name_vi="Cơ sở chuỗi an toàn",
    name_en="Safe-chain establishments",
    definition_vi="Số cơ sở sản xuất hoặc đóng gói có giấy xác nhận chuỗi cung ứng thực phẩm an toàn còn hiệu lực.",
    definition_en="Establishments that produce or pack and hold a valid confirmation of a safe food supply chain.",
    unit="establishment",
    kind="S",
    privacy="PUB",
    owner="NN",
    source="chain_confirmation",
    moved_by=("chain_confirmation.from_at", "chain_confirmation.to_at", "places_home.from_at", "places_home.to_at"),
    recount_sql={
        TOTAL: """SELECT h.area_id, '_T' AS cut, COUNT(DISTINCT s.establishment_id) AS value FROM chain_confirmation s
JOIN places_home h ON h.subject_id = s.establishment_id
  AND h.from_at < :end AND (h.to_at IS NULL OR h.to_at >= :end)
WHERE s.state = 'valid' AND s.from_at < :end AND (s.to_at IS NULL OR s.to_at >= :end)
GROUP BY h.area_id"""
    },
)


class _Chain:
    """Tells whether an establishment's chain is confirmed."""

    def lock(self, session: Session, subject_id: str) -> None:
        """Lock the establishment's open row."""
        session.execute(_open(subject_id).with_for_update())

    def cells(self, session: Session, subject_id: str, at: datetime) -> Mapping[Cell, int]:
        """Return the cell of an establishment with a valid confirmation, at its home."""
        confirmed = session.scalar(_open(subject_id).where(ChainConfirmation.state == "valid")) is not None
        home = home_at(session, subject_id, at) if confirmed else None
        return {("SAFE_CHAIN_EST", TOTAL, home.area_id): 1} if home is not None else {}

    def lock_many(self, session: Session, subject_ids: Sequence[str]) -> None:
        """Lock the establishments among many subjects."""
        for subject_id in _establishments(session, subject_ids):
            self.lock(session, subject_id)

    def cells_of_many(self, session: Session, subject_ids: Sequence[str], at: datetime) -> "Sums[Cell]":
        """Return the sums of the cells of the establishments among many subjects."""
        found: Sums[Cell] = Sums()
        for subject_id in _establishments(session, subject_ids):
            found.update(self.cells(session, subject_id, at))
        return found


def _establishments(session: Session, subject_ids: Sequence[str]) -> list[str]:
    found: set[str] = set()
    for some in pieces(subject_ids):
        own = among(session, ChainConfirmation.establishment_id, some)
        found |= set(session.scalars(select(ChainConfirmation.establishment_id).where(own)))
    return sorted(found)


def _open(establishment_id: str) -> Select[int]:
    own = ChainConfirmation.establishment_id == establishment_id
    return select(ChainConfirmation.id).where(own, ChainConfirmation.to_at.is_(None))


INDICATORS = (SAFE_CHAIN_EST,)
COUNTERS: tuple[Counter, ...] = (_Chain(),)
