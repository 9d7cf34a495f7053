"""A class list of 50,000 requests against its floor: same workbook, same engine settings, turn by turn.

Ours is `requests import`: read, judged, names sealed, codes given, requests and charges written, audited, one commit.
The floor reads the same workbook with python-calamine and inserts as many rows, its eleven cells as text, into one
table by one bulk insert. Bar: at most 3 × on both engines; the same workbook again asks for nothing.
"""

import argparse
import json
import statistics
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.counting import app_over
from benchmarks.import_roster import Env, databases, turn

MOST_RATIO = 3.0
ITEMS = ("Tiền ăn bán trú", "Học 2 buổi/ngày", "Bảo hiểm y tế", "Nước uống")


def write_list(path: Path, rows: int, *, due_on: str) -> None:
    """Write pupils of invented names, four sums each."""
    import xlsxwriter

    from portal.schools.cells import FIELDS

    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, list(FIELDS))
    families, given = ("Nguyễn", "Trần", "Lê", "Phạm", "Võ"), ("An", "Bình", "Châu", "Dũng", "Giang", "Hà", "Khang")
    for number in range(rows):
        pupil, item = divmod(number, len(ITEMS))
        name = f"{families[pupil % 5]} Thị {given[pupil % 7]}"
        reduced = 20_000 if pupil % 20 == 0 else ""
        sheet.write_row(
            number + 1, 0,
            [
                f"{1 + pupil // 40}A", f"HS{pupil:06d}", name, f"09{12_000_000 + pupil:08d}", "2026-11", ITEMS[item],
                150_000 + item, reduced, "Hộ cận nghèo" if reduced else "", due_on, 1,
            ],
        )  # fmt: skip
    book.close()


def import_ours(env: Env, path: Path) -> dict[str, int]:
    """Import the list as the command does."""
    from sqlalchemy import select

    from payments.models import Payee
    from portal.acting import Acting
    from portal.db import begin, new_id, reading
    from portal.pay.models import PayeeOwner
    from portal.schools import actions
    from portal.schools.workbooks import open_list
    from portal.world import current_world

    with app_over(env).app_context():
        world = current_world()
        payee_id = reading().scalars(select(Payee.id)).one()
        owner = reading().get_one(PayeeOwner, payee_id).organisation_id
        acting = Acting(login_id=None, role="system", process="bench", organisation_id=owner)
        with begin() as session:
            done = actions.import_rows(
                session, now=world.clock.now(), acting=acting, payee_id=payee_id, listing=open_list(path), period=None,
                strict=False, keys=world.field_keys, list_id=new_id("sl"),
            )  # fmt: skip
        return done.as_json()


def import_floor(env: Env, path: Path) -> dict[str, int]:
    """Read the workbook and insert its cells as they are."""
    import sqlalchemy as sa
    from python_calamine import CalamineWorkbook

    from portal.db import configure_engine

    engine = sa.create_engine(env["DATABASE_URL"])
    configure_engine(engine)
    table = sa.Table(
        "floor", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True),
        *(sa.Column(f"c{place}", sa.Text) for place in range(11)),
    )  # fmt: skip
    with engine.begin() as connection:
        table.create(connection)
    with CalamineWorkbook.from_path(str(path)) as book:
        lines = book.get_sheet_by_index(0).iter_rows()
        rows = [
            {"id": number, **{f"c{place}": str(cell) for place, cell in enumerate(line)}}
            for number, line in enumerate(lines)
        ]
    with engine.connect().execution_options(write=True) as connection, connection.begin():
        connection.execute(sa.insert(table), rows)
    engine.dispose()
    return {"rows": len(rows) - 1}


def open_school(env: Env) -> None:
    """Enter one school that takes money."""
    from sqlalchemy import select

    from portal.acting import Acting
    from portal.cashier import actions
    from portal.db import begin
    from portal.places.models import AdminUnit
    from portal.world import current_world

    with app_over(env).app_context(), begin() as session:
        communes = select(AdminUnit.id).where(AdminUnit.level == "commune", AdminUnit.valid_to.is_(None))
        unit = session.scalars(communes.limit(1)).one()
        account = actions.Account(bank_bin="970436", number="0011002233445", holder_name="TRUONG HOC", prefix="HP")
        actions.open_institution(
            session, now=current_world().clock.now(), acting=Acting.system("bench"), name="Trường học", kind="school",
            unit_id=unit, account=account,
        )  # fmt: skip


def measure_engine(engine: str, rows: int, rounds: int) -> dict[str, Any]:
    """Take turns on one engine: the floor, the list, the list again."""
    from datetime import UTC, datetime

    ours, floor, again = [], [], []
    with tempfile.TemporaryDirectory() as name, databases(engine, Path(name)) as fresh:
        path = Path(name) / "list.xlsx"
        write_list(path, rows, due_on=f"{datetime.now(UTC) + timedelta(days=30):%d/%m/%Y}")
        for _ in range(rounds):
            env = fresh()
            open_school(env)
            floor.append(turn(import_floor, env, path)[0])
            seconds, _peak, said = turn(import_ours, env, path)
            repeated, _peak, same = turn(import_ours, env, path)
            if said["requests"] != rows or (same["unchanged"], same["requests"]) != (rows, 0):
                raise RuntimeError(f"outcomes of {rows} rows: {said}, then {same}")
            ours.append(seconds)
            again.append(repeated)
    ratio = statistics.median(one / bare for one, bare in zip(ours, floor, strict=True))
    return {
        "ratio": round(ratio, 2),
        "seconds": round(statistics.median(ours), 2),
        "floor_seconds": round(statistics.median(floor), 2),
        "again_seconds": round(statistics.median(again), 2),
        "passed": ratio <= MOST_RATIO,
    }


def measure(rows: int, rounds: int, engines: tuple[str, ...] = ("sqlite", "postgresql")) -> dict[str, Any]:
    """Measure the engines; the worse one is what is held against the bar."""
    found = {engine: measure_engine(engine, rows, rounds) for engine in engines}
    worst = max(found.values(), key=lambda one: float(one["ratio"]))
    return {
        "claim": f"asking for {rows:,} sums of one class list against reading and inserting its cells",
        "ratio": worst["ratio"],
        "bar": MOST_RATIO,
        "seconds": worst["seconds"],
        "floor_seconds": worst["floor_seconds"],
        "engines": found,
        "passed": all(one["passed"] for one in found.values()),
    }


def main() -> int:
    """Print one line or one JSON object; exit 1 on a missed bar."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    engines = (options.engine,) if options.engine else ("sqlite", "postgresql")
    result = measure(options.rows, options.rounds, engines)
    print(json.dumps(result) if options.json else json.dumps(result, indent=2))
    return 0 if result["passed"] else 1


if __name__ == "__main__":
    sys.exit(main())
