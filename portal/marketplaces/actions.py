"""What a seller can do with a marketplace: ask for an account, publish a product there, take it off again.

Each act and its message to the channel are one transaction; nothing here calls anybody.
"""

import json
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.catalogue.models import Product
from portal.catalogue.revisions import revision
from portal.crypto import FieldKeys
from portal.db import insert_new, new_id
from portal.marketplaces.channels.protocol import Channel, Offer, Problem
from portal.marketplaces.errors import NotPublished
from portal.marketplaces.models import ChannelAccount, Listing
from portal.marketplaces.offers import PhotoAddress, build_offer
from portal.marketplaces.outbox import WAITING, canonical, enqueue, locked_entities, newest, rows_of, supersede
from portal.marketplaces.states import ACCOUNT, LISTING, may, step
from portal.onboarding.actions import agrees
from portal.onboarding.models import Organisation
from portal.onboarding.persons import seller_name
from portal.people.errors import ConsentMissing

_SENT_TO = "share:{channel}"
UNDER_WAY = ("queued", "sent", "accepted", "live")


@dataclass(frozen=True, slots=True)
class Published:
    """What became of a wish to publish: the listing, and every problem that stands in its way."""

    listing: Listing
    problems: tuple[Problem, ...]


def request_account(
    session: Session, *, now: datetime, acting: Acting, organisation: Organisation, channel: str, keys: FieldKeys
) -> ChannelAccount:
    """Ask a marketplace for a seller's account, once; raise `ConsentMissing` without the owner's agreement.

    The message names the seller, so its payload is sealed until the moment of sending.
    """
    purpose = _SENT_TO.format(channel=channel)
    if not agrees(session, organisation, purpose):
        raise ConsentMissing(purpose=purpose)
    account = _locked_account(session, now=now, organisation=organisation, channel=channel)
    if account.state == "refused":
        account.state = step(ACCOUNT, account.state, "want")
    asked = rows_of(session, entity=account.id, flow="account", statuses=WAITING)
    if account.state not in ("wanted", "queued") or asked:
        return account
    account.version, account.changed_at, account.problems = account.version + 1, now, []
    if account.state == "wanted":
        account.state = step(ACCOUNT, account.state, "queue")
    payload = {"seller": organisation.id, "kind": organisation.kind, "name": seller_name(session, organisation, keys)}
    row_id = str(uuid.uuid4())
    sealed = keys.seal(json.dumps(payload, ensure_ascii=False), place=f"outbox.payload.{row_id}")
    enqueue(
        session, now=now, channel=channel, entity=account.id, flow="account", version=account.version,
        payload={"sealed": sealed}, row_id=row_id,
    )  # fmt: skip
    record(session, now=now, acting=acting, act="account.asked", object_id=account.id, subject=organisation.id)
    return account


def publish(
    session: Session, *, now: datetime, acting: Acting, product: Product, channel: Channel, keys: FieldKeys,
    photo_address: PhotoAddress,
) -> Published:  # fmt: skip
    """Put a product on a channel's way: check it, freeze it, ask for the account if there is none, queue what is new.

    The caller has found the product among the seller's own. With problems nothing is queued and each one is stored; a
    version on sale stays there. Published again unchanged, nothing happens.
    """
    organisation = session.get_one(Organisation, product.organisation_id)
    listing = _locked(session, now=now, product=product, channel=channel.code)
    frozen = revision(session, product, now=now)
    offer = build_offer(session, now=now, content=frozen.content, channel=channel.code, photo_address=photo_address)
    problems = (*_standing(session, organisation, product, channel), *channel.validate(offer))
    listing.problems, listing.changed_at = [asdict(one) for one in problems], now
    listing.product_version = product.version
    if problems:
        if may(LISTING, listing.state, "checked_bad"):
            listing.state = step(LISTING, listing.state, "checked_bad")
        return Published(listing, problems)
    request_account(session, now=now, acting=acting, organisation=organisation, channel=channel.code, keys=keys)
    if _queue(session, now=now, listing=listing, offer=offer):
        listing.revision = frozen.number
        record(session, now=now, acting=acting, act="listing.published", object_id=listing.id, subject=organisation.id)
    return Published(listing, ())


def withdraw(session: Session, *, now: datetime, acting: Acting, listing: Listing) -> None:
    """Ask a channel to take a product off; what waits is overtaken. A second time changes nothing."""
    session.refresh(listing, with_for_update=True)
    if listing.state in ("draft", "invalid", "ready"):
        raise NotPublished
    if listing.wish == "withdraw":
        return
    supersede(session, now=now, entity=listing.id, flow="content")
    supersede(session, now=now, entity=listing.id, flow="price_stock")
    listing.state, listing.wish = step(LISTING, listing.state, "withdraw"), "withdraw"
    listing.content_version, listing.changed_at, listing.problems = listing.content_version + 1, now, []
    enqueue(
        session, now=now, channel=listing.channel, entity=listing.id, flow="content", act="withdraw",
        version=listing.content_version, payload={"seller": listing.organisation_id},
    )  # fmt: skip
    record(
        session, now=now, acting=acting, act="listing.withdrawn", object_id=listing.id, subject=listing.organisation_id
    )


def _locked_account(session: Session, *, now: datetime, organisation: Organisation, channel: str) -> ChannelAccount:
    """Lock and return a seller's account on a channel; the first product that wants one makes it."""
    query = select(ChannelAccount).where(
        ChannelAccount.channel == channel, ChannelAccount.organisation_id == organisation.id
    )
    locked = query.with_for_update().execution_options(populate_existing=True)
    account = session.scalars(locked).one_or_none()
    if account is not None:
        return account
    insert_new(
        session, ChannelAccount, id=new_id("ac"), channel=channel, organisation_id=organisation.id, state="wanted",
        version=0, problems=[], wanted_at=now, changed_at=now,
    )  # fmt: skip
    return session.scalars(locked).one()


