"""What links and sessions ask beside the sum: questions, quantities, words, and an expired session begun anew."""

from typing import Any
from urllib.parse import urlsplit

import pytest
import stripe
from sqlalchemy import func, select

from payments.models import Request
from portal.db import reading
from portal.worker import work
from tests.portal.pay.making import HERE, School, pay_by_transfer, soup, text
from tests.portal.pay.sdk import Wire, sdk_of
from tests.portal.pay.test_interface_money import kinds
from tests.portal.pay.test_sessions import ASK, LINE, code_of

FIELDS: list[Any] = [
    {"key": "lop", "label": {"type": "custom", "custom": "Lớp"}, "type": "text"},
    {"key": "so", "label": {"type": "custom", "custom": "Số báo danh"}, "type": "numeric", "optional": True},
    {"key": "ca", "label": {"type": "custom", "custom": "Ca học"}, "type": "dropdown",
     "dropdown": {"options": [{"label": "Sáng", "value": "s"}, {"label": "Chiều", "value": "c"}]}},
]  # fmt: skip
TEXTS: Any = {"submit": {"message": "Nộp trước ngày 5."}, "after_submit": {"message": "Cảm ơn gia đình."}}


@pytest.fixture
def sdk(client: Any, world: Any, school: School) -> tuple[stripe.StripeClient, Wire]:
    return sdk_of(client, world, school.payee.id)


def filled(payer: Any, path: str, **answers: str) -> dict[str, str]:
    """Fill in a page's form as it stands, then with answers by what their names end with."""
    form = soup(payer.get(path)).find("form")
    data = {one["name"]: one.get("value", "") for one in form.find_all(["input", "select"])}
    for ending, value in answers.items():
        data[next(name for name in data if name.endswith(ending))] = value
    return data


def test_a_link_asks_and_the_session_has_the_answers(sdk: Any, payer: Any) -> None:
    link = sdk[0].v1.payment_links.create(
        {
            "line_items": [{**LINE, "adjustable_quantity": {"enabled": True, "minimum": 1, "maximum": 5}}],
            "custom_fields": FIELDS, "custom_text": TEXTS, "submit_type": "donate", "allow_promotion_codes": False,
            "after_completion": {"type": "hosted_confirmation", "hosted_confirmation": {"custom_message": "Đã nhận."}},
        }
    )  # fmt: skip
    assert (link.submit_type, [one.key for one in link.custom_fields]) == ("donate", ["lop", "so", "ca"])
    assert (link.custom_text.submit.message, link.custom_text.shipping_address) == ("Nộp trước ngày 5.", None)
    path = urlsplit(link.url).path
    shown = text(payer.get(path))
    assert "Nộp trước ngày 5." in shown
    assert "Cảm ơn gia đình." in shown
    assert "Go on to give" in shown
    line = link.id and sdk[0].v1.payment_links.line_items.list(link.id).data[0]
    for answers, said in (
        ({"lop": ""}, "Answer this question."),
        ({"so": "12a"}, "Write digits only."),
        ({"ca": "x"}, "Choose one of the answers."),
        ({line.id: "6"}, "Enter a number from 1 to 5."),
        ({"lop": "x" * 256}, "Write at most 255"),
    ):
        refused = payer.post(path, data=filled(payer, path, **{"lop": "1A", "ca": "s", **answers}), headers=HERE)
        assert (refused.status_code, said in text(refused)) == (422, True), answers
    assert reading().scalar(select(func.count()).select_from(Request)) == 0
    led = payer.post(path, data=filled(payer, path, lop="Mười Ba Tám", ca="c", **{line.id: "2"}), headers=HERE)
    assert led.status_code == 303
    visit = sdk[0].v1.checkout.sessions.list({"payment_link": link.id}).data[0]
    assert [one[one.type].value for one in visit.custom_fields] == ["Mười Ba Tám", None, "c"]
    assert visit.amount_total == 100_000
    # No answer is on a page that may be passed on.
    assert "Mười Ba Tám" not in text(payer.get(urlsplit(led.location).path))
    changed = sdk[0].v1.payment_links.update(link.id, {"custom_text": "", "custom_fields": FIELDS[:1]})
    assert (changed.custom_text.submit, len(changed.custom_fields)) == (None, 1)


def test_fields_and_quantities_that_cannot_be(sdk: Any) -> None:
    named = {"label": {"type": "custom", "custom": "A"}}
    for changed, param in (
        ({"custom_fields": [*FIELDS, {"key": "d", "type": "text", **named}]}, "custom_fields"),
        ({"custom_fields": [FIELDS[0], FIELDS[0]]}, "custom_fields"),
        ({"custom_fields": [{"key": "d", "type": "dropdown", **named}]}, "custom_fields[0][dropdown]"),
        ({"custom_fields": [{"key": "d e", "type": "text", **named}]}, "custom_fields[0][key]"),
        ({"custom_fields": [{"key": "d", "type": "date", **named}]}, "custom_fields[0][type]"),
        ({"custom_fields": [{"key": "d", "type": "text"}]}, "custom_fields[0][label]"),
        ({"custom_text": {"elsewhere": {"message": "x"}}}, "custom_text[elsewhere]"),
        ({"allow_promotion_codes": True}, "allow_promotion_codes"),
        ({"submit_type": "subscribe"}, "submit_type"),
        ({"line_items": [{**LINE, "adjustable_quantity": {"enabled": True, "maximum": 2}}]},
         "line_items[0][adjustable_quantity]"),
    ):  # fmt: skip
        with pytest.raises(stripe.InvalidRequestError) as refused:
            sdk[0].v1.payment_links.create({"line_items": [LINE], **changed})
        assert refused.value.param == param, changed


