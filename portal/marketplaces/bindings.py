"""What marketplaces adds to the subjects below: panels on products, words of the trail, and what a withdrawal ends."""

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import distinct, func, select
from sqlalchemy.orm import Session

from portal.catalogue.models import Product
from portal.catalogue.panels import ProductPanel, add_own_panel, add_public_panel
from portal.marketplaces.actions import after_consent, before_consent_ends
from portal.marketplaces.eligibility import explain
from portal.marketplaces.models import Listing
from portal.marketplaces.roster_accounts import Accounts
from portal.marketplaces.views import places
from portal.onboarding.consents import after_withdrawal
from portal.onboarding.models import Organisation
from portal.onboarding.panels import Panel, add_panel
from portal.onboarding.rosters.fields import register_group
from portal.onboarding.trail import add_words
from portal.places.areas import day_of
from portal.world import current_world

WORDS = {
    "account.asked": _l("An account on a marketplace was asked for."),
    "account.created": _l("A marketplace opened an account for the shop."),
    "account.refused": _l("A marketplace did not open an account for the shop."),
    "listing.published": _l("A product was sent to a marketplace."),
    "listing.withdrawn": _l("A marketplace was asked to take a product off."),
    "listing.rejected": _l("A marketplace refused a product."),
    "offer.live": _l("A marketplace put a product on sale."),
    "offer.refused": _l("A marketplace refused a product."),
    "offer.removed": _l("A marketplace took a product off."),
}


def bind() -> None:
    """Register everything; again changes nothing."""
    after_withdrawal("marketplaces", after_consent, locks=before_consent_ends)
    add_panel("marketplaces", shop_panel)
    add_own_panel("marketplaces", own_panel)
    add_public_panel("marketplaces", public_panel)
    add_words(WORDS)
    register_group(Accounts())


def shop_panel(session: Session, organisation: Organisation) -> Panel:
    """Tell the seller how many products marketplaces show now, and whether an account still lacks something."""
    live = select(func.count(distinct(Listing.product_id))).where(
        Listing.organisation_id == organisation.id, Listing.live_version.is_not(None)
    )
    number = session.scalar(live) or 0
    text = _("No product is on a marketplace yet.")
    if number:
        text = ngettext(
            "%(num)s product is on sale on marketplaces.", "%(num)s products are on sale on marketplaces.", number
        )
    waits = sum(bool(one.missing) for one in explain(session, organisation, on=day_of(current_world().clock.now())))
    if waits:
        text += " " + ngettext(
            "%(num)s account is not eligible yet: see what is missing.",
            "%(num)s accounts are not eligible yet: see what is missing.",
            waits,
        )
    return Panel(_("Marketplaces"), text, [(_("Where I am on sale"), url_for("marketplaces.mine"))])


def own_panel(session: Session, product: Product) -> ProductPanel:
    """Tell the seller in one sentence a channel where the product is on sale."""
    standings = [place.standing.sentence for place in places(session, [product])[product.id]]
    link = (_("Sell it on a marketplace"), url_for("marketplaces.product_channels", product_id=product.id))
    return ProductPanel(heading=_("On marketplaces"), text=" ".join(standings), links=(link,))


def public_panel(session: Session, product: Product) -> ProductPanel | None:
    """Lead buyers to what is live elsewhere; nothing else is linked."""
    query = select(Listing).where(
        Listing.product_id == product.id, Listing.live_version.is_not(None), Listing.wish == "sell"
    )
    channels = current_world().channels
    links = []
    for listing in session.scalars(query.order_by(Listing.channel)):
        channel = channels.get(listing.channel)
        if channel is None or listing.remote_url is None:
            continue
        text = _("%(channel)s (simulation)", channel=channel.name) if channel.simulation else channel.name
        links.append((text, listing.remote_url))
    if not links:
        return None
    return ProductPanel(heading=_("Also on sale at"), text=_("The same goods on marketplaces."), links=links)
