"""The official Stripe SDK, unchanged, over the test's own browser instead of a socket."""

from typing import Any
from urllib.parse import urlsplit

import stripe

from portal.acting import Acting
from portal.db import begin
from portal.pay.key_giving import give_key


class Wire(stripe.HTTPClient):
    """Hands the SDK's bytes to the portal, and keeps the last answer's headers and each request."""

    name = "test"

    def __init__(self, client: Any) -> None:
        super().__init__()
        self.client, self.sent, self.headers = client, [], {}

    def request(self, method: str, url: str, headers: Any, post_data: Any = None) -> tuple[bytes, int, Any]:
        parts = urlsplit(url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        self.sent.append((method, path, dict(headers), post_data))
        answer = self.client.open(path, method=method.upper(), headers=dict(headers), data=post_data)
        self.headers = dict(answer.headers)
        return answer.get_data(), answer.status_code, self.headers

    def close(self) -> None:
        pass

    def again(self) -> Any:
        """Send the last request once more, as it was."""
        method, path, headers, data = self.sent[-1]
        return self.client.open(path, method=method.upper(), headers=headers, data=data)


def sdk_of(client: Any, world: Any, payee_id: str) -> tuple[stripe.StripeClient, Wire]:
    """Return an SDK with a fresh key of a payee."""
    key, wire = key_of(world, payee_id), Wire(client)
    return stripe.StripeClient(key, http_client=wire, base_addresses={"api": "http://localhost"}), wire


def key_of(world: Any, payee_id: str) -> str:
    """Give a payee a fresh key."""
    with begin() as session:
        return give_key(session, world, acting=Acting.system("test"), payee_id=payee_id, name="school system")
