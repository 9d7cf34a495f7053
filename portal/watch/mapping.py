"""Where stamps that look copied were scanned, as a map of provinces: as far as shoppers told it."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import cos, radians, sqrt

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.places.distances import Position, far_apart, positions
from portal.places.models import AdminUnit
from traceability import Alarm, Suspicion

# The corner of the map in degrees, and how many points a degree of latitude is drawn.
NORTH, WEST, POINTS = 23.6, 102.4, 26.0
WIDTH, HEIGHT = 200, 400
_NARROWER = cos(radians(16))  # a degree of longitude in the middle of the country, in degrees of latitude
_SMALLEST, _LARGEST = 6.0, 18.0


@dataclass(frozen=True, slots=True)
class Dot:
    """A province on the map: how many stamps that look copied and how many of their scans were told to be there."""

    name: str
    x: float
    y: float
    radius: float
    stamps: int
    scans: int


@dataclass(frozen=True, slots=True)
class Chart:
    """The map: faint points for all provinces, dots where something was told, lines between scans too far apart."""

    points: tuple[tuple[float, float], ...]
    dots: tuple[Dot, ...]
    lines: tuple[tuple[float, float, float, float], ...]


def chart_of(session: Session, alarms: Sequence[Alarm]) -> Chart | None:
    """Return the map of these alarms, None while no place was told."""
    scans = Counter(place for one in alarms for place in one.places)
    if not scans:
        return None
    stamps = Counter(place for one in alarms for place in set(one.places))
    names, most, known = names_of(session, set(scans)), max(scans.values()), positions()
    dots = tuple(
        Dot(names[place], *_on_map(known[place]), _radius(number, most), stamps[place], number)
        for place, number in sorted(scans.items(), key=lambda one: (-one[1], names[one[0]]))
        if place in known
    )
    return Chart(tuple(_on_map(one) for one in known.values()), dots, _lines(alarms))


def names_of(session: Session, places: Collection[str]) -> Mapping[str, str]:
    """Return the names of places; what is known no more is shown as it was noted."""
    rows = session.execute(select(AdminUnit.id, AdminUnit.name).where(AdminUnit.id.in_(places)))
    return {place: place for place in places} | dict(rows.all())


def _lines(alarms: Sequence[Alarm]) -> tuple[tuple[float, float, float, float], ...]:
    known = positions()
    pairs = {
        (one, other)
        for alarm in alarms
        if alarm.reason is Suspicion.FAR_APART
        for one, other in combinations(sorted(set(alarm.places)), 2)
        if far_apart(one, other)
    }
    return tuple((*_on_map(known[one]), *_on_map(known[other])) for one, other in sorted(pairs))


def _on_map(at: Position) -> tuple[float, float]:
    return round((at.longitude - WEST) * _NARROWER * POINTS, 1), round((NORTH - at.latitude) * POINTS, 1)


def _radius(number: int, most: int) -> float:
    return round(_SMALLEST + (_LARGEST - _SMALLEST) * sqrt(number / most), 1)  # by area, as the eye compares
