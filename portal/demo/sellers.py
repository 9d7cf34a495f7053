"""The demo's households: registered, approved by an officer, their products published to the marketplaces."""

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.catalogue import actions as catalogue
from portal.catalogue.storage import DiskPhotos
from portal.demo.cast import SELLERS, Seller, Ware
from portal.demo.crowd import invented_sellers
from portal.demo.pictures import picture
from portal.demo.stage import Stage
from portal.marketplaces import actions as marketplaces
from portal.marketplaces.models import Listing
from portal.onboarding.actions import approve, organisation_of
from portal.onboarding.persons import Identity
from portal.onboarding.registering import Household, register_household
from portal.onboarding.validators import parse_id
from portal.people import actions as people
from portal.people.phones import parse_mobile
from portal.places import actions as places
from portal.places.areas import day_of

PURPOSES = ("service", "public_page", "photo", "notices")
ANSWER_S, AT_A_TIME = 60.0, 40


def commune_id(session: Session, text: str, *, stage: Stage) -> str:
    """Return the one commune with this name in the demo's year."""
    found = places.find(session, text, on=day_of(stage.clock.now()), province=stage.world.settings.province)
    wanted = [one for one in found if one.level == "commune"]
    if len(wanted) != 1:
        raise LookupError(f"{text}: {len(wanted)} communes")
    return wanted[0].id


def cast(stage: Stage) -> list[Seller]:
    """Return all households: the eight by name, and as many invented ones as the scale asks for."""
    with stage.act() as (session, now):
        on = day_of(now)
        units = places.communes(session, stage.world.settings.province, on)
        district = {one: places.unit(session, one).name for one in {row.parent_id for row in units} if one}
        known = [(row, district.get(row.parent_id or "", "")) for row in units]
        return [*SELLERS, *invented_sellers(known, scale=stage.scale)]


def load_sellers(stage: Stage, *, officer_id: str) -> list[str]:
    """Register, approve and stock the households; publish their goods; return the households' ids."""
    sellers = cast(stage)
    stage.say(f"{len(sellers)} households register, are approved, and publish what they sell")
    made, last = [], dict[str, float]()
    for number, seller in enumerate(sellers, start=1):
        stage.clock.move(minutes=40)
        organisation_id = _register(stage, seller, officer_id=officer_id)
        stock(stage, seller.wares, organisation_id, grown=seller.grown)
        made.append(organisation_id)
        if number % AT_A_TIME == 0:  # the marketplaces decide while the next ones register
            stage.turn(last, "marketplaces.")
            stage.say(f"  {number} of {len(sellers)} households")
    wait_until_live(stage, sum(len(ware.channels) for seller in sellers for ware in seller.wares))
    return made


def _register(stage: Stage, seller: Seller, *, officer_id: str) -> str:
    keys, phone = stage.world.field_keys, parse_mobile(seller.phone)
    number = parse_id(seller.id_number, this_year=stage.clock.now().year) if seller.id_number else None
    with stage.act() as (session, now):
        login = people.login_for(session, now=now, acting=stage.acting, phone=phone, keys=keys)
        household = Household(
            identity=Identity(name=seller.head, phone=phone, id_number=number),
            place_raw=seller.commune,
            unit_id=seller.unit_id or commune_id(session, seller.commune, stage=stage),
            confidence="exact",
            hamlet=None,
            grown=seller.grown,
            food_safety="commitment",
            payment_declared=True,
            consents=dict.fromkeys((*PURPOSES, *_shared(seller)), True),
        )
        made = register_household(
            session, now=now, acting=stage.acting, household=household, keys=keys, login_id=login.id
        )
    with stage.act() as (session, _now):
        officer = stage.officer(officer_id)
        approve(session, now=stage.clock.move(minutes=5), acting=officer, organisation_id=made.id)
    return made.id


def _shared(seller: Seller) -> list[str]:
    return [f"share:{code}" for code in sorted({code for ware in seller.wares for code in ware.channels})]


def stock(stage: Stage, wares: Iterable[Ware], organisation_id: str, *, grown: str = "") -> None:
    """Describe, price, show and publish each of a seller's wares: one act, as from one sheet that it sent."""
    acting, photos = stage.as_of(organisation_id), DiskPhotos(stage.world.settings.instance / "photos")
    with stage.act() as (session, now), session.no_autoflush:  # what stands in one sheet is written ware by ware
        seller = organisation_of(session, acting)
        for ware in wares:
            shown = picture(ware.category)
            photos.put(shown)
            product = catalogue.describe_product(
                session, now=now, acting=acting, organisation_id=seller.id, name=ware.product,
                category_code=ware.category, description=grown,
            )  # fmt: skip
            offer = catalogue.Offer(quantity_milli=1000, unit_code=ware.unit, price_minor=ware.price_minor)
            catalogue.price_product(session, now=now, acting=acting, product=product, offer=offer)
            catalogue.add_photo(session, now=now, acting=acting, product=product, picture=shown)
            catalogue.put_on_sale(session, now=now, acting=acting, product=product)
            session.flush()
            for code in ware.channels:
                marketplaces.publish(
                    session, now=now, acting=acting, product=product, channel=stage.world.channels[code],
                    keys=stage.world.field_keys, photo_address=stage.photo_address,
                )  # fmt: skip


def wait_until_live(stage: Stage, wanted: int) -> None:
    """Hand over what waits, and wait until the marketplaces show so many listings."""
    stage.say(f"{wanted:,} listings: waiting for the marketplaces' last answers")
    stage.drain(lambda session: wanted - _live(session), seconds=ANSWER_S, only="marketplaces.")


def _live(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Listing).where(Listing.live_version.is_not(None))) or 0
