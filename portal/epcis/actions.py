"""What machines and people do with events: tell of them, in whole documents; nobody tells of another's goods."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.catalogue.models import Product
from portal.epcis.errors import GoodsNotYours
from portal.stamps.goods import product_of_gtin
from portal.stamps.uris import lot_of, seller_uri, serial_of
from traceability import DigitalLink, decode_serial, epcis, fold_serial, parse_digital_link
from traceability.errors import TraceabilityError
from traceability.models import TraceBatch, TraceLot

Changed = dict[str, tuple[object, object]]


def captor_of(acting: Acting) -> epcis.Captor:
    """Return who tells: a seller, or a partner by the name of its key."""
    return epcis.Captor(name=acting.organisation_id or acting.actor)


def reader_of(acting: Acting, *, public_url: str) -> epcis.Reader:
    """Return who asks, and the name by which others' events call it."""
    if acting.organisation_id is not None:
        return epcis.Reader(name=acting.organisation_id, parties=(seller_uri(public_url, acting.organisation_id),))
    return epcis.Reader(name=acting.actor)


def capture(
    session: Session, *, now: datetime, acting: Acting, events: Sequence[epcis.ReadyEvent], public_url: str
) -> epcis.Capture:
    """Keep a document's checked events, all or none.

    Raises `GoodsNotYours`, EventIdConflict, CorrectionOfNothing, NotYourEvent.
    """
    check_goods(session, acting=acting, events=events, public_url=public_url)
    job = epcis.capture_events(session, now=now, events=events, captor=captor_of(acting))
    changed: Changed = {"events": (None, job.events)}
    record(
        session, now=now, acting=acting, act="events.captured", object_id=job.id, subject=acting.organisation_id,
        changed=changed, public=frozenset(changed),
    )  # fmt: skip
    return job


def check_goods(session: Session, *, acting: Acting, events: Sequence[epcis.ReadyEvent], public_url: str) -> None:
    """Refuse events about goods of a seller who did not send them here nor is spoken for; raises `GoodsNotYours`.

    Goods that nobody here owns belong to who told of them first.
    """
    captor = captor_of(acting)
    things = [{thing.name for thing in one.things} for one in events]
    owners = owners_of(session, set().union(*things), public_url=public_url)
    foreign = {name for name, owner in owners.items() if owner != captor.name and owner not in acting.goods_of}
    own, told = epcis.told_of(
        session, foreign, captor=captor.name, parties=[seller_uri(public_url, captor.name)]
    )  # fmt: skip
    if acting.organisation_id is None:  # a partner may have told of goods before their seller forbade it
        own = frozenset(name for name in own if owners[name] is None)
    refused = {name for name in foreign - own if owners[name] is not None or name in told}
    for number, names in enumerate(things):
        if names & refused:
            raise GoodsNotYours(path=f"epcisBody.eventList[{number}]", goods=min(names & refused))


def owners_of(session: Session, names: Iterable[str], *, public_url: str) -> dict[str, str | None]:
    """Return whose goods these names are, by GTIN, lot or stamp; None for what nobody here owns."""
    by_gtin: dict[str, str | None] = {}
    owners: dict[str, str | None] = {}
    for name in names:
        link, lot_id, batch = _link(name), lot_of(public_url, name), _batch(name, public_url)
        if link is not None:
            if link.gtin not in by_gtin:
                by_gtin[link.gtin] = _owner_of_gtin(session, link.gtin)
            owners[name] = by_gtin[link.gtin]
        elif lot_id is not None:
            owners[name] = session.scalar(select(TraceLot.establishment).where(TraceLot.id == lot_id))
        elif batch is not None:
            owners[name] = session.scalar(select(TraceBatch.establishment).where(TraceBatch.batch == batch))
        else:
            owners[name] = None
    return owners


def lot_of_link(session: Session, name: str) -> TraceLot | None:
    """Return the lot that a GS1 name is about, if it is noted here."""
    link = _link(name)
    product = None if link is None or link.lot is None else product_of_gtin(session, link.gtin)
    if product is None or link is None:
        return None
    return session.scalar(select(TraceLot).where(TraceLot.product == product, TraceLot.number == link.lot))


def _link(name: str) -> DigitalLink | None:
    start = "https://id.gs1.org"
    try:
        return parse_digital_link(name.removeprefix(start), year=2000) if name.startswith(f"{start}/01/") else None
    except TraceabilityError:  # a name is only a name: what is no link owns nothing here
        return None


def _owner_of_gtin(session: Session, gtin: str) -> str | None:
    product = product_of_gtin(session, gtin)
    return None if product is None else session.get_one(Product, product).organisation_id


def _batch(name: str, public_url: str) -> int | None:
    typed = serial_of(public_url, name)
    try:
        parts = None if typed is None else decode_serial(fold_serial(typed))
    except TraceabilityError:
        return None
    return None if parts is None else parts.batch
