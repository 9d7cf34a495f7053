"""Print orders: take a batch number, derive the tree outside any transaction, issue.

    with begin() as session: order = place_order(session, …)
    with begin() as session: claim = claim_order(session, …)          a lease: who derives it now
    derived = derive_batch(claim.order, keys=keys)                    pure; millions take seconds
    with begin() as session: finish_order(session, claim=claim, …)

A process that dies in between leaves the order due, and the next one derives the very same stamps.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.catalogue.models import Category, Product
from portal.db import begin, new_id
from portal.errors import NotFound
from portal.onboarding.models import SELLER_KINDS, Organisation
from portal.stamps.errors import NotYourProduct, OrderLeaseLost, SellerNotApproved
from portal.stamps.goods import gtin_of
from portal.stamps.indicators import ISSUED as QR_STAMP
from portal.stamps.indicators import NEW as QR_STAMP_NEW
from portal.stamps.indicators import count
from portal.stamps.models import DUE, FAILED, ISSUED, StampOrder
from portal.stamps.wiring import LogSigner, book_of
from portal.world import World
from traceability import (
    BatchOrder,
    DerivedBatch,
    IssuedBatch,
    StampKeys,
    derive_batch,
    issue_batch,
    open_log,
    reserve_batch,
    url_prefix,
)

INLINE_MOST = 20_000  # derived within the request: 30 ms
LEASE = timedelta(minutes=2)
MOST_ATTEMPTS = 8
NATURAL_PERSONS = ("household", "business_household")


@dataclass(frozen=True, slots=True)
class Claim:
    """An order taken for one try; `lease` goes with everything written for it."""

    order_id: str
    lease: int
    order: BatchOrder


def place_order(
    session: Session,
    *,
    now: datetime,
    acting: Acting,
    product_id: str,
    count: int,
    keys: StampKeys,
    signer: LogSigner,
    client_id: str | None = None,
    pin: bool = False,
) -> StampOrder:
    """Order stamps for a product; the same `client_id` again is the same order.

    Raises `NotYourProduct`, `SellerNotApproved`, CountOutOfRange.
    """
    if client_id is not None:
        known = session.scalars(select(StampOrder).where(StampOrder.client_id == client_id)).one_or_none()
        if known is not None:
            return _reached(acting, known)
    product, seller = _product(session, acting, product_id)
    if seller.state != "approved" or seller.kind not in SELLER_KINDS:
        raise SellerNotApproved
    taken = reserve_batch(session, keys=keys, count=count)
    open_log(session, now=now, origin=signer.origin)
    order = StampOrder(
        id=new_id("so"),
        organisation_id=seller.id,
        product_id=product.id,
        sector=session.get_one(Category, product.category_code).sector,
        gtin=gtin_of(product),
        count=count,
        batch=taken.batch,
        key_version=taken.key_version,
        pin=pin,
        state=DUE,
        client_id=client_id,
        ordered_by=acting.actor,
        ordered_at=now,
        next_attempt_at=now,
    )
    session.add(order)
    changed: dict[str, tuple[object, object]] = {"batch": (None, taken.batch), "count": (None, count)}
    record(
        session, now=now, acting=acting, act="stamps.ordered", object_id=order.id, subject=seller.id, changed=changed,
        public=frozenset(changed),
    )  # fmt: skip
    return order


def _product(session: Session, acting: Acting, product_id: str) -> tuple[Product, Organisation]:
    product = session.get(Product, product_id)
    if product is None or (acting.role != "system" and product.organisation_id != acting.organisation_id):
        raise NotYourProduct
    return product, session.get_one(Organisation, product.organisation_id)


def _reached(acting: Acting, order: StampOrder) -> StampOrder:
    if acting.role != "system" and order.organisation_id != acting.organisation_id:
        raise NotFound
    return order


def claim_order(session: Session, *, now: datetime, order_id: str | None = None) -> Claim | None:
    """Take one due order, this one or the oldest, for one try; None if none is due."""
    query = select(StampOrder).where(StampOrder.state == DUE, StampOrder.next_attempt_at <= now)
    if order_id is not None:
        query = query.where(StampOrder.id == order_id)
    order = session.scalars(
        query.order_by(StampOrder.ordered_at, StampOrder.id).limit(1).with_for_update(skip_locked=True)
    ).one_or_none()
    if order is None:
        return None
    order.lease, order.attempts, order.next_attempt_at = order.lease + 1, order.attempts + 1, now + LEASE
    session.flush()
    return Claim(order.id, order.lease, BatchOrder(order.batch, order.count, order.key_version))


def note_progress(session: Session, *, now: datetime, claim: Claim, done: int) -> None:
    """Write how many stamps are derived, and hold on to the order; raise `OrderLeaseLost` if another has it."""
    order = _claimed(session, claim)
    order.done, order.next_attempt_at = done, now + LEASE
    session.flush()


def finish_order(
    session: Session,
    *,
    now: datetime,
    acting: Acting,
    claim: Claim,
    derived: DerivedBatch,
    signer: LogSigner,
    public_url: str,
) -> IssuedBatch:
    """Issue the batch: header, tiles, log entry, counts and audit row together. Raises `OrderLeaseLost`."""
    order = _claimed(session, claim)
    seller = session.get_one(Organisation, order.organisation_id)
    issued = issue_batch(
        session,
        now=now,
        derived=derived,
        establishment=order.organisation_id,
        product=order.product_id,
        gtin=order.gtin,
        prefix=url_prefix(public_url=public_url, gtin=order.gtin),
        log_keys=signer.keys,
        natural_person=seller.kind in NATURAL_PERSONS,
        pin=order.pin,
    )
    order.state, order.done, order.issued_at = ISSUED, order.count, now
    order.promise, order.reason = issued.promise, None
    establishment, sector = order.organisation_id, order.sector
    count(session, QR_STAMP, QR_STAMP_NEW, establishment=establishment, sector=sector, d=order.count, at=now)
    changed: dict[str, tuple[object, object]] = {"root": (None, issued.root.hex())}
    record(
        session, now=now, acting=acting, act="stamps.issued", object_id=order.id, subject=order.organisation_id,
        changed=changed, public=frozenset(changed),
    )  # fmt: skip
    return issued


def put_back(session: Session, *, now: datetime, claim: Claim, reason: str) -> None:
    """Let an order try again later, ever later; after the last try a person must look."""
    order = _claimed(session, claim)
    order.reason = reason[:64]
    order.next_attempt_at = now + timedelta(seconds=2**order.attempts)
    if order.attempts >= MOST_ATTEMPTS:
        order.state = FAILED
    session.flush()


def _claimed(session: Session, claim: Claim) -> StampOrder:
    order = session.get(StampOrder, claim.order_id, with_for_update=True, populate_existing=True)
    if order is None or order.lease != claim.lease or order.state != DUE:
        raise OrderLeaseLost
    return order


def issue_now(
    world: World,
    *,
    now: datetime,
    acting: Acting,
    product_id: str,
    count: int,
    client_id: str | None = None,
    pin: bool = False,
) -> tuple[str, IssuedBatch | None]:
    """Order and issue in three transactions of its own; return the order's id and the batch.

    Without a batch the same order was sent before and is issued, or under way, already.
    """
    signer: LogSigner = world.log_signer
    with begin() as session:
        order_id = place_order(
            session, now=now, acting=acting, product_id=product_id, count=count, keys=world.stamp_keys, signer=signer,
            client_id=client_id, pin=pin,
        ).id  # fmt: skip
        claim = claim_order(session, now=now, order_id=order_id)
    if claim is None:
        return order_id, None
    derived = derive_batch(claim.order, keys=world.stamp_keys)
    with begin() as session:
        issued = finish_order(
            session,
            now=now,
            acting=acting,
            claim=claim,
            derived=derived,
            signer=signer,
            public_url=world.settings.public_url,
        )
    book_of(world.stamp_keys).clear()  # a database that was put back may give a number again
    return order_id, issued


def own_order(session: Session, acting: Acting, order_id: str) -> StampOrder:
    """Return an order of the acting seller; anybody else's is missing."""
    order = session.get(StampOrder, order_id)
    if order is None:
        raise NotFound
    return _reached(acting, order)
