"""The figures that this subject owns."""

from collections import Counter as Sums
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.bulk import among
from portal.counting import TOTAL, Cell, Counter, Cut, Indicator, pieces
from portal.onboarding.models import Organisation, StageReached
from portal.onboarding.programmes import SMEDX
from portal.onboarding.roster_models import ProgrammeEntry
from portal.onboarding.stages import STAGES, funnel_cells, unbroken
from portal.places.actions import home_at, homes_at

_HOME = """JOIN places_home h ON h.subject_id = g.household_id
  AND h.from_at < :end AND (h.to_at IS NULL OR h.to_at >= :end)"""


def _position(stage: str) -> str:
    return (
        f"CASE {stage} " + " ".join(f"WHEN '{one}' THEN {rank}" for rank, one in enumerate(STAGES, 1)) + " ELSE 0 END"
    )


# A stage counts where as many stages up to it were reached as come up to it: none was left out.
_BY_STAGE = f"""SELECT h.area_id, g.stage AS cut, COUNT(DISTINCT g.household_id) AS value FROM stage_reached g
{_HOME}
WHERE g.reached_at < :end AND {_position("g.stage")} =
  (SELECT COUNT(*) FROM stage_reached e WHERE e.household_id = g.household_id AND e.reached_at < :end
   AND {_position("e.stage")} BETWEEN 1 AND {_position("g.stage")})
  AND {_position("g.stage")} > 0
GROUP BY h.area_id, g.stage"""  # noqa: S608  put together from our own constants
_TOTAL = f"""SELECT h.area_id, '_T' AS cut, COUNT(DISTINCT g.household_id) AS value FROM stage_reached g
{_HOME}
WHERE g.reached_at < :end AND g.stage = '{STAGES[0]}'
GROUP BY h.area_id"""  # noqa: S608  put together from our own constants

_ENTRIES = """SELECT h.area_id, {cut} AS cut, COUNT(DISTINCT e.organisation_id) AS value FROM programme_entry e
JOIN places_home h ON h.subject_id = e.organisation_id AND h.from_at < :end AND (h.to_at IS NULL OR h.to_at >= :end)
WHERE e.programme = 'smedx' AND e.first_at < :end AND (e.voided_at IS NULL OR e.voided_at >= :end)
GROUP BY h.area_id{by}"""

HH_FUNNEL = Indicator(
    code="HH_FUNNEL",
    version=1,
    name_vi="Phễu lên sàn",
    name_en="Onboarding funnel",
    definition_vi="Số hộ đã qua từng bước lên sàn mà không bỏ bước nào: có tài khoản, xác nhận điện thoại, được duyệt, "
    "đủ điều kiện, có hàng lên sàn, bán đơn đầu tiên.",
    definition_en="Households that reached each stage without leaving one out: account created, phone confirmed, "
    "approved, eligible, listed, first sale.",
    unit="household",
    kind="C",
    privacy="P5",
    owner="NN",
    source="stage_reached",
    cuts=(Cut("stage", additive=False),),
    moved_by=("stage_reached.reached_at", "places_home.from_at", "places_home.to_at"),
    recount_sql={TOTAL: _TOTAL, "stage": _BY_STAGE},
)


