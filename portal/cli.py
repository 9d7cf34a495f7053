"""The command line: every command takes --json for one object on standard output, and exits 0 only on success."""

import click
from flask import Flask

from portal.console import answer
from portal.worker import work


def register_commands(app: Flask) -> None:
    """Register the commands of the portal and of each subject."""
    from portal.adoption.cli import adoption_cli
    from portal.cashier.cli import cashier_cli, invariants
    from portal.cashier.settlement_cli import settlement_cli
    from portal.demo.cli import demo_cli
    from portal.epcis.cli import epcis_cli
    from portal.keys_cli import keys_cli
    from portal.onboarding.cli import roster_cli
    from portal.pay.cli import pay_cli
    from portal.people.cli import people_cli
    from portal.reference.cli import reference_cli
    from portal.sandboxes.cli import sandboxes
    from portal.schools.cli import requests_cli
    from portal.stamps import chain_cli, log_cli  # noqa: F401 (their commands join the group of the ledger)
    from portal.stamps.cli import ledger_cli, stamps_cli

    @app.cli.command("worker")
    @click.option("--once", is_flag=True, help="Drain what is due and exit.")
    @click.option("--json", "as_json", is_flag=True)
    def worker(once: bool, as_json: bool) -> None:
        """Do due work until stopped, or drain it once."""
        rounds = work(app, once=once)
        if once:
            answer({"rounds": rounds}, as_json=as_json)
        else:  # a process that runs for weeks speaks to its log alone
            app.extensions["log"].info("worker.ended", count=rounds)

    app.cli.add_command(keys_cli)
    app.cli.add_command(people_cli)
    app.cli.add_command(roster_cli)
    app.cli.add_command(cashier_cli)
    app.cli.add_command(pay_cli)
    app.cli.add_command(requests_cli)
    app.cli.add_command(settlement_cli)
    app.cli.add_command(invariants)
    app.cli.add_command(stamps_cli)
    app.cli.add_command(ledger_cli)
    app.cli.add_command(epcis_cli)
    app.cli.add_command(adoption_cli)
    app.cli.add_command(reference_cli)
    app.cli.add_command(demo_cli)
    app.cli.add_command(sandboxes)
