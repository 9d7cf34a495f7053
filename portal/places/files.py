"""The unit files: one line a unit, one line a succession."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from portal.places.areas import LEVEL_OF_KIND, area_id
from portal.places.errors import UnitFileInvalid

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One unit, `[valid_from, valid_to)`; `parent` is the id of the unit above it on its first day, or empty."""

    code: str
    name: str
    kind: str
    parent: str
    valid_from: date
    valid_to: date | None
    legal_doc: str

    @property
    def id(self) -> str:
        """Return the area's id."""
        return area_id(self.code, self.valid_from)


@dataclass(frozen=True, slots=True)
class SuccessionRow:
    """What a unit became: ids, `whole` or `part`, by which law, and why we believe it."""

    from_id: str
    to_id: str
    extent: str
    legal_doc: str
    basis: str


def read_units(path: Path = DATA / "units.csv") -> Iterator[UnitRow]:
    """Yield the units of a file; raise UnitFileInvalid at the first line that makes no sense."""
    for row, line in _lines(path):
        try:
            unit = UnitRow(
                code=line["code"],
                name=line["name"],
                kind=line["kind"],
                parent=line["parent"],
                valid_from=date.fromisoformat(line["valid_from"]),
                valid_to=date.fromisoformat(line["valid_to"]) if line["valid_to"] else None,
                legal_doc=line["legal_doc"],
            )
        except (KeyError, ValueError) as error:
            raise UnitFileInvalid(row=row) from error
        ends_before_it_begins = unit.valid_to is not None and unit.valid_to <= unit.valid_from
        if not unit.code or not unit.name or unit.kind not in LEVEL_OF_KIND or ends_before_it_begins:
            raise UnitFileInvalid(row=row)
        yield unit


def read_successions(path: Path = DATA / "successions.csv") -> Iterator[SuccessionRow]:
    """Yield the successions of a file; raise UnitFileInvalid at the first line that makes no sense."""
    for row, line in _lines(path):
        try:
            found = SuccessionRow(line["from"], line["to"], line["extent"], line["legal_doc"], line["basis"])
        except KeyError as error:
            raise UnitFileInvalid(row=row) from error
        if found.extent not in ("whole", "part"):
            raise UnitFileInvalid(row=row)
        yield found


def _lines(path: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    with path.open(encoding="utf-8", newline="") as file:
        for number, line in enumerate(csv.DictReader(file), start=2):
            if None in line or None in line.values():
                raise UnitFileInvalid(row=f"{path.name}:{number}")
            yield f"{path.name}:{number}", line
