"""Due work against the providers' stand-ins: a lost notice is found by asking, a lost line by pulling, each once."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select
from werkzeug.test import Client

from payments import SePay, VnPay
from payments.errors import NoAnswer
from payments.gateways.http import Answer
from payments.gateways.sandbox import make_app
from payments.models import Attempt, Case, Feed, Movement, Payee, Receipt, Request, StoredNotice
from portal.audit import AuditRow
from portal.db import begin, db
from portal.pay.owners import follow_homes
from portal.places.models import PlacesHome
from portal.worker import work
from tests.portal.pay.making import School, asked, choose, pay_by_transfer, vnpay_query

MANY_S = (3600.0,)


class Wire:
    """Carries an adapter's calls to the stand-ins in this process, or loses them."""

    def __init__(self, app: Any) -> None:
        self.client, self.dead, self.calls = Client(app), False, 0

    def send(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, seconds: float) -> Answer:
        self.calls += 1
        if self.dead:
            raise NoAnswer(reason="time_out")
        parts = urlsplit(url)
        answer = self.client.open(
            parts.path, method=method, query_string=parts.query, headers=list(headers.items()), data=body
        )
        return Answer(answer.status_code, answer.get_data())


@pytest.fixture
def wire(app: Any, world: Any, clock: Any, tmp_path: Path) -> Iterator[Wire]:
    """The portal over stand-ins whose notices reach nobody."""
    settings = world.settings
    sandbox = make_app(
        state_path=tmp_path / "sandbox.sqlite",
        portal_url="http://127.0.0.1:9",
        keys={
            "vnpay": {"tmn_code": settings.vnpay_tmn_code, "secret": settings.vnpay_secret},
            "sepay": {"secret": settings.sepay_secret, "token": settings.sepay_token},
        },
        now=clock.now,
        vnpay_retry_seconds=MANY_S,
        sepay_retry_seconds=MANY_S,
    )
    made = Wire(sandbox)
    gateways = {
        **world.gateways,
        "vnpay": VnPay(
            tmn_code=settings.vnpay_tmn_code, secret_keys=(settings.vnpay_secret,), transport=made,
            pay_url=settings.partner("VNPAY_URL"), query_url=settings.partner("VNPAY_API_URL"),
        ),
        "sepay": SePay(
            secret_keys=(settings.sepay_secret,), token=settings.sepay_token, transport=made,
            base_url=settings.partner("SEPAY_URL"),
        ),
    }  # fmt: skip
    app.extensions["world"] = replace(world, gateways=gateways)
    yield made
    sandbox.close()


def read(query: Any) -> list[Any]:
    """Read in a session that is left at once: one that stays open would take later work back with it."""
    try:
        return list(db.session.scalars(query))
    finally:
        db.session.rollback()


def status_of(model: Any) -> str:
    (found,) = read(select(model.status))
    return str(found)


def pay_at_vnpay(payer: Any, wire: Wire, request: Request, what: str = "pay") -> None:
    """Go to VNPay's page and do what a payer does there; the browser never comes back, nor does the notice."""
    target = urlsplit(choose(payer, request, "vnpay").location)
    assert wire.client.get(target.path, query_string=target.query).status_code == 200
    reference = dict(part.split("=") for part in target.query.split("&"))["vnp_TxnRef"]
    wire.client.post(f"/vnpay/pay/{reference}", data={"do": what})


def test_a_lost_notice_is_found_by_asking_and_booked_once(
    payer: Any, app: Any, wire: Wire, world: Any, clock: Any, school: School
) -> None:
    request = asked(world, school)
    pay_at_vnpay(payer, wire, request)
    assert status_of(Request) == "open"
    clock.move(minutes=5, seconds=1)
    work(app, once=True)
    assert status_of(Request) == "paid"
    assert (len(read(select(Movement))), len(read(select(Receipt)))) == (1, 1)
    order = {"vnp_Amount": "45000000", "vnp_OrderInfo": "x", "vnp_TmnCode": "DEMOV210"}
    order["vnp_TxnRef"] = read(select(Attempt.merchant_ref))[0]
    late = vnpay_query(world, order, vnp_TransactionNo="14000001")
    assert payer.get(f"/hooks/vnpay?{late}").json["RspCode"] == "02"
    assert len(read(select(Movement))) == 1


