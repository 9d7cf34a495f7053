"""Keys of a shop's own machines: made by its people, shown once, ended by them, expiring by themselves."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.errors import NotFound
from portal.people.actions import make_api_key
from portal.people.errors import KeyNameTaken, TooManyKeys
from portal.people.models import ApiKey

SHOP_SCOPES = ("epcis:capture", "epcis:read")
MOST_KEYS = 10


def live_keys(session: Session, *, now: datetime, organisation_id: str) -> list[ApiKey]:
    """Return a shop's keys that still open something, by name."""
    own = select(ApiKey).where(
        ApiKey.organisation_id == organisation_id, ApiKey.revoked_at.is_(None), ApiKey.expires_at > now
    )
    return list(session.scalars(own.order_by(ApiKey.name, ApiKey.key_hash)))


def make_shop_key(session: Session, *, now: datetime, acting: Acting, name: str, scopes: Sequence[str]) -> str:
    """Return a new key of the acting shop in clear, once. Raises `KeyNameTaken`, `TooManyKeys`."""
    if acting.organisation_id is None or not scopes or not set(scopes) <= set(SHOP_SCOPES):
        raise NotFound
    known = live_keys(session, now=now, organisation_id=acting.organisation_id)
    if any(key.name == name for key in known):
        raise KeyNameTaken
    if len(known) >= MOST_KEYS:
        raise TooManyKeys(most=MOST_KEYS)
    return make_api_key(
        session, now=now, acting=acting, name=name, scopes=scopes, organisation_id=acting.organisation_id
    )  # fmt: skip


def end_shop_key(session: Session, *, now: datetime, acting: Acting, key_hash: str) -> None:
    """End a key of the acting shop from the next call on; anybody else's is missing."""
    key = session.get(ApiKey, key_hash)
    if key is None or acting.organisation_id is None or key.organisation_id != acting.organisation_id:
        raise NotFound
    if key.revoked_at is None:
        key.revoked_at = now
        record(session, now=now, acting=acting, act="key.ended", object_id=key_hash[:32], subject=key.organisation_id)
