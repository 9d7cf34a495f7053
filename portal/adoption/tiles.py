"""The large figures of the dashboard: how each stands, how it moved, and what is to be said beside it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from portal.adoption.charts import sparkline
from portal.adoption.reading import Asked, Observation, note_text
from portal.adoption.target_models import AdoptTarget
from portal.adoption.words import figure_text, indicator_name, period_name, unit_name
from portal.counting import TOTAL, Catalogue, Indicator
from portal.counting.periods import Period, months_between, parse_period
from portal.i18n import number, ratio

SMALL_CHANGE = 5
ALWAYS = ("SELLER_ACTIVE", "PRODUCT_LISTED", "QR_STAMP", "PAY_VND")
WHERE_COUNTED = ("HH_ACCOUNT", "HH_ELIGIBLE", "SME_SUPPORT", "ASSIST_TEAM", "COMMUNE_COVERED")
_TYPES = ("school", "hospital", "market")
_BESIDE: Mapping[str, tuple[tuple[str, str], ...]] = {
    "SELLER_ACTIVE": (("MARKETPLACE_CONN", TOTAL),),
    "QR_STAMP": (("SAFE_CHAIN_EST", TOTAL),),
    "PAY_VND": tuple(("INST_CASHLESS", f"type@{kind}") for kind in _TYPES),
    "HH_ELIGIBLE": (("ELIGIBLE_RATE", TOTAL),),
    "ASSIST_TEAM": (("ASSIST_MEMBER", TOTAL),),
    "COMMUNE_COVERED": (("COMMUNE_TOTAL", TOTAL),),
}

Find = Callable[[str, str, Period], Observation]


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure: how it stands, what else is to be said, its months as a line, and where it comes from."""

    code: str
    label: str
    value: str
    notes: tuple[str, ...]
    unit: str
    as_of: datetime | None
    period: Period
    month: str
    spark: Markup


def asked_of(
    catalogue: Catalogue, code: str, area: str, months: Sequence[Period], *, top: bool,
    target: AdoptTarget | None = None,
) -> list[Asked]:  # fmt: skip
    """Return the cells that a tile needs: its own months, a target's, and what stands beside it in the last."""
    if not months:
        return []
    one = catalogue.get(code)
    months = [*months, *_so_far(one, target, months[-1])]
    beside = [(catalogue.get(name), cut) for name, cut in _BESIDE.get(code, ()) if top or name != "ELIGIBLE_RATE"]
    own = [Asked(one, TOTAL, area, month, top) for month in months]
    return own + [Asked(other, cut, area, months[-1], top) for other, cut in beside]


def _so_far(indicator: Indicator, target: AdoptTarget | None, last: Period) -> list[Period]:
    """Return the months of which the figures are held against a target: a flow's since its begin, else the last."""
    if target is None:
        return []
    first = parse_period(target.period).first if indicator.kind == "F" else last.text
    return [parse_period(month) for month in months_between(first, last.text)]


def _of_target(indicator: Indicator, target: AdoptTarget | None, last: Period, find: Find) -> list[str]:
    """Say how much of a target is reached; nothing where a figure is not told."""
    months = _so_far(indicator, target, last)
    found = [find(indicator.code, TOTAL, month) for month in months]
    if target is None or any(one.obs_status == "Q" for one in found) or all(one.value is None for one in found):
        return []
    percent = 100 * sum(one.value or 0 for one in found) // target.value
    return [
        _(
            "%(share)s %% of the target of %(target)s for %(period)s",
            share=number(percent), target=figure_text(indicator, target.value, short=True),
            period=period_name(parse_period(target.period)),
        )
    ]  # fmt: skip


def make_tile(
    indicator: Indicator, months: Sequence[Period], find: Find, *, page: Period, top: bool,
    target: AdoptTarget | None = None,
) -> Tile:  # fmt: skip
    """Lay one figure out; its month is named where it is not the page's."""
    period = months[-1]
    line = [find(indicator.code, TOTAL, month) for month in months]
    one, said = line[-1], []
    if one.note:
        said.append(note_text(one.note))
    said += _change(indicator, line, top=top)
    said += _beside(indicator.code, period, find, top=top)
    said += _of_target(indicator, target, period, find)
    return Tile(
        code=indicator.code,
        label=indicator_name(indicator),
        value=figure_text(indicator, one.value, short=True),
        notes=tuple(said),
        unit=unit_name(indicator),
        as_of=one.as_of,
        period=period,
        month="" if period.text == page.text else period_name(period),
        spark=sparkline([each.value for each in line]),
    )


def _change(indicator: Indicator, line: Sequence[Observation], *, top: bool) -> list[str]:
    """Say how much more than one month before; nothing where an end is not told, or the change tells too much."""
    if indicator.kind == "F" or len(line) < 2 or line[-1].value is None or line[-2].value is None:
        return []
    change = line[-1].value - line[-2].value
    if not change or (not top and abs(change) < SMALL_CHANGE):
        return []
    amount = number(abs(change))
    return [_("▲ %(amount)s more", amount=amount) if change > 0 else _("▼ %(amount)s fewer", amount=amount)]


def _beside(code: str, period: Period, find: Find, *, top: bool) -> list[str]:
    """Return the smaller figures that stand under a large one; what is not told is left out."""
    if not top and code == "HH_ELIGIBLE":
        return []
    read = {(name, cut): find(name, cut, period) for name, cut in _BESIDE.get(code, ())}
    if code == "HH_ELIGIBLE":
        share = read["ELIGIBLE_RATE", TOTAL].ratio
        return [_("%(share)s %% of households with an account", share=ratio(share))] if share else []
    found = {key: one.value or 0 for key, one in read.items()}
    texts = {
        "MARKETPLACE_CONN": lambda n: ngettext("%(num)s marketplace", "%(num)s marketplaces", n),
        "SAFE_CHAIN_EST": lambda n: ngettext(
            "%(num)s safe-chain establishment", "%(num)s safe-chain establishments", n
        ),
        "ASSIST_MEMBER": lambda n: ngettext("%(amount)s member", "%(amount)s members", n, amount=number(n)),
        "COMMUNE_TOTAL": lambda n: ngettext("of %(num)s commune", "of %(num)s communes", n),
        "type@school": lambda n: ngettext("%(num)s school", "%(num)s schools", n),
        "type@hospital": lambda n: ngettext("%(num)s hospital", "%(num)s hospitals", n),
        "type@market": lambda n: ngettext("%(num)s market", "%(num)s markets", n),
    }
    return [texts[cut if cut != TOTAL else name](count) for (name, cut), count in found.items() if count]
