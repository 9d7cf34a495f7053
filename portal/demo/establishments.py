"""The demo's 14 establishments: a certificate and a product each, and the published number of stamps between them."""

import uuid
from datetime import timedelta

from portal.catalogue import actions as catalogue
from portal.catalogue.storage import DiskPhotos
from portal.demo.cast import ESTABLISHMENTS_CAST, STAMPS, Establishment, shares
from portal.demo.pictures import picture
from portal.demo.sellers import commune_id
from portal.demo.stage import Stage
from portal.epcis import telling
from portal.i18n import ZONE
from portal.onboarding.actions import create_organisation
from portal.onboarding.places import place_name
from portal.places.areas import day_of
from portal.registers.actions import SAFE_CHAIN, record_paper
from portal.stamps import actions as stamps
from portal.stamps.lots import begin_lot
from portal.stamps.orders import issue_now
from traceability import CertificateFacts, LotFacts

ACTIVATED = 2_000
ISSUER = "Chi cục Quản lý chất lượng nông lâm sản và thủy sản Long An (demo)"
AMOUNT_KG = 1_200.0


def load_establishments(stage: Stage) -> list[tuple[str, str, int]]:
    """Enter and confirm them, issue their stamps, activate some; return (establishment, product, batch)."""
    total = max(len(ESTABLISHMENTS_CAST), round(STAMPS * stage.scale))
    counts = shares(total, tuple(one.stamps for one in ESTABLISHMENTS_CAST))
    stage.say(f"{len(counts)} establishments order {total:,} stamps")
    made = []
    for number, (one, count) in enumerate(zip(ESTABLISHMENTS_CAST, counts, strict=True), 1):
        stage.clock.move(hours=3)
        establishment, product = _enter(stage, one, paper=f"{number:02d}/2022/XN-ATTP")
        _order, issued = issue_now(
            stage.world, now=stage.clock.move(hours=1), acting=stage.acting, product_id=product, count=count,
            pin=one.pin,
        )  # fmt: skip
        if issued is None:
            raise RuntimeError("a fresh order was not issued")
        stage.say(f"  {one.name}: {count:,}")
        _activate(stage, establishment, product, issued.batch, last=min(count, ACTIVATED) - 1)
        made.append((establishment, product, issued.batch))
    return made


def _enter(stage: Stage, one: Establishment, *, paper: str) -> tuple[str, str]:
    shown = picture(one.category)
    DiskPhotos(stage.world.settings.instance / "photos").put(shown)
    with stage.act() as (session, now):
        unit_id = commune_id(session, one.commune, stage=stage)
        organisation = create_organisation(
            session, now=now, acting=stage.acting, kind="cooperative", name=one.name, unit_id=unit_id
        )
    with stage.act() as (session, now):
        facts = CertificateFacts(
            establishment=organisation.id, kind=SAFE_CHAIN, number=paper, issuer=ISSUER, valid_from=day_of(now),
            valid_to=None,
        )  # fmt: skip
        record_paper(session, now=now, acting=stage.acting, facts=facts)
    acting = stage.as_of(organisation.id)
    with stage.act() as (session, now):
        product = catalogue.describe_product(
            session, now=now, acting=acting, organisation_id=organisation.id, name=one.product,
            category_code=one.category,
        )  # fmt: skip
        offer = catalogue.Offer(quantity_milli=1000, unit_code="kg", price_minor=one.price_minor, gtin=one.gtin)
        catalogue.price_product(session, now=now, acting=acting, product=product, offer=offer)
        catalogue.add_photo(session, now=now, acting=acting, product=product, picture=shown)
        catalogue.put_on_sale(session, now=now, acting=acting, product=product)
    return organisation.id, product.id


def _activate(stage: Stage, establishment: str, product: str, batch: int, *, last: int) -> None:
    """Tell of a lot's harvest, washing and packing, and attach the first stamps of a batch to it."""
    stage.clock.move(hours=1)
    at = stage.world.settings.public_url
    with stage.act() as (session, now):
        acting = stage.as_of(establishment)
        header = stamps.own_batch(session, acting, batch)
        place = stamps.origin_of(session, header)
        today = now.astimezone(ZONE).date()
        facts = LotFacts(
            number=f"L{today:%Y}-{batch:03d}",
            product=product,
            establishment=establishment,
            origin_place=place,
            origin_words=place_name(session, place),
            produced_on=today - timedelta(days=1),
        )
        lot = begin_lot(session, now=now, acting=acting, facts=facts, public_url=at)
    for step in ("process", "pack"):
        with stage.act() as (session, now):
            goods = telling.own_goods(session, acting, lot.id, public_url=at)
            told = telling.Told(step=step, on=now.astimezone(ZONE).date(), amount_kg=AMOUNT_KG)
            telling.tell_step(
                session, now=now, acting=acting, goods=goods, told=told, client_id=str(uuid.uuid4()), public_url=at
            )
    with stage.act() as (session, now):
        stamps.activate(session, now=now, acting=acting, batch=batch, first=0, last=last, lot_id=lot.id)
