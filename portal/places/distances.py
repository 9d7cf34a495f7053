"""How far today's provinces lie apart, as the crow flies between their middles (data/positions.csv, to a tenth degree).

A province is as coarse as a stated place gets here; so a distance is good to some tens of kilometres, no better.
"""

import csv
from collections.abc import Mapping
from functools import cache
from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple

from portal.places.files import DATA

EARTH_KM = 6371.0
FAR_KM = 300.0  # farther than goods that are eaten fresh are carried for a second sale on the same day


class Position(NamedTuple):
    """A middle in degrees."""

    latitude: float
    longitude: float


@cache
def positions() -> Mapping[str, Position]:
    """Return the middle of each of today's provinces by its id."""
    with (DATA / "positions.csv").open(encoding="utf-8", newline="") as lines:
        return {row["area"]: Position(float(row["latitude"]), float(row["longitude"])) for row in csv.DictReader(lines)}


def distance_km(one: Position, other: Position) -> float:
    """Return the distance of two places in kilometres (haversine)."""
    north, east = radians(other.latitude - one.latitude), radians(other.longitude - one.longitude)
    along = cos(radians(one.latitude)) * cos(radians(other.latitude))
    return 2 * EARTH_KM * asin(sqrt(sin(north / 2) ** 2 + along * sin(east / 2) ** 2))


@cache
def far_apart(one: str, other: str) -> bool:
    """Say whether two provinces are too far apart for one package within a day; an unknown one is never far."""
    known = positions()
    return one in known and other in known and distance_km(known[one], known[other]) > FAR_KM