def test_no_answer_is_no_verdict_and_is_asked_again(
    payer: Any, app: Any, wire: Wire, world: Any, clock: Any, school: School
) -> None:
    request = asked(world, school)
    pay_at_vnpay(payer, wire, request)
    wire.dead = True
    clock.move(minutes=5, seconds=1)
    work(app, once=True)
    assert (status_of(Request), status_of(Attempt)) == ("open", "unknown")
    wire.dead = False
    clock.move(minutes=1, seconds=1)
    work(app, once=True)
    assert (status_of(Request), status_of(Attempt)) == ("paid", "succeeded")


def test_an_unpaid_try_ends_only_when_the_provider_says_so(
    payer: Any, app: Any, wire: Wire, world: Any, clock: Any, school: School
) -> None:
    request = asked(world, school)
    choose(payer, request, "vnpay")
    clock.move(minutes=16)
    work(app, once=True)
    assert status_of(Attempt) == "pending"
    clock.move(minutes=16)
    work(app, once=True)
    assert (status_of(Request), status_of(Attempt)) == ("open", "expired")


def test_a_lost_bank_line_is_pulled_and_its_late_notice_books_nothing(
    payer: Any, app: Any, wire: Wire, world: Any, clock: Any, school: School
) -> None:
    request = asked(world, school)
    code = request.code
    made = wire.client.post(
        "/bank/transfer", json={"account": school.payee.account, "amount": 450_000, "memo": f"tra {code}"}
    ).json
    clock.move(minutes=1)
    work(app, once=True)
    assert status_of(Request) == "paid"
    pay_by_transfer(
        payer, world, school, memo=f"tra {code}", amount=450_000, number=made["id"], balance=made["accumulated"]
    )
    assert len(read(select(Movement))) == len(read(select(Receipt))) == 1


def test_a_gap_in_the_balance_raises_a_case_and_a_pull_closes_it(
    payer: Any, app: Any, wire: Wire, world: Any, clock: Any, school: School
) -> None:
    first, second = asked(world, school), asked(world, school, form_id="form2")
    codes, account = (first.code, second.code), school.payee.account
    work(app, once=True)
    lines = []
    for code in codes:
        line = wire.client.post("/bank/transfer", json={"account": account, "amount": 450_000, "memo": code}).json
        lines.append(line)
    with begin() as rows:
        feed = rows.scalars(select(Feed)).one()
        feed.last_balance_minor, feed.last_line = lines[0]["accumulated"] - 450_000, 0
    pay_by_transfer(
        payer, world, school, memo=codes[1], amount=450_000, number=lines[1]["id"], balance=lines[1]["accumulated"]
    )
    assert read(select(Case.kind).where(Case.closed_at.is_(None))) == ["feed_gap"]
    work(app, once=True)
    assert read(select(Case.kind).where(Case.closed_at.is_(None))) == []
    assert read(select(Request.status)) == ["paid", "paid"]
    assert len(read(select(Movement))) == 2


def test_requests_end_by_the_clock_and_the_trail_says_so(
    app: Any, wire: Wire, world: Any, clock: Any, school: School
) -> None:
    asked(world, school)
    clock.move(days=6)
    work(app, once=True)
    assert status_of(Request) == "open"
    clock.move(days=1)
    work(app, once=True)
    assert status_of(Request) == "expired"
    assert read(select(AuditRow.act).where(AuditRow.act == "request.expired")) == ["request.expired"]


def test_money_for_an_expired_request_is_booked_as_late(
    payer: Any, app: Any, wire: Wire, world: Any, clock: Any, school: School
) -> None:
    code = asked(world, school).code
    clock.move(days=8)
    work(app, once=True)
    pay_by_transfer(payer, world, school, memo=code, amount=450_000)
    (request,) = read(select(Request))
    assert (request.status, request.exceptions) == ("paid", "late")


def test_forged_notices_lose_their_bytes_after_thirty_days(
    payer: Any, app: Any, wire: Wire, clock: Any, school: School
) -> None:
    payer.get("/hooks/vnpay?vnp_TxnRef=x&vnp_SecureHash=00")
    clock.move(days=31)
    work(app, once=True)
    (row,) = read(select(StoredNotice))
    assert (row.query, row.body, row.status) == (None, None, "refused")
    assert len(row.sha256) == 64


def test_new_money_follows_a_payee_to_its_new_commune(session: Any, clock: Any, school: School) -> None:
    assert follow_homes(session) == 0
    home = session.scalars(select(PlacesHome).where(PlacesHome.subject_id == school.payee.id)).one()
    home.area_id = "80@20250701_X"
    session.flush()
    assert follow_homes(session) == 1
    assert session.get_one(Payee, school.payee.id).area_ref == "80@20250701_X"
