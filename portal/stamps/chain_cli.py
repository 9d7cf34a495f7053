"""`flask ledger deploy`, `take-over` and `release`: what a person does for the ledger on a chain."""

import time
from pathlib import Path
from typing import Any

import click

from portal.audit import record
from portal.db import begin
from portal.stamps.cli import CLI, command, ledger_cli
from portal.stamps.errors import NoChain
from portal.stamps.wiring import open_evm
from portal.world import World, current_world
from traceability import release_anchor
from traceability.ledger.signing import SenderKey, account_of


@command(ledger_cli, "deploy")
@click.option(
    "--owner-key-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The key of the account that pays and that may later replace the sender; without it, the sender itself.",
)
@click.option("--wait", default=120, show_default=True, help="Seconds to wait for the chain's block.")
def deploy(owner_key_file: Path | None, wait: int) -> dict[str, Any]:
    """Put the anchors' contract on the chain; LEDGER_CONTRACT is to be the address that this prints."""
    world = _with_chain()
    sender = account_of(SenderKey(world.settings.ledger_sender_key).read())
    owner = None if owner_key_file is None else SenderKey(str(owner_key_file.absolute()))
    until = time.monotonic() + wait

    def again() -> bool:
        time.sleep(0.2)
        return time.monotonic() < until

    contract = open_evm(world.settings, key=owner).deploy(sender=sender, wait=again)
    _note(world, "ledger.deployed", contract, {"sender": (None, sender)})
    return {"contract": contract, "chain_id": int(world.settings.ledger_chain_id), "sender": sender}


@command(ledger_cli, "take-over")
@click.option("--note", required=True, help="Why the account's unknown transactions are in order.")
def take_over(note: str) -> dict[str, Any]:
    """Accept what the sending account did without us, and go on after it."""
    world = _with_chain()
    nonce = open_evm(world.settings).take_over()
    sender = account_of(SenderKey(world.settings.ledger_sender_key).read())
    _note(world, "ledger.account_taken_over", sender, {"nonce": (None, nonce), "note": (None, note)})
    return {"sender": sender, "nonce": nonce}


@command(ledger_cli, "release")
@click.argument("anchor", type=int)
@click.option("--note", required=True, help="What was found, and why it may go on.")
def release(anchor: int, note: str) -> dict[str, Any]:
    """Let a failed or disputed anchor try again."""
    now = current_world().clock.now()
    with begin() as session:
        state = release_anchor(session, now=now, anchor=anchor, note=note)
        changed: dict[str, tuple[object, object]] = {"state": (None, state.value), "note": (None, note)}
        record(
            session, now=now, acting=CLI, act="ledger.released", object_id=str(anchor), changed=changed,
            public=frozenset(changed),
        )  # fmt: skip
    return {"anchor": anchor, "state": state.value}


def _with_chain() -> World:
    world = current_world()
    if not world.settings.ledger_nodes:
        raise NoChain
    return world


def _note(world: World, act: str, object_id: str, changed: dict[str, tuple[object, object]]) -> None:
    now = world.clock.now()
    with begin() as session:
        record(
            session, now=now, acting=CLI, act=act, object_id=object_id, changed=changed, public=frozenset(changed)
        )  # fmt: skip
