"""What the documents show works as it stands there: docs/payments-api.md and the page for developers."""

import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import stripe

from payments.client import Client, Reply
from payments.v1.signature import signature
from portal.pay.wiring import simulated
from tests.portal.pay.making import School, soup, text
from tests.portal.pay.sdk import sdk_of

DOCUMENT = Path(__file__).parents[3] / "docs/payments-api.md"
_SDK = re.compile(r'stripe\.StripeClient\(\s*"[^"]*",\s*base_addresses=\{"api": "[^"]*"\},?\s*\)')
_CLIENT = re.compile(r'Client\("[^"]*", "[^"]*"\)')
BODY = b'{"id": "evt_1", "object": "event", "type": "payment_intent.succeeded", "data": {"object": {}}}'


class Browser:
    """Carries our client's calls to the portal under test."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def send(self, method: str, url: str, *, headers: Any, body: bytes | None, timeout_s: float) -> Reply:
        parts = urlsplit(url)
        answer = self.client.open(f"{parts.path}?{parts.query}", method=method, headers=dict(headers), data=body)
        return Reply(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, answer.get_data())


def run(examples: list[str], client: Any, world: Any, school: School) -> dict[str, Any]:
    """Run examples one after the other, with clients that reach the portal under test; return their names."""
    sdk, wire = sdk_of(client, world, school.payee.id)
    key = wire_key = sdk.v1.payment_intents._requestor.api_key
    own = Client(key, "http://localhost", transport=Browser(client))
    header = signature(BODY, secret_texts=["whsec_…"], at_s=int(time.time()))
    names: dict[str, Any] = {"given_sdk": sdk, "given_client": own, "body": BODY, "header": header}
    for example in examples:
        exec(_CLIENT.sub("given_client", _SDK.sub("given_sdk", example)), names)  # noqa: S102  it is our own document
    assert wire.sent
    assert wire_key not in repr(own)
    return names


def test_the_document_s_examples_run(client: Any, world: Any, school: School, capsys: Any) -> None:
    blocks = re.findall(r"(?:^    .*\n)+", DOCUMENT.read_text(), re.MULTILINE)
    examples = [re.sub(r"^    ", "", one, flags=re.MULTILINE) for one in blocks if "flask" not in one]
    assert len(examples) >= 3
    names = run(examples, client, world, school)
    assert names["made"].secret.startswith("whsec_")
    assert names["event"]["type"] == "payment_intent.succeeded"
    printed = capsys.readouterr().out
    for said in ("000201", "/pay/links/pl_", "/pay/requests/pr_", "payment_intent.created"):
        assert said in printed, said


def test_from_the_docs_a_developer_comes_to_a_first_payment_step_by_step(
    client: Any, world: Any, school: School, capsys: Any
) -> None:
    client.set_cookie("lang", "en")
    first = soup(client.get("/docs")).find("a", href="/docs/payments")
    assert first is not None
    page = client.get(first["href"])
    assert soup(page).find("a", href="/systems") is not None
    assert simulated(world.settings)
    assert "In the sandbox a test card pays at once" in text(page)
    examples = [one.get_text() for one in soup(page).find_all("code", attrs={"data-run": True})]
    assert len(examples) == 5
    names = run(examples, client, world, school)
    assert names["paid"].status == "succeeded"
    assert capsys.readouterr().out.splitlines()[-1] == "succeeded"
    assert isinstance(names["asked"], stripe.PaymentIntent)
