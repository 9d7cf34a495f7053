"""A province's list against its floor: read, judged, sealed, counted and audited, against cells that are inserted.

Ours is `roster import`. Bars: at most 3 × on both engines, below 300 MB; the same workbook again takes less than the
first time and changes nothing. The floor commits as large chunks; the ratio to a bare COPY is told, without a bar.
"""

import sys
from functools import partial
from itertools import islice
from pathlib import Path

from benchmarks import floors
from benchmarks.counting import app_over
from benchmarks.floors import Env, Import, Outcomes

CHUNK = 5_000  # as `portal.onboarding.rosters.importing` writes them
# Running number, name, sex, year, ID number, phone, hamlet, commune, district, goods, food safety, bank transfer.
COLUMNS = 12


def write_list(env: Env, path: Path, rows: int) -> None:
    """Write the invented list of the demo as a workbook, twelve of its columns."""
    if path.exists():
        return
    import xlsxwriter

    from portal.db import reading
    from portal.demo.delta_people import Plan, households
    from portal.demo.tien_giang import communes_then

    with app_over(env).app_context():
        places = communes_then(reading())
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet = book.add_worksheet()
    plan = Plan(rows - 2, int(rows * 0.6), 1, 1, 0, 0)
    for number, line in enumerate(islice(households(places, plan), rows + 1)):
        for column in range(COLUMNS):
            sheet.write_string(number, column, line[column])
    book.close()


def import_ours(env: Env, path: Path) -> Outcomes:
    """Import the list as the command does."""
    from portal.acting import Acting
    from portal.demo.tien_giang import BEGINS
    from portal.onboarding.rosters.commands import Asked, import_list
    from portal.places.areas import day_of
    from portal.world import current_world

    with app_over(env).app_context():
        asked = Asked(path=path, source="bench", captured_on=day_of(BEGINS))
        return dict(import_list(current_world(), asked, acting=Acting.system("bench")).outcomes)


def agree(first: Outcomes, again: Outcomes, rows: int) -> bool:
    """Say whether every row has an outcome, and none changed anything the second time."""
    return sum(first.values()) == rows and again["unchanged"] == first["created"]


IMPORT = Import(
    claim="importing a list of {rows:,} households against reading and inserting its cells",
    ours=import_ours, set_up=write_list, agree=agree, columns=COLUMNS, chunk=CHUNK, rows=170_247, rounds=1,
    most_mb=300, again_faster=True,
)  # fmt: skip
measure = partial(floors.measure, IMPORT)

if __name__ == "__main__":
    sys.exit(floors.main(IMPORT, __doc__))
