"""payOS's wire: two signature rules, transfers one by one, a QR that is shown only if it leads where it should."""

import json
from datetime import timedelta

import pytest

import payments
from payments.errors import BadAnswer, GatewayMisconfigured, NoAnswer, ProviderRefused
from payments.gateways.http import Answer
from payments.gateways.payos import canonical
from payments.gateways.protocol import Asked, Authenticity, Order, Outcome, Raw, Verdict
from payments.gateways.vietqr_text import encode_vietqr
from payments.gateways.wire import hmac_hex
from payments.money import Money
from tests.payments.gates import PAYOS, payos
from tests.payments.scene import AT, VECTORS, Peer, ask, books, case_kinds, hear, json_answer, school

SAMPLE, CREATE = VECTORS["payos_webhook"], VECTORS["payos_create"]
KEY = SAMPLE["checksum_key"]
# The sample's own link is what payOS tries a new address with; any other is money.
DATA = SAMPLE["data"] | {"paymentLinkId": "a" * 32}
ORDER = Order("123456789012345", Money(3000), "HP00000013", "970436", "1", AT, AT, "https://portal.test/r", "127.0.0.1")
ASKED = Asked("pa_1", 1, "payos", "123", Money(3000), AT)
TRANSFER = {"reference": "FT1", "amount": 1000, "transactionDateTime": "2023-02-04T18:25:00+07:00", "note": None}


def notice(data: object = None, *, key: str = KEY, **more: object) -> Raw:
    """Return a notice signed over its data."""
    data = DATA if data is None else data
    signature = hmac_hex("sha256", key, canonical(data).encode()) if isinstance(data, dict) else ""
    content = {"code": "00", "desc": "success", "success": True, "data": data, "signature": signature} | more
    return Raw("POST", {}, b"", json.dumps(content).encode())


def signed(data: dict[str, object], **more: object) -> Answer:
    """Return an answer of payOS."""
    signature = hmac_hex("sha256", KEY, canonical(data).encode())
    return json_answer({"code": "00", "desc": "success", "data": data, "signature": signature} | more)


def link(status: str, *transfers: object) -> Answer:
    return signed({"id": "a" * 32, "orderCode": 123, "amount": 3000, "status": status, "transactions": list(transfers)})


def read(raw: Raw, **more: object):
    return payos(Peer(), keys=(KEY,), **more).parse_notice(raw, now=AT)


def test_the_published_notice_verifies_and_books_nothing():
    assert canonical(SAMPLE["data"]) == SAMPLE["canonical"]
    raw = notice(SAMPLE["data"], signature=SAMPLE["published"])
    answer = read(raw)
    assert (answer.authenticity, answer.moneyless) == (Authenticity.AUTHENTIC, True)


def test_a_transfer_is_read():
    found = read(notice()).finding
    assert (found.outcome, found.amount, found.merchant_ref) == (Outcome.PAID, Money(3000), "123")
    assert found.provider_txn_id == "a" * 32 + ":TF230204212323"
    assert found.paid_at.isoformat() == "2023-02-04T11:25:00+00:00"


@pytest.mark.parametrize(("link_id", "reference"), [("a" * 62, "F"), ("a", "F" * 62), ("a" * 34, "F" * 29)])
def test_ids_are_as_long_as_the_books_hold(link_id, reference):
    found = read(notice(DATA | {"paymentLinkId": link_id, "reference": reference})).finding
    assert found.provider_txn_id == f"{link_id}:{reference}"
    listed = {"id": link_id, "orderCode": 123, "status": "PAID", "transactions": [TRANSFER | {"reference": reference}]}
    assert payos(Peer(signed(listed)), keys=(KEY,)).query(ASKED, now=AT).provider_txn_id == found.provider_txn_id
    longer = listed | {"transactions": [TRANSFER | {"reference": reference + "F"}]}
    with pytest.raises(BadAnswer):
        payos(Peer(signed(longer)), keys=(KEY,)).query(ASKED, now=AT)


