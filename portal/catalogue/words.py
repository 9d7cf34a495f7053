"""How packs, prices and stock are said on a page."""

from flask_babel import gettext as _

from portal.catalogue.models import Variant
from portal.catalogue.prices import format_milli
from portal.i18n import current_language, money


def pack_words(variant: Variant) -> str:
    """Return a pack in words: `1 kg`, `2 chục (12)`, `1 thùng (20 kg)`."""
    unit = variant.unit
    name = unit.name_vi if current_language() == "vi" else unit.name_en
    pack = f"{format_milli(variant.quantity_milli)} {name}"
    if variant.content_milli is None:
        return pack
    held = format_milli(variant.content_milli)
    return f"{pack} ({held} kg)" if unit.base == "kg" else f"{pack} ({held})"


def unit_price_words(variant: Variant) -> str:
    """Return the price of one kilogram, litre or piece."""
    price = money(variant.unit_price_minor)
    sentences = {"kg": _("%(price)s a kg", price=price), "l": _("%(price)s a litre", price=price)}
    return sentences.get(variant.unit_price_base) or _("%(price)s a piece", price=price)


def stock_words(variant: Variant) -> str:
    """Return how much there is."""
    if variant.stock_milli is None:
        return _("On request")
    if variant.stock_milli == 0:
        return _("Sold out")
    return _("%(number)s packs there", number=format_milli(variant.stock_milli))
