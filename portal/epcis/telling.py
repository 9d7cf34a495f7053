"""What people tell of a lot: its next step, and that a step was told wrongly. Each becomes an event, once."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.catalogue.models import Product
from portal.epcis.actions import captor_of, lot_of_link
from portal.epcis.errors import StepNotNow
from portal.errors import NotFound
from portal.onboarding.models import Organisation
from portal.stamps.goods import gtin_of
from portal.stamps.journeys import told_of_lot
from portal.stamps.lots import moment_of, place_of
from portal.stamps.uris import lot_of, lot_uri, seller_of, seller_uri
from traceability import LotFacts, epcis, lot_facts
from traceability.epcis import Custody, JourneyStep, StepCode
from traceability.epcis.models import TraceEvent, TraceEventParty, TraceEventThing
from traceability.models import TraceCertificate, TraceLot

MOST_LOTS = 50
_WORK = ("process", "pack", "ship", "shelve", "sell", "inspect", "unpack", "destroy")
RARE = ("inspect", "unpack", "destroy")
NEXT_STEPS = {Custody.ON_THE_WAY: ("receive",), Custody.HELD: _WORK, Custody.PASSED_ON: ("ship", "shelve", "sell")}
_AFTER = {
    StepCode.PROCESSED: "pack",
    StepCode.PACKED: "ship",
    StepCode.SHIPPED: "ship",
    StepCode.RECEIVED: "shelve",
    StepCode.ON_SALE: "sell",
}


@dataclass(frozen=True, slots=True)
class Goods:
    """A lot that somebody may tell of: its facts, its names, its way so far, and how the teller stands to it."""

    id: str
    facts: LotFacts
    product: str
    name: str
    steps: tuple[JourneyStep, ...]
    custody: Custody

    @property
    def next_steps(self) -> tuple[str, ...]:
        """What can come next, the likeliest first; only what is packed can be unpacked."""
        likely = _AFTER.get(self.steps[-1].code, "") if self.steps else ""
        can = (step for step in NEXT_STEPS[self.custody] if step != "unpack" or self.parcel is not None)
        return tuple(sorted(can, key=lambda step: step != likely))

    @property
    def parcel(self) -> str | None:
        """The name of the parcel that the lot was packed in last, None if it is in none."""
        found = None
        for step in self.steps:
            if step.code in (StepCode.PACKED, StepCode.UNPACKED):
                found = step.event.get("parentID") if step.code is StepCode.PACKED else None
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The answers about one step; `amount_kg` None where it is not known, `to` a seller's id, `passed` of a check."""

    step: str
    on: date
    amount_kg: float | None = None
    to: str | None = None
    passed: bool | None = None


def own_goods(session: Session, acting: Acting, lot_id: str, *, public_url: str) -> Goods:
    """Return a lot that is the acting seller's, or that was sent to it; any other is missing."""
    row = session.get(TraceLot, lot_id)
    own = acting.organisation_id
    if row is None or own is None:
        raise NotFound
    product = session.get_one(Product, row.product)
    facts, gtin = lot_facts(row), gtin_of(product)
    steps = told_of_lot(session, public_url=public_url, lot_id=row.id, number=row.number, gtin=gtin)
    held = {
        holder.party: holder.custody
        for holder in epcis.holders(steps, known_as=lambda uri: seller_of(public_url, uri) or uri)
    }
    if own not in held and row.establishment != own:
        raise NotFound
    name = lot_uri(public_url, lot_id=row.id, number=row.number, gtin=gtin)
    return Goods(row.id, facts, product.name, name, steps, held.get(own, Custody.HELD))


def own_lots(session: Session, acting: Acting) -> list[tuple[str, str, str]]:
    """Return the acting seller's newest lots as (id, number, product's name)."""
    query = select(TraceLot.id, TraceLot.number, Product.name).join(Product, Product.id == TraceLot.product)
    mine = query.where(TraceLot.establishment == acting.organisation_id)
    ordered = mine.order_by(TraceLot.recorded_at.desc(), TraceLot.id).limit(MOST_LOTS)
    return [(lot, number, name) for lot, number, name in session.execute(ordered)]


def sent_lots(session: Session, acting: Acting, *, public_url: str) -> list[tuple[str, str, str]]:
    """Return the newest lots of others that were sent to the acting seller, as (id, number, product's name)."""
    if acting.organisation_id is None:
        return []
    names = session.scalars(
        select(TraceEventThing.name)
        .join(TraceEventParty, TraceEventParty.event == TraceEventThing.event)
        .join(TraceEvent, TraceEvent.id == TraceEventThing.event)
        .where(
            TraceEventParty.side == "destination",
            TraceEventParty.name == seller_uri(public_url, acting.organisation_id),
            TraceEvent.captured_by != acting.organisation_id,
            TraceEvent.declares_error.is_(False),
        )
        .order_by(TraceEvent.id.desc())
        .limit(MOST_LOTS)
    )
    found = [lot for name in dict.fromkeys(names) if (lot := _lot_named(session, name, public_url)) is not None]
    return [(row.id, row.number, session.get_one(Product, row.product).name) for row in found]


