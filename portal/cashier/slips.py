"""A slip that a patient or parent takes along: whoever has its picture can pay; it names nobody. And what banks ask."""

from datetime import date, datetime

from flask_babel import gettext as _

import payments
from payments.models import Payee, Request
from portal import paper
from portal.i18n import in_words, moment, money
from portal.places.areas import day_of

# From this day on a bank checks the payer's face above this sum (Decision 2345/QĐ-NHNN). Another rule is another row.
FACE_CHECKS: tuple[tuple[date, int], ...] = ((date(2024, 7, 1), 10_000_000),)


def asks_for_a_face(amount_minor: int, *, at: datetime) -> bool:
    """Say whether the payer's bank may check a face for a transfer of this sum on that day. Pure."""
    limit = face_limit(at=at)
    return limit is not None and amount_minor > limit


def face_limit(*, at: datetime) -> int | None:
    """Return the sum above which a bank may check a face on that day; None before there was such a rule. Pure."""
    limits = [limit for since, limit in FACE_CHECKS if since <= day_of(at)]
    return limits[-1] if limits else None


def draw_slip(payee: Payee, request: Request) -> bytes:
    """Return an A6 page that asks for what is still due: holder, sum, time, and the code that any bank's app scans."""
    page = paper.a6(_("Slip %(code)s", code=request.code))
    paper.line(page, payee.name, points=12, bold=True, most=2)
    paper.line(page, money(request.due_minor), points=24, bold=True)
    paper.line(page, in_words(request.due_minor), points=9)
    paper.line(page, request.item, points=11, most=2)
    paper.line(page, _("Account holder: %(name)s", name=payee.holder_name), points=11, bold=True, most=2)
    bank = payments.bank_name(payee.bin) or payee.bin
    paper.line(page, _("%(bank)s, account %(number)s", bank=bank, number=payee.account), points=9)
    paper.line(page, _("Transfer text: %(code)s", code=request.code), points=11, bold=True)
    if request.expires_at is not None:
        paper.line(page, _("Pay until %(time)s", time=moment(request.expires_at)), points=11, bold=True)
    code = payments.encode_vietqr(
        bank_bin=payee.bin, account=payee.account, amount_minor=request.due_minor, purpose=request.code
    )
    text = _("A relative can pay from a picture of this slip. Scan with any bank's app. Don't change amount or text.")
    paper.code(page, code, text=text)
    return bytes(page.output())
