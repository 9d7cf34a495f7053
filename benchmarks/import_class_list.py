"""A class list of 50,000 requests against its floor: read, judged, sealed and asked for, against cells inserted.

Ours is `requests import`: read, judged, names sealed, codes given, requests and charges written, audited, one commit.
The floor is one bulk insert of its eleven cells as text. Bar: at most 3 × on both engines; the same workbook again
asks for nothing.
"""

import sys
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from benchmarks import floors
from benchmarks.counting import app_over
from benchmarks.floors import Env, Import, Outcomes

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


def import_ours(env: Env, path: Path) -> Outcomes:
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


def set_up(env: Env, path: Path, rows: int) -> None:
    """Enter the school, and write its list, due in a month."""
    open_school(env)
    if not path.exists():
        write_list(path, rows, due_on=f"{datetime.now(UTC) + timedelta(days=30):%d/%m/%Y}")


def agree(first: Outcomes, again: Outcomes, rows: int) -> bool:
    """Say whether every row asked for money once."""
    return first["requests"] == rows and (again["unchanged"], again["requests"]) == (rows, 0)


IMPORT = Import(
    claim="asking for {rows:,} sums of one class list against reading and inserting its cells",
    ours=import_ours, set_up=set_up, agree=agree, columns=11, chunk=None, rows=50_000, rounds=5,
)  # fmt: skip
measure = partial(floors.measure, IMPORT)

if __name__ == "__main__":
    sys.exit(floors.main(IMPORT, __doc__))
