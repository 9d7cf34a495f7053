"""A school, its till and its payers, made through the real actions; notices signed here, by the protocol alone."""

import hashlib
import hmac
import json
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlsplit

from bs4 import BeautifulSoup
from sqlalchemy import select

from payments.models import Attempt, Payee, Request
from portal.acting import Acting
from portal.cashier import actions
from portal.cashier.models import Desk
from portal.db import begin
from portal.onboarding.models import Organisation
from portal.people import actions as people
from portal.people.models import RoleGrant, WebSession
from portal.people.phones import parse_mobile
from portal.people.sessions import token_hash
from portal.places.actions import load_units
from tests.pages import parsed
from tests.portal.places.conftest import UNITS

CLI = Acting.system("test")
LOCAL = timezone(timedelta(hours=7))
TAN_THANH = next(unit for unit in UNITS if unit.id.endswith("@20250701") and "Tân Thạnh" in unit.name)
HERE = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}


@dataclass
class School:
    """A school with one desk and a cashier."""

    organisation: Organisation
    payee: Payee
    desk: Desk
    cashier: Acting


def open_school(world: Any, **given: str) -> School:
    """Open an institution with a desk and a cashier who collects."""
    with begin() as session:
        return put_school(session, now=world.clock.now(), keys=world.field_keys, **given)


def put_school(
    session: Any, *, now: datetime, keys: Any, name: str = "Trường Tiểu học Tân Thạnh", number: str = "0011002233445",
    prefix: str = "HP", phone: str = "0912345678", kind: str = "school",
) -> School:  # fmt: skip
    """Open an institution with a desk and a cashier who collects, within a write that has begun."""
    account = actions.Account(bank_bin="970436", number=number, holder_name="TRUONG TH TAN THANH", prefix=prefix)
    chain, units = TAN_THANH, {unit.id: unit for unit in UNITS}
    wanted = {chain.id}
    while chain.parent:
        chain = units[chain.parent]
        wanted.add(chain.id)
    load_units(session, now=now, acting=CLI, units=[units[one] for one in wanted], successions=())
    made = actions.open_institution(
        session, now=now, acting=CLI, name=name, kind=kind, unit_id=TAN_THANH.id, account=account
    )
    desk = actions.open_desk(session, now=now, acting=CLI, payee_id=made.payee.id, name="Quầy thu 2")
    login = people.login_for(session, now=now, acting=CLI, phone=parse_mobile(phone), keys=keys)
    people.grant_role(
        session, now=now, acting=CLI, login_id=login.id, role="cashier", organisation_id=made.organisation.id,
        duties=["collect"],
    )  # fmt: skip
    return School(made.organisation, made.payee, desk, _who_collects(login.id, made.organisation.id))


def standing_school() -> School:
    """Return the school of the ground `on_a_school`, the only one there."""
    with begin() as session:
        organisation, payee = session.scalars(select(Organisation)).one(), session.scalars(select(Payee)).one()
        login_id = session.scalars(select(RoleGrant.login_id).where(RoleGrant.role == "cashier")).one()
        desk = session.scalars(select(Desk).where(Desk.name == "Quầy thu 2")).one()
        return School(organisation, payee, desk, _who_collects(login_id, organisation.id))


def _who_collects(login_id: str, organisation_id: str) -> Acting:
    return Acting(login_id=login_id, role="cashier", organisation_id=organisation_id, duties=frozenset({"collect"}))


def cashier_browser(app: Any, world: Any, school: School) -> Any:
    """Return the browser of the school's cashier, signed in with both factors."""
    now, token = world.clock.now(), f"test-{school.cashier.login_id}"
    with begin() as session:
        grants = people.open_grants(session, school.cashier.login_id or "", now=now)
        session.add(
            WebSession(
                token_hash=token_hash(token), login_id=school.cashier.login_id, grant_id=grants[0].id, begun_at=now,
                last_seen_at=now, signed_in_at=now, second_factor_at=now,
            )
        )  # fmt: skip
    browser = app.test_client()
    browser.set_cookie("session", token)
    browser.set_cookie("lang", "en")
    return browser


