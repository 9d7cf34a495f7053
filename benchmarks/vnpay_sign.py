"""VNPay's pay URL signed, and a notice verified, against npm's vnpay: processor time, same order, same run."""

import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from benchmarks.alone import Result, tell
from payments.gateways.protocol import Order, Raw
from payments.gateways.vnpay import VnPay
from payments.gateways.vnpay_signing import read_signed
from payments.gateways.wire import hmac_hex
from payments.money import Money
from tests.node import run_script

LEAST_RATIO = 1.0
TIMES, ROUNDS = 4_000, 5
TERMINAL, SECRET = "DEMOV210", "0" * 32


def measure() -> Result:
    """Take turns and give the medians; the slower of the two acts is held against the bar."""
    gateway = VnPay(
        tmn_code=TERMINAL, secret_keys=(SECRET,), pay_url="https://sandbox.vnpayment.vn/paymentv2/vpcpay.html",
        query_url="", transport=None,  # type: ignore[arg-type]  # nothing is called
    )  # fmt: skip
    now = datetime.now(UTC)
    order = Order("a" * 20, Money(450_000), "HP0001", "970436", "001100", now, now + timedelta(minutes=15),
                  "https://choso.example.vn/pay/return/vnpay", "127.0.0.1")  # fmt: skip
    query = _notice(now)
    raw = Raw("GET", {}, query.encode(), b"")
    assert gateway.parse_notice(raw, now=now).finding is not None
    peer = {"tmn_code": TERMINAL, "secret": SECRET, "times": TIMES, "query": query, "order": {
        "vnp_Amount": 450_000, "vnp_IpAddr": "127.0.0.1", "vnp_TxnRef": "a" * 20, "vnp_OrderInfo": "Thanh toan HP0001",
        "vnp_OrderType": "other", "vnp_ReturnUrl": "https://choso.example.vn/pay/return/vnpay",
    }}  # fmt: skip
    ratios: dict[str, list[float]] = {"sign": [], "verify": []}
    mine: dict[str, list[float]] = {"sign": [], "verify": []}
    theirs: dict[str, list[float]] = {"sign": [], "verify": []}
    acts: dict[str, Callable[[], Any]] = {
        "sign": lambda: gateway.create(order, now=now),
        "verify": lambda: read_signed(raw.query, (SECRET,)),
    }
    for _ in range(ROUNDS):
        said = run_script("vnpay_speed.js", peer)
        for name, act in acts.items():
            mine[name].append(_microseconds(act))
            theirs[name].append(said[name])
            ratios[name].append(said[name] / mine[name][-1])
    held = {name: statistics.median(found) for name, found in ratios.items()}
    slower = min(held, key=lambda name: held[name])
    return {
        "claim": "VNPay's pay URL signed and its notice verified, against npm's vnpay (the slower of the two)",
        "ratio": round(held[slower], 2),
        "bar": LEAST_RATIO,
        "microseconds": round(statistics.median(mine[slower]), 2),
        "peer_microseconds": round(statistics.median(theirs[slower]), 2),
        **{f"ratio_{name}": round(one, 2) for name, one in held.items()},
        "passed": held[slower] >= LEAST_RATIO,
    }


def _microseconds(act: Callable[[], Any]) -> float:
    act()
    start = time.process_time()
    for _ in range(TIMES):
        act()
    return (time.process_time() - start) / TIMES * 1e6


def _notice(now: datetime) -> str:
    fields = {
        "vnp_TmnCode": TERMINAL, "vnp_TxnRef": "a" * 20, "vnp_Amount": "45000000", "vnp_BankCode": "NCB",
        "vnp_OrderInfo": "Thanh toan HP0001", "vnp_PayDate": f"{now + timedelta(hours=7):%Y%m%d%H%M%S}",
        "vnp_ResponseCode": "00", "vnp_TransactionNo": "14422574", "vnp_TransactionStatus": "00",
    }  # fmt: skip
    text = urlencode(sorted(fields.items()))
    return f"{text}&vnp_SecureHash={hmac_hex('sha512', SECRET, text.encode())}"


if __name__ == "__main__":
    sys.exit(tell(measure, __doc__))
