"""What a command prints: one JSON object with --json, else a line a field."""

import json
from typing import Any

import click


def answer(result: dict[str, Any], *, as_json: bool) -> None:
    """Print a result on standard output."""
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, default=str))
    else:
        for name, value in result.items():
            click.echo(f"{name}: {value}")
