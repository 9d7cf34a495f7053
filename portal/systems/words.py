"""What the pages of an institution's software call the states of messages and the reasons of tries that failed."""

from datetime import datetime

from flask_babel import gettext as _

from payments.v1 import deliveries, endpoints
from payments.v1.delivery_tables import Delivery, DeliveryTry, Endpoint


def state_of(delivery: Delivery, row: Endpoint, *, now: datetime) -> tuple[str, str]:
    """Return a message's state in words, with the tone of its tag."""
    if delivery.status == deliveries.DELIVERED:
        return _("Delivered"), "green"
    if delivery.status == deliveries.SUPERSEDED:
        return _("Overtaken by a later message"), "grey"
    if delivery.status == deliveries.EXHAUSTED:
        return _("Given up after six tries"), "red"
    held = row.status != endpoints.ENABLED or (row.paused_until is not None and row.paused_until > now)
    if held:
        return _("Held until the address is told again"), "amber"
    return (_("Tried again later"), "amber") if delivery.tries else (_("On its way"), "grey")


def reason_of(one: DeliveryTry) -> str:
    """Return how a try ended."""
    if one.status is not None:
        return _("Answered %(status)s", status=one.status)
    words = {
        "address_refused": _("The address leads inside a private network"),
        "time_out": _("No answer within ten seconds"),
        "ConnectTimeout": _("No answer within ten seconds"),
        "ReadTimeout": _("No answer within ten seconds"),
        "ConnectionError": _("Nobody answers there"),
        "SSLError": _("Its certificate is not valid"),
    }
    return words.get(one.error or "", _("The call broke off"))