class _Funnel:
    """Tells how far a household came."""

    def lock(self, session: Session, subject_id: str) -> None:
        """Lock the organisation's row; a subject of another kind has none."""
        session.execute(select(Organisation.id).where(Organisation.id == subject_id).with_for_update())

    def cells(self, session: Session, subject_id: str, at: datetime) -> Mapping[Cell, int]:
        """Return the stages that were reached without leaving one out, at the household's home."""
        reached = set(session.scalars(select(StageReached.stage).where(StageReached.household_id == subject_id)))
        stages = unbroken(reached)
        home = home_at(session, subject_id, at) if stages else None
        if home is None:
            return {}
        cells = {("HH_FUNNEL", f"stage@{stage}", home.area_id): 1 for stage in stages}
        return {("HH_FUNNEL", TOTAL, home.area_id): 1, **cells}

    def lock_many(self, session: Session, subject_ids: Sequence[str]) -> None:
        """Lock the rows of many organisations, in one order."""
        for some in pieces(subject_ids):
            own = select(Organisation.id).where(among(session, Organisation.id, some)).order_by(Organisation.id)
            session.execute(own.with_for_update())

    def cells_of_many(self, session: Session, subject_ids: Sequence[str], at: datetime) -> "Sums[Cell]":
        """Return the sums of the cells of many households, in two statements a thousand."""
        standing: Sums[tuple[frozenset[str], str]] = Sums()
        for some in pieces(subject_ids):
            homes = homes_at(session, some, at)
            reached: dict[str, set[str]] = {}
            query = select(StageReached.household_id, StageReached.stage).where(
                among(session, StageReached.household_id, some)
            )
            for household_id, stage in session.execute(query):
                reached.setdefault(household_id, set()).add(stage)
            standing.update([(frozenset(stages), homes[one]) for one, stages in reached.items() if one in homes])
        return funnel_cells(standing)


SME_SUPPORT = Indicator(
    code="SME_SUPPORT",
    version=1,
    name_vi="DNNVV được hỗ trợ",
    name_en="SMEs supported",
    definition_vi="Số doanh nghiệp nhỏ và vừa đã vào chương trình SMEdx, tính dồn đến hết kỳ.",
    definition_en="Small and medium enterprises that entered the SMEdx programme, to date.",
    unit="enterprise",
    kind="C",
    privacy="P5",
    owner="TC",
    source="programme_entry",
    cuts=(Cut("sector", additive=True),),
    moved_by=("programme_entry.first_at", "programme_entry.voided_at", "places_home.from_at", "places_home.to_at"),
    recount_sql={TOTAL: _ENTRIES.format(cut="'_T'", by=""), "sector": _ENTRIES.format(cut="e.sector", by=", e.sector")},
)


class _Programmes:
    """Tells whether a firm entered a programme."""

    def lock(self, session: Session, subject_id: str) -> None:
        """Lock the firm's entries."""
        session.execute(select(ProgrammeEntry.id).where(ProgrammeEntry.organisation_id == subject_id).with_for_update())

    def cells(self, session: Session, subject_id: str, at: datetime) -> Mapping[Cell, int]:
        """Return the cells of a firm that entered, at its home."""
        return self.cells_of_many(session, [subject_id], at)

    def lock_many(self, session: Session, subject_ids: Sequence[str]) -> None:
        """Lock the entries of many firms."""
        for some in pieces(subject_ids):
            own = select(ProgrammeEntry.id).where(among(session, ProgrammeEntry.organisation_id, some))
            session.execute(own.order_by(ProgrammeEntry.id).with_for_update())

    def cells_of_many(self, session: Session, subject_ids: Sequence[str], at: datetime) -> "Sums[Cell]":
        """Return the sums of the cells of many firms."""
        found: Sums[Cell] = Sums()
        for some in pieces(subject_ids):
            query = select(ProgrammeEntry.organisation_id, ProgrammeEntry.sector).where(
                among(session, ProgrammeEntry.organisation_id, some),
                ProgrammeEntry.programme == SMEDX,
                ProgrammeEntry.voided_at.is_(None),
            )
            entered = session.execute(query).all()
            homes = homes_at(session, [who for who, _ in entered], at) if entered else {}
            for who, sector in entered:
                if who in homes:
                    found["SME_SUPPORT", TOTAL, homes[who]] += 1
                    found["SME_SUPPORT", f"sector@{sector}", homes[who]] += 1
        return found


INDICATORS = (HH_FUNNEL, SME_SUPPORT)
COUNTERS: tuple[Counter, ...] = (_Funnel(), _Programmes())
