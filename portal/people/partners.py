"""Keys of partners, which belong to no shop: each may tell of the goods of the sellers it is given, and no others'."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.errors import NotFound
from portal.people.actions import make_api_key
from portal.people.models import ApiKey, ApiKeySeller
from portal.people.sessions import token_hash


def make_partner_key(
    session: Session, *, now: datetime, acting: Acting, name: str, scopes: Sequence[str], sellers: Iterable[str],
    prefix: str = "ck",
) -> str:  # fmt: skip
    """Return a new key in clear, once; it may tell of these sellers' goods."""
    key = make_api_key(session, now=now, acting=acting, name=name, scopes=scopes, prefix=prefix)
    session.flush()
    key_hash = token_hash(key)
    for organisation_id in sorted(set(sellers)):
        session.add(ApiKeySeller(key_hash=key_hash, organisation_id=organisation_id))
        record(session, now=now, acting=acting, act="key.allowed", object_id=key_hash[:32], subject=organisation_id)
    session.flush()
    return key


def sellers_of(session: Session, key: ApiKey) -> frozenset[str]:
    """Return the sellers of whose goods a partner's key may tell; none for a shop's own key."""
    if key.organisation_id is not None:
        return frozenset()
    spoken = select(ApiKeySeller.organisation_id).where(ApiKeySeller.key_hash == key.key_hash)
    return frozenset(session.scalars(spoken))


def partner_keys(session: Session, *, now: datetime) -> list[ApiKey]:
    """Return the live keys that may tell of some seller's goods without being a shop's, by name."""
    live = select(ApiKey).where(
        ApiKey.key_hash.in_(select(ApiKeySeller.key_hash)), ApiKey.revoked_at.is_(None), ApiKey.expires_at > now
    )
    return list(session.scalars(live.order_by(ApiKey.name, ApiKey.key_hash)))


def partners_of(session: Session, *, now: datetime, organisation_id: str) -> list[ApiKey]:
    """Return the live keys of partners who may tell of a seller's goods, by name."""
    own = select(ApiKey).join(ApiKeySeller, ApiKeySeller.key_hash == ApiKey.key_hash)
    live = own.where(
        ApiKeySeller.organisation_id == organisation_id, ApiKey.revoked_at.is_(None), ApiKey.expires_at > now
    )
    return list(session.scalars(live.order_by(ApiKey.name, ApiKey.key_hash)))


def forbid_partner(session: Session, *, now: datetime, acting: Acting, key_hash: str) -> None:
    """Let a partner's key tell of the acting shop's goods no longer; one that never might is missing."""
    mine = delete(ApiKeySeller).where(
        ApiKeySeller.key_hash == key_hash, ApiKeySeller.organisation_id == acting.organisation_id
    )
    if not session.execute(mine.returning(ApiKeySeller.key_hash)).all():
        raise NotFound
    record(
        session, now=now, acting=acting, act="key.forbidden", object_id=key_hash[:32], subject=acting.organisation_id
    )


def end_partner_key(session: Session, *, now: datetime, acting: Acting, key_hash: str) -> None:
    """End a partner's key from the next call on; a shop's own is missing here."""
    key = session.get(ApiKey, key_hash)
    if key is None or key.organisation_id is not None:
        raise NotFound
    if key.revoked_at is None:
        key.revoked_at = now
        record(session, now=now, acting=acting, act="key.ended", object_id=key_hash[:32])
