"""`flask reference …`: the rows without which a province cannot begin, and a marketplace's own categories."""

from pathlib import Path

import click

from portal.acting import Acting
from portal.console import Commands, answer
from portal.db import begin
from portal.marketplaces.categories import load_categories
from portal.reference.loading import load_reference
from portal.world import current_world

reference_cli = Commands("reference", help="What comes with the product: units, texts, requirements, rules.")


@reference_cli.command("load")
@click.option("--json", "as_json", is_flag=True)
def load(as_json: bool) -> None:
    """Add the rows that are missing; run it after each upgrade. Twice changes nothing."""
    world = current_world()
    found = load_reference(
        now=world.clock.now(), acting=Acting.system("cli"), simulations=not world.settings.production
    )
    answer({**found}, as_json=as_json)


@reference_cli.command("categories")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True)
def categories(file: Path, as_json: bool) -> None:
    """Load a marketplace's categories for ours: CSV with channel, category, remote_category, valid_from."""
    world = current_world()
    with begin() as session:
        added = load_categories(
            session, file.read_bytes(), channels=world.channels, now=world.clock.now(), acting=Acting.system("cli")
        )
    answer({"added": added}, as_json=as_json)
