"""`flask invariants`: what must hold, on the live system; `flask cashier …`: institutions and desks."""

import sys

import click

from portal.acting import Acting
from portal.cashier import actions
from portal.cashier.invariants import check_invariants
from portal.console import Commands, answer
from portal.db import begin, reading
from portal.pay.models import TYPES
from portal.pay.wiring import FEEDS, WAYS
from portal.world import current_world

cashier_cli = Commands("cashier", help="Institutions that take money without cash, and their desks.")
_CLI = Acting.system("cli")


@cashier_cli.command("open-institution")
@click.option("--name", required=True)
@click.option("--type", "kind", required=True, type=click.Choice(TYPES))
@click.option("--unit", required=True, help="The commune's id (27694@20250701).")
@click.option("--bin", "bank_bin", required=True, help="The bank's six digits (970436).")
@click.option("--account", required=True)
@click.option("--holder", required=True, help="The account holder's name, as the bank writes it.")
@click.option("--prefix", required=True, help="Two to four letters that begin the payment codes.")
@click.option("--desk", default="1", help="The name of the first desk.")
@click.option("--feed", default=actions.FEED, type=click.Choice(FEEDS), help="Who reports the account's lines.")
@click.option("--json", "as_json", is_flag=True)
def open_institution(
    name: str, kind: str, unit: str, bank_bin: str, account: str, holder: str, prefix: str, desk: str, feed: str,
    as_json: bool,
) -> None:  # fmt: skip
    """Enter an institution with its bank account and first desk."""
    where = actions.Account(bank_bin=bank_bin, number=account, holder_name=holder, prefix=prefix, feed=feed)
    _require_set_up(feed)
    with begin() as session:
        now = current_world().clock.now()
        made = actions.open_institution(
            session, now=now, acting=_CLI, name=name, kind=kind, unit_id=unit, account=where
        )
        first = actions.open_desk(session, now=now, acting=_CLI, payee_id=made.payee.id, name=desk)
    answer({"organisation": made.organisation.id, "payee": made.payee.id, "desk": first.desk_ref}, as_json=as_json)


@cashier_cli.command("set-ways")
@click.argument("payee")
@click.option("--way", "ways", multiple=True, required=True, type=click.Choice(WAYS), help="Once for each way.")
@click.option("--json", "as_json", is_flag=True)
def set_ways(payee: str, ways: tuple[str, ...], as_json: bool) -> None:
    """Say by which ways a payee takes money; every one must be set up in this installation."""
    world = current_world()
    _require_set_up(*ways)
    with begin() as session:
        made = actions.set_ways(session, now=world.clock.now(), acting=_CLI, payee_id=payee, ways=ways)
    answer({"payee": made.id, "ways": list(made.ways)}, as_json=as_json)


def _require_set_up(*names: str) -> None:
    missing = [name for name in names if name not in current_world().gateways]
    if missing:
        raise click.UsageError(f"not set up here: {', '.join(missing)} (see docs/settings.md)")


@cashier_cli.command("close-desk")
@click.argument("desk")
@click.option("--json", "as_json", is_flag=True)
def close_desk(desk: str, as_json: bool) -> None:
    """Close a desk."""
    with begin() as session:
        actions.close_desk(session, now=current_world().clock.now(), acting=_CLI, desk_ref=desk)
    answer({"desk": desk, "state": "closed"}, as_json=as_json)


@click.command("invariants")
@click.option("--json", "as_json", is_flag=True)
def invariants(as_json: bool) -> None:
    """Re-derive what must hold; exit 1 on any breach, each one named."""
    from flask import current_app

    with current_app.app_context():
        held = check_invariants(reading(), keys=current_world().field_keys)
    answer(
        {name: {"checked": one.checked, "breaches": list(one.breaches)} for name, one in held.items()}, as_json=as_json
    )
    if any(one.breaches for one in held.values()):
        sys.exit(1)