def asked(world: Any, school: School, *, amount: int = 450_000, form_id: str = "form1") -> Request:
    """Ask for a payment at the school's desk."""
    with begin() as session:
        return actions.ask(
            session, now=world.clock.now(), acting=school.cashier, desk_ref=school.desk.desk_ref, amount_minor=amount,
            item="Học phí tháng 11", payer="lớp 1A N.V.A.", form_id=form_id,
        )  # fmt: skip


def choose(payer: Any, request: Request, way: str, *, due: int | None = None, **more: Any) -> Any:
    """Choose a way on the payer's page."""
    data = {"way": way, "due": str(request.due_minor if due is None else due)}
    return payer.post(f"/pay/requests/{request.id}", data=data, headers=more.pop("headers", HERE), **more)


def sent_to_vnpay(payer: Any, request: Request) -> dict[str, str]:
    """Choose VNPay; return the fields with which the browser arrives there."""
    answer = choose(payer, request, "vnpay")
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return dict(parse_qsl(urlsplit(answer.location).query))


def vnpay_query(world: Any, order: dict[str, str], **changed: str) -> str:
    """Return the query of VNPay's notice that an order is paid, signed as its document says (A2, A5)."""
    at = world.clock.now().astimezone(LOCAL).strftime("%Y%m%d%H%M%S")
    fields = {
        "vnp_Amount": order["vnp_Amount"], "vnp_BankCode": "NCB", "vnp_CardType": "ATM", "vnp_PayDate": at,
        "vnp_OrderInfo": order["vnp_OrderInfo"], "vnp_ResponseCode": "00", "vnp_TmnCode": order["vnp_TmnCode"],
        "vnp_TransactionNo": "14422574", "vnp_TransactionStatus": "00", "vnp_TxnRef": order["vnp_TxnRef"], **changed,
    }  # fmt: skip
    text = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in sorted(fields.items()) if value)
    return f"{text}&vnp_SecureHash=" + h512(world.settings.vnpay_secret, text)


def h512(secret: str, text: str) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha512).hexdigest()


def sepay_notice(
    world: Any, school: School, *, memo: str, amount: int, number: int = 92704, balance: int | None = 19_077_000,
    at: datetime | None = None, way: str = "in",
) -> tuple[bytes, dict[str, str]]:  # fmt: skip
    """Return body and headers of SePay's notice of an incoming transfer, signed as its document says (G)."""
    paid_at = (at or world.clock.now()).astimezone(LOCAL)
    body = json.dumps(
        {
            "id": number, "gateway": "Vietcombank", "transactionDate": paid_at.strftime("%Y-%m-%d %H:%M:%S"),
            "accountNumber": school.payee.account, "subAccount": None, "code": None, "content": memo,
            "transferType": way, "transferAmount": amount, "accumulated": balance, "referenceCode": f"FT{number}7",
            "description": "",
        }
    ).encode()  # fmt: skip
    stamp = str(int(world.clock.now().timestamp()))
    signature = hmac.new(world.settings.sepay_secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return body, {
        "Content-Type": "application/json", "X-SePay-Timestamp": stamp, "X-SePay-Signature": f"sha256={signature}",
    }  # fmt: skip


def pay_by_transfer(client: Any, world: Any, school: School, **notice: Any) -> Any:
    """Send SePay's notice."""
    body, headers = sepay_notice(world, school, **notice)
    return client.post("/hooks/sepay", data=body, headers=headers)


def soup(answer: Any) -> BeautifulSoup:
    return parsed(answer)


def text(answer: Any) -> str:
    """Return what a page says, its white space folded."""
    return " ".join(soup(answer).get_text(" ").split())


def left_to_press(answer: Any, tone: str) -> list[str]:
    """Return what a waiting page still shows to press, to scan or to copy, once the stream has told this tone."""
    page = copy(soup(answer))
    for part in page.select("[data-when]"):
        if tone not in part["data-when"].split():
            part.decompose()
    return [" ".join(one.get_text(" ").split()) for one in page.main.select("a, button, summary, .qr, pre, dd .btn")]


def attempts(session: Any) -> list[tuple[str, str]]:
    """Return gateway and status of every attempt, the oldest first."""
    session.expire_all()
    return [(one.gateway, one.status) for one in session.scalars(select(Attempt).order_by(Attempt.seq))]
