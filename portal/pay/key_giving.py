"""Keys of payees for `/v1`, as people and the command line give and end them: each act leaves its audit row."""

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from payments.v1 import keys
from payments.v1.tables import AccountKey
from portal.acting import Acting
from portal.audit import record
from portal.errors import NotFound
from portal.pay.owners import owner_of
from portal.pay.wiring import simulated

if TYPE_CHECKING:
    from portal.world import World


def give_key(session: Session, world: "World", *, acting: Acting, payee_id: str, name: str) -> str:
    """Make a payee's key, a live one only where the money is real; return its text. Raises PayeeUnknown."""
    now, live = world.clock.now(), not simulated(world.settings)
    row, key = keys.make_key(session, payee_id=payee_id, name=name, livemode=live, now=now)
    _record(session, world, acting, "payee_key.made", row)
    return key


def end_key(
    session: Session, world: "World", *, acting: Acting, payee_id: str, key_id: str, ends_at: datetime
) -> AccountKey:
    """End a payee's key at a time, or at once. Raises NotFound for a key that is not its own."""
    row = keys.revoke_key(session, key_id=key_id, payee_id=payee_id, ends_at=ends_at)
    if row is None:
        raise NotFound
    _record(session, world, acting, "payee_key.revoked", row)
    return row


def renewed_key(session: Session, world: "World", *, acting: Acting, payee_id: str, name: str) -> str:
    """End a payee's keys of this name and make another; return its text. Raises PayeeUnknown."""
    for old in keys.keys_of(session, payee_id):
        if old.name == name and old.revoked_at is None:
            end_key(session, world, acting=acting, payee_id=payee_id, key_id=old.id, ends_at=world.clock.now())
    return give_key(session, world, acting=acting, payee_id=payee_id, name=name)


def _record(session: Session, world: "World", acting: Acting, act: str, row: AccountKey) -> None:
    own = replace(acting, organisation_id=owner_of(session, row.payee_id))
    record(session, now=world.clock.now(), acting=own, act=act, object_id=row.id, subject=row.payee_id)
