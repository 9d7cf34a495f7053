"""What a shopper sees: eight verdicts in exact words, on one small page without script; bad input; limits."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import update

from tests.portal.onboarding.walking import soup
from tests.portal.stamps.making import GTIN, Stamps
from traceability import group_serial
from traceability.models import TraceRange

FIRST = ("Mã tem này là mã thật. Đây là lần quét đầu tiên.", "This code is genuine. This is its first scan.")
UNKNOWN = (
    "Hệ thống không phát hành mã này. Hãy kiểm tra từng ký tự; nếu mã in trên tem, xin báo cho chúng tôi.",
    "This code was not issued here. Check each character; if it is printed on a stamp, please report it.",
)
NOT_ACTIVATED = (
    "Mã tem này là mã thật nhưng chưa được gắn với lô hàng nào; chưa thể xác nhận sản phẩm mang tem.",
    "This code is genuine but not yet attached to any lot; nothing can be confirmed about a product that carries it.",
)
VOIDED = (
    "Mã tem này là mã thật nhưng đã bị hủy ngày 22/11/2026; không được có trên sản phẩm nào.",
    "This code is genuine but was cancelled on 22/11/2026; it should be on no product.",
)
RECALLED = (
    "THU HỒI từ 22/11/2026. Không sử dụng sản phẩm. Trả lại nơi bán để được hoàn tiền. Mã tem là mã thật.",
    "RECALLED since 22/11/2026. Do not use the product. Trả lại nơi bán để được hoàn tiền. The code is genuine.",
)
EXPIRED = (
    "Mã tem này là mã thật nhưng lô hàng đã hết hạn ngày 25/11/2026.",
    "This code is genuine, but its lot expired on 25/11/2026.",
)
BEFORE = (
    "Mã tem này là mã thật, đã được quét 2 lần, lần đầu lúc 22/11/2026 10:00. Nếu vừa bóc tem, hãy hỏi người bán.",
    "This code is genuine, scanned 2 times, first on 22/11/2026 10:00. If you have just uncovered it, ask the seller.",
)
DIFFERS = (
    "Hồ sơ của tem này không khớp với nhật ký công khai; đừng dựa vào thông tin dưới đây.",
    "This stamp's record does not match the public log; do not rely on what is shown below.",
)


def as_json(client: Any, path: str, **more: Any) -> Any:
    return client.get(path, headers={"Accept": "application/json"}, **more)


def said_on(page: Any) -> str:
    """Return the verdict as it stands on the page: headline and what follows."""
    found = soup(page)
    assert found.find("main").find(True)["class"][0] == "verdict", "the verdict is not the first line"
    return " ".join(tag.get_text(strip=True) for tag in found.find(class_="verdict").find_all(["h1", "p"])[:2])


def check(client: Any, path: str, said: tuple[str, str], *, status: int = 200) -> Any:
    """Read a verdict in both languages; the page is small, plain and kept by nobody."""
    pages = []
    for language, sentence in zip(("vi", "en"), said, strict=True):
        page = client.get(f"{path}?lang={language}")
        text = page.get_data(as_text=True)
        found = soup(page)
        assert page.status_code == status, text
        assert said_on(page) == sentence
        assert found.html["lang"] == language
        assert len(page.get_data()) < 30_000
        assert found.find("script") is None
        assert found.find("link", rel="stylesheet") is None
        assert found.find("link", rel="icon")["href"] == "data:,"
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert "Set-Cookie" not in page.headers
        pages.append(found)
    return pages[0]


def test_first_scan_then_scanned_before(client: Any, stamps: Stamps) -> None:
    batch = stamps.issue()
    stamps.activate(batch, 0, 99)
    path = f"/s/{stamps.serial(batch, 7)}"
    first = as_json(client, path)
    assert first.get_json()["verdict"] == "genuine_first_scan"
    assert first.get_json()["sentence"] == FIRST[0]
    assert first.get_json()["scans"] == 1
    assert first.get_json()["recorded"] is True
    page = client.get(path)
    assert said_on(page) == BEFORE[0]
    facts = soup(page).find("main").get_text(" ", strip=True)
    for fact in ("Bưởi da xanh", "Nguyễn Thị Hạnh", "L2026-114", "12/11/2026", "Tân Thạnh", "2 lần"):
        assert fact in facts


def test_the_first_scan_in_both_languages(client: Any, stamps: Stamps) -> None:
    batch = stamps.issue()
    stamps.activate(batch, 0, 99)
    for index, (language, said) in enumerate(zip(("vi", "en"), FIRST, strict=True)):
        page = client.get(f"/s/{stamps.serial(batch, index)}?lang={language}")
        assert said_on(page) == said
        assert len(page.get_data()) < 30_000


def test_recalled_before_all_else(client: Any, stamps: Stamps) -> None:
    batch = stamps.issue()
    lot_id = stamps.activate(batch, 0, 99)
    path = f"/s/{stamps.serial(batch, 0)}"
    client.get(path)
    stamps.recall(lot_id)
    check(client, path, RECALLED)
    stamps.void(batch, 0, 0)
    body = as_json(client, path).get_json()
    assert body["verdict"] == "recalled"
    assert body["recall"]["contact"] == "1022"


def test_voided_not_activated_expired(client: Any, stamps: Stamps, clock: Any) -> None:
    batch = stamps.issue()
    stamps.activate(batch, 0, 99, stamps.lot(batch, expires_on=date(2026, 11, 25)))
    stamps.void(batch, 50, 59)
    check(client, f"/s/{stamps.serial(batch, 55)}", VOIDED)
    check(client, f"/s/{stamps.serial(batch, 100)}", NOT_ACTIVATED)
    clock.move(days=4)
    check(client, f"/s/{stamps.serial(batch, 1)}", EXPIRED)


def test_suspicious_after_many_scans_in_a_day(client: Any, stamps: Stamps) -> None:
    batch = stamps.issue()
    stamps.activate(batch, 0, 99)
    path = f"/s/{stamps.serial(batch, 3)}"
    client.get(path)
    client.get(path)
    body = as_json(client, path).get_json()
    assert (body["verdict"], body["reason"]) == ("suspicious", "many_in_a_day")
    page = client.get(path)
    assert said_on(page) == (
        "Mã tem này là mã thật nhưng có dấu hiệu bị sao chép (bị quét nhiều lần trong một ngày). "
        "Hãy kiểm tra sản phẩm và hỏi người bán trước khi mua."
    )
    assert "amber" in soup(page).find(class_="verdict")["class"]


def test_a_record_that_differs_from_the_log_is_said_in_red(client: Any, stamps: Stamps, session: Any) -> None:
    batch = stamps.issue()
    stamps.activate(batch, 0, 99)
    session.execute(update(TraceRange).values(differs=True))
    session.commit()
    page = check(client, f"/s/{stamps.serial(batch, 0)}", DIFFERS)
    assert "red" in page.find(class_="verdict")["class"]


def test_unknown_codes_get_one_page(client: Any, stamps: Stamps) -> None:
    batch = stamps.issue()
    right = stamps.serial(batch, 0)
    wrong = right[:-1] + ("0" if right[-1] != "0" else "1")
    check(client, f"/s/{wrong}", UNKNOWN, status=404)
    body = as_json(client, f"/S/{wrong}")
    assert body.status_code == 404
    assert body.get_json()["verdict"] == "unknown"
    assert {"product", "producer", "lot", "events", "first_scan", "scans", "proof", "code"} <= body.get_json().keys()


def test_a_gtin_path_wants_the_batch_s_gtin(client: Any, stamps: Stamps) -> None:
    batch = stamps.issue(gtin=GTIN)
    stamps.activate(batch, 0, 9)
    serial = stamps.serial(batch, 0)
    assert as_json(client, f"/01/{GTIN}/21/{serial}").get_json()["verdict"] == "genuine_first_scan"
    with_lot = as_json(client, f"/01/{GTIN}/10/OTHER/21/{stamps.serial(batch, 1)}").get_json()
    assert with_lot["verdict"] == "genuine_first_scan"
    assert with_lot["lot"]["number"] == "L2026-114"
    assert as_json(client, f"/s/{stamps.serial(batch, 2)}").get_json()["product"]["gtin"] == GTIN
    assert as_json(client, f"/01/00012345678905/21/{serial}").get_json()["verdict"] == "unknown"
    assert as_json(client, f"/01/{GTIN}/21/{serial.lower()}").get_json()["verdict"] == "unknown"
    assert as_json(client, f"/01/{GTIN}/21/ABC-1").get_json()["verdict"] == "unknown"
    assert soup(client.get(f"/01/{GTIN}")).h1.get_text() == "Bưởi da xanh"
    assert as_json(client, "/01/00012345678905").get_json()["code"] == "gtin_unknown"


def test_what_was_typed_is_folded(client: Any, stamps: Stamps) -> None:
    batch = stamps.issue()
    serial = stamps.serial(batch, 0)
    typed = "-".join(serial[at : at + 5] for at in range(0, 20, 5)).lower().replace("0", "o").replace("1", "l")
    assert as_json(client, f"/s/{typed}").get_json()["code"] == serial


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/01/0893850597419", "gtin_length"),
        ("/01/08938505974195", "gtin_check_digit"),
        ("/01/0893850597419X", "gtin_not_digits"),
        (f"/01/{GTIN}/21/ABC/10/L", "ai_order"),
        (f"/01/{GTIN}?21=ABC", "ai_not_allowed_in_query"),
        (f"/01/{GTIN}/99999/X", "ai_unknown"),
        (f"/01/{GTIN}?17=991301", "date_invalid"),
        (f"/01/{GTIN}/21/" + "A" * 21, "serial_syntax"),
        (f"/01/{GTIN}/21/A%20B", "serial_syntax"),
        (f"/01/{GTIN}/21/%C3%A9", "serial_syntax"),
        (f"/01/{GTIN}/21/%00", "serial_syntax"),
        (f"/01/{GTIN}/21/", "serial_syntax"),
        ("/s/ABC", "serial_syntax"),
        ("/s/UUUUUUUUUUUUUUUUUUUU", "serial_syntax"),
    ],
)
def test_bad_input_has_one_code_and_one_sentence(client: Any, path: str, code: str) -> None:
    answer = as_json(client, path)
    assert (answer.status_code, answer.get_json()["code"]) == (400, code)
    assert answer.mimetype == "application/problem+json"
    page = client.get(path)
    assert page.status_code == 400
    assert soup(page).h1.get_text(strip=True) == answer.get_json()["detail"]
    assert len(page.get_data()) < 30_000


def test_a_code_can_be_typed_by_hand(client: Any, stamps: Stamps) -> None:
    serial = stamps.serial(stamps.issue(), 3)
    assert as_json(client, "/s/").get_json()["code"] == "serial_syntax"
    page = soup(client.get("/s/"))
    assert page.h1.get_text(strip=True) == "Kiểm tra tem"
    form = page.find("form")
    assert form["action"] == "/s/"
    assert form.find("input")["name"] == "code"
    for typed in (serial.lower(), f"  {group_serial(serial)} ", f"HTTPS://CHO.EXAMPLE/S/{serial}/"):
        answer = client.get("/s/", query_string={"code": typed})
        assert answer.status_code == 302
        check(client, answer.location, NOT_ACTIVATED)
    again = soup(client.get("/s/ABC")).find("input", attrs={"name": "code"})
    assert again["value"] == "ABC"  # what was typed is never lost


def test_the_language_links_lead_back(client: Any, stamps: Stamps) -> None:
    batch = stamps.issue()
    path = f"/s/{stamps.serial(batch, 0)}"
    link = soup(client.get(path)).find("nav").find("a", lang="en")
    answer = client.get(link["href"])
    assert answer.headers["Location"].endswith(path)
    assert soup(client.get(path)).html["lang"] == "en"
