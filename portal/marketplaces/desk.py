"""What marketplaces put on an officer's desk: messages that did not leave, open questions, and their acts in words."""

from collections.abc import Mapping
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.cases.waiting import cases_of
from portal.marketplaces.models import Outbox
from portal.queues import PROVINCE, Queue, Rows
from portal.world import current_world

ACTS: Mapping[str, Any] = {
    "account.created": _l("A marketplace opened an account for a seller."),
    "account.refused": _l("A marketplace did not open an account for a seller."),
    "listing.published": _l("A product was sent to a marketplace."),
    "listing.withdrawn": _l("A marketplace was asked to take a product off."),
    "listing.rejected": _l("A marketplace refused a product."),
    "offer.live": _l("A marketplace put a product on sale."),
    "offer.refused": _l("A marketplace refused a product."),
    "offer.removed": _l("A marketplace took a product off."),
    "channel.switched": _l("A marketplace's link was switched on or off."),
    "outbox.redriven": _l("A message to a marketplace was sent again."),
}
CASES: Mapping[str, Any] = {
    "channel.locked_out": _l("A marketplace refuses our key. Ask it for a new one."),
    "channel.dead_letter": _l("A message to a marketplace could not be sent."),
    "channel.price_refused": _l("A marketplace refuses a price. Ask the seller."),
    "channel.stale": _l("A marketplace holds a newer version than we do."),
    "channel.event": _l("A marketplace said something that we cannot place."),
}


def dead_letters(_session: Session, _acting: Acting) -> Rows:
    """Select the messages whose tries are spent."""
    columns = (Outbox.created_at.label("since"), Outbox.id.label("id"), Outbox.channel.label("about"))
    return select(*columns).where(Outbox.status == "dead")


def _dead(_id: str, code: str) -> tuple[Any, str]:
    channel = current_world().channels.get(code)
    words = _("A message to %(channel)s could not be sent", channel=channel.name if channel else code)
    return words, url_for("marketplaces.officer_channels")


QUEUES: tuple[Queue, ...] = (
    Queue(
        code="dead_letters",
        name=_l("Messages that could not be sent"),
        rows=dead_letters,
        address=lambda: url_for("marketplaces.officer_channels"),
        one=_dead,
        roles=PROVINCE,
    ),
    Queue(
        code="channels",
        name=_l("Questions about marketplaces"),
        rows=cases_of("channel", but=("channel.dead_letter",)),
        address=lambda: url_for("desk.cases_page", kind="channels"),
        one=lambda case_id, kind: (CASES.get(kind, kind), url_for("desk.case_page", case_id=case_id)),
        roles=PROVINCE,
    ),
)