def test_the_longest_ids_are_booked_known_or_not(session):
    payee = school(session, gateways=("payos",))
    request, gateway = ask(session, payee, 3000), payos(Peer(), keys=(KEY,))
    began = payments.start_attempt(
        session, request_id=request.id, gateway="payos", capabilities=gateway.capabilities, key="k1", now=AT
    )
    ref = int(payments.get_attempt(session, began.attempt_id).merchant_ref)
    longest = DATA | {"paymentLinkId": "a" * 33, "orderCode": ref, "reference": "F" * 30}
    assert hear(session, gateway, notice(longest)).verdict is Verdict.RECORDED
    assert hear(session, gateway, notice(longest)).verdict is Verdict.SEEN
    nobodys = longest | {"orderCode": 77, "reference": "G" * 30}
    assert hear(session, gateway, notice(nobodys)).verdict is Verdict.ORDER_UNKNOWN
    assert payments.get_request(session, request.id).status == "paid"
    assert books(session, payee) == {"provider:payos": 3000, "owed": -3000}
    assert case_kinds(session) == ["order_unknown"]


def test_of_a_link_that_was_paid_in_part_the_rest_is_found_though_its_notice_is_lost(session):
    payee = school(session, gateways=("payos",))
    request, later = ask(session, payee, 3000), AT + timedelta(minutes=31)
    gateway = payos(Peer(), keys=(KEY,))
    began = payments.start_attempt(
        session, request_id=request.id, gateway="payos", capabilities=gateway.capabilities, key="k1", now=AT
    )
    attempt = payments.get_attempt(session, began.attempt_id)
    heard = DATA | {"orderCode": int(attempt.merchant_ref), "amount": 1000, "reference": "FT1"}
    hear(session, gateway, notice(heard))
    assert (request.due_minor, attempt.status) == (2000, "succeeded")
    asked = payments.claim_query(session, now=later)
    transfers = [TRANSFER, TRANSFER | {"reference": "FT2", "amount": 2000}]
    said = {"id": "a" * 32, "orderCode": int(attempt.merchant_ref), "amount": 3000, "status": "PAID"}
    found = payos(Peer(signed(said | {"transactions": transfers})), keys=(KEY,)).query(asked, now=later)
    payments.record_finding(session, asked=asked, finding=found, now=later, actor="worker")
    assert (request.status, request.due_minor, attempt.next_query_at) == ("paid", 0, None)
    assert books(session, payee) == {"provider:payos": 3000, "owed": -3000}


def test_success_outside_of_the_signature_decides_nothing():
    assert read(notice(DATA | {"code": "01"}, success=True)).finding.outcome is Outcome.UNKNOWN
    assert read(notice(code="99", success=False)).finding.outcome is Outcome.PAID


def test_an_extra_signed_field_and_a_dropped_empty_one_are_taken():
    fewer = {name: value for name, value in DATA.items() if name != "virtualAccountName"}
    for data in (DATA | {"somethingNew": [{"b": 1, "a": "ạ"}, None, True]}, fewer, DATA | {"isTest": False}):
        assert read(notice(data)).authenticity is Authenticity.AUTHENTIC


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (notice(key="other"), "not_authentic"),
        (notice(signature=None), "not_authentic"),
        (notice(signature=""), "not_authentic"),
        (notice(DATA | {"amount": 3001}, signature=json.loads(notice().body)["signature"]), "not_authentic"),
        (notice("text"), "unreadable"),
        (notice(DATA | {"amount": 3000.5}), "unreadable"),
        (notice(DATA | {"amount": 0}), "unreadable"),
        (notice(DATA | {"reference": ""}), "unreadable"),
        (notice(DATA | {"reference": "F" * 32}), "unreadable"),
        (notice(DATA | {"paymentLinkId": "a" * 50}), "unreadable"),
        (notice(DATA | {"orderCode": "x"}), "unreadable"),
        (notice(DATA | {"transactionDateTime": "04/02/2023"}), "unreadable"),
        (notice(DATA | {"transactionDateTime": "2023-02-04T18:25:00"}), "unreadable"),
        (Raw("POST", {}, b"", b"[]"), "unreadable"),
    ],
)
def test_what_is_not_a_notice_of_ours(raw, expected):
    assert read(raw).authenticity == expected


