"""Past figures by today's communes: whole successions are sums, all the rest is one line, never shared out.

Only what is told of the units of that time goes in, and a hidden part hides its sum and the line of the rest: so
nothing is told here that those figures don't tell, and both views have the same total.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.adoption.areas import Areas
from portal.adoption.reading import Asked, Observation, observe, parts_of, ratio_of
from portal.counting import Catalogue
from portal.places.actions import heirs
from portal.places.areas import leaf_of

Key = tuple[str, str, str, str]


def restate(
    session: Session, catalogue: Catalogue, areas: Areas, asked: Sequence[Asked], *, on: date, top: str,
    as_of: datetime | None = None,
) -> list[Observation]:  # fmt: skip
    """Return the observations of communes by the units of a day, those of the province `top` as they are."""
    by_heir: dict[Key, tuple[Asked, list[Asked]]] = {}
    today = _today(session, asked, on=on, rest=leaf_of(top))
    for one in asked:
        heir = one if one.at_province else one._replace(area=today[one.area])
        by_heir.setdefault(heir.key, (heir, []))[1].append(one)
    parts = {part.key: part for one in asked for part in parts_of(catalogue, one)}
    found = observe(session, catalogue, areas, list(parts.values()), as_of=as_of)
    told = dict(zip(parts, found, strict=True))
    hiding = {_line(part) for key, part in parts.items() if told[key].hidden and not part.at_province}
    ordered = sorted(by_heir.values(), key=lambda item: item[0].area == leaf_of(top))
    return [_figure(catalogue, heir, own, told, hiding, rest=leaf_of(top)) for heir, own in ordered]


def _today(session: Session, asked: Sequence[Asked], *, on: date, rest: str) -> Mapping[str, str]:
    """Return what each commune is on a day; what came apart, or was never attributed, is the line of the rest."""
    own = {one.area for one in asked if not one.at_province}
    found = heirs(session, own, on=on)
    return {area: found.get(area) or rest for area in own}


def _figure(
    catalogue: Catalogue, heir: Asked, own: Sequence[Asked], told: Mapping[Key, Observation], hiding: set[object],
    *, rest: str,
) -> Observation:  # fmt: skip
    counted = []
    for place, part in enumerate(parts_of(catalogue, heir)):
        found = [told[parts_of(catalogue, one)[place].key] for one in own]
        counted.append(_summed(part, found, hide=heir.area == rest and _line(part) in hiding))
    return ratio_of(heir, *counted) if heir.indicator.kind == "R" else counted[0]


def _summed(heir: Asked, found: Sequence[Observation], *, hide: bool) -> Observation:
    """Return the sum of a unit's predecessors; one that is hidden hides it, one that is missing leaves it missing."""
    if len(found) == 1 and found[0].area == heir.area and not hide:
        return found[0]
    worst = next((one for status in "MQ" for one in found if one.obs_status == status), None)
    if worst is None and hide:
        worst = replace(found[0], value=None, obs_status="Q", conf_status="C", note="hidden")
    if worst is not None:
        return replace(worst, area=heir.area)
    return replace(
        max(found, key=lambda one: (one.status == "provisional", one.status == "revised")),
        area=heir.area,
        value=sum(one.value or 0 for one in found),
        revision=max(one.revision for one in found),
        as_of=max((one.as_of for one in found if one.as_of), default=None),
        note="restated",
    )


def _line(one: Asked) -> object:
    return one.indicator.code, one.cut, one.period
