"""The figures that cashless payment owns: points, institutions, payments and their value.

Points and institutions move with the payee's home. A payment counts once, where its payee was when it was booked.
"""

from collections import Counter as Sums
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from payments.models import Payee
from portal.cashier.models import CashierDeskState
from portal.counting import TOTAL, Cell, Counter, Cut, Indicator
from portal.pay.models import InstitutionList
from portal.places.actions import home_at

POINT, LISTED, CASHLESS, NUMBER, VALUE = "PAY_POINT", "INST_LISTED", "INST_CASHLESS", "PAY_N", "PAY_VND"
_TYPE, _PARTNER = Cut("type", additive=True), Cut("partner", additive=True)


def _on(row: str) -> str:
    return f"{row}.from_at < :end AND ({row}.to_at IS NULL OR {row}.to_at >= :end)"


def _home(payee: str) -> str:
    return f"JOIN places_home h ON h.subject_id = {payee} AND {_on('h')}"


def _contributors(value: str, area: str, source: str, who: str, **cuts: str) -> Mapping[str, str]:
    """Return the texts of who contributed how much, for the total and for each cut."""
    texts = {}
    for dimension, column in {TOTAL: "'_T'", **cuts}.items():
        by = area if dimension == TOTAL else f"{area}, {column}"
        texts[dimension] = (
            f"SELECT {area}, {column} AS cut, {who} AS contributor, {value} AS value "  # noqa: S608  own constants
            f"FROM {source} GROUP BY {by}, {who}"
        )
    return texts


def _by(value: str, area: str, source: str, **cuts: str) -> Mapping[str, str]:
    """Return the texts for the total and for each cut: its dimension, and the column that holds its value."""
    texts = {TOTAL: f"SELECT {area}, '_T' AS cut, {value} AS value FROM {source} GROUP BY {area}"}  # noqa: S608
    for dimension, column in cuts.items():  # constants of this file alone
        texts[dimension] = f"SELECT {area}, {column} AS cut, {value} AS value FROM {source} GROUP BY {area}, {column}"  # noqa: S608
    return texts


_ACTIVE = f"""cashier_desk_state s {_home("s.payee")}
LEFT JOIN institution_list l ON l.payee = s.payee AND {_on("l")}
WHERE s.state = 'active' AND {_on("s")}"""
_ACTIVE_LISTED = _ACTIVE.replace("LEFT JOIN", "JOIN")
_OF_LIST = f"institution_list l {_home('l.payee')}\nWHERE {_on('l')}"
# The type is what the payee was on the list when it was paid; who stands on no list is `other`.
_PAID = """pay_allocations a JOIN pay_transactions t ON t.id = a.transaction_id
LEFT JOIN institution_list l ON l.payee = t.payee_id
  AND l.from_at <= t.paid_at AND (l.to_at IS NULL OR l.to_at > t.paid_at)
WHERE a.undone_at IS NULL AND t.area_ref IS NOT NULL
  AND t.paid_at >= :start AND t.paid_at < :end"""
# What came less what went back, each on its own business day.
_NET = """(SELECT t.area_ref, t.payee_id, t.provider, t.paid_at AS at, a.amount_minor AS d FROM pay_allocations a
JOIN pay_transactions t ON t.id = a.transaction_id WHERE a.undone_at IS NULL
UNION ALL SELECT r.area_ref, r.payee_id, t.provider, r.done_at, -r.amount_minor FROM pay_refunds r
JOIN pay_transactions t ON t.id = r.transaction_id WHERE r.status = 'succeeded' AND r.allocation_id IS NOT NULL) t
LEFT JOIN institution_list l ON l.payee = t.payee_id AND l.from_at <= t.at AND (l.to_at IS NULL OR l.to_at > t.at)
WHERE t.area_ref IS NOT NULL AND t.at >= :start AND t.at < :end"""
_LIST_TYPE = "COALESCE(l.type, 'other')"


def _stock(
    code: str, vi: tuple[str, str], en: tuple[str, str], unit: str, privacy: Literal["P5", "-"], owner: str,
    recount: Mapping[str, str], source: str,
) -> Indicator:  # fmt: skip
    return Indicator(
        code=code, version=1, name_vi=vi[0], name_en=en[0], definition_vi=vi[1], definition_en=en[1], unit=unit,
        kind="S", privacy=privacy, owner=owner, source=source, cuts=(_TYPE,), recount_sql=recount,
    )  # fmt: skip


