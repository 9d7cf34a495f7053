"""What is asked and hung up today: a school's list of two classes, and a market's stalls with their boards."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from portal.db import new_id
from portal.demo.collecting import Till
from portal.demo.stage import Stage
from portal.pay.models import PayeeOwner
from portal.places.areas import day_of
from portal.schools import actions as schools
from portal.schools.cells import FIELDS
from portal.schools.workbooks import Listing
from portal.stalls import actions as stalls

_FAMILIES = ("Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Võ")
_MIDDLE = ("Văn", "Thị", "Minh", "Ngọc")
_GIVEN = ("An", "Bình", "Châu", "Dũng", "Em", "Giang", "Hân", "Khoa")
CLASSES, PUPILS = ("1A", "2B"), 12
# Stall and goods.
STALLS = (("12", "Rau củ"), ("15", "Thịt heo"), ("21", "Cá đồng"), ("30", "Trái cây"))


def load_money_places(stage: Stage, tills: list[Till]) -> None:
    """Send the first school's class list and open the first market's stalls, where there are any."""
    school = next((one for one in tills if one.type_code == "school"), None)
    market = next((one for one in tills if one.type_code == "market"), None)
    if school is not None:
        _send_classes(stage, school)
    if market is not None:
        _open_stalls(stage, market)


def _payee(stage: Stage, till: Till) -> str:
    with stage.act() as (session, _now):
        owned = select(PayeeOwner.payee_id).where(PayeeOwner.organisation_id == till.organisation_id)
        return session.scalars(owned).one()


def _send_classes(stage: Stage, till: Till) -> None:
    payee_id, own = _payee(stage, till), replace(stage.acting, organisation_id=till.organisation_id)
    with stage.act() as (session, now):
        due = day_of(now + timedelta(days=20))
        rows = [line for name in CLASSES for line in _class(name, period=f"{now:%Y-%m}", due=f"{due:%d/%m/%Y}")]
        columns = {field: place for place, field in enumerate(FIELDS)}
        schools.import_rows(
            session, now=now, acting=own, payee_id=payee_id, listing=Listing([list(FIELDS), *rows], 2, columns),
            period=None, strict=True, keys=stage.world.field_keys, list_id=new_id("sl"),
        )  # fmt: skip


def _class(name: str, *, period: str, due: str) -> list[list[str]]:
    """Return a class's rows: meals for all, insurance in two parts, a poor household let off a part."""
    rows = []
    for number in range(PUPILS):
        pupil = f"{_FAMILIES[number % 6]} {_MIDDLE[number % 4]} {_GIVEN[(number + len(name)) % 8]}"
        whose = [name, f"{name}-{number + 1:02d}", pupil, f"09{20_000_000 + number:08d}" if number % 3 else "", period]
        less = ["120000", "Hộ cận nghèo"] if number % 6 == 0 else ["", ""]
        rows.append([*whose, "Tiền ăn bán trú", "600000", *less, due, "1"])
        rows.append([*whose, "Bảo hiểm y tế", "680400", "", "", due, "2"])
    return rows


def _open_stalls(stage: Stage, till: Till) -> None:
    payee_id, own = _payee(stage, till), replace(stage.acting, organisation_id=till.organisation_id)
    for number, sells in STALLS:
        with stage.act() as (session, now):
            stalls.open_stall(session, now=now, acting=own, payee_id=payee_id, number=number, sells=sells)
