"""One row of a class list: read, judged by itself, and told what is wrong with it. Pure."""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from payments.money import LEAST_MINOR, MOST_MINOR
from portal.onboarding.rosters.cells import day_in, name_key
from portal.pay.typed import AmountUnreadable, read_amount
from portal.people.errors import PhoneError
from portal.people.phones import parse_mobile
from portal.places.names import fold

# In the order of the sample; the folded headings under which schools write them.
FIELDS: dict[str, frozenset[str]] = {
    "class": frozenset({"class", "lop", "ten lop"}),
    "pupil_code": frozenset({"pupil code", "ma hoc sinh", "ma hs", "ma"}),
    "pupil_name": frozenset({"pupil name", "ho ten", "ho va ten", "ten hoc sinh", "hoc sinh"}),
    "guardian_phone": frozenset(
        {"guardian phone", "dien thoai", "so dien thoai", "sdt", "sdt phu huynh", "dien thoai phu huynh"}
    ),
    "period": frozenset({"period", "ky", "dot thu", "thang", "hoc ky"}),
    "item": frozenset({"item", "khoan thu", "noi dung", "noi dung thu"}),
    "amount": frozenset({"amount", "so tien", "thanh tien", "muc thu"}),
    "reduction": frozenset({"reduction", "giam", "mien giam", "so tien giam", "so tien mien giam"}),
    "reduction_reason": frozenset({"reduction reason", "ly do", "ly do giam", "ly do mien giam"}),
    "due_date": frozenset({"due date", "han nop", "han thu", "ngay het han"}),
    "instalments": frozenset({"instalments", "so dot", "so lan nop", "tra gop"}),
}  # fmt: skip
REQUIRED = ("class", "pupil_code", "pupil_name", "item", "amount", "due_date")
MOST_INSTALMENTS = 12
_FILLED = (*REQUIRED, "period")
_MOST = (("class", 12), ("pupil_code", 30), ("pupil_name", 80), ("period", 20), ("item", 80), ("reduction_reason", 120))
_PLACES = {name: place for place, name in enumerate(FIELDS)}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a row: the column, a code, and what its sentence names."""

    column: str
    code: str
    fields: dict[str, Any] | None = None


@dataclass(slots=True, kw_only=True)
class Row:
    """What one row asks for, in whole đồng."""

    number: int
    class_name: str
    code: str
    name: str
    phone: str | None
    period: str
    item: str
    gross: int
    reduction: int
    reason: str | None
    due_on: date
    parts: int

    @property
    def net(self) -> int:
        """Return what is left to ask for."""
        return self.gross - self.reduction

    @property
    def key(self) -> tuple[str, str, str]:
        """Return what tells one charge from the next."""
        return self.code, self.period, self.item

    @property
    def text(self) -> str:
        """Return all that the row says, for a digest."""
        return "\x1f".join(
            (
                self.class_name, self.code, self.name, self.phone or "", self.period, self.item, str(self.gross),
                str(self.reduction), self.reason or "", str(self.due_on), str(self.parts),
            )
        )  # fmt: skip


def read_row(number: int, cells: Sequence[str], *, period: str | None) -> Row | list[Problem]:
    """Return what a row asks for, or everything that is wrong with it; `cells` stand in the order of FIELDS."""
    texts = [_tidy(cell) if cell else "" for cell in cells]
    values, problems = dict(zip(FIELDS, texts, strict=True)), list[Problem]()
    values["period"] = values["period"] or period or ""
    problems += [Problem(name, "row.missing") for name in _FILLED if not values[name]]
    problems += [Problem(name, "row.too_long", {"most": most}) for name, most in _MOST if len(values[name]) > most]
    gross, reduction = _sum(values["amount"]), _sum(values["reduction"] or "0")
    parts, due_on, phone = _parts(values["instalments"]), _day(values["due_date"]), _phone(values["guardian_phone"])
    problems += _sum_problems(values, gross=gross, reduction=reduction, parts=parts)
    if values["due_date"] and due_on is None:
        problems.append(Problem("due_date", "row.date"))
    if values["guardian_phone"] and phone is None:
        problems.append(Problem("guardian_phone", "row.phone"))
    if _shows(values["item"], values["pupil_name"]):
        problems.append(Problem("item", "row.name_shown"))
    if problems or gross is None or reduction is None or parts is None or due_on is None:
        return sorted(problems, key=lambda one: _PLACES[one.column])
    return Row(
        number=number, class_name=values["class"], code=values["pupil_code"], name=values["pupil_name"], phone=phone,
        period=values["period"], item=values["item"], gross=gross, reduction=reduction,
        reason=values["reduction_reason"] if reduction else None, due_on=due_on, parts=parts,
    )  # fmt: skip


@lru_cache(100_000)
def initials(name: str) -> str:
    """Return the first letters of a name's words: Nguyễn Văn An gives N.V.A."""
    return "".join(f"{word[0].upper()}." for word in name.split() if word[0].isalpha())[:16] or "…"


def split(net: int, parts: int) -> list[int]:
    """Return the instalments of a sum: whole thousands, what is left over in the last."""
    each = net // parts // 1_000 * 1_000 or net // parts
    return [each] * (parts - 1) + [net - each * (parts - 1)]


def due_days(first: date, parts: int) -> list[date]:
    """Return the day of each instalment: the first one's day, then the same day of each month after it."""
    found = []
    for number in range(parts):
        years, month = divmod(first.month - 1 + number, 12)
        year, month = first.year + years, month + 1
        found.append(date(year, month, min(first.day, calendar.monthrange(year, month)[1])))
    return found


def _sum_problems(
    values: dict[str, str], *, gross: int | None, reduction: int | None, parts: int | None
) -> list[Problem]:
    found = []
    if values["amount"] and (gross is None or not LEAST_MINOR <= gross <= MOST_MINOR):
        found.append(Problem("amount", "row.amount"))
    if reduction is None:
        found.append(Problem("reduction", "row.amount"))
    if parts is None:
        found.append(Problem("instalments", "row.instalments"))
    if found or gross is None or reduction is None or parts is None or not gross:
        return found
    if reduction > gross:
        return [Problem("reduction", "row.reduction")]
    if reduction and not values["reduction_reason"]:
        found.append(Problem("reduction_reason", "row.reason"))
    if 0 < gross - reduction < LEAST_MINOR:
        found.append(Problem("reduction", "row.rest"))
    elif gross > reduction and gross - reduction < LEAST_MINOR * parts:
        found.append(Problem("instalments", "row.instalments"))
    return found


@lru_cache(100_000)
def _tidy(text: str) -> str:
    """Return a cell on one line; most cells of a list stand in many of its rows."""
    return " ".join(text.split())


@lru_cache(4096)
def _sum(text: str) -> int | None:
    try:
        return read_amount(text)
    except AmountUnreadable:
        return None


@lru_cache(256)
def _parts(text: str) -> int | None:
    if not text:
        return 1
    return int(text) if text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_INSTALMENTS else None


@lru_cache(4096)
def _day(text: str) -> date | None:
    try:
        return day_in(text)
    except ValueError:
        return None


@lru_cache(100_000)
def _phone(text: str) -> str | None:
    try:
        return parse_mobile(text).e164 if text else None
    except PhoneError:
        return None


@lru_cache(4096)
def _folded(text: str) -> str:
    return fold(text)


@lru_cache(100_000)
def _shows(item: str, name: str) -> bool:
    """Say whether a text for everybody holds the pupil's own name; one word alone is no name."""
    return " " in name and name_key(name) in _folded(item)
