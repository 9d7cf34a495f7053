"""`flask epcis …`: keys of partners' machines, each shown once, each for the goods of the sellers it names."""

from typing import Any

import click
from sqlalchemy import select

from portal.acting import Acting
from portal.console import Commands, answer
from portal.db import begin, reading
from portal.errors import NotFound
from portal.onboarding.models import Organisation
from portal.people.models import ApiKey
from portal.people.partners import end_partner_key, make_partner_key, partner_keys, sellers_of
from portal.world import current_world

epcis_cli = Commands("epcis", help="Keys with which partners' machines tell of sellers' goods.")
SCOPES = ("epcis:capture", "epcis:read")
_JSON = click.option("--json", "as_json", is_flag=True)
_CLI = Acting.system("cli")


@epcis_cli.command("key-make")
@click.option("--name", required=True, help="Which partner it is for; its events carry this name.")
@click.option("--seller", "sellers", multiple=True, required=True, help="Whose goods it may tell of: the seller's id.")
@click.option("--scope", "scopes", multiple=True, type=click.Choice(SCOPES), default=SCOPES)
@_JSON
def make(name: str, sellers: tuple[str, ...], scopes: tuple[str, ...], as_json: bool) -> None:
    """Make a partner's key and print it, once; only its hash is kept."""
    with begin() as session:
        known = set(session.scalars(select(Organisation.id).where(Organisation.id.in_(sellers))))
        if known != set(sellers):
            raise NotFound
        key = make_partner_key(
            session, now=current_world().clock.now(), acting=_CLI, name=name, scopes=scopes, sellers=known
        )
    answer({"name": name, "sellers": sorted(known), "key": key}, as_json=as_json)


@epcis_cli.command("key-list")
@_JSON
def list_(as_json: bool) -> None:
    """List the live keys of partners, and whose goods each may tell of."""
    live = partner_keys(reading(), now=current_world().clock.now())
    answer({"keys": [_line(one) for one in live]}, as_json=as_json)


@epcis_cli.command("key-end")
@click.argument("key_hash")
@_JSON
def end(key_hash: str, as_json: bool) -> None:
    """End a partner's key from the next call on."""
    with begin() as session:
        end_partner_key(session, now=current_world().clock.now(), acting=_CLI, key_hash=key_hash)
    answer({"key": key_hash, "ended": True}, as_json=as_json)


def _line(key: ApiKey) -> dict[str, Any]:
    sellers = sorted(sellers_of(reading(), key))
    return {"key": key.key_hash, "name": key.name, "scopes": key.scopes, "ends": key.expires_at, "sellers": sellers}
