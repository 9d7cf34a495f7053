"""What later subjects add to a product's pages: its channels and stamps for the seller, live listings for buyers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from portal.catalogue.models import Product


@dataclass(frozen=True, slots=True)
class ProductPanel:
    """One part of a product's page: a heading, a sentence, and links as (text, address)."""

    heading: Any
    text: Any
    links: Sequence[tuple[Any, str]] = ()


Maker = Callable[[Session, Product], ProductPanel | None]
_OWN: dict[str, Maker] = {}
_PUBLIC: dict[str, Maker] = {}


def add_own_panel(name: str, maker: Maker) -> None:
    """Register a part of the seller's page of a product; it only reads."""
    _OWN[name] = maker


def add_public_panel(name: str, maker: Maker) -> None:
    """Register a part of the page of a product that everybody sees; it only reads."""
    _PUBLIC[name] = maker


def own_panels(session: Session, product: Product) -> list[ProductPanel]:
    """Return what later subjects show the seller."""
    return [panel for panel in (maker(session, product) for maker in _OWN.values()) if panel is not None]


def public_panels(session: Session, product: Product) -> list[ProductPanel]:
    """Return what later subjects show everybody."""
    return [panel for panel in (maker(session, product) for maker in _PUBLIC.values()) if panel is not None]
