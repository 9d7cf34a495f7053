"""What a logistic unit's number (SSCC) stands for here: what was told of the parcel, and recalls of what is in it."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.stamps.errors import ShipmentUnknown
from portal.stamps.goods import product_of_gtin
from portal.stamps.uris import lot_of
from traceability import DigitalLink, LotFacts, Recall, ShipmentLink, epcis, lot_facts, open_recalls_of_lot, parse_uri
from traceability.errors import CodeSyntaxError
from traceability.models import TraceLot


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel that events named: the steps that were told, and each open recall with the lot that it is about."""

    sscc: str
    name: str
    told: tuple[epcis.JourneyStep, ...]
    recalls: tuple[tuple[Recall, LotFacts], ...]


def find_parcel(session: Session, link: ShipmentLink, *, public_url: str, year: int) -> Parcel:
    """Find what was told of a parcel; raises ShipmentUnknown."""
    name = ShipmentLink(link.sscc).canonical_uri()
    told = epcis.journey(session, (name,))
    if not told:
        raise ShipmentUnknown
    inside = {
        thing.name
        for step in told
        if step.event.get("parentID") and epcis.canonical_name(step.event["parentID"]) == name
        for thing in epcis.things_of(step.event)
        if thing.role == "child_class"
    }
    lots = {row.id: row for one in sorted(inside) if (row := _lot(session, one, public_url=public_url, year=year))}
    recalls = tuple(
        (recall, lot_facts(row)) for row in lots.values() for recall in open_recalls_of_lot(session, row.id)
    )
    return Parcel(link.sscc, name, told, recalls)


def _lot(session: Session, name: str, *, public_url: str, year: int) -> TraceLot | None:
    own = lot_of(public_url, name)
    if own is not None:
        return session.get(TraceLot, own)
    try:
        link = parse_uri(name, year=year)
    except CodeSyntaxError:
        return None
    if not isinstance(link, DigitalLink) or link.lot is None:
        return None
    product_id = product_of_gtin(session, link.gtin)
    return session.scalar(select(TraceLot).where(TraceLot.product == product_id, TraceLot.number == link.lot))
