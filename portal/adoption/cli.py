"""`flask adoption …`: the recount, and the catalogue's lock."""

import sys

import click
from flask import current_app
from flask.cli import AppGroup

from portal.adoption.lock import write_lock
from portal.adoption.recount import recount, snapshot
from portal.db import db
from portal.world import current_world

adoption_cli = AppGroup("adoption", help="Figures: recount them, lock their definitions.")


@adoption_cli.command("recount")
@click.option("--json", "as_json", is_flag=True)
def recount_all(as_json: bool) -> None:
    """Recount every figure from its source rows; exit 1 on any difference."""
    from portal.console import answer

    world = current_world()
    with snapshot(db.engine, now=world.clock.now()) as snap:
        found = recount(snap, current_app.extensions["catalogue"], province=world.settings.province)
    answer(found.as_json(), as_json=as_json)
    if found.mismatches:
        sys.exit(1)


@adoption_cli.command("lock")
@click.option("--json", "as_json", is_flag=True)
def lock(as_json: bool) -> None:
    """Pin the indicators' definitions; refused where a text changed and its version did not."""
    from portal.console import answer

    found = write_lock(current_app.extensions["catalogue"])
    answer({"catalogue_version": found.version, "indicators": len(found.lines)}, as_json=as_json)
