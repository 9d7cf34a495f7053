"""`flask pay …`: keys of payees for `/v1`, each shown once, and messages to their systems."""

from typing import Any

import click
from sqlalchemy import select

from payments.v1 import deliveries, keys
from payments.v1.delivery_tables import Delivery, Endpoint
from payments.v1.tables import AccountKey, Told
from portal.acting import Acting
from portal.audit import record
from portal.console import Commands, answer
from portal.db import begin, reading
from portal.errors import NotFound
from portal.pay.key_giving import end_key, give_key
from portal.world import current_world

pay_cli = Commands("pay", help="Payments: keys of payees for /v1.")
key_cli = Commands("key", help="Secret keys with which a school's or hospital's own system asks for money.")
message_cli = Commands("message", help="Messages to payees' systems about their payments.")
pay_cli.add_command(key_cli)
pay_cli.add_command(message_cli)
_CLI = Acting.system("cli")


@key_cli.command("make")
@click.option("--payee", required=True, help="The payee's id, as `cashier open-institution` printed it.")
@click.option("--name", required=True, help="Which system it is for.")
@click.option("--json", "as_json", is_flag=True)
def make(payee: str, name: str, as_json: bool) -> None:
    """Make a key and print it, once; only its hash is kept."""
    with begin() as session:
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
    with begin() as session:
        end_key(session, world, acting=_CLI, payee_id=payee, key_id=key_id, ends_at=world.clock.now())
    answer({"key": key_id, "revoked": True}, as_json=as_json)


@message_cli.command("list")
@click.option("--payee", required=True)
@click.option("--limit", default=20, show_default=True)
@click.option("--json", "as_json", is_flag=True)
def list_messages(payee: str, limit: int, as_json: bool) -> None:
    """List the newest messages to a payee's systems, with each try."""
    session = reading()
    query = select(Delivery, Endpoint.url, Told.type).join(Endpoint, Endpoint.id == Delivery.endpoint_id)
    own = query.join(Told, Told.id == Delivery.event_id).where(Endpoint.payee_id == payee)
    found = session.execute(own.order_by(Delivery.seq.desc()).limit(limit)).all()
    tries: dict[str, list[dict[str, Any]]] = {}
    for one in deliveries.tries_of(session, [delivery.id for delivery, _, _ in found]):
        told = {"n": one.n, "at": one.at.isoformat(), "status": one.status, "ms": one.took_ms, "error": one.error}
        tries.setdefault(one.delivery_id, []).append(told)
    rows = [
        {"id": delivery.id, "type": kind, "url": url, "status": delivery.status, "tries": tries.get(delivery.id, [])}
        for delivery, url, kind in found
    ]
    answer({"payee": payee, "messages": rows}, as_json=as_json)


@message_cli.command("send")
@click.argument("message_id")
@click.option("--json", "as_json", is_flag=True)
def send_message(message_id: str, as_json: bool) -> None:
    """Send a message again, whatever became of it."""
    now = current_world().clock.now()
    with begin() as session:
        row = session.scalar(select(Delivery).where(Delivery.id == message_id))
        if row is None:
            raise NotFound
        again = deliveries.send_again(session, delivery_id=row.id, now=now)
        if again:
            record(session, now=now, acting=_CLI, act="message.sent_again", object_id=row.id)
    answer({"message": message_id, "due": again}, as_json=as_json)


def _line(one: AccountKey) -> dict[str, Any]:
    return {
        "id": one.id, "name": one.name, "ends_with": one.hint, "live": one.livemode,
        "made_at": one.made_at.isoformat(), "revoked_at": one.revoked_at.isoformat() if one.revoked_at else None,
    }  # fmt: skip
