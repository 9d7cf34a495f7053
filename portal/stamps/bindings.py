"""What this subject hands to those below it: its parts of the shop's and a product's page, the words of its acts."""

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.catalogue.models import Product
from portal.catalogue.panels import ProductPanel, add_own_panel
from portal.onboarding.models import Organisation
from portal.onboarding.panels import Panel, add_panel
from portal.onboarding.trail import add_words
from portal.stamps.models import StampOrder

_WORDS = {
    "stamps.ordered": _l("Stamps were ordered."),
    "stamps.issued": _l("Stamps were made."),
    "stamps.printed": _l("Stamps were printed."),
    "stamps.activated": _l("Stamps were put on a lot."),
    "stamps.voided": _l("Stamps were cancelled."),
    "void.asked": _l("Many stamps are to be cancelled; a second person must agree."),
    "void.agreed": _l("A second person agreed that stamps are cancelled."),
    "void.refused": _l("A request to cancel stamps was refused."),
    "lot.erased": _l("The words of an old lot were erased."),
    "lot.recorded": _l("A lot was noted."),
}


def bind() -> None:
    """Register with the subjects below; called once as the app is built."""
    add_panel("stamps", _stamps)
    add_own_panel("stamps", _order)
    add_words(_WORDS)


def _stamps(session: Session, organisation: Organisation) -> Panel:
    own = select(func.count()).where(StampOrder.organisation_id == organisation.id)
    batches = session.scalar(own) or 0
    if not batches:
        text = _("Each stamp has its own code. Buyers scan it and see whose it is.")
    else:
        text = ngettext("%(num)s batch of stamps", "%(num)s batches of stamps", batches)
    return Panel(_("My stamps"), text, (), _("See my stamps"), url_for("stamps.batches"))


def _order(_session: Session, product: Product) -> ProductPanel:
    link = (_("Order stamps"), url_for("stamps.order", product_id=product.id))
    text = _("Each stamp has its own code. Buyers scan it and see whose it is.")
    return ProductPanel(heading=_("Stamps"), text=text, links=(link,))
