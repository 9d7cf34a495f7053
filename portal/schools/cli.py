"""`flask requests import`: a class list or billing list becomes requests to pay."""

import sys
import time
from dataclasses import replace
from pathlib import Path

import click

from portal.acting import Acting
from portal.console import Commands, answer
from portal.db import begin, new_id, reading
from portal.errors import NotFound
from portal.pay.owners import owner_of
from portal.schools import actions
from portal.schools.importing import Judged
from portal.schools.workbooks import errors_workbook, open_list
from portal.world import current_world

requests_cli = Commands("requests", help="Requests to pay, from lists.")


@requests_cli.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--payee", "payee_id", required=True, help="Who is paid (py_…).")
@click.option("--period", help="The period of rows that name none, such as 2026-11.")
@click.option("--dry-run", is_flag=True, help="Judge every row and write nothing.")
@click.option("--strict", is_flag=True, help="A refused row means exit 1 and nothing imported.")
@click.option("--errors", type=click.Path(dir_okay=False, path_type=Path), help="A workbook of the refused rows.")
@click.option("--json", "as_json", is_flag=True)
def import_(
    file: Path, payee_id: str, period: str | None, dry_run: bool, strict: bool, errors: Path | None, as_json: bool
) -> None:
    """Import a list; the same list again changes nothing."""
    begun, world = time.monotonic(), current_world()
    now, keys = world.clock.now(), world.field_keys
    owner = owner_of(reading(), payee_id)
    if owner is None:
        raise NotFound
    acting = replace(Acting.system("cli"), organisation_id=owner)
    listing, found = open_list(file), actions.Imported(judged=Judged())
    if dry_run or strict:
        found = actions.rehearse(reading(), now=now, payee_id=payee_id, listing=listing, period=period, keys=keys)
    if not dry_run and not (strict and found.judged.refused):
        with begin() as session:
            found = actions.import_rows(
                session, now=now, acting=acting, payee_id=payee_id, listing=listing, period=period, strict=strict,
                keys=keys, list_id=new_id("sl"),
            )  # fmt: skip
    if errors is not None:
        errors.write_bytes(errors_workbook(listing, found.judged.refused))
    answer({**found.as_json(), "seconds": round(time.monotonic() - begun, 1)}, as_json=as_json)
    if strict and found.judged.refused:
        sys.exit(1)