def test_what_is_sent_is_signed_as_published():
    asked = dict(part.split("=", 1) for part in CREATE["canonical"].split("&"))
    assert hmac_hex("sha256", CREATE["checksum_key"], CREATE["canonical"].encode()) == CREATE["signature"]
    assert list(asked) == ["amount", "cancelUrl", "description", "orderCode", "returnUrl"]
    peer = Peer(NoAnswer(reason="x"))
    with pytest.raises(NoAnswer):
        payos(peer, keys=(KEY,)).create(ORDER, now=AT)
    sent = json.loads(peer.asked[0]["body"])
    text = "&".join(f"{name}={sent[name]}" for name in asked)
    assert sent["signature"] == hmac_hex("sha256", KEY, text.encode())
    assert (sent["orderCode"], sent["description"]) == (123456789012345, "HP00000013")
    assert peer.asked[0]["headers"]["x-api-key"] == PAYOS["api_key"]


def made(**changed: object) -> dict[str, object]:
    """Return what payOS answers to a good create."""
    qr = encode_vietqr(bank_bin="970422", account="97042", amount_minor=3000, purpose="HP00000013")
    return {
        "bin": "970422", "accountNumber": "97042", "amount": 3000, "orderCode": 123456789012345,
        "paymentLinkId": "a" * 32, "checkoutUrl": "https://pay.payos.vn/web/a", "qrCode": qr,
    } | changed  # fmt: skip


def test_a_link_with_its_qr():
    started = payos(Peer(signed(made())), keys=(KEY,)).create(ORDER, now=AT)
    assert (started.redirect_url, started.qr) == ("https://pay.payos.vn/web/a", made()["qrCode"])


@pytest.mark.parametrize("changed", [{"accountNumber": "97043"}, {"bin": "970436"}, {"qrCode": "x"}, {"qrCode": None}])
def test_a_qr_that_leads_elsewhere_is_not_shown(changed):
    assert payos(Peer(signed(made(**changed))), keys=(KEY,)).create(ORDER, now=AT).qr is None


@pytest.mark.parametrize(
    ("answer", "error", "reason"),
    [
        (json_answer({"code": "231"}), NoAnswer, "duplicate"),
        (json_answer({"code": "20"}), ProviderRefused, "configuration"),
        (json_answer({"code": "201"}), ProviderRefused, "configuration"),
        (json_answer({"code": "401"}, status=401), ProviderRefused, "configuration"),
        (json_answer({"code": "99"}), NoAnswer, "code_99"),
        (json_answer({"code": "00", "data": made()}), BadAnswer, "unreadable"),
        (signed(made(), signature="0" * 64), BadAnswer, "unreadable"),
        (signed(made(orderCode=5)), BadAnswer, "unreadable"),
        (signed(made(amount=3001)), BadAnswer, "unreadable"),
        (json_answer({}, status=429), NoAnswer, "code_"),
        (Answer(502, b""), BadAnswer, "http_502"),
    ],
)
def test_what_create_may_be_answered(answer, error, reason):
    with pytest.raises((NoAnswer, ProviderRefused)) as caught:
        payos(Peer(answer), keys=(KEY,)).create(ORDER, now=AT)
    assert (type(caught.value), caught.value.fields["reason"]) == (error, reason)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("PENDING", Outcome.PENDING),
        ("PROCESSING", Outcome.PENDING),
        ("PAID", Outcome.UNKNOWN),
        ("CANCELLED", Outcome.CANCELED),
        ("EXPIRED", Outcome.EXPIRED),
        ("FAILED", Outcome.FAILED),
        ("NEW", Outcome.UNKNOWN),
    ],
)
def test_where_a_link_without_transfers_stands(status, outcome):
    assert payos(Peer(link(status)), keys=(KEY,)).query(ASKED, now=AT).outcome is outcome


