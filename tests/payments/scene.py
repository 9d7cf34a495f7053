"""A school with a bank account, and notices written as the providers write them, by code that is not the adapters'."""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import select
from sqlalchemy.orm import Session

import payments
from payments.errors import NoAnswer
from payments.gateways.http import Answer
from payments.gateways.protocol import Order, Raw
from payments.models import Attempt, Payee, Request

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "vectors.json").read_text())
AT = datetime(2026, 3, 22, 8, 34, 56, tzinfo=UTC)
ACCOUNT = "1031933430"
VNPAY_KEY = "TESTSECRET0123456789ABCDEFGHIJKL"
SEPAY_KEY = "sepay_secret"
CASHIER = "lo_cashier"


class Peer:
    """A provider that answers what was prepared, and remembers what it was asked."""

    def __init__(self, *answers: Answer | NoAnswer) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    def send(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, seconds: float) -> Answer:
        """Give the next answer."""
        self.asked.append({"method": method, "url": url, "headers": dict(headers), "body": body, "seconds": seconds})
        answer = self.answers.pop(0)
        if isinstance(answer, NoAnswer):
            raise answer
        return answer


def vnpay(peer: Peer | None = None, *, keys: tuple[str, ...] = (VNPAY_KEY,)) -> payments.VnPay:
    """Return the adapter of the demo terminal."""
    return payments.VnPay(
        tmn_code="DEMOV210",
        secret_keys=keys,
        pay_url="https://vnpay.test/pay",
        query_url="https://vnpay.test/api",
        transport=peer or Peer(),
        request_id=lambda: "R1",
    )


def sepay(peer: Peer | None = None, *, keys: tuple[str, ...] = (SEPAY_KEY,)) -> payments.SePay:
    """Return the adapter of the demo feed."""
    return payments.SePay(secret_keys=keys, token="T", base_url="https://sepay.test/userapi", transport=peer or Peer())


def school(session: Session, *, feed: str = "sepay", **more: Any) -> Payee:
    """Return a payee with a live feed."""
    made = {
        "name": "Trường Tiểu học Tân An",
        "holder_name": "TRUONG TIEU HOC TAN AN",
        "bank_bin": "970436",
        "account": ACCOUNT,
        "prefix": "HP",
        "gateways": ("vnpay", "vietqr"),
        "area_ref": "un_tan_an",
        "now": AT,
    } | more
    payee = payments.create_payee(session, **made)
    payments.open_feed(session, payee_id=payee.id, provider=feed, now=AT)
    return payee


def ask(session: Session, payee: Payee, amount: int = 450_000, **more: Any) -> Request:
    """Return an open request."""
    made: dict[str, Any] = {"item": "Học phí tháng 3", "now": AT, "cashier_ref": CASHIER} | more
    return payments.create_request(session, payee_id=payee.id, amount=payments.Money(amount), **made)


def try_vnpay(session: Session, request: Request, *, key: str = "k1", now: datetime = AT) -> Attempt:
    """Return an attempt that waits at VNPay."""
    return _try(session, request, vnpay(), key=key, now=now)


def try_vietqr(session: Session, request: Request, *, key: str = "q1", now: datetime = AT) -> Attempt:
    """Return an attempt that shows a QR."""
    return _try(session, request, payments.VietQr(), key=key, now=now)


def order(session: Session, attempt_id: str) -> Order:
    """Return what a gateway is told."""
    return payments.order_of(
        session, attempt_id=attempt_id, return_url="http://localhost/pay/return/vnpay", payer_ip="127.0.0.1"
    )


def _try(session: Session, request: Request, gateway: Any, *, key: str, now: datetime) -> Attempt:
    began = payments.start_attempt(
        session,
        request_id=request.id,
        gateway=gateway.name,
        capabilities=gateway.capabilities,
        key=key,
        now=now,
    )
    started = gateway.create(order(session, began.attempt_id), now=now)
    return payments.record_started(session, attempt_id=began.attempt_id, started=started, now=now)


