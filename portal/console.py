"""What a command prints: one JSON object with --json, else a line a field; a refusal by code and sentence, exit 1."""

import json
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup

from payments.errors import PaymentsError
from portal.errors import PortalError, sentence
from traceability.errors import TraceabilityError

REFUSALS = (PortalError, PaymentsError, TraceabilityError)


class Commands(AppGroup):
    """A group whose commands tell a typed refusal, not a traceback: on standard error, with --json as JSON too."""

    def command(self, *args: Any, **kwargs: Any) -> Callable[[Callable[..., Any]], click.Command]:  # type: ignore[override]
        """Register a command as a group does."""
        register = super().command(*args, **kwargs)
        return lambda run: register(_refusing(run))


def answer(result: dict[str, Any], *, as_json: bool) -> None:
    """Print a result on standard output."""
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, default=str))
    else:
        for name, value in result.items():
            click.echo(f"{name}: {value}")


def _refusing(run: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(run)
    def told(*args: Any, **options: Any) -> Any:
        try:
            return run(*args, **options)
        except REFUSALS as error:
            _status, text = sentence(current_app, error.code, error.fields)
            if options.get("as_json"):
                answer({**error.fields, "code": error.code, "detail": text}, as_json=True)
            click.echo(f"{error.code}: {text}", err=True)
            sys.exit(1)

    return told