def before_consent_ends(session: Session, *, organisation: Organisation, purposes: Sequence[str]) -> None:
    """Lock what `after_consent` will write for these purposes, all of it and before anything else is locked."""
    channels = [channel for scope, _, channel in (one.partition(":") for one in purposes) if scope == "share"]
    wanted: list[str] = []
    for model in (Listing, ChannelAccount):
        own = (model.organisation_id == organisation.id, model.channel.in_(channels))
        wanted += session.scalars(select(model.id).where(*own))
    locked_entities(session, wanted)


def after_consent(session: Session, *, now: datetime, acting: Acting, organisation: Organisation, purpose: str) -> None:
    """Follow a withdrawn consent to share: every listing there is withdrawn, and no account is asked for any more."""
    scope, _, channel = purpose.partition(":")
    if scope != "share":
        return
    listings = select(Listing).where(Listing.organisation_id == organisation.id, Listing.channel == channel)
    for listing in session.scalars(listings.order_by(Listing.id)):
        if listing.state not in ("draft", "invalid", "ready"):
            withdraw(session, now=now, acting=acting, listing=listing)
    accounts = select(ChannelAccount).where(
        ChannelAccount.organisation_id == organisation.id, ChannelAccount.channel == channel
    )
    for account in session.scalars(accounts.with_for_update()):
        supersede(session, now=now, entity=account.id, flow="account")
        if account.state == "sent":  # under way: whoever holds the message now writes nothing
            account.state = step(ACCOUNT, account.state, "unsettled")


def own_listing(session: Session, *, product: Product, channel: str) -> Listing:
    """Return the listing of one's own product on a channel; raise `NotPublished` where there is none."""
    query = select(Listing).where(Listing.product_id == product.id, Listing.channel == channel)
    listing = session.scalars(query).one_or_none()
    if listing is None:
        raise NotPublished
    return listing


def _locked(session: Session, *, now: datetime, product: Product, channel: str) -> Listing:
    """Lock and return the listing of a product on a channel; the first time it is a draft.

    The product's row is locked first, so that two first publishes of one product are one listing.
    """
    session.execute(select(Product.id).where(Product.id == product.id).with_for_update())
    query = select(Listing).where(Listing.product_id == product.id, Listing.channel == channel).with_for_update()
    listing = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if listing is None:
        listing = Listing(
            id=new_id("ls"), product_id=product.id, organisation_id=product.organisation_id, channel=channel,
            state="draft", wish="sell", content_version=0, price_version=0, presence_version=0, product_version=0,
            problems=[], changed_at=now,
        )  # fmt: skip
        session.add(listing)
        session.flush()
    return listing


def _standing(session: Session, organisation: Organisation, product: Product, channel: Channel) -> Sequence[Problem]:
    """Return what stands in the way on our side: the seller, the consent, the goods."""
    found = []
    if organisation.state != "approved":
        found.append(Problem("seller", "seller.not_eligible", "The shop must be approved first."))
    if not agrees(session, organisation, _SENT_TO.format(channel=channel.code)):
        found.append(Problem("consent", "consent.missing", "Agree first that we pass your shop's data on."))
    if product.state == "archived":
        found.append(Problem("product", "product.not_on_sale", "Put the product on sale first."))
    return found


def _queue(session: Session, *, now: datetime, listing: Listing, offer: Offer) -> bool:
    """Queue content and prices as far as they are new; say whether anything was."""
    content, prices = offer.content(), offer.price_stock()
    resend = listing.state not in UNDER_WAY or listing.wish != "sell"
    new_content = resend or _differs(session, listing, "content", content)
    if new_content:
        _advance(session, now=now, listing=listing)
        listing.content_version += 1
        enqueue(
            session, now=now, channel=listing.channel, entity=listing.id, flow="content",
            version=listing.content_version,
            payload=content,
        )  # fmt: skip
    new_prices = resend or _differs(session, listing, "price_stock", prices)
    if new_prices:
        if may(LISTING, listing.state, "repriced"):
            listing.state = step(LISTING, listing.state, "repriced")
        listing.price_version += 1
        enqueue(
            session, now=now, channel=listing.channel, entity=listing.id, flow="price_stock",
            version=listing.price_version,
            payload=prices,
        )  # fmt: skip
    return new_content or new_prices


def _advance(session: Session, *, now: datetime, listing: Listing) -> None:
    """Move a listing towards `queued`. One that is queued or sent stays so: the claim takes the newest version.

    A withdrawal that was not confirmed yet is overtaken by the new wish.
    """
    if listing.wish == "withdraw":
        supersede(session, now=now, entity=listing.id, flow="content")
        if listing.state == "sent":
            listing.state = step(LISTING, listing.state, "unsettled")
    listing.wish = "sell"
    if may(LISTING, listing.state, "checked_good"):
        listing.state = step(LISTING, listing.state, "checked_good")
    for event in ("publish", "edited", "redriven"):
        if may(LISTING, listing.state, event):
            listing.state = step(LISTING, listing.state, event)
            return


def _differs(session: Session, listing: Listing, flow: Any, payload: dict[str, Any]) -> bool:
    last = newest(session, entity=listing.id, flow=flow)
    return last is None or last.act != "put" or last.payload_sha256 != canonical(payload)
