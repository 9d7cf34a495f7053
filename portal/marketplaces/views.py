"""Where am I on sale, what is wrong, what next: the seller's pages; and the officer's page of the channels."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from portal.catalogue.actions import own_product, own_products
from portal.catalogue.models import Product
from portal.db import begin, reading
from portal.marketplaces import actions, operations
from portal.marketplaces.channels.protocol import Channel
from portal.marketplaces.eligibility import explain
from portal.marketplaces.errors import ChannelUnknown
from portal.marketplaces.models import ChannelAccount, Listing
from portal.marketplaces.offers import photo_address
from portal.marketplaces.words import Standing, ToDo, standing, to_do
from portal.onboarding.actions import organisation_of
from portal.people.forms import PressForm
from portal.places.areas import day_of
from portal.world import current_world

blueprint = Blueprint("marketplaces", __name__)


@dataclass(frozen=True, slots=True)
class Place:
    """One product on one channel, as its seller sees it."""

    channel: Channel
    listing: Listing | None
    standing: Standing
    problems: tuple[ToDo, ...]

    @property
    def offered(self) -> bool:
        """Say whether there is something that can be taken off."""
        listing = self.listing
        return listing is not None and listing.wish == "sell" and listing.state not in ("draft", "invalid", "ready")


def _channel(code: str) -> Channel:
    channel: Channel | None = current_world().channels.get(code)
    if channel is None:
        raise ChannelUnknown
    return channel


def places(session: Session, products: list[Product]) -> dict[str, list[Place]]:
    """Return, for each product by its id, how it stands on every channel; two statements in all."""
    listings = select(Listing).where(Listing.product_id.in_([product.id for product in products]))
    by_key = {(row.product_id, row.channel): row for row in session.scalars(listings)}
    sellers = {product.organisation_id for product in products}
    accounts = select(ChannelAccount).where(ChannelAccount.organisation_id.in_(sellers))
    account_of = {(row.organisation_id, row.channel): row for row in session.scalars(accounts)}
    found: dict[str, list[Place]] = {}
    for product in products:
        for channel in current_world().channels.values():
            listing = by_key.get((product.id, channel.code))
            account = account_of.get((product.organisation_id, channel.code))
            shown = [*(listing.problems if listing else ()), *(account.problems if account and listing else ())]
            found.setdefault(product.id, []).append(
                Place(
                    channel=channel,
                    listing=listing,
                    standing=standing(listing, account, channel=channel.name),
                    problems=tuple(to_do(one, product_id=product.id) for one in shown),
                )
            )
    return found


@blueprint.get("/my/channels")
def mine() -> str:
    """Show where the own products are on sale, and what an account there still lacks."""
    rows, world = reading(), current_world()
    products = own_products(rows, g.acting)
    accounts = explain(rows, organisation_of(rows, g.acting), on=day_of(world.clock.now()))
    return render_template(
        "marketplaces/mine.html", products=products, places=places(rows, products), accounts=accounts,
        channels=world.channels,
    )  # fmt: skip


@blueprint.get("/my/products/<product_id>/channels")
def product_channels(product_id: str) -> str:
    """Show one product on every channel, with what to do next."""
    rows = reading()
    product = own_product(rows, g.acting, product_id)
    return render_template(
        "marketplaces/product.html", product=product, places=places(rows, [product])[product.id], form=PressForm()
    )


@blueprint.post("/my/products/<product_id>/channels/<channel>/publish")
def publish(product_id: str, channel: str) -> Response:
    """Put a product on a channel's way, or bring what changed there."""
    world, acting, target = current_world(), g.acting, _channel(channel)
    with begin() as rows:
        product = own_product(rows, acting, product_id)
        done = actions.publish(
            rows,
            now=world.clock.now(),
            acting=acting,
            product=product,
            channel=target,
            keys=world.field_keys,
            photo_address=photo_address(world.settings.public_url),
        )
    if done.problems:
        flash(_("Not sent to %(channel)s. Put right what stands below.", channel=target.name), "error")
    else:
        flash(_("It is on its way to %(channel)s.", channel=target.name), "success")
    return redirect(url_for("marketplaces.product_channels", product_id=product_id))


@blueprint.post("/my/products/<product_id>/channels/<channel>/withdraw")
def withdraw(product_id: str, channel: str) -> Response:
    """Ask a channel to take a product off."""
    world, acting, target = current_world(), g.acting, _channel(channel)
    with begin() as rows:
        listing = actions.own_listing(rows, product=own_product(rows, acting, product_id), channel=channel)
        actions.withdraw(rows, now=world.clock.now(), acting=acting, listing=listing)
    flash(_("We ask %(channel)s to take it off.", channel=target.name), "success")
    return redirect(url_for("marketplaces.product_channels", product_id=product_id))


@blueprint.get("/officer/channels")
def officer_channels() -> str:
    """Show how each channel stands, and the messages that need a person."""
    rows, world = reading(), current_world()
    statuses = [(channel, operations.status_of(rows, channel.code)) for channel in world.channels.values()]
    return render_template(
        "marketplaces/officer.html",
        statuses=statuses,
        dead=operations.dead_letters(rows),
        now=world.clock.now(),
        form=PressForm(),
    )


@blueprint.post("/officer/channels/<channel>/<any(on,off):what>")
def officer_switch(channel: str, what: str) -> Any:
    """Switch one channel on or off."""
    world, acting, target = current_world(), g.acting, _channel(channel)
    with begin() as rows:
        operations.switch_channel(rows, now=world.clock.now(), acting=acting, channel=target.code, on=what == "on")
    return redirect(url_for("marketplaces.officer_channels"))


@blueprint.post("/officer/channels/messages/<outbox_id>/redrive")
def officer_redrive(outbox_id: str) -> Response:
    """Send a dead message again."""
    world, acting = current_world(), g.acting
    with begin() as rows:
        operations.redrive(rows, now=world.clock.now(), acting=acting, outbox_id=outbox_id)
    flash(_("The message is sent again."), "success")
    return redirect(url_for("marketplaces.officer_channels"))
