"""`flask pay key …`: secret keys of payees for the Stripe-shaped interface. A key is shown once."""

from dataclasses import replace
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from payments.v1 import keys
from payments.v1.tables import AccountKey
from portal.acting import Acting
from portal.audit import record
from portal.console import answer, refusals
from portal.db import begin, reading
from portal.errors import NotFound
from portal.pay.owners import owner_of
from portal.pay.wiring import simulated
from portal.world import World, current_world

pay_cli = AppGroup("pay", help="Payments: keys of payees for /v1.")
key_cli = AppGroup("key", help="Secret keys with which a school's or hospital's own system asks for money.")
pay_cli.add_command(key_cli)
_CLI = Acting.system("cli")


def give_key(session: Session, world: World, *, acting: Acting, payee_id: str, name: str) -> str:
    """Make a payee's key, a live one only where the money is real; return its text. Raises PayeeUnknown."""
    now, live = world.clock.now(), not simulated(world.settings)
    row, key = keys.make_key(session, payee_id=payee_id, name=name, livemode=live, now=now)
    _record(session, world, acting, "payee_key.made", row)
    return key


def renewed_key(session: Session, world: World, *, acting: Acting, payee_id: str, name: str) -> str:
    """End a payee's keys of this name and make another; return its text. Raises PayeeUnknown."""
    for old in keys.keys_of(session, payee_id):
        if old.name == name and old.revoked_at is None:
            keys.revoke_key(session, key_id=old.id, payee_id=payee_id, now=world.clock.now())
            _record(session, world, acting, "payee_key.revoked", old)
    return give_key(session, world, acting=acting, payee_id=payee_id, name=name)


@key_cli.command("make")
@click.option("--payee", required=True, help="The payee's id, as `cashier open-institution` printed it.")
@click.option("--name", required=True, help="Which system it is for.")
@click.option("--json", "as_json", is_flag=True)
def make(payee: str, name: str, as_json: bool) -> None:
    """Make a key and print it, once; only its hash is kept."""
    with refusals(), begin() as session:
        key = give_key(session, current_world(), acting=_CLI, payee_id=payee, name=name)
    answer({"payee": payee, "secret_key": key}, as_json=as_json)


@key_cli.command("list")
@click.option("--payee", required=True)
@click.option("--json", "as_json", is_flag=True)
def list_(payee: str, as_json: bool) -> None:
    """List a payee's keys, ended ones too, by their last four characters."""
    rows = [_line(one) for one in keys.keys_of(reading(), payee)]
    answer({"payee": payee, "keys": rows}, as_json=as_json)


@key_cli.command("revoke")
@click.argument("key_id")
@click.option("--payee", required=True)
@click.option("--json", "as_json", is_flag=True)
def revoke(key_id: str, payee: str, as_json: bool) -> None:
    """End a key from the next call on."""
    world = current_world()
    with refusals(), begin() as session:
        row = keys.revoke_key(session, key_id=key_id, payee_id=payee, now=world.clock.now())
        if row is None:
            raise NotFound
        _record(session, world, _CLI, "payee_key.revoked", row)
    answer({"key": key_id, "revoked": True}, as_json=as_json)


def _line(one: AccountKey) -> dict[str, Any]:
    return {
        "id": one.id, "name": one.name, "ends_with": one.hint, "live": one.livemode,
        "made_at": one.made_at.isoformat(), "revoked_at": one.revoked_at.isoformat() if one.revoked_at else None,
    }  # fmt: skip


def _record(session: Session, world: World, acting: Acting, act: str, row: AccountKey) -> None:
    own = replace(acting, organisation_id=owner_of(session, row.payee_id))
    record(session, now=world.clock.now(), acting=own, act=act, object_id=row.id, subject=row.payee_id)
