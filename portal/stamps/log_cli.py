"""`flask ledger witness`: hand a witness the key with which it posts its cosignatures."""

from typing import Any

import click

from portal.db import begin
from portal.people.actions import make_api_key
from portal.stamps.cli import CLI, command, ledger_cli
from portal.world import current_world

COSIGN = "log:cosign"


@command(ledger_cli, "witness")
@click.option("--name", required=True, help="The witness's name, as in its verifier key.")
def witness(name: str) -> dict[str, Any]:
    """Make a key for posting to /log/cosignatures, shown once; LOG_WITNESSES lists whose word is kept."""
    world = current_world()
    with begin() as session:
        key = make_api_key(session, now=world.clock.now(), acting=CLI, name=name, scopes=[COSIGN], prefix="wk")
    return {"name": name, "key": key, "listed": name in [one.name for one in world.log_signer.witnesses]}
