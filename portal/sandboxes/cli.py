"""`flask sandboxes`: the partners' stand-ins as a process of their own."""

import signal
import sys
from types import FrameType

import click

from portal.config import Settings
from portal.sandboxes.app import SandboxesRefused, start


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@click.command("sandboxes")
def sandboxes() -> None:
    """Run the partners' stand-ins at SANDBOX_URL (refused in production)."""
    settings = Settings.from_env()
    signal.signal(signal.SIGTERM, _leave)
    try:
        if not settings.production:
            click.echo(f"Simulations of the partners: {settings.sandbox_url}")
        start(settings)
    except SandboxesRefused as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        sys.exit(0)
