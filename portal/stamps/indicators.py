"""The figures that this subject owns: issued, activated, cancelled and scanned are counted apart and never netted."""

from collections import Counter as Sums
from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, Select, exists, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from portal.bulk import among
from portal.counting import TOTAL, Cell, Counter, Cut, Indicator, add, pieces
from portal.counting.periods import end_of, month_of, months_between, start_of
from portal.places.actions import home_at
from portal.places.models import PlacesHome
from portal.stamps.models import StampOrder
from traceability.models import TraceBatch, TraceRange, TraceScan
from traceability.scans import DETAILS_KEPT

ISSUED, NEW, ACTIVE, VOID, SCAN = "QR_STAMP", "QR_STAMP_NEW", "QR_STAMP_ACTIVE", "QR_STAMP_VOID", "QR_SCAN"
_SECTOR = (Cut("sector", additive=True),)
_HOME = """JOIN places_home h ON h.subject_id = b.establishment
  AND h.from_at < :end AND (h.to_at IS NULL OR h.to_at >= :end)"""
_RANGES = f"trace_ranges r JOIN trace_batches b ON b.batch = r.batch {_HOME}"


def _recount(value: str, source: str, where: str) -> Mapping[str, str]:
    """Return the texts for the total and the sector; the sector is the one that the order kept."""
    order = "JOIN stamp_order o ON o.batch = b.batch"
    return {  # constants of this file alone
        TOTAL: f"SELECT h.area_id, '_T' AS cut, {value} AS value FROM {source}\nWHERE {where} GROUP BY h.area_id",  # noqa: S608
        "sector": f"SELECT h.area_id, o.sector AS cut, {value} AS value FROM {source}\n{order}\n"  # noqa: S608
        f"WHERE {where} GROUP BY h.area_id, o.sector",
    }


def _by_establishment(value: str, source: str, where: str) -> Mapping[str, str]:
    """Return the texts of how much each establishment contributes."""
    who = "b.establishment"
    order = "JOIN stamp_order o ON o.batch = b.batch"
    return {  # constants of this file alone
        TOTAL: f"SELECT h.area_id, '_T' AS cut, {who} AS contributor, {value} AS value FROM {source}\n"  # noqa: S608
        f"WHERE {where} GROUP BY h.area_id, {who}",
        "sector": f"SELECT h.area_id, o.sector AS cut, {who} AS contributor, {value} AS value FROM {source}\n{order}\n"  # noqa: S608
        f"WHERE {where} GROUP BY h.area_id, o.sector, {who}",
    }


def _stamps(
    code: str, kind: Literal["C", "F"], vi: tuple[str, str], en: tuple[str, str], *counted: str
) -> Indicator:  # fmt: skip
    """Make one of the four figures of stamps: (name, definition) in both languages; what, of which rows, which."""
    value, source, where = counted
    return Indicator(
        code=code, version=2, name_vi=vi[0], name_en=en[0], definition_vi=vi[1], definition_en=en[1], unit="stamp",
        kind=kind, privacy="DOM", owner="NN", source="trace_batches, trace_ranges", cuts=_SECTOR,
        recount_sql=_recount(value, source, where), contributors_sql=_by_establishment(value, source, where),
    )  # fmt: skip


INDICATORS = (
    _stamps(
        ISSUED,
        "C",
        ("Tem QR đã cấp", "Tổng số tem của mọi lô in đã cấp đến nay."),
        ("Stamps issued", "Stamps of all batches issued to date."),
        "SUM(b.count)",
        f"trace_batches b {_HOME}",
        "b.issued_at < :end",
    ),
    _stamps(
        NEW,
        "F",
        ("Tem QR cấp trong kỳ", "Số tem của các lô in được cấp trong kỳ."),
        ("New stamps", "Stamps of the batches issued in the period."),
        "SUM(b.count)",
        f"trace_batches b {_HOME}",
        "b.issued_at >= :start AND b.issued_at < :end",
    ),
    _stamps(
        ACTIVE,
        "C",
        ("Tem QR đã kích hoạt", "Số tem từng được gắn với một lô hàng, kể cả tem bị hủy sau đó."),
        ("Activated stamps", "Stamps that were ever put on a lot, those cancelled later included."),
        "SUM(r.last - r.first + 1)",
        _RANGES,
        "r.activated_at < :end",
    ),
    _stamps(
        VOID,
        "C",
        ("Tem QR đã hủy", "Số tem đã bị hủy."),
        ("Voided stamps", "Stamps that were cancelled."),
        "SUM(r.last - r.first + 1)",
        _RANGES,
        "r.voided_at < :end",
    ),
    Indicator(
        code=SCAN,
        version=1,
        name_vi="Lượt quét tem",
        name_en="Scans",
        definition_vi="Số lượt người dân quét tem; quét dồn dập từ một địa chỉ không được tính.",
        definition_en="Scans of stamps by the public; floods from one address do not count.",
        unit="scan",
        kind="F",
        privacy="-",
        owner="NN",
        source="trace_scans",
        cuts=_SECTOR,
        recount_sql=_recount(
            "COUNT(*)",
            f"trace_scans s JOIN trace_batches b ON b.batch = s.batch {_HOME}",
            "s.scanned_at >= :start AND s.scanned_at < :end",
        ),
        province_only=True,
        kept_days=DETAILS_KEPT.days,
    ),
)


