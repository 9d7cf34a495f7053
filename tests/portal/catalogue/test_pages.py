"""Selling through the pages, without JavaScript, and what everybody sees of it."""

import io
import json
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.catalogue.models import Product, Variant
from portal.onboarding import consents
from portal.onboarding.actions import create_organisation, organisation_of
from portal.people import actions as people
from tests.portal.catalogue.making import jpeg, product
from tests.portal.onboarding.making import CLI
from tests.portal.onboarding.walking import hidden, soup, submit


@pytest.fixture
def seller(client: Any, shop: Any, province: Any, world: Any) -> Any:
    """The browser of the shop's owner."""
    token = people.make_link(province, now=world.clock.now(), acting=CLI, login_id=shop.login_id)
    province.commit()
    submit(client, f"/sign-in/link/{token}", {})
    return client


def photo(raw: bytes, name: str = "buoi.jpg") -> dict[str, Any]:
    return {"photo": (io.BytesIO(raw), name)}


def test_a_product_is_on_sale_after_three_screens(seller: Any, province: Any, app: Any) -> None:
    what = submit(seller, "/my/products/new", {"name": "Bưởi da xanh", "category": "VN-FRUIT-POMELO"})
    price_page = what.headers["Location"]
    price = submit(seller, price_page, {"price": "60.000", "quantity": "1", "unit": "kg", "stock": "12"})
    photo_page = price.headers["Location"]
    assert photo_page.endswith("/photo")
    done = submit(seller, photo_page, photo(jpeg()), content_type="multipart/form-data")
    own_page = done.headers["Location"]
    assert seller.get(own_page).status_code == 200
    made = province.scalars(select(Product)).one()
    assert made.state == "active"
    stranger = app.test_client()
    market = stranger.get("/")
    assert "Bưởi da xanh" in market.get_data(as_text=True)
    assert "60.000" in market.get_data(as_text=True)
    assert "Set-Cookie" not in market.headers
    page = stranger.get(f"/products/{made.id}")
    assert "Set-Cookie" not in page.headers
    assert "Nguyễn Thị Hạnh" in page.get_data(as_text=True)
    assert "966496171" not in page.get_data(as_text=True)
    assert (page.headers["Cache-Control"], soup(page).find("script", src=True)) == ("no-cache", None)
    same = {"If-None-Match": page.headers["ETag"]}
    assert stranger.get(f"/products/{made.id}", headers=same).status_code == 304
    own = seller.get(f"/products/{made.id}", headers=same)
    assert (own.status_code, own.headers["Cache-Control"]) == (200, "no-store")
    made.description = "Hái trong ngày"
    province.commit()
    assert "Hái trong ngày" in stranger.get(f"/products/{made.id}", headers=same).get_data(as_text=True)
    picture = stranger.get(soup(page).find("main").find("img")["src"])
    assert picture.mimetype == "image/jpeg"
    assert picture.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Set-Cookie" not in picture.headers


def test_a_price_written_short_is_shown_for_a_yes(seller: Any, province: Any) -> None:
    page = submit(seller, "/my/products/new", {"name": "Chanh", "category": "VN-FRUIT-LIME"}).headers["Location"]
    data = {"price": "60k", "quantity": "1", "unit": "kg"}
    asked = submit(seller, page, data)
    assert asked.status_code == 400
    assert "60.000" in asked.get_data(as_text=True)
    assert soup(asked).find("input", {"name": "sure", "value": "60000"}) is not None
    assert province.scalar(select(func.count()).select_from(Variant)) == 0
    other = submit(seller, page, {**data, "price": "70k", "sure": "60000"})
    assert other.status_code == 400
    assert submit(seller, page, {**data, "sure": "60000"}).status_code == 302
    assert province.scalars(select(Variant.price_minor)).one() == 60_000