def test_a_session_asks_first_and_is_done_when_the_payer_says_so(
    sdk: Any, client: Any, payer: Any, world: Any, school: School
) -> None:
    made = sdk[0].v1.checkout.sessions.create({**ASK, "custom_fields": FIELDS[:1], "custom_text": TEXTS})
    path = urlsplit(made.url).path
    assert path == f"/pay/sessions/{made.id}"
    assert "Answer this question." in text(payer.post(path, data=filled(payer, path), headers=HERE))
    page = urlsplit(payer.post(path, data=filled(payer, path, lop="2B"), headers=HERE).location).path
    assert urlsplit(payer.get(path).location).path == page
    assert "Nộp trước ngày 5." in text(payer.get(page))
    payer.post(page, data={"way": "vietqr", "due": "150000"}, headers=HERE)
    assert payer.post(f"{page}/done", headers=HERE).status_code == 303
    assert payer.post(f"{page}/done", headers=HERE).status_code == 303
    left = sdk[0].v1.checkout.sessions.retrieve(made.id)
    assert (left.status, left.payment_status, left.custom_fields[0].text.value) == ("complete", "unpaid", "2B")
    assert [one.id for one in sdk[0].v1.checkout.sessions.list({"status": "complete"}).data] == [made.id]
    assert sdk[0].v1.checkout.sessions.list({"status": "open"}).data == []
    pay_by_transfer(client, world, school, memo=code_of(sdk, made), amount=150_000, number=1, balance=150_000)
    told = [kind for kind in kinds(sdk) if kind.startswith("checkout")]
    assert told == ["checkout.session.completed", "checkout.session.async_payment_succeeded"]
    assert "balance.available" in kinds(sdk)


def test_what_need_not_be_answered_is_asked_until_somebody_begins_to_pay(sdk: Any, payer: Any) -> None:
    first, second = (sdk[0].v1.checkout.sessions.create({**ASK, "custom_fields": FIELDS[1:2]}) for _ in range(2))
    path = urlsplit(first.url).path
    assert "Số báo danh" in text(payer.get(path))
    page = urlsplit(payer.post(path, data=filled(payer, path), headers=HERE).location).path
    assert payer.get(page).status_code == 200  # she may leave it empty, and answer it yet
    assert payer.post(path, data=filled(payer, path, so="0071"), headers=HERE).location.endswith(page)
    assert sdk[0].v1.checkout.sessions.retrieve(first.id).custom_fields[0].numeric.value == "0071"
    assert payer.get(path).location.endswith(page)
    path = urlsplit(second.url).path
    page = urlsplit(payer.post(path, data=filled(payer, path), headers=HERE).location).path
    payer.post(page, data={"way": "vnpay", "due": "150000"}, headers=HERE)
    assert payer.get(path).location.endswith(page)


def test_an_expired_session_is_begun_anew_once(sdk: Any, app: Any, clock: Any, payer: Any) -> None:
    anew = {"recovery": {"enabled": True}}
    made = sdk[0].v1.checkout.sessions.create({**ASK, "after_expiration": anew})
    plain = sdk[0].v1.checkout.sessions.create(ASK)
    assert (made.after_expiration.recovery.url, plain.after_expiration) == (None, None)
    clock.move(days=2)
    work(app, once=True)
    over = sdk[0].v1.checkout.sessions.retrieve(made.id)
    path = urlsplit(over.after_expiration.recovery.url).path
    form = filled(payer, path)
    first, again = (payer.post(path, data=form, headers=HERE).location for _ in range(2))
    assert first == again
    page = urlsplit(payer.get(first).location).path
    begun = sdk[0].v1.checkout.sessions.retrieve(first.rpartition("/")[2])
    assert (begun.recovered_from, begun.status, begun.amount_total) == (made.id, "open", 150_000)
    assert (begun.payment_intent[3:], begun.metadata.to_dict()) == (page.rpartition("_")[2], {"class": "1A"})
    assert urlsplit(payer.get(f"/pay/sessions/{plain.id}").location).path.startswith("/pay/requests/")
    clock.move(days=40)
    assert payer.post(path, data=form | {"form_id": "later"}, headers=HERE).location.startswith("/pay/requests/")
    assert payer.get("/pay/sessions/cs_none").status_code == 404


def test_what_a_link_sells_is_paged(sdk: Any) -> None:
    link = sdk[0].v1.payment_links.create({"line_items": [LINE, LINE, LINE]})
    lines = sdk[0].v1.payment_links.line_items
    every = [one.id for one in lines.list(link.id, {"limit": 2}).auto_paging_iter()]
    assert len(every) == 3
    back = lines.list(link.id, {"ending_before": every[2], "limit": 1})
    assert ([one.id for one in back.data], back.has_more) == ([every[1]], True)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        lines.list(link.id, {"starting_after": "li_none"})
    assert (refused.value.code, refused.value.param) == ("resource_missing", "starting_after")
