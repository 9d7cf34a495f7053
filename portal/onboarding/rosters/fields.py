"""What a roster may tell: fields, the headings under which provinces write them, and columns of later subjects.

A later subject registers a `ColumnGroup`: its fields, how a row's cells are read, and what becomes of them in the
transaction of the chunk. So no import points upwards.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from portal.counting import Cell
from portal.places.names import fold


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a roster: its code, its name on pages, the headings it is known by (folded)."""

    code: str
    label: Any
    aliases: frozenset[str]


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Something about a row: the field, a code with what its sentence names; `problem` rejects, the others don't."""

    field: str
    code: str
    kind: str = "problem"
    fields: Mapping[str, Any] | None = None


class Held(Protocol):
    """A household or firm of this chunk with what its row says in the columns of a group."""

    @property
    def organisation_id(self) -> str:
        """Return whose line it is."""

    @property
    def area_id(self) -> str:
        """Return its home."""

    @property
    def values(self) -> Any:
        """Return what the group read."""

    @property
    def household(self) -> bool:
        """Say whether it is a household."""


class ColumnGroup(Protocol):
    """Columns that a later subject reads and writes."""

    name: str
    fields: tuple[Field, ...]

    def read(self, cells: Mapping[str, str]) -> tuple[Any, Sequence[RowProblem]]:
        """Return what the cells say (None: nothing), and what is wrong with it. Pure."""

    def clashes(self, session: Session, held: Sequence[tuple[int, str | None, Any]]) -> dict[int, RowProblem]:
        """Return the rows that can't be taken, from (row, organisation or None for a new one, values)."""

    def create(
        self, session: Session, held: Sequence[Held], *, now: datetime
    ) -> "tuple[Counter[Cell], Mapping[str, set[str]]]":
        """Write the columns of new organisations; return what that counts, and who reached which stage by it."""

    def differs(self, session: Session, held: Sequence[Held]) -> set[str]:
        """Return the known organisations that `merge` would change. Only reads."""

    def merge(self, session: Session, held: Sequence[Held], *, now: datetime) -> set[str]:
        """Write the columns of known ones, inside `counting`; return the organisations that changed."""

    def finished(self, session: Session, *, now: datetime) -> None:
        """Ask for what is due once a run is done."""


GROUPS: dict[str, ColumnGroup] = {}


def register_group(group: ColumnGroup) -> None:
    """Add the columns of a later subject; again changes nothing."""
    GROUPS[group.name] = group


def field(code: str, label: Any, *aliases: str) -> Field:
    """Return a field with its headings folded."""
    return Field(code, label, frozenset(fold(alias) for alias in aliases))


