"""What pages and files show of recalls: lists with their clock, what is affected, who has the goods."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.catalogue.models import Product
from portal.crypto import FieldKeys
from portal.i18n import number
from portal.marketplaces.channels.registry import NAMES as CHANNELS
from portal.marketplaces.models import Listing
from portal.onboarding.models import Organisation
from portal.onboarding.officers import reachable
from portal.onboarding.persons import seller_name
from portal.onboarding.places import place_name
from portal.recalls.actions import CLOCK, own
from portal.recalls.errors import GoodsNotFound
from portal.recalls.models import RecallFile
from portal.recalls.telling import holders_of
from traceability import Affected, Recall, decode_serial, fold_serial, get_lot, get_recall, lot_facts, scanned_stamps
from traceability.epcis import Custody
from traceability.errors import CodeSyntaxError
from traceability.models import TraceBatch, TraceLot, TraceRange

MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class Line:
    """One recall: its file, the library's facts, the product and what is recalled, in words."""

    file: RecallFile
    recall: Recall
    product: str
    what: str

    @property
    def due_at(self) -> datetime:
        """Return when the 24 hours since the danger was found are over."""
        return self.file.found_at + CLOCK

    def late(self, now: datetime) -> bool:
        """Say whether an open recall is past its 24 hours."""
        return self.file.closed_at is None and now > self.due_at


@dataclass(frozen=True, slots=True)
class Having:
    """Who has, awaits or had recalled goods: a name, how in words, where to ask, since when."""

    name: str
    how: str
    place: str
    since: datetime | None


def files(session: Session, acting: Acting, *, closed: bool = False) -> list[Line]:
    """Return recalls within reach: the open ones, the oldest danger first, or the newest closed ones."""
    query = select(RecallFile).join(Organisation, Organisation.id == RecallFile.organisation_id)
    query = query.where(
        own(session, acting), RecallFile.closed_at.is_not(None) if closed else RecallFile.closed_at.is_(None)
    )
    order = RecallFile.closed_at.desc() if closed else RecallFile.found_at
    return [line_of(session, row) for row in session.scalars(query.order_by(order, RecallFile.id).limit(MOST_ROWS))]


def line_of(session: Session, file: RecallFile) -> Line:
    """Return a recall with its words."""
    recall = get_recall(session, file.id)
    return Line(file, recall, session.get_one(Product, file.product_id).name, goods_words(session, recall))


def goods_words(session: Session, recall: Recall) -> str:
    """Say which goods a recall is of."""
    if recall.lot is not None:
        return _("Lot %(number)s", number=get_lot(session, recall.lot).number)
    return _(
        "Batch %(batch)s, stamps %(first)s to %(last)s",
        batch=recall.batch, first=number(recall.first or 0), last=number(recall.last or 0),
    )  # fmt: skip


def having(
    session: Session, file: RecallFile, affected: Affected, *, keys: FieldKeys, public_url: str, named: bool
) -> list[Having]:
    """Return who has the goods: by the events told of the lots, and where the product is on sale.

    With `named` False households are not named: another seller is only told that there is one.
    """
    words = {
        Custody.HELD: _("has some"), Custody.ON_THE_WAY: _("was sent some"), Custody.PASSED_ON: _("passed some on"),
    }  # fmt: skip
    recall = get_recall(session, file.id)
    found: dict[str, Having] = {
        file.organisation_id: _having(session, file.organisation_id, _("made it"), None, keys, named=True)
    }
    for lot_id in affected.lots or ((recall.lot,) if recall.lot else ()):
        for one in holders_of(session, lot_id, lot_facts(get_lot(session, lot_id)), public_url=public_url):
            found[one.party] = _having(
                session,
                one.party,
                words[one.custody],
                one.since,
                keys,
                named=named or one.party == file.organisation_id,
            )
    shelves = select(Listing.channel).where(Listing.product_id == file.product_id, Listing.live_version.is_not(None))
    on_sale = [Having(CHANNELS.get(code, code), _("shows it on sale"), "", None) for code in session.scalars(shelves)]
    return [*found.values(), *on_sale]


def _having(session: Session, party: str, how: str, since: datetime | None, keys: FieldKeys, *, named: bool) -> Having:
    seller = session.get(Organisation, party)
    if seller is None:
        return Having(party, how, "", since)
    name = seller_name(session, seller, keys) if named or seller.head_person_id is None else ""
    return Having(name or _("A farming household"), how, place_name(session, seller.current_unit_id), since)


