"""The figures that this subject owns."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.counting import TOTAL, Cell, Counter, Cut, Indicator
from portal.onboarding.models import Organisation, StageReached
from portal.onboarding.stages import STAGES, unbroken
from portal.places.actions import home_at

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


INDICATORS = (HH_FUNNEL,)
COUNTERS: tuple[Counter, ...] = (_Funnel(),)
