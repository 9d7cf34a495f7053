"""The picture of a code to save: read back by another library, private, and given only while it may be paid."""

import io
import re
from typing import Any
from urllib.parse import urlsplit

import pytest
import zxingcpp
from PIL import Image

from portal.pay.picture import WIDTH, Line, draw, lines_of
from portal.qr import qr_svg
from tests.portal.pay.making import School, asked, choose, pay_by_transfer, soup
from tests.portal.pay.sdk import sdk_of

BUDGET = 30_000


def codes_in(body: bytes) -> list[str]:
    return [one.text for one in zxingcpp.read_barcodes(Image.open(io.BytesIO(body)))]


def test_the_picture_is_the_code_of_the_page(payer: Any, world: Any, school: School) -> None:
    request = asked(world, school)
    page = soup(payer.get(choose(payer, request, "vietqr").location))
    link = page.find("a", href=re.compile(r"\.png$"))
    assert link.find_parent(attrs={"hidden": True}) is None  # it needs no script
    button = page.find("button", {"data-share": True})
    assert (button.has_attr("hidden"), button["data-share"]) == (True, link["href"])
    answer = payer.get(link["href"])
    assert (answer.status_code, answer.content_type) == (200, "image/png")
    assert codes_in(answer.data) == [page.find("pre").get_text()]
    assert len(answer.data) < BUDGET
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer.headers["X-Robots-Tag"]


def test_both_pictures_are_where_the_interface_says(payer: Any, world: Any, school: School) -> None:
    sdk = sdk_of(payer, world, school.payee.id)[0]
    made = sdk.v1.payment_intents.create({"amount": 450_000, "currency": "vnd"})
    shown = sdk.v1.payment_intents.confirm(made.id, {"payment_method_data": {"type": "vietqr"}})
    told = shown.next_action["vietqr_display_qr_code"]
    png, svg = (payer.get(urlsplit(told[f"image_url_{kind}"]).path) for kind in ("png", "svg"))
    assert codes_in(png.data) == [told["data"]]
    assert (svg.content_type, svg.get_data(as_text=True)) == ("image/svg+xml; charset=utf-8", qr_svg(told["data"]))
    assert svg.data.startswith(b"<svg ")
    assert b'xmlns="http://www.w3.org/2000/svg"' in svg.data
    assert ("Set-Cookie" in svg.headers, svg.headers["Cache-Control"]) == (False, "no-store")
    sdk.v1.payment_intents.cancel(made.id)
    assert [payer.get(urlsplit(told[f"image_url_{kind}"]).path).status_code for kind in ("png", "svg")] == [303, 303]


def test_its_name_names_nobody(payer: Any, world: Any, school: School) -> None:
    request = asked(world, school)
    link = choose(payer, request, "vietqr").location + ".png"
    given = payer.get(link).headers["Content-Disposition"]
    assert given == f'attachment; filename="vietqr-{request.code}.png"'


def test_it_says_whom_how_much_and_the_code_but_not_what_for(payer: Any, world: Any, school: School, app: Any) -> None:
    request = asked(world, school)
    with app.test_request_context("/"):
        facts = {"amount_minor": 450_000, "code": request.code}
        said, in_earnest = (
            " ".join(one.words for one in lines_of(school.payee, simulated=play, **facts)) for play in (True, False)
        )
    assert "SANDBOX" in said
    assert "SANDBOX" not in in_earnest
    for fact in ("Trường Tiểu học Tân Thạnh", "450.000", "TRUONG TH TAN THANH", "Vietcombank", request.code):
        assert fact in said
    for fact in ("N.V.A.", "1A", "Học phí"):
        assert fact not in said


def test_there_is_none_before_a_try_and_after_the_money(payer: Any, world: Any, school: School) -> None:
    request = asked(world, school)
    here = f"/pay/requests/{request.id}"
    assert payer.get(f"{here}/vietqr.png").location == here
    choose(payer, request, "vietqr")
    assert payer.get(f"{here}/vietqr.png").status_code == 200
    pay_by_transfer(payer, world, school, memo=request.code, amount=450_000)
    assert payer.get(f"{here}/vietqr.png").location == here
    assert payer.get("/pay/requests/pr_nothing/vietqr.png").status_code == 404


@pytest.mark.parametrize("name", ["Chợ", "Trung tâm Giáo dục nghề nghiệp " * 5, "W" * 200])
def test_a_long_name_stays_on_the_picture(name: str) -> None:
    drawn = Image.open(io.BytesIO(draw("0002010102", (Line(name, 34, bold=True),)))).convert("L")
    edges = [drawn.crop((0, 0, 8, drawn.height)), drawn.crop((WIDTH - 8, 0, WIDTH, drawn.height))]
    assert [edge.getextrema() for edge in edges] == [(255, 255), (255, 255)]
    assert drawn.crop((0, drawn.height - 8, WIDTH, drawn.height)).getextrema() == (255, 255)
    assert codes_in(draw("0002010102", (Line(name, 34),))) == ["0002010102"]
