"""How a list is read and judged: where its lines are, what its columns hold, whom it may tell of."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from portal.crypto import FieldKeys
from portal.onboarding.roster_models import RosterRun
from portal.onboarding.rosters.matching import PlaceMatcher
from portal.onboarding.rosters.rows import RowReader
from portal.places import actions as places
from portal.places.areas import day_of
from portal.uploads.sheets import Source, open_source

if TYPE_CHECKING:
    from portal.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How a list is read and judged, fixed before its first row."""

    source: Source
    name: str
    first_row: int
    mapping: dict[str, int]
    legacy: dict[int, str]
    captured_on: date
    unit_id: str | None
    keys: FieldKeys
    province: str
    now: datetime

    def within(self, session: Session) -> frozenset[str] | None:
        """Return the units that the list may tell of; None for all."""
        return places.lineage(session, self.unit_id) if self.unit_id is not None else None

    def reader(self, session: Session) -> RowReader:
        """Return the reader of its lines."""
        today = day_of(self.now)
        matcher = PlaceMatcher(
            session, province=self.province, captured_on=self.captured_on, today=today, within=self.within(session)
        )
        return RowReader(
            mapping=self.mapping, legacy=self.legacy, keys=self.keys, matcher=matcher, this_year=today.year
        )

    def lines(self) -> Iterator[tuple[int, Sequence[str]]]:
        """Yield the lines below the headings, each with its number in the sheet, from 1."""
        return islice(enumerate(self.source.lines(), 1), self.first_row - 1, None)


def how_of(world: "World", run: RosterRun, path: Path) -> How:
    """Return how a run's list is read: its bytes are those that were looked at when the run began."""
    source = open_source(path, sheet=run.sheet, counted=True)
    return How(
        source=source, name=run.source, mapping=dict(run.mapping), captured_on=run.captured_on, unit_id=run.unit_id,
        first_row=(run.header_row or 0) + int(run.checked.get("header_height", 1)) + 1,
        legacy={int(column): scheme for column, scheme in run.legacy.items()},
        keys=world.field_keys, province=world.settings.province, now=world.clock.now(),
    )  # fmt: skip
