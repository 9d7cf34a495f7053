"""Languages and formats. Vietnamese is the default; a phone's own setting is no proof of what its owner reads."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.numbers import format_decimal
from flask import Flask, g, has_request_context, request, session, url_for
from flask_babel import Babel, Domain, format_date, format_datetime, get_locale
from jinja2 import pass_context

LANGUAGES = {"vi": "Tiếng Việt", "en": "English"}
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
COOKIE = "lang"
_LOCALES = {code: Locale.parse(code) for code in LANGUAGES}  # once: parsing costs more than a translation


def _select() -> Locale:
    if not has_request_context():
        return _LOCALES["vi"]
    environ = request.environ  # most scans have neither, and need neither be parsed
    asked = request.args.get("lang") if environ.get("QUERY_STRING") else None
    kept = request.cookies.get(COOKIE) if "HTTP_COOKIE" in environ else None
    wanted = getattr(g, "language", None) or asked or kept
    return _LOCALES[wanted if wanted in LANGUAGES else "vi"]


def current_language() -> str:
    """Return the code of the language of this page."""
    return str(get_locale() or "vi")[:2]


def money(amount_minor: int) -> str:
    """Format đồng: `60.000 ₫` in Vietnamese, `₫60,000` in English."""
    language = current_language()
    number = format_decimal(amount_minor, locale=language)
    return f"{number}\u00a0₫" if language == "vi" else f"₫{number}"


def number(value: int) -> str:
    """Format a whole number in the page's language."""
    return str(format_decimal(value, locale=current_language()))


def ratio(text: str) -> str:
    """Format a ratio with two decimals as the figures have it, `84.23`, in the page's language: `84,23`."""
    return str(format_decimal(Decimal(text), format="#,##0.00", locale=current_language()))


def day(value: date | datetime) -> str:
    """Format a day as dd/MM/yyyy, in the province's time."""
    if isinstance(value, datetime):
        value = value.astimezone(ZONE).date()
    return str(format_date(value, "dd/MM/yyyy"))


def moment(value: datetime) -> str:
    """Format a time as dd/MM/yyyy HH:mm, in the province's time."""
    return str(format_datetime(value.astimezone(ZONE), "dd/MM/yyyy HH:mm", rebase=False))


_DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_GROUPS = ("", "nghìn", "triệu", "tỷ")


def _three(value: int, *, full: bool) -> list[str]:
    """Read up to three digits; `full` reads a leading zero hundred too."""
    hundreds, rest = divmod(value, 100)
    tens, ones = divmod(rest, 10)
    words = [_DIGITS[hundreds], "trăm"] if hundreds or full else []
    if tens == 0 and ones:
        words += ["lẻ"] if words else []
        words.append(_DIGITS[ones])
    elif tens:
        words += ["mười"] if tens == 1 else [_DIGITS[tens], "mươi"]
        if ones == 1 and tens > 1:
            words.append("mốt")
        elif ones == 5:
            words.append("lăm")
        elif ones:
            words.append(_DIGITS[ones])
    return words


def in_words(amount_minor: int) -> str:
    """Read an amount of đồng aloud in Vietnamese: 105000 → một trăm lẻ năm nghìn đồng."""
    if not 0 <= amount_minor < 10**12:
        raise ValueError("amounts are read up to 999 billion")
    if amount_minor == 0:
        return "không đồng"
    groups = []
    rest = amount_minor
    while rest:
        rest, group = divmod(rest, 1000)
        groups.append(group)
    words: list[str] = []
    for place in range(len(groups) - 1, -1, -1):
        if groups[place]:
            words += _three(groups[place], full=place < len(groups) - 1)
            words += [_GROUPS[place]] if place else []
    return " ".join(words) + " đồng"


def _language_links() -> list[tuple[str, str, str]]:
    return [(code, name, url_for("site.language", code=code, next=request.path)) for code, name in LANGUAGES.items()]


class _Grouped(int):
    """A number that stands in a sentence as the page's language writes it: `1.675`."""

    def __str__(self) -> str:
        return number(int(self))


class _Domain(Domain):
    """Translations whose `%(num)s` is written with the language's grouping."""

    def ngettext(self, singular: str, plural: str, num: int, **variables: Any) -> str:
        """Return the sentence for a number."""
        return str(super().ngettext(singular, plural, _Grouped(num), **variables))


def register_i18n(app: Flask) -> None:
    """Install Babel, the filters and what every template needs."""
    app.config.update(
        BABEL_DEFAULT_LOCALE="vi",
        BABEL_DEFAULT_TIMEZONE="Asia/Ho_Chi_Minh",
        BABEL_TRANSLATION_DIRECTORIES="../translations",
    )
    babel = Babel(app, locale_selector=_select)
    babel.domain_instance = _Domain(domain="messages")
    plural: Any = app.jinja_env.globals["ngettext"]

    @pass_context
    def counted(context: Any, one: str, many: str, number: int, **variables: Any) -> Any:
        return plural(context, one, many, _Grouped(number), **variables)

    app.jinja_env.globals["ngettext"] = counted
    app.jinja_env.filters.update(money=money, vn_number=number, vn_date=day, vn_datetime=moment, in_words=in_words)

    def context() -> dict[str, Any]:
        return {"current_language": current_language(), "languages": _language_links(), "brand": "Chợ Số"}

    app.context_processor(context)


__all__ = [
    "COOKIE",
    "LANGUAGES",
    "ZONE",
    "current_language",
    "day",
    "in_words",
    "moment",
    "money",
    "number",
    "ratio",
    "register_i18n",
    "session",
]
