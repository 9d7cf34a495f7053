"""What a manager does about the institution's software: gives, rolls and ends keys; notes and minds addresses."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.models import Payee
from payments.v1 import deliveries, endpoints, keys
from payments.v1.delivery_tables import Delivery, Endpoint
from payments.v1.intents import Caller
from payments.v1.signature import new_secret
from payments.v1.tables import AccountKey
from portal.acting import Acting
from portal.audit import record
from portal.errors import NotFound
from portal.pay.key_giving import end_key, give_key
from portal.pay.owners import own_payee
from portal.pay.sending import SEALED_AT, refuse_address
from portal.pay.wiring import payer_page, simulated
from portal.systems.errors import AddressesUsedUp, AddressRefused, KeysUsedUp, NameTaken

if TYPE_CHECKING:
    from portal.world import World

MOST_KEYS = 10


def make_key(session: Session, world: "World", *, acting: Acting, payee_id: str, name: str) -> str:
    """Give one's own payee a key and return its text, once. Raises NotFound, KeysUsedUp or NameTaken."""
    payee, living = own_payee(session, acting, payee_id), living_keys(session, payee_id, now=world.clock.now())
    if any(one.name == name for one in living):
        raise NameTaken
    if len(living) >= MOST_KEYS:
        raise KeysUsedUp(most=MOST_KEYS)
    return give_key(session, world, acting=acting, payee_id=payee.id, name=name)


def roll_key(session: Session, world: "World", *, acting: Acting, key_id: str, overlap: timedelta) -> str:
    """Give a new key of the same name, let the old one live on for a while, and return the new one's text."""
    old = own_key(session, acting, key_id)
    now = world.clock.now()
    if old.revoked_at is not None and old.revoked_at <= now:
        raise NotFound
    end_key(session, world, acting=acting, payee_id=old.payee_id, key_id=old.id, ends_at=now + overlap)
    return give_key(session, world, acting=acting, payee_id=old.payee_id, name=old.name)


def end_own_key(session: Session, world: "World", *, acting: Acting, key_id: str) -> None:
    """End a key of one's own payee at once. Raises NotFound."""
    old = own_key(session, acting, key_id)
    end_key(session, world, acting=acting, payee_id=old.payee_id, key_id=old.id, ends_at=world.clock.now())


def own_key(session: Session, acting: Acting, key_id: str) -> AccountKey:
    """Return a key of one's own payee. Raises NotFound for any other."""
    row = session.get(AccountKey, key_id)
    if row is None:
        raise NotFound
    own_payee(session, acting, row.payee_id)
    return row


def living_keys(session: Session, payee_id: str, *, now: datetime) -> list[AccountKey]:
    """Return a payee's keys that still open something."""
    return [one for one in keys.keys_of(session, payee_id) if one.revoked_at is None or one.revoked_at > now]


def add_address(
    session: Session, world: "World", *, acting: Acting, payee_id: str, url: str, kinds: Sequence[str]
) -> tuple[Endpoint, str]:
    """Note an address that is told; return it with its secret, once. Raises AddressRefused or AddressesUsedUp.

    The caller has asked `check_address` before, outside the transaction: it looks the name up.
    """
    payee, secret = own_payee(session, acting, payee_id), new_secret()
    caller = caller_of(world, payee)
    if len(session.scalars(endpoints.mine(caller)).all()) >= endpoints.MOST:
        raise AddressesUsedUp(most=endpoints.MOST)
    row = endpoints.create(
        session, caller, {"url": url, "enabled_events": list(kinds)}, now=world.clock.now(),
        sealed=lambda endpoint_id: world.field_keys.seal(secret, place=SEALED_AT + endpoint_id),
    )  # fmt: skip
    _record(session, world, acting, "endpoint.made", row.id)
    return row, secret


def check_address(world: "World", url: str) -> None:
    """Look an address up. Raises AddressRefused for one that cannot be called."""
    why = refuse_address(url, world=world)
    if why is not None:
        raise AddressRefused(why)


def roll_secret(session: Session, world: "World", *, acting: Acting, endpoint_id: str) -> str:
    """Give an address a new secret and return it, once; for a day the old one signs too. Raises NotFound."""
    row, secret = own_address(session, acting, endpoint_id), new_secret()
    endpoints.roll_secret(
        session, caller_of(world, session.get_one(Payee, row.payee_id)), row.id, now=world.clock.now(),
        sealed=lambda one: world.field_keys.seal(secret, place=SEALED_AT + one),
    )  # fmt: skip
    _record(session, world, acting, "endpoint.secret_rolled", row.id)
    return secret


def switch(session: Session, world: "World", *, acting: Acting, endpoint_id: str, on: bool) -> None:
    """Switch an address on, which ends its pause, or off. Raises NotFound."""
    row = own_address(session, acting, endpoint_id)
    caller = caller_of(world, session.get_one(Payee, row.payee_id))
    endpoints.modify(session, caller, row.id, {"disabled": not on})
    _record(session, world, acting, "endpoint.changed", row.id)


def remove_address(session: Session, world: "World", *, acting: Acting, endpoint_id: str) -> None:
    """Stop telling an address. Raises NotFound."""
    row = own_address(session, acting, endpoint_id)
    endpoints.delete(session, caller_of(world, session.get_one(Payee, row.payee_id)), row.id, now=world.clock.now())
    _record(session, world, acting, "endpoint.deleted", row.id)


def send_again(session: Session, world: "World", *, acting: Acting, delivery_id: str) -> tuple[Endpoint, bool]:
    """Make one's own message due at once; return its address, and whether it was not on its way anyhow."""
    found = session.execute(
        select(Delivery.id, Delivery.endpoint_id).where(Delivery.id == delivery_id)
    ).one_or_none()  # fmt: skip
    if found is None:
        raise NotFound
    row = own_address(session, acting, found.endpoint_id)
    again = deliveries.send_again(session, delivery_id=delivery_id, now=world.clock.now())
    if again:
        _record(session, world, acting, "message.sent_again", delivery_id)
    return row, again


def own_address(session: Session, acting: Acting, endpoint_id: str) -> Endpoint:
    """Return an address of one's own payee. Raises NotFound for any other, and for one taken away."""
    row = session.scalar(select(Endpoint).where(Endpoint.id == endpoint_id, Endpoint.deleted_at.is_(None)))
    if row is None:
        raise NotFound
    own_payee(session, acting, row.payee_id)
    return row


def caller_of(world: "World", payee: Payee) -> Caller:
    """Return whose keys and addresses these are, in the library's words."""
    return Caller(payee.id, not simulated(world.settings), payer_page(world.settings))


def _record(session: Session, world: "World", acting: Acting, act: str, object_id: str) -> None:
    record(session, now=world.clock.now(), acting=acting, act=act, object_id=object_id)
