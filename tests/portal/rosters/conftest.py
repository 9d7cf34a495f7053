"""The units of Long An and Tây Ninh, the rules of eligibility, and lists written as files."""

import csv
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from portal.acting import Acting
from portal.onboarding.rosters.commands import Asked, Imported, import_list
from tests.grounds import THEN

CLI = Acting.system("test")
DAY = date(2022, 10, 3)
HEADINGS = (
    "STT", "Họ và tên", "Giới tính", "Năm sinh", "Số CCCD", "Điện thoại", "Ấp", "Xã", "Huyện", "Sản phẩm", "ATTP",
    "Nhận chuyển khoản", "Xác nhận điện thoại", "Xã xác nhận", "Sàn", "Mã tài khoản", "Trạng thái",
)  # fmt: skip
Row = Sequence[Any]


def household(number: int, **changed: Any) -> list[Any]:
    """Return a line of a list; `changed` names headings by position words."""
    cells: dict[str, Any] = {
        "stt": str(number), "name": "Nguyễn Thị Hạnh", "sex": "Nam", "birth": "1985", "id": f"0820850{number:05d}",
        "phone": f"09120{number:05d}", "hamlet": "Ấp 3", "commune": "Tân Hòa", "district": "Bến Lức",
        "grown": "Thanh long", "attp": "Cam kết", "paid": "Có", "seen": "Có", "approved": "Có", "channel": "Postmart",
        "account": f"PM{number:05d}", "status": "Đã tạo",
    }  # fmt: skip
    return list((cells | changed).values())


@pytest.fixture
def province(on_a_province_of_2022: None, session: Any, clock: Any) -> Any:
    """The session, in October 2022, with everything that comes with the product."""
    clock.at = THEN
    return session


@pytest.fixture
def as_csv(tmp_path: Path) -> Callable[..., Path]:
    """Write lines as a text file."""

    def write(*rows: Row, name: str = "list.csv", encoding: str = "utf-8", delimiter: str = ",") -> Path:
        path = tmp_path / name
        with path.open("w", encoding=encoding, newline="") as stream:
            csv.writer(stream, delimiter=delimiter).writerows(rows)
        return path

    return write


@pytest.fixture
def as_xlsx(tmp_path: Path) -> Callable[..., Path]:
    """Write lines as a workbook; numbers stay numbers."""

    def write(*rows: Row, name: str = "list.xlsx", above: Sequence[Row] = (), hidden: bool = False) -> Path:
        path = tmp_path / name
        book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False})
        if hidden:
            book.add_worksheet("Nháp").hide()
        sheet = book.add_worksheet("Danh sách")
        if hidden:
            sheet.activate()
            sheet.set_first_sheet()
        for line, row in enumerate((*above, *rows)):
            for column, cell in enumerate(row):
                if cell != "":
                    sheet.write(line, column, cell)
        book.close()
        return path

    return write


@pytest.fixture
def take(province: Any, world: Any, clock: Any) -> Callable[..., Imported]:
    """Import a list as the command line does."""

    def run(path: Path, *, source: str = "xa", **more: Any) -> Imported:
        province.commit()
        asked = Asked(path=path, source=source, captured_on=more.pop("on", DAY), **more)
        found = import_list(world_now(world), asked, acting=CLI)
        province.expire_all()
        return found

    def world_now(found: Any) -> Any:
        return found

    return run
