"""When the client tries again, what it then raises, and that its bytes are those of the official SDK."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
import stripe

from payments.client import Client, Object, Reply
from payments.client.calling import Clock
from payments.client.errors import (
    ApiError,
    AuthenticationFailed,
    BadAnswer,
    IdempotencyMismatch,
    InvalidRequest,
    KeyInUse,
    NotFound,
    PaymentDeclined,
    PermissionRefused,
    RateLimited,
    ServerFailed,
    TransportFailed,
)  # fmt: skip
from payments.client.transport import NoAnswer

GOOD = Reply(200, {"request-id": "req_1"}, b'{"id": "pi_1", "object": "payment_intent", "client_secret": "hush"}')


def no(status: int, kind: str = "invalid_request_error", code: str | None = None, **headers: str) -> Reply:
    said = {"error": {"type": kind, "code": code, "message": "no"}}
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, json.dumps(said).encode())


@dataclass
class Script:
    """Answers one after the other; keeps what was sent."""

    answers: list[Reply | Exception]
    sent: list[tuple[str, str, Mapping[str, str], bytes | None]] = field(default_factory=list)

    def send(self, method: str, url: str, *, headers: Any, body: bytes | None, timeout_s: float) -> Reply:
        self.sent.append((method, url, headers, body))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


@dataclass
class Waiting:
    """A clock that passes only by waiting."""

    at: float = 0.0
    waits: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.at += seconds


def client_of(*answers: Reply | Exception, **more: Any) -> tuple[Client, Script, Waiting]:
    script, waiting = Script(list(answers)), Waiting()
    clock = Clock(lambda: waiting.at, waiting.sleep)
    client = Client("sk_test_1", "http://shop", transport=script, clock=clock, random=lambda: 1.0, **more)
    return client, script, waiting


@pytest.mark.parametrize(
    ("answers", "tries", "raised"),
    [
        ([no(500), no(500), GOOD], 3, None),
        ([NoAnswer("cut"), GOOD], 2, None),
        ([no(409, "idempotency_error", "idempotency_key_in_use"), GOOD], 2, None),
        ([no(429)], 1, RateLimited),
        ([no(400, code="rate_limit")], 1, RateLimited),
        ([no(429, stripe_should_retry="true"), GOOD], 2, None),
        ([no(500, "api_error", stripe_should_retry="false")], 1, ServerFailed),
        ([no(402, "card_error")], 1, PaymentDeclined),
        ([no(400, "idempotency_error")], 1, IdempotencyMismatch),
        ([no(400)], 1, InvalidRequest),
        ([no(404)], 1, NotFound),
        ([no(401)], 1, AuthenticationFailed),
        ([no(403)], 1, PermissionRefused),
        ([no(503)], 3, ServerFailed),
        ([no(409, "idempotency_error")], 3, KeyInUse),
        ([NoAnswer("cut")], 3, TransportFailed),
        ([Reply(200, {}, b"<html>")], 1, BadAnswer),
        ([Reply(302, {"location": "http://elsewhere"}, b"{}")], 1, BadAnswer),
        ([Reply(200, {}, b'{"error": {}}')], 1, BadAnswer),
    ],
)
def test_it_tries_again_only_where_that_is_safe(answers: Any, tries: int, raised: Any) -> None:
    client, script, _ = client_of(*answers)
    if raised is None:
        assert client.payment_intents.create(amount=1_000, currency="vnd").id == "pi_1"
    else:
        with pytest.raises(raised) as caught:
            client.payment_intents.create(amount=1_000, currency="vnd")
        assert type(caught.value) is raised
    assert len(script.sent) == tries
    assert len({headers["Idempotency-Key"] for _, _, headers, _ in script.sent}) == 1
    assert len({body for *_, body in script.sent}) == 1


def test_it_waits_longer_each_time_and_not_beyond_its_time() -> None:
    client, _, waiting = client_of(no(500), retries=6)
    with pytest.raises(ServerFailed):
        client.payment_intents.retrieve("pi_1")
    assert waiting.waits == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0]
    client, script, waiting = client_of(no(500, retry_after="9"), retries=6, deadline_s=20.0)
    with pytest.raises(ServerFailed):
        client.payment_intents.retrieve("pi_1")
    assert (waiting.waits, len(script.sent)) == ([9.0, 9.0], 3)


def test_an_error_tells_what_was_said() -> None:
    client, *_ = client_of(no(400, code="parameter_unknown", request_id="req_9"))
    with pytest.raises(ApiError) as caught:
        client.payment_intents.create(colour="red")
    assert (caught.value.status, caught.value.code, caught.value.request_id) == (400, "parameter_unknown", "req_9")


def test_answers_do_not_change_and_hide_their_secrets() -> None:
    client, *_ = client_of(GOOD)
    one = client.payment_intents.retrieve("pi_1")
    assert (one.id, one["object"], one.request_id, dict(one)["id"]) == ("pi_1", "payment_intent", "req_1", "pi_1")
    with pytest.raises(AttributeError):
        one.id = "pi_2"
    assert "hush" not in repr(one)
    assert "sk_test_1" not in repr(client)


def test_a_list_goes_on_in_its_own_direction() -> None:
    def page(ids: str, more: bool) -> Reply:
        data = [{"id": one, "object": "event"} for one in ids]
        return Reply(200, {}, json.dumps({"object": "list", "data": data, "has_more": more}).encode())

    client, script, _ = client_of(page("dc", True), page("ba", False))
    assert [one.id for one in client.events.list(limit=2)] == ["d", "c", "b", "a"]
    assert script.sent[1][1] == "http://shop/v1/events?limit=2&starting_after=c"
    client, script, _ = client_of(page("cb", True), page("ed", False))
    assert [one.id for one in client.events.list(limit=2, ending_before="a")] == ["b", "c", "d", "e"]
    assert script.sent[1][1] == "http://shop/v1/events?limit=2&ending_before=c"


class Caught(stripe.HTTPClient):
    """Keeps what the official SDK sends."""

    name = "caught"

    def request(self, method: str, url: str, headers: Any, post_data: Any = None) -> tuple[bytes, int, Any]:
        self.last = (method.upper(), url, post_data)
        return GOOD.body, 200, {}

    def close(self) -> None:
        pass


CALLS: list[tuple[str, dict[str, Any]]] = [
    (
        "create",
        {
            "amount": 450_000,
            "currency": "vnd",
            "description": "Học phí & sách",
            "metadata": {"em[1]": "Bé A", "lớp": "1A+"},
        },
    ),
    (
        "create",
        {
            "amount": 1_000,
            "currency": "vnd",
            "confirm": True,
            "payment_method_data": {"type": "vietqr"},
            "payment_method_types": ["vietqr", "vnpay"],
        },
    ),
    (
        "list",
        {"limit": 3, "created": {"gte": datetime(2026, 11, 1, tzinfo=UTC), "lt": 9}, "expand": ["data.latest_charge"]},
    ),
    ("list", {}),
]


@pytest.mark.parametrize(("what", "values"), CALLS)
def test_the_bytes_are_those_of_the_official_sdk(what: str, values: dict[str, Any]) -> None:
    wire = Caught()
    sdk = stripe.StripeClient("sk_test_1", http_client=wire, base_addresses={"api": "http://shop"})
    getattr(sdk.v1.payment_intents, what)(values)
    listed = Reply(200, {}, b'{"object": "list", "data": [], "has_more": false}')
    client, script, _ = client_of(listed if what == "list" else GOOD)
    getattr(client.payment_intents, what)(**values)
    method, url, _, body = script.sent[0]
    assert (method, url, body) == (wire.last[0], wire.last[1], wire.last[2].encode() if wire.last[2] else None)


def test_a_float_is_no_amount() -> None:
    client, script, _ = client_of(GOOD)
    with pytest.raises(TypeError, match="amount"):
        client.payment_intents.create(amount=50_000.0, currency="vnd")
    assert script.sent == []


def test_an_object_reads_like_a_dict() -> None:
    one = Object({"a": {"b": [1, {"c": 2}]}})
    assert (one.a.b[1].c, len(one), list(one)) == (2, 1, ["a"])
    with pytest.raises(AttributeError):
        one.nothing  # noqa: B018
