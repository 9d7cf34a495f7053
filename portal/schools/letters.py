"""Letters to families: what is still to be paid, each sum with a VietQR code; initials and class, no name."""

import math
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import IO

from flask_babel import gettext as _

import payments
from payments.models import Payee
from portal.i18n import day, money
from portal.printing import Page, bind_pages
from portal.schools.listing import Owed, Owing

ON_A_PAGE = 4
CODE_MM = 44.0
TOP_MM, BLOCK_MM, LEFT_MM, TEXT_MM = 52.0, 54.0, 14.0, 134.0
CODE_X_MM = 152.0


def letters_pdf(payee: Payee, pupils: Sequence[Owing], *, period: str) -> IO[bytes]:
    """Return one file with a letter for each pupil who can pay something now, drawn page after page."""
    due = [one for one in pupils if one.payable]
    count = sum(_pages(one) for one in due)
    return bind_pages(_("Letters of %(period)s", period=period), _letters(payee, due, period), count=count)


def vietqr_of(payee: Payee, owed: Owed) -> str:
    """Return the text of the code that asks for what is still due."""
    return payments.encode_vietqr(
        bank_bin=payee.bin, account=payee.account, amount_minor=owed.due_minor, purpose=owed.code
    )


def _pages(pupil: Owing) -> int:
    return math.ceil(len(pupil.payable) / ON_A_PAGE)


def _letters(payee: Payee, pupils: Sequence[Owing], period: str) -> Iterator[Page]:
    for number, pupil in enumerate(pupils, 1):
        for first in range(0, len(pupil.payable), ON_A_PAGE):
            page = Page()
            _head(page, payee, pupil, period=period, place=f"{number}/{len(pupils)}")
            for place, owed in enumerate(pupil.payable[first : first + ON_A_PAGE]):
                _block(page, payee, owed, period=period, top=TOP_MM + place * BLOCK_MM)
            _foot(page)
            yield page


def _head(page: Page, payee: Payee, pupil: Owing, *, period: str, place: str) -> None:
    page.text(payee.name, x=LEFT_MM, y=20, points=14, most=150)
    page.text(place, x=180, y=20, points=10)
    page.text(_("What is to be paid in %(period)s", period=period), x=LEFT_MM, y=30, points=18, most=182)
    whose = _("Class %(name)s · %(initials)s", name=pupil.class_name, initials=pupil.initials)
    page.text(whose, x=LEFT_MM, y=39, points=14, most=100)
    total = sum(one.due_minor for one in pupil.payable)
    page.text(_("Together: %(sum)s", sum=money(total)), x=120, y=39, points=14, most=76)
    page.rule(y=44)


def _block(page: Page, payee: Payee, owed: Owed, *, period: str, top: float) -> None:
    page.text(owed.item, x=LEFT_MM, y=top + 6, points=11, most=TEXT_MM)
    page.text(money(owed.due_minor), x=LEFT_MM, y=top + 16, points=20, most=TEXT_MM)
    lines = [
        _("Account holder: %(name)s", name=payee.holder_name),
        _("%(bank)s, account %(number)s", bank=payments.bank_name(payee.bin) or payee.bin, number=payee.account),
        _("Transfer text: %(code)s", code=owed.code),
    ]
    if owed.expires_at is not None:
        lines.append(_("Pay by %(day)s", day=last_day(owed)))
    if owed.period != period:
        lines.append(_("Still open from %(period)s", period=owed.period))
    elif owed.reduction_reason:
        lines.append(_("Reduced: %(reason)s", reason=owed.reduction_reason))
    for number, words in enumerate(lines):
        page.text(words, x=LEFT_MM, y=top + 24 + number * 5.5, points=10, most=TEXT_MM)
    page.code(vietqr_of(payee, owed), x=CODE_X_MM, y=top + 1, side=CODE_MM)
    page.rule(y=top + BLOCK_MM - 4)


def last_day(owed: Owed) -> str:
    """Return the last day on which a request is in time."""
    return day(owed.expires_at - timedelta(minutes=1)) if owed.expires_at is not None else ""


def _foot(page: Page) -> None:
    page.text(
        _("Scan a code with any bank's app. Check the holder's name. Don't change amount or text."),
        x=LEFT_MM, y=278, points=10, most=182,
    )  # fmt: skip
    page.text(_("Paid already? Then this letter has crossed your payment."), x=LEFT_MM, y=285, points=9, most=182)
