"""Boards to print and hang up: one A4 page a stall, the code at least 12 cm wide, the holder's name large."""

from collections.abc import Iterator, Mapping, Sequence
from typing import IO

from flask_babel import gettext as _

import payments
from payments.models import Payee
from portal.printing import Page, bind_pages
from portal.stalls.models import Stall

CODE_MM, CODE_X_MM, CODE_Y_MM = 150.0, 30.0, 58.0


def boards_pdf(accounts: Sequence[Payee], stalls: Sequence[Stall], *, address: str) -> IO[bytes]:
    """Return the boards of a market's stalls, each with its own account; `address` ends where a stall's id follows."""
    title = _("Boards of %(market)s", market=accounts[0].name)
    return bind_pages(title, _boards({one.id: one for one in accounts}, stalls, address), count=len(stalls))


def _boards(accounts: Mapping[str, Payee], stalls: Sequence[Stall], address: str) -> Iterator[Page]:
    for stall in stalls:
        payee = accounts[stall.payee]
        page = Page()
        page.middle(payee.name, y=24, points=20)
        page.middle(_("Stall %(number)s · %(sells)s", number=stall.number, sells=stall.sells), y=42, points=30)
        page.middle(_("Scan with any bank's app and type the sum"), y=56, points=16)
        page.code(payments.static_vietqr(payee, stall.code), x=CODE_X_MM, y=CODE_Y_MM, side=CODE_MM)
        page.middle(payee.holder_name, y=219, points=36)
        bank = payments.bank_name(payee.bin) or payee.bin
        page.middle(_("%(bank)s, account %(number)s", bank=bank, number=payee.account), y=231, points=18)
        page.middle(_("Transfer text: %(code)s", code=stall.code), y=241, points=18)
        page.rule(y=248)
        page.middle(
            _("Your app must show this holder's name. If it shows another, don't pay and tell us."), y=258, points=12
        )
        page.middle(_("Is this board genuine? %(address)s", address=address + stall.id), y=268, points=10)
        yield page