def test_a_price_that_looks_low_is_saved_with_a_warning(seller: Any, province: Any) -> None:
    page = submit(seller, "/my/products/new", {"name": "Chanh", "category": "VN-FRUIT-LIME"}).headers["Location"]
    answer = submit(seller, page, {"price": "60", "quantity": "1", "unit": "kg"})
    notice = soup(seller.get(answer.headers["Location"])).find(class_="flashes").get_text()
    assert "60.000" in notice
    assert province.scalars(select(Variant.price_minor)).one() == 60


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"price": "0"}, "price"),
        ({"price": "-5"}, "price"),
        ({"price": "1,5"}, "price"),
        ({"price": ""}, "price"),
        ({"quantity": "0"}, "quantity"),
        ({"unit": "ounce"}, "unit"),
        ({"unit": "chuc"}, "count"),
        ({"unit": "chuc", "count": "13"}, "count"),
        ({"unit": "thung"}, "content"),
        ({"stock": "many"}, "stock"),
        ({"gtin": "8936012345670"}, "gtin"),
    ],
)
def test_bad_prices_are_told_at_their_question(seller: Any, province: Any, data: dict[str, str], field: str) -> None:
    page = submit(seller, "/my/products/new", {"name": "Chanh", "category": "VN-FRUIT-LIME"}).headers["Location"]
    answer = submit(seller, page, {"price": "60.000", "quantity": "1", "unit": "kg", "stock": "", "gtin": "", **data})
    assert answer.status_code == 400
    html = soup(answer)
    assert html.title.text.startswith("Lỗi:")
    link = html.find(class_="error-summary").find("a")["href"]
    assert link.startswith(f"#{field}")
    assert html.find(id=link[1:]) is not None
    assert province.scalar(select(func.count()).select_from(Variant)) == 0


def test_a_chuc_is_asked_for_its_number(seller: Any, province: Any) -> None:
    page = submit(seller, "/my/products/new", {"name": "Trứng gà", "category": "VN-MEAT-EGG"}).headers["Location"]
    answer = submit(seller, page, {"price": "36.000", "quantity": "1", "unit": "chuc", "count": "12"})
    assert answer.status_code == 302
    assert province.scalars(select(Variant.unit_price_minor)).one() == 3_000
    edit = soup(seller.get(page))
    assert edit.find("input", {"name": "count", "value": "12"}).has_attr("checked")


@pytest.mark.parametrize(
    ("raw", "name"),
    [(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "photo.jpg"), (b"", "empty.jpg"), (jpeg()[:600], "cut.jpg")],
)
def test_a_bad_picture_changes_nothing(
    seller: Any, province: Any, world: Any, shop: Any, raw: bytes, name: str
) -> None:
    made = product(province, world, shop, on_sale=False)
    before = len(made.photos)
    answer = submit(seller, f"/my/products/{made.id}/photo", photo(raw, name), content_type="multipart/form-data")
    assert answer.status_code == 400
    assert soup(answer).find(class_="error-summary") is not None
    province.expire_all()
    assert len(made.photos) == before


def test_a_picture_may_come_later(seller: Any, province: Any) -> None:
    page = submit(seller, "/my/products/new", {"name": "Chanh", "category": "VN-FRUIT-LIME"}).headers["Location"]
    later = submit(seller, page, {"price": "60.000", "quantity": "1", "unit": "kg"}).headers["Location"]
    own = submit(seller, later, {"later": "1"}).headers["Location"]
    refused = submit(seller, own + "/sell", {}, page=own)
    assert refused.status_code == 302
    assert soup(seller.get(own)).find(class_="notice") is not None
    assert province.scalars(select(Product.state)).one() == "draft"


def test_a_product_is_taken_off_and_put_back(seller: Any, province: Any, world: Any, shop: Any, app: Any) -> None:
    made = product(province, world, shop)
    own = f"/my/products/{made.id}"
    submit(seller, own + "/stop", {}, page=own)
    assert app.test_client().get(f"/products/{made.id}").status_code == 404
    submit(seller, own + "/sell", {}, page=own)
    assert app.test_client().get(f"/products/{made.id}").status_code == 200


def test_an_edit_from_an_older_page_is_refused(seller: Any, province: Any, world: Any, shop: Any) -> None:
    made = product(province, world, shop)
    page = f"/my/products/{made.id}/price"
    old = hidden(seller, page)
    data = {"price": "70.000", "quantity": "1", "unit": "kg"}
    assert submit(seller, page, data).status_code == 302
    assert seller.post(page, data={**old, **data, "price": "50.000"}).status_code == 409
    province.expire_all()
    assert made.variants[0].price_minor == 70_000


