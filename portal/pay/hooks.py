"""Where providers send their notices. VNPay sends them as GET, the one protocol that does."""

from flask import Blueprint, Response, g, request
from werkzeug.exceptions import MethodNotAllowed, RequestEntityTooLarge

from payments.gateways.protocol import MOST_BYTES, Raw
from portal.pay.taking import take
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


@blueprint.post("/hooks/<any(momo,zalopay,payos,casso,keypay,stripe_shaped,paygov,vnpt_pay):provider>")
def notice(provider: str) -> Response:
    """Take a notice of a gateway; what it answers is its own."""
    return _taken(provider)


def _taken(provider: str) -> Response:
    query = request.query_string
    if len(query) > MOST_BYTES:
        raise RequestEntityTooLarge
    request.max_content_length = MOST_BYTES
    headers = {name.lower(): value for name, value in request.headers.items()}
    raw = Raw(request.method, headers, query, request.get_data(cache=False))
    reply = take(current_world(), provider=provider, raw=raw, acting=g.acting)
    answer = Response(reply.body, status=reply.status, content_type=reply.content_type)
    answer.headers["Cache-Control"] = "no-store"
    return answer
