"""What recalls hand to the subjects below: what a second person's yes does, a part of the shop's home, the words."""

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.catalogue.models import Product
from portal.catalogue.panels import add_warning
from portal.i18n import day
from portal.onboarding.models import Organisation
from portal.onboarding.panels import Panel, add_panel
from portal.onboarding.trail import add_words
from portal.recalls.actions import complete_agreed
from portal.recalls.listing import goods_words
from portal.recalls.models import RecallFile
from portal.stamps.models import StampOrder
from portal.stamps.voiding import add_doer
from traceability import open_recalls_of_product

_WORDS = {
    "recall.opened": _l("Goods were recalled."),
    "recall.lifted": _l("A recall was lifted."),
    "recall.completed": _l("A recall was completed and its stamps cancelled."),
}


def bind() -> None:
    """Register with the subjects below; called once as the app is built."""
    add_doer("recall", complete_agreed)
    add_panel("recalls", _recalls)
    add_warning("recalls", _warnings)
    add_words(_WORDS)


def _warnings(session: Session, product: Product) -> list[str]:
    """Say on a product's page which of its goods are recalled; read anew for each reader."""
    return [
        _(
            "RECALL: %(what)s, since %(day)s. Do not use these goods. %(instruction)s",
            what=goods_words(session, recall), day=day(recall.opened_at), instruction=recall.instruction,
        )
        for recall in open_recalls_of_product(session, product.id)
    ]  # fmt: skip


def _recalls(session: Session, organisation: Organisation) -> Panel | None:
    """Tell of open recalls; whoever never ordered a stamp has nothing to recall by."""
    if session.scalar(select(StampOrder.id).where(StampOrder.organisation_id == organisation.id).limit(1)) is None:
        return None
    own = select(func.count()).where(RecallFile.organisation_id == organisation.id, RecallFile.closed_at.is_(None))
    number = session.scalar(own) or 0
    if number:
        text = ngettext("%(num)s recall is open.", "%(num)s recalls are open.", number)
    else:
        text = _("Is something wrong with goods that are sold? Warn all buyers at once.")
    return Panel(
        _("Recalls"), text, (), _("See recalls") if number else _("Warn buyers"), url_for("recalls.recalls", side="my")
    )
