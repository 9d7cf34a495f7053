"""Messages are believed only with a signature of a moment ago; the official SDK's edges are closed."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import stripe

from payments.client import webhooks
from payments.client.errors import (
    BodyUnreadable,
    FromFuture,
    SecretMissing,
    SignatureMissing,
    SignatureWrong,
    TooOld,
    WebhookRefused,
)  # fmt: skip
from payments.v1.signature import new_secret, signature

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
BODY = b'{"id": "evt_1", "object": "event", "type": "payment_intent.succeeded"}'
SECRET = "whsec_one"
VECTOR = json.loads((Path(__file__).parents[1] / "vectors.json").read_text("utf-8"))["stripe_webhook"]


def header(body: bytes = BODY, *, age_s: int = 0, secrets: tuple[str, ...] = (SECRET,)) -> str:
    return signature(body, secret_texts=secrets, at_s=int(NOW.timestamp()) - age_s)


def test_what_we_sign_is_read_here_and_by_the_official_sdk() -> None:
    now = datetime.now(UTC)
    signed = signature(BODY, secret_texts=[SECRET], at_s=int(now.timestamp()))
    assert webhooks.read(BODY, signed, [SECRET], now=now).id == "evt_1"
    assert stripe.Webhook.construct_event(BODY, signed, SECRET).id == "evt_1"


def test_the_captured_message_is_read() -> None:
    at = datetime.fromtimestamp(VECTOR["t"], UTC)
    assert webhooks.read(VECTOR["payload"].encode(), VECTOR["header"], [VECTOR["secret"]], now=at).id == "evt_1"


def test_two_secrets_live_while_one_is_changed() -> None:
    both = header(secrets=("whsec_old", SECRET))
    for secrets in (["whsec_old"], [SECRET], ["whsec_other", SECRET]):
        assert webhooks.read(BODY, both, secrets, now=NOW).id == "evt_1"


@pytest.mark.parametrize("age_s", [-300, 0, 300])
def test_five_minutes_are_taken_both_ways(age_s: int) -> None:
    assert webhooks.read(BODY, header(age_s=age_s), [SECRET], now=NOW).id == "evt_1"


@pytest.mark.parametrize(
    ("body", "given", "secrets", "refused"),
    [
        (BODY, None, [SECRET], SignatureMissing),
        (BODY, "", [SECRET], SignatureMissing),
        (BODY, "t=1,v0=ab", [SECRET], SignatureMissing),
        (BODY, header().replace("t=", "t=1,t="), [SECRET], SignatureMissing),
        (BODY, header().replace("v1=", "v1= "), [SECRET], SignatureMissing),
        (BODY, header().replace(",v1=", ",v1=0"), [SECRET], SignatureWrong),
        (BODY + b" ", header(), [SECRET], SignatureWrong),
        (BODY, header(), ["whsec_other"], SignatureWrong),
        (BODY, header(), [], SecretMissing),
        (BODY, header(), [""], SecretMissing),
        (BODY, header(age_s=301), [SECRET], TooOld),
        (BODY, header(age_s=-301), [SECRET], FromFuture),
        (b"{", header(b"{"), [SECRET], BodyUnreadable),
        (b"\xff", header(b"\xff"), [SECRET], BodyUnreadable),
        (b"[]", header(b"[]"), [SECRET], BodyUnreadable),
    ],
)
def test_anything_else_is_refused_by_its_own_name(body: bytes, given: str, secrets: list[str], refused: type) -> None:
    with pytest.raises(WebhookRefused) as caught:
        webhooks.read(body, given, secrets, now=NOW)
    assert type(caught.value) is refused


def test_a_text_is_no_body() -> None:
    with pytest.raises(TypeError):
        webhooks.read(BODY.decode(), header(), [SECRET], now=NOW + timedelta(0))  # type: ignore[arg-type]


def test_a_secret_is_never_made_twice() -> None:
    assert len({new_secret() for _ in range(50)}) == 50
