"""What a command prints: one JSON object with --json, else a line a field; a refusal as its sentence, and exit 1."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from portal.errors import PortalError, error_line


def answer(result: dict[str, Any], *, as_json: bool) -> None:
    """Print a result on standard output."""
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, default=str))
    else:
        for name, value in result.items():
            click.echo(f"{name}: {value}")


@contextmanager
def refusals() -> Iterator[None]:
    """Turn a typed refusal into the command's error."""
    try:
        yield
    except PortalError as error:
        raise click.ClickException(error_line(error.code, **error.fields)) from error