def _flow(
    code: str, vi: tuple[str, str], en: tuple[str, str], unit: str, privacy: Literal["P5", "DOM"], value: str,
    paid: str = _PAID, version: int = 1,
) -> Indicator:  # fmt: skip
    cuts = {"type": _LIST_TYPE, "partner": "t.provider"}
    source = "pay_transactions, pay_allocations" + (", pay_refunds" if paid is _NET else "")
    return Indicator(
        code=code, version=version, name_vi=vi[0], name_en=en[0], definition_vi=vi[1], definition_en=en[1], unit=unit,
        kind="F", privacy=privacy, owner="KC", source=source, cuts=(_TYPE, _PARTNER),
        recount_sql=_by(value, "t.area_ref", paid, **cuts),
        contributors_sql=_contributors(value, "t.area_ref", paid, "t.payee_id", **cuts) if privacy == "DOM" else {},
    )  # fmt: skip


INDICATORS = (
    _stock(
        POINT,
        ("Điểm thu không tiền mặt", "Số bàn thu, quầy hàng đang nhận tiền qua ngân hàng."),
        ("Cashless points", "Desks and stalls that take money by bank at the end of the period."),
        "point",
        "P5",
        "CT",
        _by("COUNT(DISTINCT s.desk_ref)", "h.area_id", _ACTIVE, type=_LIST_TYPE),
        "cashier_desk_state",
    ),
    _stock(
        LISTED,
        ("Cơ sở trong danh sách", "Số trường học, bệnh viện, chợ và cơ sở khác trong danh sách của tỉnh."),
        ("Listed institutions", "Schools, hospitals, markets and others on the province's list."),
        "institution",
        "-",
        "KC",
        _by("COUNT(*)", "h.area_id", _OF_LIST, type="l.type"),
        "institution_list",
    ),
    _stock(
        CASHLESS,
        ("Cơ sở có thu không tiền mặt", "Số cơ sở trong danh sách có ít nhất một điểm thu không tiền mặt."),
        ("Cashless institutions", "Institutions on the list with at least one active cashless point."),
        "institution",
        "-",
        "KC",
        _by("COUNT(DISTINCT s.payee)", "h.area_id", _ACTIVE_LISTED, type="l.type"),
        "cashier_desk_state, institution_list",
    ),
    _flow(
        NUMBER,
        ("Lượt thanh toán không tiền mặt", "Số giao dịch ngân hàng đã trả cho một khoản thu, theo ngày giao dịch."),
        ("Cashless payments", "Providers' transactions that paid a request, on their business day."),
        "payment",
        "P5",
        "COUNT(DISTINCT t.id)",
    ),
    _flow(
        VALUE,
        ("Thu không tiền mặt", "Tổng tiền các giao dịch đã trả cho khoản thu, trừ tiền đã hoàn, theo ngày giao dịch."),
        (
            "Cashless value",
            "Sum that providers' transactions paid on requests, less what went back, on their business day.",
        ),
        "đồng",
        "DOM",
        "SUM(t.d)",
        paid=_NET,
        version=4,
    ),
)


_PAYEE = "py_"


class _Points:
    """Tells as what a payee stands on the list, and with how many active desks, at its home."""

    def lock(self, session: Session, subject_id: str) -> None:
        """Lock the payee's row; a subject of another kind has none."""
        if subject_id.startswith(_PAYEE):
            session.execute(select(Payee.id).where(Payee.id == subject_id).with_for_update(key_share=True))

    def cells(self, session: Session, subject_id: str, at: datetime) -> Mapping[Cell, int]:
        """Return the cells in which a payee stands now."""
        if not subject_id.startswith(_PAYEE):
            return {}
        desks = session.scalar(
            select(func.count()).where(
                CashierDeskState.payee == subject_id,
                CashierDeskState.state == "active",
                CashierDeskState.to_at.is_(None),
            )
        )
        of_list = select(InstitutionList.type).where(
            InstitutionList.payee == subject_id, InstitutionList.to_at.is_(None)
        )
        kind = session.scalar(of_list)
        home = home_at(session, subject_id, at) if desks or kind else None
        if home is None:
            return {}
        values = {LISTED: int(kind is not None), POINT: desks or 0, CASHLESS: int(kind is not None and bool(desks))}
        cells: dict[Cell, int] = {}
        for code, value in values.items():
            if value:
                cells[code, TOTAL, home.area_id] = value
                cells[code, f"type@{kind or 'other'}", home.area_id] = value
        return cells

    def lock_many(self, session: Session, subject_ids: Sequence[str]) -> None:
        """Lock the payees among many subjects."""
        for subject_id in _payees(subject_ids):
            self.lock(session, subject_id)

    def cells_of_many(self, session: Session, subject_ids: Sequence[str], at: datetime) -> "Sums[Cell]":
        """Return the sums of the cells of the payees among many subjects."""
        found: Sums[Cell] = Sums()
        for subject_id in _payees(subject_ids):
            found.update(self.cells(session, subject_id, at))
        return found


def _payees(subject_ids: Sequence[str]) -> list[str]:
    return sorted(one for one in subject_ids if one.startswith(_PAYEE))


COUNTERS: tuple[Counter, ...] = (_Points(),)
