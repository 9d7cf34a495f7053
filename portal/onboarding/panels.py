"""The parts of a shop's home that later subjects bring: products, channels, stamps, orders."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from portal.onboarding.models import Organisation


@dataclass(frozen=True, slots=True)
class Panel:
    """One part: a heading, a sentence, rows of (text, address), and one thing to do next."""

    heading: Any
    text: Any
    rows: Sequence[tuple[str, str]] = ()
    next_text: Any = None
    next_url: str | None = None


_PANELS: dict[str, Callable[[Session, Organisation], Panel | None]] = {}


def add_panel(name: str, panel: Callable[[Session, Organisation], Panel | None]) -> None:
    """Register a part of the shop's home; it runs while the page is made and only reads. None is no part."""
    _PANELS[name] = panel


def panels(session: Session, organisation: Organisation) -> list[Panel]:
    """Return the parts of one shop's home, in the order of registration."""
    return [part for panel in _PANELS.values() if (part := panel(session, organisation)) is not None]