FIELDS: tuple[Field, ...] = (
    field("number", _l("Running number"), "STT", "TT", "Số TT", "Số thứ tự", "No", "No."),
    field("code", _l("Own code"), "Mã hộ", "Mã số hộ", "Mã hồ sơ", "Mã doanh nghiệp", "Household code", "Code"),
    field("family_name", _l("Family name"), "Họ và tên đệm", "Họ và chữ lót", "Họ và đệm", "Họ đệm", "Họ",
          "Family name"),
    field("given_name", _l("Given name"), "Tên", "Given name"),
    field(
        "name", _l("Name"), "Họ và tên", "Họ tên", "Họ tên chủ hộ", "Họ và tên chủ hộ", "Tên chủ hộ", "Chủ hộ",
        "Tên hộ", "Hộ", "Tên doanh nghiệp", "Doanh nghiệp", "Tên đơn vị", "Tên công ty", "Name", "Full name",
        "Head of household", "Company",
    ),
    field(
        "id_number", _l("ID number"), "Số CCCD", "CCCD", "Căn cước công dân", "Số CMND", "CMND", "CMND/CCCD",
        "CCCD/CMND", "Số CMND/CCCD", "Số CCCD/CMND", "Số định danh", "Số định danh cá nhân", "Số căn cước", "ID number",
    ),
    field("tax_code", _l("Tax code"), "Mã số thuế", "MST", "Mã số doanh nghiệp", "Tax code"),
    field(
        "phone", _l("Phone"), "Điện thoại", "Số điện thoại", "SĐT", "ĐT", "Số ĐT", "Điện thoại liên hệ", "Di động",
        "Số di động", "Phone", "Mobile",
    ),
    field("sex", _l("Sex"), "Giới tính", "Nam/Nữ", "Phái", "Sex"),
    field("birth", _l("Birth"), "Ngày sinh", "Năm sinh", "Ngày tháng năm sinh", "Birth", "Date of birth",
          "Year of birth"),
    field("hamlet", _l("Hamlet"), "Ấp", "Khu phố", "Ấp/Khu phố", "Khóm", "Thôn", "Tổ", "Hamlet"),
    field("commune", _l("Commune"), "Xã", "Phường", "Xã/Phường", "Xã phường", "Phường/Xã", "Xã, phường, thị trấn",
          "Xã/Phường/Thị trấn", "Tên xã", "Commune", "Ward"),
    field("district", _l("District"), "Huyện", "Quận", "Huyện/Thị xã", "Quận/Huyện", "Huyện/TX/TP",
          "Huyện, thị xã, thành phố", "Tên huyện", "District"),
    field("province", _l("Province"), "Tỉnh", "Tỉnh/Thành phố", "Tỉnh thành", "Province"),
    field("place", _l("Address"), "Địa chỉ", "Nơi cư trú", "Nơi ở", "Thường trú", "Hộ khẩu thường trú", "Address"),
    field("grown", _l("What is grown"), "Sản phẩm", "Nông sản", "Cây trồng", "Cây trồng, vật nuôi", "Sản phẩm chính",
          "Mặt hàng", "Sản xuất", "Products", "Goods"),
    field("land", _l("Land"), "Diện tích", "Diện tích đất", "Diện tích sản xuất", "Area", "Land"),
    field("food_safety", _l("Food safety"), "ATTP", "An toàn thực phẩm", "Cam kết ATTP", "Giấy ATTP", "Food safety"),
    field("payment", _l("Way to be paid"), "Tài khoản ngân hàng", "Có tài khoản ngân hàng", "Nhận chuyển khoản",
          "Thanh toán", "Bank transfer"),
    field("phone_confirmed", _l("Phone confirmed"), "Xác nhận điện thoại", "Đã xác nhận điện thoại", "Xác thực SĐT",
          "Phone confirmed"),
    field("confirmed", _l("Confirmed by the commune"), "Xã xác nhận", "UBND xã xác nhận", "Xác nhận của xã",
          "Xã duyệt", "Confirmed by the commune"),
    field("programme", _l("Programme"), "Chương trình", "Chương trình hỗ trợ", "Programme"),
    field("sector", _l("Sector"), "Ngành", "Ngành nghề", "Lĩnh vực", "Sector"),
)  # fmt: skip
_NEEDED = {"household": ("name", "commune"), "firm": ("name", "tax_code", "commune")}


def all_fields() -> tuple[Field, ...]:
    """Return the fields of this subject and of the registered groups."""
    return (*FIELDS, *(one for group in GROUPS.values() for one in group.fields))


def kind_of_list(mapping: Mapping[str, int]) -> str:
    """Say whether a list tells of firms or of households: firms have a tax code."""
    return "firm" if "tax_code" in mapping and "id_number" not in mapping else "household"


def missing_fields(mapping: Mapping[str, int]) -> list[str]:
    """Return the fields without which a list can't be imported."""
    have = set(mapping)
    if {"family_name", "given_name"} <= have:
        have.add("name")
    if "place" in have:
        have.add("commune")
    return [code for code in _NEEDED[kind_of_list(mapping)] if code not in have]
