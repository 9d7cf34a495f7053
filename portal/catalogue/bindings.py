"""What this subject hands to those below it: its part of the shop's home, the words of its acts."""

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.catalogue.models import Product
from portal.onboarding.models import Organisation
from portal.onboarding.panels import Panel, add_panel
from portal.onboarding.trail import add_words

_WORDS = {
    "product.begun": _l("A product was written down."),
    "product.described": _l("A product's description was changed."),
    "product.priced": _l("A price was set."),
    "product.photo_added": _l("A picture was added."),
    "product.on_sale": _l("A product was put on sale."),
    "product.taken_off": _l("A product was taken off sale."),
    "chain.confirmed": _l("The safe food chain was confirmed."),
    "chain.ended": _l("The confirmation of the safe food chain ended."),
}


def _products(session: Session, organisation: Organisation) -> Panel:
    own = select(func.count()).where(Product.organisation_id == organisation.id)
    all_of_them = session.scalar(own) or 0
    selling = session.scalar(own.where(Product.state == "active")) or 0
    if not all_of_them:
        text = _("No product yet. Three short pages and it is on sale.")
    else:
        text = ngettext("%(num)s product on sale", "%(num)s products on sale", selling)
    rows = [(_("See my products"), url_for("catalogue.own_products"))] if all_of_them else []
    return Panel(_("My products"), text, rows, _("Add a product"), url_for("catalogue.new"))


def bind() -> None:
    """Register with the subjects below; called once as the app is built."""
    add_panel("products", _products)
    add_words(_WORDS)
