"""Where providers send their notices. VNPay sends them as GET, the one protocol that does."""

from typing import cast

from flask import Blueprint, Response, g, request
from werkzeug.exceptions import MethodNotAllowed, RequestEntityTooLarge

import payments
from payments.gateways.protocol import MOST_BYTES, Raw, Reply
from payments.gateways.viettel_qr import ViettelQr
from portal.db import reading
from portal.errors import TooMany
from portal.limits import BILLS
from portal.pay.bills import tell_bill
from portal.pay.taking import take
from portal.pay.wiring import sender
from portal.world import current_world

blueprint = Blueprint("pay_hooks", __name__)


@blueprint.get("/hooks/vnpay")
def vnpay() -> Response:
    """Take a notice of VNPay."""
    if request.method != "GET":  # a HEAD asks about the address and brings no notice
        raise MethodNotAllowed(["GET"])
    return _taken("vnpay")


@blueprint.post("/hooks/sepay")
def sepay() -> Response:
    """Take a notice of SePay about a line of a bank account."""
    return _taken("sepay")


@blueprint.post("/hooks/<any(momo,zalopay,payos,casso,viettel_qr,keypay,stripe_shaped,paygov,vnpt_pay):provider>")
def notice(provider: str) -> Response:
    """Take a notice of a gateway; what it answers is its own."""
    return _taken(provider)


@blueprint.post("/hooks/viettel_qr/confirm")
def viettel_confirm() -> Response:
    """Tell Viettel whether an order of ours is to be paid, and how much; nothing changes by it."""
    world, session = current_world(), reading()
    gateway = cast(ViettelQr, sender(world, "viettel_qr"))
    request.max_content_length = MOST_BYTES
    raw = Raw(request.method, {}, request.query_string, request.get_data(cache=False))
    ref = gateway.confirmed_ref(raw)
    due = payments.due_by_reference(session, gateway=gateway.name, merchant_ref=ref) if ref else None
    return _answered(gateway.confirm(raw, due=due))


@blueprint.post("/hooks/keypay/bills")
def keypay_bills() -> Response:
    """Tell the national portal what is due under a payment code. Its look-up is not signed: who may ask is a list."""
    if not BILLS.hit(request.remote_addr or ""):
        raise TooMany(retry_after_s=BILLS.seconds_left())
    request.max_content_length = MOST_BYTES
    raw = Raw(request.method, {}, request.query_string, request.get_data(cache=False))
    return _answered(tell_bill(current_world(), raw=raw, acting=g.acting))


def _taken(provider: str) -> Response:
    query = request.query_string
    if len(query) > MOST_BYTES:
        raise RequestEntityTooLarge
    request.max_content_length = MOST_BYTES
    headers = {name.lower(): value for name, value in request.headers.items()}
    raw = Raw(request.method, headers, query, request.get_data(cache=False))
    return _answered(take(current_world(), provider=provider, raw=raw, acting=g.acting))


def _answered(reply: Reply) -> Response:
    answer = Response(reply.body, status=reply.status, content_type=reply.content_type)
    answer.headers["Cache-Control"] = "no-store"
    return answer
