"""What can be done with stamps that are issued: note a lot, put a range on it, print. voiding.py cancels."""

from datetime import datetime
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.catalogue.models import Product
from portal.errors import NotFound
from portal.i18n import current_language
from portal.onboarding.actions import agrees
from portal.onboarding.models import Organisation
from portal.onboarding.places import place_name
from portal.stamps.indicators import ACTIVE, count
from portal.stamps.models import StampOrder
from traceability import (
    Activation,
    BatchBook,
    BatchHeader,
    Look,
    LotFacts,
    PrintRun,
    RecordedLot,
    activate_range,
    erase_lot,
    get_lot,
    lot_facts,
    print_sheets,
    read_header,
    record_lot,
)
from traceability.models import TraceLot

Changed = dict[str, tuple[object, object]]
FONT = "files/BeVietnamPro-Regular.ttf"


def own_batch(session: Session, acting: Acting, batch: int) -> BatchHeader:
    """Return the header of a batch of the acting seller; anybody else's is missing. Raises BatchUnknown."""
    header = read_header(session, batch)
    if acting.role != "system" and header.establishment != acting.organisation_id:
        raise NotFound
    return header


def own_lot(session: Session, header: BatchHeader, lot_id: str) -> RecordedLot:
    """Return a lot of the batch's product and establishment; any other is missing."""
    row = session.scalar(select(TraceLot).where(TraceLot.id == lot_id, *_of(header)))
    if row is None:
        raise NotFound
    return RecordedLot(row.id, lot_facts(row), created=False)


def own_lots(session: Session, header: BatchHeader, *, limit: int = 20) -> list[RecordedLot]:
    """Return the newest lots of the batch's product."""
    rows = session.scalars(select(TraceLot).where(*_of(header)).order_by(TraceLot.recorded_at.desc(), TraceLot.id))
    return [RecordedLot(row.id, lot_facts(row), created=False) for row in rows.fetchmany(limit)]


def _of(header: BatchHeader) -> tuple[ColumnElement[bool], ...]:
    return (TraceLot.product == header.product, TraceLot.establishment == header.establishment)


def note_lot(session: Session, *, now: datetime, acting: Acting, facts: LotFacts) -> RecordedLot:
    """Record a lot; the same facts again are the same lot. Raises LotSyntax, LotDiffers."""
    lot = record_lot(session, now=now, facts=facts)
    if lot.created:
        record(session, now=now, acting=acting, act="lot.recorded", object_id=lot.id, subject=facts.establishment)
    return lot


def erase(session: Session, *, now: datetime, acting: Acting, lot_id: str) -> TraceLot:
    """Erase the words of a lot once the law lets them go. Raises LotUnknown, KeptLonger."""
    row = erase_lot(session, now=now, lot=lot_id)
    record(session, now=now, acting=acting, act="lot.erased", object_id=row.id, subject=row.establishment)
    return row


def lot_named(session: Session, *, now: datetime, acting: Acting, batch: int, name: str) -> RecordedLot:
    """Return the lot with this id or number; a new number becomes a lot from where the seller grows."""
    header = own_batch(session, acting, batch)
    if name.startswith("lt_"):
        row = get_lot(session, name)
        return RecordedLot(row.id, lot_facts(row), created=False)
    known = session.scalar(select(TraceLot).where(TraceLot.product == header.product, TraceLot.number == name))
    if known is not None:
        return RecordedLot(known.id, lot_facts(known), created=False)
    place = origin_of(session, header)
    facts = LotFacts(
        number=name,
        product=header.product,
        establishment=header.establishment,
        origin_place=place,
        origin_words=place_name(session, place)[:200],
    )
    return note_lot(session, now=now, acting=acting, facts=facts)


def origin_of(session: Session, header: BatchHeader) -> str | None:
    """Return the unit that a new lot most likely comes from: the product's origin, or where the seller is."""
    product = session.get_one(Product, header.product)
    return product.origin_unit_id or session.get_one(Organisation, header.establishment).current_unit_id


def missing_facts(session: Session, header: BatchHeader, lot: LotFacts) -> list[str]:
    """Name what every scan page must show and this one could not: picture, producer, address, origin."""
    product = session.get_one(Product, header.product)
    seller = session.get_one(Organisation, header.establishment)
    there = {
        "photo": bool(product.photos),
        "producer": agrees(session, seller, "public_page"),
        "address": seller.current_unit_id is not None,
        "origin": bool(lot.origin_words),
    }
    return [name for name, is_there in there.items() if not is_there]


def activate(
    session: Session, *, now: datetime, acting: Acting, batch: int, first: int, last: int, lot_id: str
) -> Activation:
    """State that stamps first..last (both included) are on goods of a lot; the same again changes nothing.

    Raises NotFound, RangeReversed, RangeOutsideBatch, RangeOverlap, LotProductDiffers, LotExpired, LotRecalled.
    """
    header = own_batch(session, acting, batch)
    done = activate_range(session, now=now, batch=batch, first=first, last=last, lot=lot_id)
    if done.changed:
        sector = sector_of(session, batch)
        count(session, ACTIVE, establishment=header.establishment, sector=sector, d=done.changed, at=now)
        changed: Changed = {"range": (None, f"{first}-{last}"), "lot": (None, lot_id)}
        note_act(session, now, acting, header, "stamps.activated", changed)
    return done


def note_printing(session: Session, *, now: datetime, acting: Acting, batch: int, first: int, last: int) -> None:
    """Note that codes left the house: a printed sheet is stock."""
    header = own_batch(session, acting, batch)
    changed: Changed = {"range": (None, f"{first}-{last}")}
    note_act(session, now, acting, header, "stamps.printed", changed)


def label_look(language: str | None = None) -> Look:
    """Return how label files present themselves, in this language or that of whoever asks."""
    font = Path(str(resources.files("fontpkg_be_vietnam_pro") / FONT))
    with force_locale(language or current_language()):
        return Look(font, title=_("Batch"), language=current_language())


def labels_pdf(session: Session, run: PrintRun, *, book: BatchBook) -> bytes:
    """Return a small run as a PDF."""
    with TemporaryDirectory() as folder:
        out = Path(folder) / "labels.pdf"
        print_sheets(session, run, book=book, look=label_look(), out=out)
        return out.read_bytes()


def sector_of(session: Session, batch: int) -> str:
    """Return the sector under which a batch is counted."""
    return session.execute(select(StampOrder.sector).where(StampOrder.batch == batch)).scalar_one()


def note_act(session: Session, now: datetime, acting: Acting, header: BatchHeader, act: str, changed: Changed) -> None:
    """Audit what was done with stamps of a batch."""
    record(
        session, now=now, acting=acting, act=act, object_id=str(header.batch), subject=header.establishment,
        changed=changed, public=frozenset(changed),
    )  # fmt: skip
