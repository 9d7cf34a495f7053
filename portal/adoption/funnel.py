"""The way of households to their first sale: how many reached each stage, and how many of those before."""

from collections.abc import Callable
from dataclasses import dataclass

from portal.adoption.reading import Asked, Observation
from portal.adoption.words import cut_name
from portal.counting import Catalogue
from portal.counting.periods import Period
from portal.i18n import number

CODE = "HH_FUNNEL"
STAGES = ("created", "phone_confirmed", "approved", "eligible", "listed", "first_sale")


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """One stage: its name, how many reached it, and their share of the first stage in percent (0 if none)."""

    name: str
    value: str
    width: int
    of_before: int | None


def asked_of(catalogue: Catalogue, area: str, period: Period, *, top: bool) -> list[Asked]:
    """Return the cells that the funnel needs."""
    return [Asked(catalogue.get(CODE), f"stage@{stage}", area, period, top) for stage in STAGES]


def make_funnel(find: Callable[[str, str, Period], Observation], period: Period) -> tuple[FunnelStep, ...]:
    """Lay the stages out; nothing where the first is not told or nobody reached it."""
    values = [find(CODE, f"stage@{stage}", period).value for stage in STAGES]
    first = values[0]
    if not first:
        return ()
    steps = []
    for place, (stage, value) in enumerate(zip(STAGES, values, strict=True)):
        before = values[place - 1] if place else None
        share = round(100 * value / before) if value is not None and before else None
        text = "–" if value is None else number(value)
        steps.append(FunnelStep(cut_name(f"stage@{stage}"), text, round(100 * (value or 0) / first), share))
    return tuple(steps)
