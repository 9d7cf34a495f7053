"""A lot begins: its facts are noted, and its harvest is the first event of its way."""

import uuid
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.catalogue.models import Product
from portal.onboarding.models import Organisation
from portal.places.areas import VIETNAM, day_of
from portal.stamps.actions import note_lot
from portal.stamps.goods import gtin_of
from portal.stamps.uris import lot_uri, place_uri
from traceability import LotFacts, RecordedLot, epcis
from traceability.models import TraceLot


def begin_lot(session: Session, *, now: datetime, acting: Acting, facts: LotFacts, public_url: str) -> RecordedLot:
    """Note a lot and tell of its harvest in one act; the same again changes nothing. Raises LotSyntax, LotDiffers."""
    lot = note_lot(session, now=now, acting=acting, facts=facts)
    if not lot.created:
        return lot
    gtin = gtin_of(session.get_one(Product, facts.product))
    ilmd = {"cbvmda:lotNumber": facts.number}
    if facts.expires_on is not None:
        ilmd["cbvmda:itemExpirationDate"] = facts.expires_on.isoformat()
    told = epcis.StepFacts(
        event_id=uuid.uuid4().urn,
        at=moment_of(facts.produced_on or day_of(now), now=now),
        goods=lot_uri(public_url, lot_id=lot.id, number=facts.number, gtin=gtin),
        place=place_of(session, facts.establishment, public_url),
        lot=ilmd,
    )
    event = epcis.step_event("harvest", told)
    epcis.check_event(event, "event")
    epcis.record_events(session, now=now, events=[event], captor=epcis.Captor(name=facts.establishment))
    return lot


def suggested_number(session: Session, product_id: str, *, today: date) -> str:
    """Return a number for a lot of today that the product has not used: `L20261122`, then `L20261122-2`."""
    first = f"L{today:%Y%m%d}"
    like = select(TraceLot.number).where(TraceLot.product == product_id, TraceLot.number.startswith(first))
    taken = set(session.scalars(like))
    following = (f"{first}-{number}" for number in range(2, len(taken) + 3))
    return first if first not in taken else next(one for one in following if one not in taken)


def place_of(session: Session, organisation_id: str, public_url: str) -> str | None:
    """Return the name of the commune in which a seller works."""
    seller = session.get(Organisation, organisation_id)
    return None if seller is None or not seller.current_unit_id else place_uri(public_url, seller.current_unit_id)


def moment_of(on: date, *, now: datetime) -> datetime:
    """Return when on a day something was done, as far as a person says: now, or at noon."""
    if on == day_of(now):
        return now
    return datetime.combine(on, time.min, VIETNAM) + timedelta(hours=12)
