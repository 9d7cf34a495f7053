"""What is shown of codes: names of indicators, units, cuts and periods in the page's language."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from babel.dates import format_skeleton
from babel.numbers import format_compact_decimal
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.counting import TOTAL, Indicator
from portal.counting.periods import Period
from portal.i18n import current_language, number
from portal.places.areas import is_leaf

UNITS: Mapping[str, Any] = {
    "seller": _l("sellers"),
    "product": _l("products"),
    "listing": _l("listings"),
    "household": _l("households"),
    "account": _l("accounts"),
    "enterprise": _l("enterprises"),
    "platform": _l("marketplaces"),
    "stamp": _l("stamps"),
    "scan": _l("scans"),
    "establishment": _l("establishments"),
    "point": _l("points"),
    "institution": _l("institutions"),
    "payment": _l("payments"),
    "đồng": _l("đồng"),
    "team": _l("teams"),
    "person": _l("people"),
    "commune": _l("communes"),
    "%": "%",
}
KINDS: Mapping[str, Any] = {
    "S": _l("How many there are at the end of the period"),
    "C": _l("How many there were ever, up to the end of the period"),
    "F": _l("How many there were in the period"),
    "R": _l("One figure divided by another, at the end of the period"),
}
PRIVACY: Mapping[str, Any] = {
    "P5": _l("Counts of 1 to 4 are hidden. Communes and parts appear when the month closes."),
    "DOM": _l("What would tell about one firm is hidden. Communes and parts appear when the month closes."),
    "R10": _l("A share of fewer than 10 is hidden."),
    "PUB": _l("A public register: nothing is hidden."),
    "-": _l("Nothing about a person or firm: nothing is hidden."),
}
OWNERS: Mapping[str, tuple[str, str]] = {
    "CT": ("Sở Công Thương", "Department of Industry and Trade"),
    "NN": ("Sở Nông nghiệp và Môi trường", "Department of Agriculture and Environment"),
    "KC": ("Sở Khoa học và Công nghệ", "Department of Science and Technology"),
    "TC": ("Sở Tài chính", "Department of Finance"),
    "PC": ("Tổng đài 1022", "The 1022 desk"),
}
VALUES: Mapping[str, Any] = {
    "postmart": "Postmart",
    "voso": "Voso",
    "vnpay": "VNPAY",
    "sepay": "SePay",
    "bank": _l("Bank statement"),
    "momo": "MoMo",
    "zalopay": "ZaloPay",
    "payos": "payOS",
    "casso": "Casso",
    "viettel_qr": "Viettel Money",
    "keypay": "KeyPay",
    "stripe_shaped": _l("Card, by an international gateway"),
    "paygov": _l("PayGov (simulation)"),
    "vnpt_pay": _l("VNPT Pay (simulation)"),
    "agri": _l("Farm produce"),
    "food": _l("Food"),
    "craft": _l("Handicraft"),
    "household": _l("Household"),
    "business_household": _l("Business household"),
    "cooperative": _l("Cooperative"),
    "enterprise": _l("Enterprise"),
    "created": _l("Account created"),
    "phone_confirmed": _l("Phone confirmed"),
    "approved": _l("Approved"),
    "eligible": _l("Eligible"),
    "listed": _l("Listed"),
    "first_sale": _l("First sale"),
    "school": _l("Schools"),
    "hospital": _l("Hospitals"),
    "market": _l("Markets"),
    "other": _l("Others"),
    "self": _l("By themselves"),
    "team": _l("With a digital team"),
    "officer": _l("With an officer"),
    "roster": _l("From a list"),
    "leader": _l("Team leader"),
    "deputy": _l("Deputy leader"),
    "member": _l("Member"),
}


def in_language(vi: str, en: str) -> str:
    """Return the text of the page's language."""
    return vi if current_language() == "vi" else en


def indicator_name(indicator: Indicator) -> str:
    """Return an indicator's name."""
    return in_language(indicator.name_vi, indicator.name_en)


def unit_name(indicator: Indicator) -> str:
    """Return what an indicator counts."""
    return str(UNITS.get(indicator.unit, indicator.unit))


def cut_name(cut: str) -> str:
    """Return the name of a cut's value."""
    value = cut.partition("@")[2]
    return _("All") if cut == TOTAL else str(VALUES.get(value, value))


def area_label(area: str, names: Mapping[str, str]) -> str:
    """Return the name of a commune or province; a leaf "not attributable" says so."""
    return _("No known commune") if is_leaf(area) else names.get(area, area)


def period_name(period: Period) -> str:
    """Return a period in words: tháng 4 năm 2022."""
    first = date(int(period.first[:4]), int(period.first[5:]), 1)
    if period.frequency == "A":
        return period.text
    if period.frequency == "S":
        return _("half %(number)s of %(year)s", number=period.text[-1], year=period.text[:4])
    return str(format_skeleton("yMMMM" if period.frequency == "M" else "yQQQQ", first, locale=current_language()))


def month_mark(month: str) -> str:
    """Return a month as short as an axis wants it: 04/22."""
    return f"{month[5:]}/{month[2:4]}"


def figure_text(indicator: Indicator, value: int | None, *, short: bool = False) -> str:
    """Return a figure as people read it; a hidden or missing one is a dash. `short` rounds money to one decimal."""
    if value is None:
        return "–"
    if indicator.unit != "đồng":
        return number(value)
    text = number(value)
    if short and abs(value) >= 1_000_000:
        text = format_compact_decimal(value, format_type="long", locale=current_language(), fraction_digits=1)
    return _("₫%(amount)s", amount=text)
