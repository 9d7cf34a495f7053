"""What every subject hands to the portal: its indicators, its due work, its sentences, its template context."""

from typing import Any

from flask import Flask

from portal.errors import Sentences
from portal.people import due as people_due
from portal.people import errors as people_errors
from portal.places import errors as places_errors
from portal.worker import Step


def indicators() -> tuple[Any, ...]:
    """Return every indicator, in the order of the catalogue."""
    return ()


def steps() -> tuple[Step, ...]:
    """Return every kind of due work."""
    return (*people_due.STEPS,)


def sentences() -> tuple[Sentences, ...]:
    """Return each subject's table of error codes."""
    return (people_errors.SENTENCES, places_errors.SENTENCES)


def register_context(app: Flask) -> None:
    """Install what the templates of one subject need from another."""
    from portal.site.context import page_context

    app.context_processor(page_context)