def ipn_fields(attempt: Attempt, **more: str) -> dict[str, str]:
    """Return the fields of VNPay's notice of a success, with changes."""
    return {
        "vnp_TmnCode": "DEMOV210",
        "vnp_TxnRef": attempt.merchant_ref,
        "vnp_Amount": str(attempt.amount_minor * 100),
        "vnp_OrderInfo": "Thanh toan HP00000013",
        "vnp_BankCode": "NCB",
        "vnp_PayDate": "20260322153500",
        "vnp_TransactionNo": "14012345",
        "vnp_ResponseCode": "00",
        "vnp_TransactionStatus": "00",
    } | more


def vnp_query(fields: Mapping[str, str], *, key: str = VNPAY_KEY) -> bytes:
    """Return a signed query as VNPay sends it."""
    text = urlencode(sorted((name, value) for name, value in fields.items() if value))
    return f"{text}&vnp_SecureHash={hmac.new(key.encode(), text.encode(), hashlib.sha512).hexdigest()}".encode()


def ipn(attempt: Attempt, *, key: str = VNPAY_KEY, **more: str) -> Raw:
    """Return VNPay's notice about an attempt."""
    return Raw("GET", {}, vnp_query(ipn_fields(attempt, **more), key=key), b"")


DECLINED = {"vnp_ResponseCode": "51", "vnp_TransactionStatus": "02", "vnp_TransactionNo": "0"}


def bank_notice(
    *,
    number: int,
    amount: int,
    memo: str,
    accumulated: int | None = None,
    key: str = SEPAY_KEY,
    at: datetime = AT,
    **more: Any,
) -> Raw:
    """Return SePay's notice of a line."""
    fields = {
        "id": number,
        "gateway": "Vietcombank",
        "transactionDate": (at + timedelta(hours=7)).strftime("%Y-%m-%d %H:%M:%S"),
        "accountNumber": ACCOUNT,
        "subAccount": None,
        "code": None,
        "content": memo,
        "transferType": "in",
        "transferAmount": amount,
        "accumulated": accumulated,
        "referenceCode": "FT1",
        "description": "",
    } | more
    return bank_raw(json.dumps(fields, ensure_ascii=False).encode(), key=key, at=at)


def bank_raw(body: bytes, *, key: str = SEPAY_KEY, at: datetime = AT) -> Raw:
    """Return raw bytes, signed as SePay signs them."""
    stamp = str(int(at.timestamp()))
    signature = hmac.new(key.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    headers = {"x-sepay-timestamp": stamp, "x-sepay-signature": f"sha256={signature}", "authorization": "secret"}
    return Raw("POST", headers, b"", body)


def hear(session: Session, sender: Any, raw: Raw, *, now: datetime = AT) -> payments.Applied:
    """Store and apply one notice."""
    notice_id = payments.store(session, sender=sender, raw=raw, now=now)
    return payments.apply_notice(session, notice_id=notice_id, sender=sender, now=now, actor="worker")


def answer(applied: payments.Applied, sender: Any) -> Any:
    """Return the JSON that the provider is given."""
    return json.loads(sender.reply(applied.verdict).body)


def case_kinds(session: Session) -> list[str]:
    """Return the kinds of the open cases, sorted."""
    return sorted(case.kind for case in payments.open_cases(session))


def books(session: Session, payee: Payee) -> dict[str, int]:
    """Return a payee's balances that are not zero, and prove the journal whole."""
    assert payments.check(session).breaches == ()
    return {name: balance for (name, _), balance in payments.balances(session, payee.id).items() if balance}


def count(session: Session, model: Any) -> int:
    """Return how many rows a table has."""
    return len(list(session.scalars(select(model))))


def json_answer(content: Mapping[str, Any] | Iterable[Any], *, status: int = 200) -> Answer:
    """Return a provider's JSON answer."""
    return Answer(status, json.dumps(content).encode())
