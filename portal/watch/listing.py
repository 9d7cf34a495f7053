"""What the watch shows: alarms on stamps with whose they are, and codes that were never issued by what they claim."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.catalogue.models import Product
from portal.crypto import FieldKeys
from portal.onboarding.models import Organisation
from portal.onboarding.officers import reachable, reached_units
from portal.onboarding.persons import seller_name
from portal.places.areas import day_of
from portal.places.distances import far_apart
from portal.stamps.forged import NO_BATCH
from portal.stamps.models import UnknownCode
from portal.stamps.scan import THRESHOLDS
from portal.stamps.words import reason_words
from portal.watch.mapping import names_of
from traceability import Alarm, Suspicion, alarming_stamps
from traceability.models import TraceBatch

PERIODS = (7, 30, 90)
SHOWS = ("all", "often", "apart", "early", "forged")
_REASONS = {
    "often": (Suspicion.MANY_IN_A_DAY, Suspicion.MANY_IN_A_WEEK),
    "apart": (Suspicion.FAR_APART,),
    "early": (Suspicion.BEFORE_ACTIVATION,),
}


@dataclass(frozen=True, slots=True)
class AlarmLine:
    """One alarm with the product's and the seller's name, why in words, and where it was scanned as far as told."""

    alarm: Alarm
    product: str
    seller: str
    why: str
    places: tuple[str, ...]  # names of provinces, each once


@dataclass(frozen=True, slots=True)
class ForgedLine:
    """Codes that were never issued and claim one batch, or none of ours: how many scans, from how many networks."""

    batch: int | None
    product: str
    seller: str
    count: int
    networks: int
    last: date


def alarms(
    session: Session, acting: Acting, *, now: datetime, days: int, show: str, text: str, keys: FieldKeys
) -> list[AlarmLine]:
    """Return the alarms within reach of stamps that were scanned in the last days, most scans first."""
    found = alarming_stamps(
        session, establishments=_sellers(session, acting), since=now - timedelta(days=days), thresholds=THRESHOLDS,
        far=far_apart,
    )  # fmt: skip
    if show in _REASONS:
        found = [one for one in found if one.reason in _REASONS[show]]
    products = _products(session, {one.product for one in found})
    sellers = _seller_names(session, {one.establishment for one in found}, keys)
    names = names_of(session, {place for one in found for place in one.places})
    lines = [
        AlarmLine(one, products[one.product], sellers[one.establishment], reason_words(one.reason),
                  tuple(dict.fromkeys(names[place] for place in one.places)))
        for one in found
    ]  # fmt: skip
    return [one for one in lines if _matches(text, one.product, one.seller, one.alarm.serial)]


def forged(
    session: Session, acting: Acting, *, now: datetime, days: int, text: str, keys: FieldKeys
) -> list[ForgedLine]:
    """Return the codes that were never issued, by the batch that they claim, most scans first."""
    columns = (
        UnknownCode.batch, func.sum(UnknownCode.count), func.count(UnknownCode.network.distinct()),
        func.max(UnknownCode.day), TraceBatch.product, TraceBatch.establishment,
    )  # fmt: skip
    query = select(*columns).outerjoin(TraceBatch, TraceBatch.batch == UnknownCode.batch)
    query = query.where(UnknownCode.day >= day_of(now - timedelta(days=days)))
    sellers = _sellers(session, acting)
    if sellers is not None:
        query = query.where(TraceBatch.establishment.in_(sellers))
    rows = session.execute(query.group_by(UnknownCode.batch, TraceBatch.product, TraceBatch.establishment)).all()
    products = _products(session, {row[4] for row in rows if row[4]})
    names = _seller_names(session, {row[5] for row in rows if row[5]}, keys)
    lines = [
        ForgedLine(None if batch == NO_BATCH else batch, products.get(product, ""), names.get(seller, ""), int(number),
                   networks, last)
        for batch, number, networks, last, product, seller in rows
    ]  # fmt: skip
    wanted = [one for one in lines if _matches(text, one.product, one.seller, str(one.batch or ""))]
    return sorted(wanted, key=lambda one: (-one.count, one.batch or 0))


def _sellers(session: Session, acting: Acting) -> Sequence[str] | None:
    """Return whose stamps somebody sees: the own ones, those of an officer's area, or all."""
    if acting.organisation_id is not None:
        return [acting.organisation_id]
    if reached_units(session, acting) is None:
        return None
    return list(session.scalars(select(Organisation.id).where(reachable(session, acting))))


def _products(session: Session, ids: set[str]) -> dict[str, str]:
    rows = session.execute(select(Product.id, Product.name).where(Product.id.in_(ids)))
    return dict(rows.all())


def _seller_names(session: Session, ids: set[str], keys: FieldKeys) -> dict[str, str]:
    rows = session.scalars(select(Organisation).where(Organisation.id.in_(ids)))
    return {row.id: seller_name(session, row, keys) for row in rows}


def _matches(text: str, *words: Any) -> bool:
    wanted = text.strip().lower()
    return not wanted or any(wanted in str(one).lower() for one in words)
