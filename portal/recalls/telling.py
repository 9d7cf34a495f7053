"""The event by which partners' systems learn of a recall, and who has the goods by the events that were told."""

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.catalogue.models import Product
from portal.stamps.goods import gtin_of
from portal.stamps.uris import lot_uri, lot_uris, seller_of
from traceability import LotFacts, Recall, epcis, get_lot, lot_facts, read_header

LIFTED = "lifted"


def tell_partners(session: Session, recall: Recall, *, now: datetime, acting: Acting, public_url: str) -> None:
    """Record the event of a recall that was opened or lifted, in its transaction."""
    event = epcis.recall_event(
        event_id=f"urn:uuid:{uuid.uuid4()}", now=now, goods=_goods(session, recall, public_url),
        lifted=recall.closed_because == LIFTED,
    )  # fmt: skip
    if recall.first is not None and recall.last is not None:
        event = {**event, "quantityList": [{**event["quantityList"][0], "quantity": recall.last - recall.first + 1}]}
    captor = epcis.Captor(name=acting.organisation_id or acting.actor)
    epcis.record_events(session, now=now, events=[event], captor=captor)


def _goods(session: Session, recall: Recall, public_url: str) -> str:
    if recall.lot is not None:
        facts = lot_facts(get_lot(session, recall.lot))
        return lot_uri(public_url, lot_id=recall.lot, number=facts.number, gtin=_gtin(session, facts.product))
    header = read_header(session, recall.batch or 0)
    return f"{public_url.rstrip('/').lower()}/batches/{header.batch}/{recall.first}-{recall.last}"


def _gtin(session: Session, product_id: str) -> str | None:
    return gtin_of(session.get_one(Product, product_id))


def holders_of(session: Session, lot_id: str, facts: LotFacts, *, public_url: str) -> tuple[epcis.Holder, ...]:
    """Return who has, awaits or had a lot's goods; parties of ours by their ids."""
    names = lot_uris(public_url, lot_id=lot_id, number=facts.number, gtin=_gtin(session, facts.product))
    return epcis.holders(epcis.journey(session, names), known_as=lambda party: seller_of(public_url, party) or party)
