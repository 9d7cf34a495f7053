"""`flask settlement import` and `statement`: a gateway's file of a day, a bank's statement, against our books."""

import sys
from pathlib import Path

import click

from payments.settlement.columns import column_maps
from payments.settlement.totals import Totals
from portal.acting import Acting
from portal.cashier import statements
from portal.cashier.settlement import read_in
from portal.console import Commands, answer
from portal.db import begin
from portal.world import current_world

settlement_cli = Commands("settlement", help="What gateways say they settle, held against our books and the bank.")
_SAID_EVERY = 100_000


@settlement_cli.command("import")
@click.argument("provider", type=click.Choice(sorted(column_maps())))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--rows", type=click.IntRange(min=0), help="The count of the covering letter, for a file without totals.")
@click.option("--net", type=int, help="The net sum of the covering letter, in đồng.")
@click.option("--waiver", help="Why a file without totals is taken without a letter; kept and told.")
@click.option("--json", "as_json", is_flag=True)
def import_(provider: str, file: Path, rows: int | None, net: int | None, waiver: str | None, as_json: bool) -> None:
    """Read a file in, CSV or XLSX: all of it or nothing; the same file twice changes nothing."""
    if (rows is None) != (net is None):
        raise click.UsageError("--rows and --net go together")
    given = Totals(rows=rows, net=net) if rows is not None and net is not None else None
    with begin() as session:
        done = read_in(
            session, now=current_world().clock.now(), acting=Acting.system("cli"), path=file, provider=provider,
            given=given, waiver=waiver, progress=_progress if sys.stderr.isatty() or not as_json else None,
        )  # fmt: skip
    answer(done.as_json(), as_json=as_json)


@settlement_cli.command("statement")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--payee", required=True, help="Whose account it is (py_…).")
@click.option("--json", "as_json", is_flag=True)
def statement(file: Path, payee: str, as_json: bool) -> None:
    """Read a bank's statement in, CSV or XLSX: what a feed told counts once, the rest is booked or waits."""
    with begin() as session:
        done = statements.read_in(
            session, now=current_world().clock.now(), acting=Acting.system("cli"), path=file, payee_id=payee
        )
    answer(done.as_json(), as_json=as_json)


def _progress(rows: int) -> None:
    if rows % _SAID_EVERY == 0:
        click.echo(f"{rows:,} rows read", err=True)
