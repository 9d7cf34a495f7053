"""What a manager is told to do about each open case, and the page where she does it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import current_app, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from payments import cases
from portal.acting import Acting
from portal.i18n import money
from portal.stalls.waiting import Waits


@dataclass(frozen=True, slots=True)
class Task:
    """One open case as the list shows it: what it is, what it is about, what to do, and where (words, address)."""

    what: Any
    about: str
    todo: Any
    link: tuple[Any, str] | None
    waits: Waits


_WAITING_SUM = _l("Give the sum to the payment that it belongs to, or have it go back.")
_ASKED = _l("The province's desk asks the gateway. Hand nothing over until it has answered.")
_SOFTWARE = _l("See that your software answers, then switch its address on again.")
_REFUND = _l("Look how the refund stands, and do what its page says.")
_STATEMENT = _l("Read your bank's statement in: it shows what is missing.")
_TODO: Mapping[str, Any] = {
    **dict.fromkeys(cases.ABOUT_MONEY, _WAITING_SUM),
    cases.AMOUNT_DIFFERS: _ASKED,
    cases.CONTRADICTION: _ASKED,
    cases.SUSPECTED: _ASKED,
    cases.STUCK: _ASKED,
    cases.FEED_GAP: _STATEMENT,
    cases.BANK_LACKS: _STATEMENT,
    cases.ENDPOINT_PAUSED: _SOFTWARE,
    cases.NOT_TOLD: _SOFTWARE,
    cases.REFUND_STUCK: _REFUND,
    cases.REFUND_RETURNED: _REFUND,
    cases.REFUND_AGAIN: _l("The money left twice. Ask the receiver to send one sum back."),
    cases.FILE_DIFFERS: _l("Say why the sums differ, or propose a correction."),
}


def task(waits: Waits, acting: Acting) -> Task:
    """Return an open case in words, with the page where somebody with these duties works on it."""
    if waits.stall is not None:
        what = _("The board shows another's code")
        about = _("Stall %(number)s", number=waits.stall.number)
        address = url_for("stalls.case_page", case_id=waits.id)
        return Task(
            what, about, _("Take the board down now, then hang a new one."), (_("Step by step"), address), waits
        )
    what = current_app.extensions["case_words"].get(waits.kind) or _("A case without a name")
    about = money(waits.amount_minor) if waits.amount_minor is not None else "–"
    todo = _TODO.get(waits.kind) or _("The province's desk works on it. You need to do nothing.")
    return Task(what, about, todo, _link(waits, acting), waits)


def _link(waits: Waits, acting: Acting) -> tuple[Any, str] | None:
    """Lead to where a case about money is worked on; the sums themselves only for who reconciles."""
    if waits.kind in cases.ABOUT_MONEY:
        if waits.suspense_id is not None and "reconcile" in acting.duties:
            return _("Work on this sum"), url_for("cashier.suspense_page", suspense_id=waits.suspense_id)
        return _("Money that needs a look"), url_for("cashier.exceptions_page")
    if waits.request_id is not None and "reconcile" in acting.duties:
        return _("See the payment"), url_for("cashier.paid_by", request_id=waits.request_id)
    leads = _LEADS.get(waits.kind)
    return leads(waits) if leads else None


def _software(_waits: Waits) -> tuple[Any, str]:
    return _("Your own software"), url_for("systems.overview")


def _refund(waits: Waits) -> tuple[Any, str]:
    return _("See the refund"), url_for("cashier.refund", refund_id=waits.subject)


def _accounts(_waits: Waits) -> tuple[Any, str]:
    return _("Settlement with gateways"), url_for("accounts.overview")


_LEADS: Mapping[str, Callable[[Waits], tuple[Any, str]]] = {
    cases.FEED_GAP: _accounts,
    cases.BANK_LACKS: _accounts,
    cases.ENDPOINT_PAUSED: _software,
    cases.NOT_TOLD: _software,
    cases.REFUND_STUCK: _refund,
    cases.REFUND_RETURNED: _refund,
    cases.REFUND_AGAIN: lambda _waits: (_("Refunds"), url_for("cashier.refunds_waiting")),
    cases.FILE_DIFFERS: lambda waits: (
        _("See the difference"), url_for("accounts.difference_page", difference_id=waits.subject),
    ),
}  # fmt: skip
