"""The catalogue's actions: whole products, unit prices, revisions, chain confirmations, tenancy."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.audit import AuditRow, broken_rows
from portal.catalogue import actions
from portal.catalogue.actions import Offer
from portal.catalogue.chain import confirm_chain, end_chain
from portal.catalogue.errors import ChainUnknown, GoodsRefused, PhotoRefused, ProductChanged, ProductIncomplete
from portal.catalogue.models import Category, ChainConfirmation, Product, ProductRevision, SaleUnit
from portal.catalogue.revisions import revision
from portal.catalogue.seeds import load_seeds
from portal.counting import live_cells
from portal.counting.periods import parse_period
from portal.errors import NotFound
from portal.onboarding.actions import create_organisation
from tests.portal.catalogue.making import picture, product
from tests.portal.onboarding.making import CLI

KG = Offer(quantity_milli=1000, unit_code="kg", price_minor=60_000)


def test_a_product_goes_on_sale_when_it_is_complete(province: Any, world: Any, shop: Any) -> None:
    now = world.clock.now()
    made = actions.describe_product(
        province,
        now=now,
        acting=shop,
        organisation_id=shop.organisation_id,
        name="  Bưởi   da xanh ",
        category_code="VN-FRUIT-POMELO",
    )
    assert (made.name, made.state) == ("Bưởi da xanh", "draft")
    with pytest.raises(ProductIncomplete) as refused:
        actions.put_on_sale(province, now=now, acting=shop, product=made)
    assert refused.value.fields["parts"] == ("price", "photo")
    actions.price_product(province, now=now, acting=shop, product=made, offer=KG)
    actions.add_photo(province, now=now, acting=shop, product=made, picture=picture())
    actions.put_on_sale(province, now=now, acting=shop, product=made)
    actions.put_on_sale(province, now=now, acting=shop, product=made)
    assert made.state == "active"
    acts = province.scalars(select(AuditRow.act).where(AuditRow.object_id == made.id).order_by(AuditRow.id)).all()
    assert acts == ["product.begun", "product.priced", "product.photo_added", "product.on_sale"]
    assert set(province.scalars(select(AuditRow.subject).where(AuditRow.object_id == made.id))) == {
        shop.organisation_id
    }
    assert broken_rows(province) == []


def test_a_chuc_needs_its_number_and_a_box_its_content(province: Any, world: Any, shop: Any) -> None:
    made = product(province, world, shop)
    for unit, code in (("chuc", "unit.count_needed"), ("thung", "unit.content_needed"), ("ounce", "unit.unknown")):
        with pytest.raises(GoodsRefused) as refused:
            actions.price_product(
                province, now=world.clock.now(), acting=shop, product=made, offer=replace(KG, unit_code=unit)
            )
        assert refused.value.code == code
    dozen = Offer(quantity_milli=1000, unit_code="chuc", price_minor=120_000, content_milli=12_000)
    variant = actions.price_product(province, now=world.clock.now(), acting=shop, product=made, offer=dozen)
    assert (variant.unit_price_minor, variant.unit_price_base, variant.content_milli) == (10_000, "piece", 12_000)
    kilo = actions.price_product(province, now=world.clock.now(), acting=shop, product=made, offer=KG)
    assert (kilo.id, kilo.content_milli, kilo.unit_price_base) == (variant.id, None, "kg")
    assert len(made.variants) == 1


def test_a_barcode_number_belongs_to_one_product(province: Any, world: Any, shop: Any) -> None:
    numbered = replace(KG, gtin="08936012345674")
    first = product(province, world, shop, offer=numbered)
    actions.price_product(province, now=world.clock.now(), acting=shop, product=first, offer=numbered)
    other = product(province, world, shop, "Chanh")
    with pytest.raises(GoodsRefused) as refused:
        actions.price_product(province, now=world.clock.now(), acting=shop, product=other, offer=numbered)
    assert refused.value.code == "gtin.taken"


def test_one_picture_is_kept_once_and_eight_at_most(province: Any, world: Any, shop: Any) -> None:
    made, now = product(province, world, shop), world.clock.now()
    actions.add_photo(province, now=now, acting=shop, product=made, picture=picture())
    assert len(made.photos) == 1
    for number in range(7):
        actions.add_photo(province, now=now, acting=shop, product=made, picture=picture(f"#0000{number + 1}f"))
    with pytest.raises(PhotoRefused) as refused:
        actions.add_photo(province, now=now, acting=shop, product=made, picture=picture("red"))
    assert refused.value.code == "photo.too_many"


def test_a_revision_freezes_what_buyers_see(province: Any, world: Any, shop: Any, clock: Any) -> None:
    made = product(province, world, shop)
    first = revision(province, made, now=clock.now())
    assert revision(province, made, now=clock.now()) is first
    assert first.content["variants"][0]["price"] == 60_000
    assert first.content["seller"] == shop.organisation_id
    clock.move(minutes=1)
    actions.price_product(province, now=clock.now(), acting=shop, product=made, offer=replace(KG, price_minor=65_000))
    second = revision(province, made, now=clock.now())
    assert (first.number, second.number) == (1, 2)
    province.expire_all()
    assert province.get(ProductRevision, first.id).content["variants"][0]["price"] == 60_000


def test_the_same_page_sent_twice_begins_one_product(province: Any, world: Any, shop: Any) -> None:
    begin = {
        "now": world.clock.now(), "acting": shop, "organisation_id": shop.organisation_id, "name": "Chanh",
        "category_code": "VN-FRUIT-LIME", "client_id": "0b6a5c1e-1f2d-4c3b-8a4d-5e6f7a8b9c0d",
    }  # fmt: skip
    first = actions.describe_product(province, **begin)
    assert actions.describe_product(province, **begin) is first
    with pytest.raises(NotFound):
        actions.describe_product(province, **{**begin, "organisation_id": "or_other"})


def test_nobody_reaches_anothers_product(province: Any, world: Any, shop: Any) -> None:
    made = product(province, world, shop)
    for other in (replace(shop, organisation_id="or_other"), replace(shop, organisation_id=None)):
        with pytest.raises(NotFound):
            actions.own_product(province, other, made.id)
        assert actions.own_products(province, other) == []
    assert [one.id for one in actions.own_products(province, shop)] == [made.id]


def test_an_older_page_changes_nothing(province: Any, world: Any, shop: Any) -> None:
    made = product(province, world, shop)
    shown = made.version
    actions.redescribe_product(
        province,
        now=world.clock.now(),
        acting=shop,
        product=made,
        name="Bưởi Năm Roi",
        category_code="VN-FRUIT-POMELO",
        description="",
    )
    province.commit()
    assert made.version > shown
    with pytest.raises(ProductChanged):
        actions.own_product(province, shop, made.id, lock=True, version=shown)


@pytest.mark.parametrize(
    ("name", "category", "code"),
    [
        (" ", "VN-RICE", "product.name"),
        ("x" * 151, "VN-RICE", "product.too_long"),
        ("Gạo", "VN-GOLD", "product.category"),
    ],
)
def test_bad_descriptions_are_refused(
    province: Any, world: Any, shop: Any, name: str, category: str, code: str
) -> None:
    with pytest.raises(GoodsRefused) as refused:
        actions.describe_product(
            province,
            now=world.clock.now(),
            acting=shop,
            organisation_id=shop.organisation_id,
            name=name,
            category_code=category,
        )
    assert refused.value.code == code
    assert province.scalar(select(func.count()).select_from(Product)) == 0


def test_seeds_load_twice_without_change(province: Any, world: Any) -> None:
    assert load_seeds(province, now=world.clock.now(), acting=CLI) == 0
    units = {row.code: row for row in province.scalars(select(SaleUnit))}
    assert {code for code, row in units.items() if row.asks} == {"chuc", "thung"}
    assert all((row.factor_milli is None) == (row.asks is not None) for row in units.values())
    assert province.scalar(select(func.count()).select_from(Category)) == 12


def test_chain_confirmations_are_history_and_counted(
    province: Any, world: Any, commune: str, app: Any, clock: Any
) -> None:
    firm = create_organisation(
        province, now=clock.now(), acting=CLI, kind="cooperative", name="HTX Thanh long", unit_id=commune
    )
    with pytest.raises(ChainUnknown):
        end_chain(province, now=clock.now(), acting=CLI, establishment_id=firm.id)
    first = confirm_chain(province, now=clock.now(), acting=CLI, establishment_id=firm.id, number="01/XN")
    assert confirm_chain(province, now=clock.now(), acting=CLI, establishment_id=firm.id) is first
    assert counted(province, app, clock) == {commune: 1}
    clock.move(days=1)
    end_chain(province, now=clock.now(), acting=CLI, establishment_id=firm.id)
    assert counted(province, app, clock) == {}
    clock.move(days=1)
    confirm_chain(province, now=clock.now(), acting=CLI, establishment_id=firm.id)
    assert counted(province, app, clock) == {commune: 1}
    rows = province.execute(
        select(ChainConfirmation.state, ChainConfirmation.from_at, ChainConfirmation.to_at).order_by(
            ChainConfirmation.id
        )
    ).all()
    assert [row[0] for row in rows] == ["valid", "ended", "valid"]
    assert rows[0][2] == rows[1][1] == clock.now() - timedelta(days=1)
    assert rows[2][2] is None


def counted(session: Any, app: Any, clock: Any) -> dict[str, int]:
    indicator = app.extensions["catalogue"].get("SAFE_CHAIN_EST")
    return dict(live_cells(session, indicator, parse_period(clock.now().strftime("%Y-%m"))))
