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
Warn = Callable[[Session, Product], Sequence[Any]]
_OWN: dict[str, Maker] = {}
_WARNINGS: dict[str, Warn] = {}
_PUBLIC: dict[str, Maker] = {}


def add_own_panel(name: str, maker: Maker) -> None:
    """Register a part of the seller's page of a product; it only reads."""
    _OWN[name] = maker


def add_public_panel(name: str, maker: Maker) -> None:
    """Register a part of the page of a product that everybody sees; it only reads."""
    _PUBLIC[name] = maker


def add_warning(name: str, warn: Warn) -> None:
    """Register what stands above all else on the page of a product, such as a recall; it only reads."""
    _WARNINGS[name] = warn


def warnings_on(session: Session, product: Product) -> list[Any]:
    """Return the sentences that buyers must read first."""
    return [one for warn in _WARNINGS.values() for one in warn(session, product)]


def own_panels(session: Session, product: Product) -> list[ProductPanel]:
    """Return what later subjects show the seller."""
    return [panel for panel in (maker(session, product) for maker in _OWN.values()) if panel is not None]


def public_panels(session: Session, product: Product) -> list[ProductPanel]:
    """Return what later subjects show everybody."""
    return [panel for panel in (maker(session, product) for maker in _PUBLIC.values()) if panel is not None]