def state_words(voided_at: datetime | None, activated_at: datetime | None) -> str:
    """Say in which state recalled stamps are."""
    if voided_at is not None:
        return _("Cancelled")
    return _("On goods") if activated_at is not None else _("On nothing yet")


def range_rows(session: Session, affected: Affected) -> list[tuple[Any, ...]]:
    """Return the affected ranges as rows of a table or file."""
    numbers = {lot: get_lot(session, lot).number for lot in affected.lots}
    return [
        (one.batch, one.first, one.last, one.count, numbers.get(one.lot or "", ""),
         state_words(one.voided_at, one.activated_at), one.activated_at, one.scanned, one.scans)
        for one in affected.ranges
    ]  # fmt: skip


def range_columns() -> tuple[str, ...]:
    """Return the headings of `range_rows`."""
    return (
        _("Batch"), _("From stamp"), _("To stamp"), _("Stamps"), _("Lot"), _("State"), _("On goods since"),
        _("Scanned stamps"), _("Scans"),
    )  # fmt: skip


def scanned_rows(session: Session, recall_id: str) -> Iterator[tuple[Any, ...]]:
    """Return the scanned stamps as rows of a file."""
    for one in scanned_stamps(session, recall_id):
        yield one.serial, one.batch, one.index, one.first_at, one.last_at, one.scans, one.scans_before


def scanned_columns() -> tuple[str, ...]:
    """Return the headings of `scanned_rows`."""
    return (
        _("Code"), _("Batch"), _("Stamp"), _("First scan"), _("Last scan"), _("Scans on goods"),
        _("Scans before that"),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Goods:
    """Goods that may be recalled: a lot, or one batch's stamps, with the product and the seller."""

    lot_id: str | None
    lot: str
    batch: int | None
    index: int | None
    product: str
    seller: str


def find_goods(session: Session, acting: Acting, typed: str, *, keys: FieldKeys) -> list[Goods]:
    """Return the lots and stamps within reach that a lot number or a stamp's code means; raises `GoodsNotFound`."""
    text = typed.strip()
    reached = select(Organisation.id).where(reachable(session, acting))
    lots = select(TraceLot).where(TraceLot.number == text, TraceLot.establishment.in_(reached))
    found = [_lot_goods(session, row, keys) for row in session.scalars(lots.order_by(TraceLot.id).limit(20))]
    try:
        parts = decode_serial(fold_serial(text.rpartition("/")[2].replace(" ", "")))
    except CodeSyntaxError:
        parts = None
    if parts is not None:
        on_lot = _lots_of_stamp(parts.batch, parts.index).where(TraceLot.establishment.in_(reached))
        found += [_lot_goods(session, row, keys) for row in session.scalars(on_lot)]
        batches = select(TraceBatch).where(TraceBatch.batch == parts.batch, TraceBatch.establishment.in_(reached))
        for row in session.scalars(batches):
            product, seller = _names(session, row.product, row.establishment, keys)
            found.append(Goods(None, "", row.batch, parts.index, product, seller))
    if not found:
        raise GoodsNotFound
    return found


def _lots_of_stamp(batch: int, index: int) -> Select[TraceLot]:
    """Select the lot on whose goods a stamp is: what is wrong with a package is wrong with its lot first of all."""
    held = (TraceRange.batch == batch, TraceRange.first <= index, TraceRange.last >= index)
    return select(TraceLot).join(TraceRange, TraceRange.lot == TraceLot.id).where(*held, TraceRange.voided_at.is_(None))


def _lot_goods(session: Session, row: TraceLot, keys: FieldKeys) -> Goods:
    product, seller = _names(session, row.product, row.establishment, keys)
    return Goods(row.id, row.number, None, None, product, seller)


def _names(session: Session, product_id: str, organisation_id: str, keys: FieldKeys) -> tuple[str, str]:
    seller = session.get_one(Organisation, organisation_id)
    return session.get_one(Product, product_id).name, seller_name(session, seller, keys)


def own_goods(session: Session, acting: Acting) -> Sequence[tuple[TraceLot, str]]:
    """Return the newest lots of the acting seller with their product's name."""
    query = (
        select(TraceLot, Product.name)
        .join(Product, Product.id == TraceLot.product)
        .where(TraceLot.establishment == acting.organisation_id)
        .order_by(TraceLot.recorded_at.desc(), TraceLot.id)
    )
    return [(row, name) for row, name in session.execute(query.limit(40))]
