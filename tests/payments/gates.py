"""Adapters of the gateways with orders, at stand-ins or at a prepared peer; keys are public test keys or made up."""

from collections.abc import Mapping
from typing import Any

from payments.gateways.http import Answer, Transport
from payments.gateways.momo import Momo

MOMO = {"partner_code": "MOMO", "access_key": "F8BBA842ECF85", "secret": "K951B6PE1waDMi640xX08PD3vg6EkVlz"}
GATE_KEYS: dict[str, dict[str, str]] = {"momo": MOMO}


class Hasty:
    """A transport that can be told to wait less: a test of silence need not take as long as silence."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.most = 30.0

    def send(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, seconds: float) -> Answer:
        """Make one call."""
        return self._transport.send(method, url, headers=headers, body=body, seconds=min(seconds, self.most))


def gates(transport: Transport, *, sandbox: str, portal: str) -> dict[str, Any]:
    """Return every adapter by its name."""
    return {"momo": momo(transport, base_url=f"{sandbox}/momo", notify_url=f"{portal}/hooks/momo")}


def momo(
    transport: Transport,
    *,
    base_url: str = "https://momo.test",
    notify_url: str = "https://portal.test/hooks/momo",
    keys: tuple[str, ...] = (MOMO["secret"],),
) -> Momo:
    """Return MoMo's adapter of the test partner."""
    return Momo(
        partner_code=MOMO["partner_code"],
        access_key=MOMO["access_key"],
        secret_keys=keys,
        base_url=base_url,
        notify_url=notify_url,
        transport=transport,
        request_id=lambda: "rq02",
    )
