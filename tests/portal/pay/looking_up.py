"""The national portal as it looks bills up at us, and KeyPay as it tells what became of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from payments.gateways.wire import hmac_hex
from payments.models import Request
from portal.pay.due import _query
from tests.payments.gates import KEYPAY, keypay
from tests.payments.scene import Peer, json_answer
from tests.portal.pay.making import School

HERE = "/hooks/keypay/bills"
NOTHING, UNKNOWN = {"error_code": 0, "message": []}, {"error_code": -1, "message": []}
PAGE = {"error": "0", "payment_url": "http://127.0.0.1:8001/keypay/pay/x"}


def keypay_of(app: Any, world: Any, school: School) -> Peer:
    """Have the school take KeyPay, whose server answers what a test prepares."""
    take_keypay(app, school)
    made = Peer()
    app.extensions["world"] = replace(world, gateways={**world.gateways, "keypay": keypay(made)})
    return made


def take_keypay(app: Any, school: School) -> None:
    args = ["cashier", "set-ways", school.payee.id, "--way", "vietqr", "--way", "keypay"]
    assert app.test_cli_runner().invoke(args=args).exit_code == 0


def look_up(client: Any, code: object, *, address: str = "127.0.0.1") -> Any:
    return client.post(HERE, json={"MaHoSo": code}, environ_base={"REMOTE_ADDR": address})


def notice(bill: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """Return KeyPay's notice about a bill, signed by the protocol alone (J)."""
    fields = {
        "client_id": bill["client_id"], "transaction_id": bill["transaction_id"], "transaction_code": "KP77",
        "trans_amount": bill["PhiLePhi"][0]["SoTien"], "payment_fee": "0", "command": "PAY", "addition_fee": "0",
        "version": "3.0", "description": "", "locale": "vi", "country_code": "vn", "currency_code": "VND",
        "environment": "1", "status": "0", **changed,
    }  # fmt: skip
    names = ("addition_fee", "client_id", "command", "trans_amount", "transaction_id", "version")
    signed = "|".join(fields[name] for name in names)
    return fields | {"check_sum": hmac_hex("sha256", KEYPAY["key2"], signed.encode())}


def detail(bill: dict[str, Any], **changed: Any) -> Any:
    told = {"error": "0", "status": "0", "transaction_id": bill["transaction_id"], "transaction_code": "KP77"}
    return json_answer(told | {"trans_amount": bill["PhiLePhi"][0]["SoTien"]} | changed)


def pay(client: Any, app: Any, peer: Peer, bill: dict[str, Any], **changed: Any) -> Any:
    """Have KeyPay tell that a bill was paid, and the worker ask."""
    peer.answers.append(detail(bill, **changed))
    answer = client.post("/hooks/keypay", json=notice(bill)).json
    assert _query(app.extensions["world"])
    return answer


def intent_id(request: Request) -> str:
    return request.id.replace("pr_", "pi_")


@contextmanager
def settings(app: Any, **values: str) -> Iterator[None]:
    """Run with these settings."""
    world = app.extensions["world"]
    own = replace(world.settings, values={**world.settings.values, **values})
    app.extensions["world"] = replace(world, settings=own)
    yield
    app.extensions["world"] = world