def _lot_named(session: Session, name: str, public_url: str) -> TraceLot | None:
    own = lot_of(public_url, name)
    return lot_of_link(session, name) if own is None else session.get(TraceLot, own)


def tell_step(
    session: Session, *, now: datetime, acting: Acting, goods: Goods, told: Told, client_id: str, public_url: str
) -> None:
    """Tell of a lot's next step; the same `client_id` again is the same step. Raises `StepNotNow`."""
    name = uuid.UUID(client_id).urn
    if any(step.event_id == name for step in goods.steps):
        return
    if told.step not in goods.next_steps:
        raise StepNotNow
    source, destination = _parties(goods, told, acting, public_url)
    facts = epcis.StepFacts(
        event_id=name,
        at=moment_of(told.on, now=now),
        goods=goods.name,
        place=place_of(session, str(acting.organisation_id), public_url),
        amount=told.amount_kg,
        parcel=goods.parcel if told.step == "unpack" else uuid.uuid5(uuid.UUID(client_id), "parcel").urn,
        source=source,
        destination=destination,
        passed=told.passed is not False,
        certificates=_certificates(session, acting, told, public_url) if told.step == "inspect" else (),
    )
    _keep(session, now=now, acting=acting, event=epcis.step_event(told.step, facts))
    changed: dict[str, tuple[object, object]] = {"step": (None, told.step)}
    record(
        session, now=now, acting=acting, act="lot.step_told", object_id=goods.id, subject=acting.organisation_id,
        changed=changed, public=frozenset(changed),
    )  # fmt: skip


def _parties(goods: Goods, told: Told, acting: Acting, public_url: str) -> tuple[str | None, str | None]:
    own = seller_uri(public_url, str(acting.organisation_id))
    if told.step == "ship":
        return own, None if told.to is None else seller_uri(public_url, told.to)
    if told.step == "receive":
        sent = [step for step in goods.steps if step.code is StepCode.SHIPPED]
        givers = [party.name for step in sent for party in epcis.parties_of(step.event) if party.side == "source"]
        return (givers[-1] if givers else None), own
    return None, None


def _certificates(session: Session, acting: Acting, told: Told, public_url: str) -> tuple[str, ...]:
    """Return where everybody finds the teller's safe-chain certificates that held on the day."""
    numbers = session.scalars(
        select(TraceCertificate.number)
        .where(
            TraceCertificate.establishment == acting.organisation_id,
            TraceCertificate.kind == "safe_chain",
            TraceCertificate.valid_from <= told.on,
            TraceCertificate.valid_to.is_(None) | (TraceCertificate.valid_to >= told.on),
            TraceCertificate.withdrawn_at.is_(None),
        )
        .order_by(TraceCertificate.id)
    )
    return tuple(f"{public_url.rstrip('/')}/safe-chain?{urlencode({'q': number})}" for number in numbers)


def told_by(goods: Goods, acting: Acting, number: int) -> JourneyStep:
    """Return a step that the acting seller told of; any other is missing."""
    for step in goods.steps:
        if step.number == number and step.captured_by == acting.organisation_id:
            return step
    raise NotFound


def take_back(session: Session, *, now: datetime, acting: Acting, goods: Goods, step: JourneyStep, reason: str) -> None:
    """Declare a step an error: it stays in the log, and leaves the lot's way."""
    _keep(session, now=now, acting=acting, event=epcis.error_of(step.event, now=now, reason=reason))
    changed: dict[str, tuple[object, object]] = {"step": (step.code.value, None), "reason": (None, reason)}
    record(
        session, now=now, acting=acting, act="lot.step_corrected", object_id=goods.id, subject=acting.organisation_id,
        changed=changed, public=frozenset(changed),
    )  # fmt: skip


def taken_back(session: Session, acting: Acting, number: int) -> bool:
    """Say whether this is an own step that was taken back."""
    row = session.get(TraceEvent, number)
    if row is None or row.captured_by != acting.organisation_id:
        return False
    declared = select(TraceEvent.id).where(TraceEvent.event_id == row.event_id, TraceEvent.declares_error.is_(True))
    return session.scalar(declared) is not None


def seller_called(session: Session, reference: str, acting: Acting) -> Organisation:
    """Return the approved seller with this reference, however it is typed; oneself is nobody to send to."""
    letters = "".join(sign for sign in reference.upper() if sign.isalnum())
    spelled = f"{letters[:5]}-{letters[5:]}"
    found = session.scalars(
        select(Organisation).where(Organisation.reference == spelled, Organisation.state == "approved")
    ).one_or_none()
    if found is None or found.id == acting.organisation_id:
        raise NotFound
    return found


def _keep(session: Session, *, now: datetime, acting: Acting, event: epcis.Event) -> None:
    epcis.check_event(event, "event")
    epcis.record_events(session, now=now, events=[event], captor=captor_of(acting))
