"""Headers of every answer: a strict content policy with a nonce of its own, and no address that is a key leaks."""

import re
from typing import Any

import pytest

from portal import create_app

PATHS = ["/", "/sign-in", "/healthz", "/openapi.json", "/docs", "/no/such/page", "/s/ABC", "/dashboard"]
STRICT = (
    "default-src 'none'", "img-src 'self' data: blob:", "connect-src 'self'", "form-action 'self'", "base-uri 'none'",
    "object-src 'none'", "frame-ancestors 'none'", "report-uri /csp-report",
)  # fmt: skip


def policy_of(answer: Any) -> dict[str, str]:
    parts = [part.strip() for part in answer.headers["Content-Security-Policy"].split(";") if part.strip()]
    return {part.partition(" ")[0]: part for part in parts}


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_is_held_tight(client: Any, path: str) -> None:
    answer = client.get(path)
    policy = policy_of(answer)
    assert set(STRICT) <= set(policy.values())
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Permissions-Policy"] == "camera=(self), geolocation=(), microphone=()"
    assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["X-Request-Id"])
    assert "Server" not in answer.headers


def test_scripts_and_styles_carry_this_answers_nonce(client: Any) -> None:
    nonces = []
    for _ in range(2):
        answer = client.get("/sign-in")
        policy = policy_of(answer)
        found = re.fullmatch(r"script-src +'nonce-([\w-]{20,})'", policy["script-src"].strip())
        assert found, policy["script-src"]
        assert policy["style-src"] == f"style-src 'self' 'nonce-{found[1]}'"
        for tag in re.findall(r"<script[^>]*>", answer.get_data(as_text=True)):
            assert f'nonce="{found[1]}"' in tag
        nonces.append(found[1])
    assert nonces[0] != nonces[1]


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/", "same-origin"),
        ("/sign-in", "same-origin"),
        ("/sign-in/link/abc", "no-referrer"),
        ("/s/ABC", "no-referrer"),
        ("/slip/ABC", "no-referrer"),
        ("/pay/requests/pr_x", "no-referrer"),
        ("/receipts/rc_x", "no-referrer"),
    ],
)
def test_an_address_that_is_a_key_is_not_passed_on(client: Any, path: str, told: str) -> None:
    assert client.get(path).headers["Referrer-Policy"] == told


def test_request_ids_differ(client: Any) -> None:
    assert client.get("/healthz").headers["X-Request-Id"] != client.get("/healthz").headers["X-Request-Id"]


def test_only_a_portal_under_https_demands_https(engines: Any, client: Any) -> None:
    assert "Strict-Transport-Security" not in client.get("/healthz").headers
    settings = engines.settings(engines.fresh("sqlite"), PUBLIC_URL="https://choso.example")
    secure = create_app(settings).test_client()
    answer = secure.get("/healthz", base_url="https://choso.example")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    page = secure.get("/language/en", base_url="https://choso.example")
    assert "Secure" in page.headers["Set-Cookie"]