@pytest.mark.parametrize("status", ["PAID", "UNDERPAID", "CANCELLED", "EXPIRED", "FAILED"])
def test_each_transfer_is_a_payment_of_its_own_whatever_became_of_the_link(status):
    found = payos(Peer(link(status, TRANSFER, TRANSFER | {"reference": "FT2"})), keys=(KEY,)).query(ASKED, now=AT)
    all_found = (found, *found.more)
    assert [one.provider_txn_id for one in all_found] == ["a" * 32 + ":FT1", "a" * 32 + ":FT2"]
    assert {(one.outcome, one.amount) for one in all_found} == {(Outcome.PAID, Money(1000))}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (json_answer({"code": "401"}, status=401), GatewayMisconfigured),
        (json_answer({"code": "99"}), NoAnswer),
        (signed({"orderCode": 124}), BadAnswer),
        (link("PAID", "x"), BadAnswer),
        (signed({"orderCode": 123, "transactions": "x"}), BadAnswer),
    ],
)
def test_what_is_no_answer(answer, error):
    with pytest.raises(NoAnswer) as caught:
        payos(Peer(answer), keys=(KEY,)).query(ASKED, now=AT)
    assert type(caught.value) is error


def test_a_link_that_nobody_made_is_not_found():
    assert payos(Peer(json_answer({"code": "101"}))).query(ASKED, now=AT).reason == "not_found"


@pytest.mark.parametrize(
    ("verdict", "status", "success"),
    [
        (Verdict.NOT_AUTHENTIC, 401, False),
        (Verdict.UNREADABLE, 400, False),
        (Verdict.ORDER_UNKNOWN, 200, True),
        (Verdict.AMOUNT_DIFFERS, 200, True),
        (Verdict.SEEN, 200, True),
        (Verdict.RECORDED, 200, True),
        (Verdict.OUR_FAULT, 500, False),
    ],
)
def test_answers(verdict, status, success):
    reply = payos(Peer()).reply(verdict)
    assert (reply.status, json.loads(reply.body)) == (status, {"success": success})


def test_no_key_is_shown():
    assert not any(key in repr(payos(Peer())) for key in (PAYOS["api_key"], PAYOS["checksum_key"]))


def test_a_link_is_closed_and_money_that_came_first_is_told():
    asked = Peer(link("CANCELLED"))
    assert payos(asked, keys=(KEY,)).cancel(ASKED, now=AT).outcome is Outcome.CANCELED
    found = payos(Peer(link("CANCELLED", TRANSFER)), keys=(KEY,)).cancel(ASKED, now=AT)
    assert (found.outcome, found.amount) == (Outcome.PAID, Money(1000))


def test_a_question_is_asked_again_and_an_order_is_not():
    waits: list[float] = []
    peer = Peer(Answer(502, b""), NoAnswer(reason="ConnectionError"), link("PAID", TRANSFER))
    assert payos(peer, keys=(KEY,), sleep=waits.append).query(ASKED, now=AT).outcome is Outcome.PAID
    assert len(waits) == 2
    peer = Peer(json_answer({}, status=429), link("CANCELLED"))
    assert payos(peer, keys=(KEY,), sleep=waits.append).cancel(ASKED, now=AT).outcome is Outcome.CANCELED
    assert [one["method"] for one in peer.asked] == ["POST", "POST"]
    peer = Peer(Answer(502, b""), signed(made()))
    with pytest.raises(BadAnswer):
        payos(peer, keys=(KEY,), sleep=waits.append).create(ORDER, now=AT)
    assert (len(peer.asked), len(waits)) == (1, 3)


def test_closing_and_asking_share_one_call_s_time():
    peer = Peer(json_answer({"code": "231"}), link("PAID", TRANSFER))
    payos(peer, keys=(KEY,)).cancel(ASKED, now=AT, seconds=9.0)
    first, second = (one["seconds"] for one in peer.asked)
    assert second < first <= 9.0


def test_a_link_that_is_not_open_any_more_is_asked_about():
    peer = Peer(json_answer({"code": "231"}), link("PAID", TRANSFER))
    assert payos(peer, keys=(KEY,)).cancel(ASKED, now=AT).outcome is Outcome.PAID
