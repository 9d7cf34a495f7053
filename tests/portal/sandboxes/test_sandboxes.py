"""The stand-ins as a process: what they show, what they refuse, what they remember, and where they never run."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyotp
import pytest
import requests
from click.testing import CliRunner

from portal.config import Settings, demo_secret
from portal.sandboxes.app import Running, SandboxesRefused, make_sandboxes
from portal.sandboxes.cli import sandboxes as command
from tests.portal.marketplaces.listening import Stage, stage


@pytest.fixture
def partners(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path) as running:
        yield running


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Idempotency-Key": "k"}


def push(partners: Stage, kind: str, item: dict[str, Any], channel: str = "postmart") -> Any:
    address = f"{partners.running.base_url}/{channel}/v1/{kind}:batch"
    token = partners.settings.values[f"{channel.upper()}_TOKEN"]
    answer = requests.post(address, json={"items": [item]}, headers=bearer(token), timeout=5)
    return answer.json()["results"][0] if answer.status_code == 200 else answer.status_code


def offered(partners: Stage, *, title: str = "Bưởi da xanh", ref: str = "ls_1") -> None:
    push(partners, "accounts", {"delivery": "a", "ref": "ac_1", "version": 1, "seller": "or_1", "name": "Hạnh"})
    partners.decide()
    item = {
        "delivery": "c" + ref, "ref": ref, "version": 1, "seller": "or_1", "title": title, "category": "VN-RICE",
        "description": "", "variants": [{"sku": "1", "quantity": "1", "unit": "kg"}], "images": ["http://127.0.0.1:9/a.jpg"],
    }  # fmt: skip
    assert push(partners, "offers", item)["outcome"] == "accepted"
    prices = [{"sku": "1", "price": "60000", "currency": "VND", "available": "0"}]
    assert push(partners, "price-stock", {"delivery": "p" + ref, "ref": ref, "version": 1, "variants": prices})
    partners.decide()


def get(partners: Stage, path: str, **more: Any) -> requests.Response:
    return requests.get(partners.running.base_url + path, timeout=5, **more)


def test_every_page_says_that_it_is_a_simulation(partners: Stage) -> None:
    offered(partners, title="<b>Gạo</b> & nếp")
    shop = get(partners, "/_sandbox/postmart")
    (remote,) = requests.get(
        f"{partners.running.base_url}/postmart/v1/offers", headers=bearer(partners.settings.postmart_token), timeout=5
    ).json()["offers"]
    assert remote["url"] in shop.text.replace('href="/', f'href="{partners.running.base_url}/')
    for path in ("/", "/_sandbox/postmart", "/_sandbox/voso", "/_sandbox/outbox", f"/postmart/p/{remote['remote_id']}"):
        page = get(partners, path)
        assert page.status_code == 200
        assert "Mô phỏng — simulation" in page.text
        assert "<b>Gạo</b>" not in page.text
        assert page.text.count("<h1>") == 1
        assert "http-equiv" not in page.text  # reloading is the reader's wish
    assert "60.000 ₫" in shop.text
    assert "Hết hàng" in shop.text
    assert get(partners, "/postmart/p/unknown").status_code == 404
    assert get(partners, "/_sandbox/lazada").status_code == 404


def test_sellers_prove_who_they_are_one_by_one_and_each_is_said_once(partners: Stage) -> None:
    for n in (1, 2, 3):
        push(
            partners,
            "accounts",
            {"delivery": f"a{n}", "ref": f"ac_{n}", "version": 1, "seller": f"or_{n}", "name": "H"},
        )
    partners.decide()
    partners.box.take()
    address = partners.running.base_url + "/_sandbox/postmart/verify"
    assert requests.post(address, json={"sellers": 2}, timeout=5).json() == {"verified": 2}
    assert requests.post(address, timeout=5, allow_redirects=False).status_code == 303  # the page's button: one
    assert requests.post(address, json={"sellers": 5}, timeout=5).json() == {"verified": 0}
    partners.decide()
    said = [json.loads(body) for _channel, _headers, body in partners.box.take()]
    assert sorted((one["type"], one["ref"]) for one in said) == [("account.verified", f"ac_{n}") for n in (1, 2, 3)]
    assert "3 người bán đã xác thực qua VNeID, 0 người chưa" in get(partners, "/_sandbox/postmart").text
    for body in ({"sellers": 0}, {"sellers": True}, {"sellers": "all"}, ["sellers"]):
        assert requests.post(address, json=body, timeout=5).status_code == 400
    assert requests.post(address, headers={"Origin": "https://other.example"}, timeout=5).status_code == 403


def test_what_no_buyer_may_see_has_no_address(partners: Stage) -> None:
    offered(partners, title="Gạo hàng giả")
    listed = requests.get(
        f"{partners.running.base_url}/postmart/v1/offers", headers=bearer(partners.settings.postmart_token), timeout=5
    ).json()["offers"][0]
    assert (listed["state"], listed["live_version"], listed["url"]) == ("refused", None, None)
    assert get(partners, f"/postmart/p/{listed['remote_id']}").status_code == 404
    assert "Sàn không nhận nội dung có “hàng giả”." in get(partners, "/_sandbox/postmart").text


@pytest.mark.parametrize("price", ["0", "-5", "60.000", "", None, 60000, "1e5"])
def test_a_price_that_is_no_positive_text_is_refused(partners: Stage, price: Any) -> None:
    offered(partners)
    item = {"delivery": f"x{price}", "ref": "ls_1", "version": 2, "variants": [{"sku": "1", "price": price}]}
    assert push(partners, "price-stock", item)["outcome"] == "refused"


def test_strangers_and_shapeless_bodies_are_turned_away(partners: Stage) -> None:
    address = f"{partners.running.base_url}/postmart/v1/offers:batch"
    right = bearer(partners.settings.postmart_token)
    assert requests.post(address, json={"items": [{}]}, headers=bearer("no"), timeout=5).status_code == 401
    voso = bearer(partners.settings.voso_token)
    assert requests.post(address, json={"items": [{}]}, headers=voso, timeout=5).status_code == 401
    for body in ({}, {"items": []}, {"items": [1]}, [], "x"):
        assert requests.post(address, json=body, headers=right, timeout=5).status_code == 400
    no_key = {"Authorization": right["Authorization"]}
    assert requests.post(address, json={"items": [{}]}, headers=no_key, timeout=5).status_code == 400


def test_a_callback_is_tried_again_until_it_is_taken(partners: Stage) -> None:
    partners.box.closed = True
    push(partners, "accounts", {"delivery": "a", "ref": "ac_1", "version": 1, "seller": "or_1", "name": "Hạnh"})
    partners.decide()
    assert partners.stats()["callbacks_failed"] == 1
    partners.box.closed = False
    partners.running.sandboxes.moderator.clock = lambda: time.time() + 60
    partners.decide()
    assert [letter[0] for letter in partners.box.take()] == ["postmart"]
    assert partners.stats()["callbacks_waiting"] == 0


def test_doubled_late_and_missing_callbacks_come_so(partners: Stage) -> None:
    for number, (mood, now, later) in enumerate(
        [("callback_doubled", 2, 0), ("callback_late", 0, 1), ("callback_missing", 0, 0)]
    ):
        partners.running.sandboxes.moderator.clock = time.time
        partners.mood(mood, seconds=5)
        item = {"delivery": f"a{number}", "ref": f"ac_{number}", "version": 1, "seller": f"or_{number}", "name": "Hạnh"}
        push(partners, "accounts", item)
        partners.decide()
        letters = partners.box.take()
        assert len(letters) == now, mood
        assert len({letter[1]["webhook-id"] for letter in letters}) <= 1
        partners.running.sandboxes.moderator.clock = lambda: time.time() + 6
        partners.decide()
        assert len(partners.box.take()) == later, mood


def test_moods_are_checked_and_the_page_s_buttons_work(partners: Stage) -> None:
    address = f"{partners.running.base_url}/_sandbox/postmart/next"
    assert requests.post(address, json={"next": ["explode"]}, timeout=5).status_code == 400
    assert requests.post(address, json={"next": "refuse"}, timeout=5).status_code == 400
    assert requests.post(address, json={"next": ["refuse"], "seconds": 1e9}, timeout=5).status_code == 400
    assert (
        requests.post(
            address, data={"next": "refuse"}, headers={"Origin": "http://evil.example"}, timeout=5
        ).status_code
        == 403
    )
    pressed = requests.post(address, data={"next": "refuse"}, timeout=5)
    assert pressed.url.endswith("/_sandbox/postmart")
    assert "Đang chờ: refuse." in pressed.text
    offered(partners)
    assert "Ảnh bị mờ." in get(partners, "/_sandbox/postmart").text


def test_a_message_is_taken_once_and_shown(partners: Stage) -> None:
    address = f"{partners.running.base_url}/sms/send"
    message = {"id": "m1", "to": "+84966496171", "text": "Mã 123456 <script>"}
    assert requests.post(address, json=message, timeout=5).status_code == 401
    for _ in range(2):
        assert (
            requests.post(address, json=message, headers=bearer(partners.settings.sms_token), timeout=5).status_code
            == 200
        )
    for broken in (
        {},
        {"id": "m2", "to": "", "text": "x"},
        {"id": "m2", "to": "x", "text": "x" * 1001},
        {"id": 1, "to": "a", "text": "b"},
    ):
        answer = requests.post(address, json=broken, headers=bearer(partners.settings.sms_token), timeout=5)
        assert answer.status_code == 400
    listed = get(partners, "/_sandbox/outbox", headers={"Accept": "application/json"}).json()
    assert [(one["id"], one["to"], one["text"]) for one in listed["messages"]] == [tuple(message.values())]
    page = get(partners, "/_sandbox/outbox")
    assert "Mã 123456 &lt;script&gt;" in page.text
    assert page.headers["Cache-Control"] == "no-store"


def test_the_demo_telephone_shows_the_code_of_now(partners: Stage) -> None:
    address = f"{partners.running.base_url}/authenticator"
    secret = pyotp.random_base32()
    known = bearer(partners.settings.sms_token)
    assert requests.post(address, json={"label": "Cán bộ", "secret": secret}, timeout=5).status_code == 401
    assert requests.post(address, json={"label": "Cán bộ", "secret": "!"}, headers=known, timeout=5).status_code == 400
    for _ in range(2):
        assert (
            requests.post(address, json={"label": "Cán bộ", "secret": secret}, headers=known, timeout=5).status_code
            == 200
        )
    totp, before = pyotp.TOTP(secret), int(time.time())
    (shown,) = get(partners, "/_sandbox/outbox", headers={"Accept": "application/json"}).json()["authenticators"]
    assert shown["code"] in {totp.at(before), totp.at(int(time.time()))}
    assert shown["label"] == "Cán bộ"


def test_what_a_partner_knows_survives_its_restart(tmp_path: Path) -> None:
    settings = Settings.from_env({"INSTANCE_DIR": str(tmp_path), "PUBLIC_URL": "http://localhost"})
    item = {"delivery": "a", "ref": "ac_1", "version": 1, "seller": "or_1", "name": "Hạnh"}
    answers = []
    for _ in range(2):
        with Running(settings, portal_url="http://127.0.0.1:9", moderate=False) as running:
            address = f"{running.base_url}/postmart/v1/accounts:batch"
            headers = bearer(settings.postmart_token)
            answers.append(requests.post(address, json={"items": [item]}, headers=headers, timeout=5).json())
    assert answers[0] == answers[1]


def test_production_has_no_stand_ins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings.from_env({"INSTANCE_DIR": str(tmp_path)})
    production = Settings(values={**settings.values, "PORTAL_ENV": "production"})
    with pytest.raises(SandboxesRefused):
        make_sandboxes(production)
    monkeypatch.setattr(Settings, "from_env", classmethod(lambda cls: production))
    result = CliRunner().invoke(command)
    assert result.exit_code == 1
    assert "never run in production" in result.output
    assert list(tmp_path.iterdir()) == []


def test_the_process_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    env = {
        **os.environ,
        "INSTANCE_DIR": str(tmp_path),
        "SANDBOX_URL": f"http://127.0.0.1:{port}",
        "PORTAL_ENV": "development",
    }
    code = "from portal.sandboxes.cli import sandboxes; sandboxes()"
    process = subprocess.Popen([sys.executable, "-c", code], env=env, cwd=Path(__file__).parents[3])
    try:
        for _ in range(150):
            try:
                answer = requests.get(f"http://127.0.0.1:{port}/", timeout=2)
                break
            except requests.ConnectionError:
                time.sleep(0.1)
        assert answer.status_code == 200
        assert requests.get(f"http://127.0.0.1:{port}/bank/", timeout=5).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=15) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def test_the_secrets_outside_production_are_the_demo_s(tmp_path: Path) -> None:
    settings = Settings.from_env({"INSTANCE_DIR": str(tmp_path)})
    assert settings.postmart_token == demo_secret("POSTMART_TOKEN") != settings.voso_token
