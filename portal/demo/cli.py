"""`flask demo …`: load a demo province, its credentials, whether there is anything yet."""

import time
from dataclasses import asdict

import click

from portal.console import Commands, answer
from portal.db import reading
from portal.demo.errors import DemoRefused
from portal.demo.keys import demo_keys
from portal.demo.load import is_empty, load_long_an, load_tien_giang
from portal.world import current_world

demo_cli = Commands("demo", help="The demo province; refused in production.")


def _say(text: str) -> None:
    click.echo(text, err=True)


@demo_cli.command("load")
@click.argument("name", type=click.Choice(["long-an", "tien-giang"]), default="long-an")
@click.option("--scale", type=click.FloatRange(0.00001, 1.0), default=1.0, help="A part of the whole, for tests.")
@click.option("--json", "as_json", is_flag=True)
def load(name: str, scale: float, as_json: bool) -> None:
    """Load a demo province into an empty database, through the same actions that people use."""
    begun = time.monotonic()
    loading = load_long_an if name == "long-an" else load_tien_giang
    loaded = loading(current_world(), scale=scale, say=_say)
    figures = {name: value for name, value in asdict(loaded).items() if value}
    answer({**figures, "seconds": round(time.monotonic() - begun, 1)}, as_json=as_json)


@demo_cli.command("keys")
@click.option("--json", "as_json", is_flag=True)
def keys(as_json: bool) -> None:
    """Print the demo's credentials, with fresh one-time sign-in links."""
    if current_world().settings.production:
        raise DemoRefused
    answer(demo_keys(current_world()), as_json=as_json)


@demo_cli.command("status")
@click.option("--json", "as_json", is_flag=True)
def status(as_json: bool) -> None:
    """Say whether the database is empty."""
    answer({"empty": is_empty(reading())}, as_json=as_json)
