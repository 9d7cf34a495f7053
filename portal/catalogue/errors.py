"""What can go wrong in the catalogue.

PortalError
├ GoodsRefused         price.* · amount.* · stock.* · unit.* · gtin.* · product.* (the form shows it at its field)
├ PhotoRefused         photo.type · photo.pixels · photo.size · photo.broken · photo.too_many
├ ProductIncomplete    product.incomplete: what is missing before it can be on sale, each one named
├ ProductChanged       product.changed: the page was older than the product
└ ChainUnknown         chain.unknown: no confirmation is open
"""

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l

from portal.errors import PortalError, Sentences
from portal.onboarding.errors import Listed


class GoodsRefused(PortalError):
    """Something about the goods cannot be kept; `code` says why."""

    def __init__(self, code: str, **fields: Any) -> None:
        self.code = code
        super().__init__(**fields)


class PhotoRefused(PortalError):
    """A picture cannot be kept; `code` says why."""

    def __init__(self, code: str, **fields: Any) -> None:
        self.code = code
        super().__init__(**fields)


class ProductIncomplete(PortalError):
    """The product cannot be on sale yet; `parts` are the codes of what is missing."""

    code = "product.incomplete"

    def __init__(self, *, parts: Sequence[str], labels: Sequence[Any]) -> None:
        super().__init__(parts=tuple(parts), missing=Listed(labels))


class ProductChanged(PortalError):
    """The page was older than the product."""

    code = "product.changed"


class ChainUnknown(PortalError):
    """No confirmation of this establishment is open."""

    code = "chain.unknown"


SENTENCES: Sentences = {
    "price.whole_dong": (400, _l("Enter the price in whole đồng, above 0. For example: 60.000")),
    "price.too_high": (400, _l("This price is too high to be right. Check the zeros.")),
    "price.thousands": (200, _l("You mean %(price)s. Is that right?")),
    "price.low": (200, _l("%(price)s a %(unit)s? Did you mean %(better)s?")),
    "amount.invalid": (400, _l("Enter how much is in one pack. For example: 1 or 0,5")),
    "stock.invalid": (400, _l("Enter how much you have, as a number. Leave it empty for: on request.")),
    "unit.unknown": (400, _l("Choose a unit from the list.")),
    "unit.count_needed": (400, _l("How many in one chục: 10, 12, 14, 16?")),
    "unit.content_needed": (400, _l("How many kilograms are in one?")),
    "gtin.check_digit": (400, _l("The last digit doesn't fit (expected %(expected)s).")),
    "gtin.length": (400, _l("A barcode number has 8, 12, 13 or 14 digits.")),
    "gtin.taken": (409, _l("This barcode number belongs to another product.")),
    "product.name": (400, _l("Enter the name of the product.")),
    "product.too_long": (400, _l("This is too long. Use fewer words.")),
    "product.category": (400, _l("Choose a kind of goods from the list.")),
    "product.incomplete": (409, _l("Before it can be on sale, add: %(missing)s")),
    "product.changed": (409, _l("This product was changed in the meantime. Reload the page to see how it stands.")),
    "photo.missing": (400, _l("Choose a picture, or add it later.")),
    "photo.type": (400, _l("This is no photo. Choose a JPEG, PNG or WebP picture.")),
    "photo.pixels": (400, _l("This picture is too big. Choose one of at most 40 million pixels.")),
    "photo.size": (413, _l("This file is too large. A picture may have 10 MB.")),
    "photo.broken": (400, _l("This picture is damaged. Choose another one.")),
    "photo.too_many": (409, _l("A product has at most 8 pictures. Take one away first.")),
    "chain.unknown": (409, _l("No confirmation of this establishment is open.")),
}
