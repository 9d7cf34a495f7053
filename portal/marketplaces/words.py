"""How a listing stands, in a sentence and a tone, and what each problem asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.marketplaces.models import ChannelAccount, Listing
from portal.marketplaces.states import EXISTS

_PROBLEMS: Mapping[str, Any] = {
    "title.missing": _l("Give the product a name."),
    "title.too_long": _l("The name is too long for this marketplace."),
    "description.too_long": _l("The description is too long for this marketplace."),
    "category.unmapped": _l("This kind of goods has no place on that marketplace yet. Our office adds it."),
    "images.missing": _l("Add at least one photo."),
    "variants.missing": _l("Add a pack with its price."),
    "price.missing": _l("Every pack needs a price above 0."),
    "consent.missing": _l("Agree first that we pass your shop's data to this marketplace."),
    "seller.not_eligible": _l("Your shop must be approved first."),
    "product.not_on_sale": _l("Put the product on sale first."),
    "version.stale": _l("The marketplace holds a newer version. Our office looks into it."),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How something stands: a sentence and its tone, green, amber, red or grey."""

    sentence: str
    tone: str


@dataclass(frozen=True, slots=True)
class ToDo:
    """One problem: what is wrong, what would fit, and where to put it right."""

    sentence: str
    suggestion: str
    url: str | None


def standing(listing: Listing | None, account: ChannelAccount | None, *, channel: str) -> Standing:
    """Say how a product fares on a channel. `live` is said only where the channel said it."""
    if listing is None or listing.state in ("draft", "ready"):
        return Standing(_("Not offered on %(channel)s.", channel=channel), "grey")
    if listing.wish == "withdraw":
        return _leaving(listing, channel=channel)
    if listing.live_version is not None and listing.state != "live":
        return _updating(listing, channel=channel)
    return _newest(listing, account, channel=channel)


def _leaving(listing: Listing, *, channel: str) -> Standing:
    if listing.live_version is None and listing.state == "withdrawn":
        return Standing(_("Taken off %(channel)s.", channel=channel), "grey")
    return Standing(_("We asked %(channel)s to take it off. It has not confirmed yet.", channel=channel), "amber")


def _updating(listing: Listing, *, channel: str) -> Standing:
    """Say how a change fares while buyers still see what was there before."""
    if listing.state == "rejected":
        return Standing(
            _("%(channel)s refused the change. Buyers still see the version before.", channel=channel), "red"
        )
    if listing.state == "error":
        return Standing(_("The change could not be sent. Buyers still see the version before."), "red")
    return Standing(
        _("The change is on its way to %(channel)s. Buyers still see the version before.", channel=channel), "amber"
    )


def _newest(listing: Listing, account: ChannelAccount | None, *, channel: str) -> Standing:
    if listing.state == "queued" and account is not None and account.state == "refused":
        return Standing(_("%(channel)s did not open an account for your shop.", channel=channel), "red")
    if listing.state == "queued" and (account is None or account.state not in EXISTS):
        return Standing(_("Waiting until %(channel)s has opened your account.", channel=channel), "grey")
    sentences = {
        "invalid": (_("Not sent yet. Some things must be put right first."), "amber"),
        "queued": (_("Waiting to be sent to %(channel)s.", channel=channel), "grey"),
        "sent": (_("Sent to %(channel)s. No answer yet.", channel=channel), "grey"),
        "accepted": (_("%(channel)s has it and is checking it.", channel=channel), "grey"),
        "live": (_("On sale on %(channel)s.", channel=channel), "green"),
        "rejected": (_("%(channel)s refused it. See why and put it right.", channel=channel), "red"),
        "paused": (_("Paused on %(channel)s.", channel=channel), "amber"),
        "error": (_("It could not be sent. Our office looks into it."), "red"),
    }
    return Standing(*sentences[listing.state])


def to_do(problem: Mapping[str, str], *, product_id: str) -> ToDo:
    """Return what a problem asks for. Our own codes are translated; a partner's words stand as they came."""
    own = _PROBLEMS.get(problem.get("code", ""))
    sentence = str(own) if own is not None else problem.get("sentence", "")
    return ToDo(sentence, problem.get("suggestion", ""), _where(problem, product_id))


def _where(problem: Mapping[str, str], product_id: str) -> str | None:
    match problem.get("field"):
        case "title" | "description" | "category":
            return url_for("catalogue.what", product_id=product_id)
        case "price" | "variants":
            return url_for("catalogue.price", product_id=product_id)
        case "images":
            return url_for("catalogue.add_photo", product_id=product_id)
        case "consent":
            return url_for("onboarding.my_consents")
        case "seller":
            return url_for("onboarding.my")
        case "product":
            return url_for("catalogue.own_product", product_id=product_id)
    return None