def test_anothers_product_is_missing_everywhere(seller: Any, province: Any, world: Any, shop: Any) -> None:
    made = product(province, world, shop)
    stolen = product(province, world, shop, "Chanh")
    firm = create_organisation(
        province,
        now=world.clock.now(),
        acting=CLI,
        kind="enterprise",
        name="Công ty Lúa",
        unit_id=made.origin_unit_id or "",
    )
    stolen.organisation_id = firm.id
    province.commit()
    token = {"csrf_token": seller.token("/my/sessions")}
    for path in ("", "/what", "/price", "/photo"):
        assert seller.get(f"/my/products/{stolen.id}{path}").status_code == 404
    for path in ("/what", "/price", "/photo", "/sell", "/stop"):
        assert seller.post(f"/my/products/{stolen.id}{path}", data=token).status_code == 404


def test_what_people_type_stays_text(seller: Any, province: Any, world: Any, shop: Any, app: Any) -> None:
    evil = '</script><script>alert("x")</script>'
    made = product(province, world, shop, evil, description=evil)
    page = app.test_client().get(f"/products/{made.id}")
    html = page.get_data(as_text=True)
    assert "<script>alert" not in html
    facts = json.loads(soup(page).find("script", type="application/ld+json").string)
    assert facts["name"] == evil
    assert facts["offers"] | {"seller": None} == {
        "@type": "Offer",
        "price": "60000",
        "priceCurrency": "VND",
        "availability": "https://schema.org/InStock",
        "url": f"http://localhost/products/{made.id}",
        "seller": None,
    }
    assert facts["image"][0].startswith("http://localhost/photos/")
    assert "<script>alert" not in app.test_client().get("/").get_data(as_text=True)


def test_signs_that_nobody_sees_are_dropped(seller: Any, province: Any) -> None:
    data = {
        "name": "Chanh\x00\u200b  không hạt",
        "category": "VN-FRUIT-LIME",
        "description": "Dòng 1\r\n\x07Dòng 2",
        "client_id": "\x00" * 99,
    }
    assert submit(seller, "/my/products/new", data).status_code == 302
    made = province.scalars(select(Product)).one()
    assert (made.name, made.description, made.client_id) == ("Chanh không hạt", "Dòng 1\nDòng 2", None)


def test_without_consent_the_page_is_gone(province: Any, world: Any, shop: Any, client: Any) -> None:
    made = product(province, world, shop)
    assert client.get(f"/products/{made.id}").status_code == 200
    organisation = organisation_of(province, shop)
    consents.withdraw(province, now=world.clock.now(), acting=shop, organisation=organisation, purpose="public_page")
    province.commit()
    assert client.get(f"/products/{made.id}").status_code == 404
    assert client.get("/products/pd_unknown").status_code == 404
    assert client.get("/products/pd%00unknown").status_code == 404


def test_the_market_is_found_by_words(province: Any, world: Any, shop: Any, client: Any) -> None:
    product(province, world, shop)
    assert "Bưởi da xanh" in client.get("/?q=buoi").get_data(as_text=True)
    nothing = client.get("/?q=sầu+riêng")
    assert nothing.status_code == 200
    assert soup(nothing).find(class_="empty") is not None
    assert soup(nothing).find("input", {"name": "q"})["value"] == "sầu riêng"


def test_an_empty_market_says_how_to_begin(client: Any) -> None:
    page = soup(client.get("/"))
    assert page.find(class_="empty").find("a")["href"] == "/register"


def test_the_shops_home_leads_to_the_products(seller: Any, province: Any, world: Any, shop: Any) -> None:
    assert soup(seller.get("/my")).find("a", href="/my/products/new") is not None
    product(province, world, shop)
    assert soup(seller.get("/my")).find("a", href="/my/products") is not None
    assert "Bưởi da xanh" in seller.get("/my/products").get_data(as_text=True)


def test_pictures_that_never_were_are_missing(client: Any) -> None:
    assert client.get(f"/photos/{'0' * 64}-640.jpg").status_code == 404
    assert client.get(f"/photos/{'0' * 64}-641.jpg").status_code == 404
    assert client.get("/photos/passwd-640.jpg").status_code == 404


def test_the_pages_stay_small(province: Any, world: Any, shop: Any, client: Any) -> None:
    made = product(province, world, shop)
    assert len(client.get("/").get_data()) < 30_000
    assert len(client.get(f"/products/{made.id}").get_data()) < 30_000