def count(session: Session, *codes: str, establishment: str, sector: str, d: int, at: datetime) -> None:
    """Count stamps or scans at the home that an establishment has at `at`; without a home no recount finds them.

    The home's row is held, so that a move cannot pass between.
    """
    home = session.scalar(_home(establishment, at))
    if home is None:
        return
    for code in codes:
        add(session, code, area=home, d=d, effective_at=at, values={"sector": sector})


def _home(establishment: str, at: datetime) -> Select[str]:
    lived = or_(PlacesHome.to_at.is_(None), PlacesHome.to_at > at)
    own = PlacesHome.subject_id == establishment
    return select(PlacesHome.area_id).where(own, PlacesHome.from_at <= at, lived).with_for_update(read=True)


class _Stamps:
    """Tells how many stamps and scans stand at an establishment's home, for when the home moves."""

    def lock(self, session: Session, subject_id: str) -> None:
        """Lock the establishment's open home, which every count of its stamps holds."""
        own = (PlacesHome.subject_id == subject_id, PlacesHome.to_at.is_(None))
        session.execute(select(PlacesHome.id).where(*own).with_for_update())

    def cells(self, session: Session, subject_id: str, at: datetime) -> Mapping[Cell, int]:
        """Return the stamps issued, activated and voided to date, and those issued and scanned in the month."""
        sums = self._sums(session, subject_id, at)
        home = home_at(session, subject_id, at) if sums else None
        found: Sums[Cell] = Sums()
        for (code, sector), value in sums.items():
            if home is not None and value:
                found[code, TOTAL, home.area_id] += value
                found[code, f"sector@{sector}", home.area_id] += value
        return found

    def lock_many(self, session: Session, subject_ids: Sequence[str]) -> None:
        """Lock the homes of the establishments among many subjects."""
        for subject_id in _establishments(session, subject_ids):
            self.lock(session, subject_id)

    def cells_of_many(self, session: Session, subject_ids: Sequence[str], at: datetime) -> "Sums[Cell]":
        """Return the sums of the cells of the establishments among many subjects."""
        found: Sums[Cell] = Sums()
        for subject_id in _establishments(session, subject_ids):
            found.update(self.cells(session, subject_id, at))
        return found

    def flow_subjects(self, session: Session, subject_ids: Sequence[str]) -> Sequence[str]:
        """Return the establishments among many subjects: no other has stamps."""
        return _establishments(session, subject_ids)

    def flow_months(self, session: Session, subject_id: str, *, since: datetime, until: datetime) -> Set[str]:
        """Return the months between in which stamps were issued, or scanned and not forgotten yet; one statement."""
        held = [_held(subject_id, month) for month in months_between(month_of(since), month_of(until))]
        return set(session.scalars(union_all(*held)))

    def _sums(self, session: Session, establishment: str, at: datetime) -> Mapping[tuple[str, str], int]:
        if not session.scalar(select(exists().where(TraceBatch.establishment == establishment))):
            return {}  # most sellers never ordered a stamp
        start, end = start_of(month_of(at)), end_of(month_of(at))
        stamps = func.sum(TraceRange.last - TraceRange.first + 1)
        joined = TraceBatch.batch == StampOrder.batch
        batches = select(StampOrder.sector, func.sum(TraceBatch.count)).join(TraceBatch, joined)
        ranges = (
            select(StampOrder.sector, stamps)
            .join(TraceBatch, joined)
            .join(TraceRange, TraceRange.batch == TraceBatch.batch)
        )
        scans = (
            select(StampOrder.sector, func.count(TraceScan.id))
            .join(TraceBatch, joined)
            .join(TraceScan, TraceScan.batch == TraceBatch.batch)
        )
        queries: tuple[tuple[str, Select[str, int], tuple[ColumnElement[bool], ...]], ...] = (
            (ISSUED, batches, (TraceBatch.issued_at < end,)),
            (NEW, batches, (TraceBatch.issued_at >= start, TraceBatch.issued_at < end)),
            (ACTIVE, ranges, (TraceRange.activated_at < end,)),
            (VOID, ranges, (TraceRange.voided_at < end,)),
            (SCAN, scans, (TraceScan.scanned_at >= start, TraceScan.scanned_at < end)),
        )
        own = TraceBatch.establishment == establishment
        found: dict[tuple[str, str], int] = {}
        for code, query, within in queries:
            for sector, value in session.execute(query.where(own, *within).group_by(StampOrder.sector)):
                found[code, sector] = int(value)
        return found


def _held(establishment: str, month: str) -> Select[str]:
    """Return the query that gives a month if an establishment's stamps were issued or scanned in it."""
    own, start, end = TraceBatch.establishment == establishment, start_of(month), end_of(month)
    issued = exists().where(own, TraceBatch.issued_at >= start, TraceBatch.issued_at < end)
    scanned = exists().where(
        own, TraceScan.batch == TraceBatch.batch, TraceScan.scanned_at >= start, TraceScan.scanned_at < end
    )
    return select(literal(month)).where(or_(issued, scanned))


def _establishments(session: Session, subject_ids: Sequence[str]) -> list[str]:
    found: set[str] = set()
    for some in pieces(subject_ids):
        query = select(TraceBatch.establishment).where(among(session, TraceBatch.establishment, some))
        found |= set(session.scalars(query.distinct()))
    return sorted(found)


COUNTERS: tuple[Counter, ...] = (_Stamps(),)
