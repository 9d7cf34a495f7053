"""Gateways beside VNPay and VietQR: offered where a payee has them, refused by a production start."""

from dataclasses import replace
from typing import Any
from unittest.mock import Mock
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from payments.errors import NoAnswer
from payments.gateways.wire import hmac_hex
from payments.models import Attempt
from portal.config import KEYS, Settings, SettingsError, demo_secret
from portal.gateway_settings import GATEWAYS, sandbox_keys
from portal.pay.adapters import make_adapters
from portal.pay.wiring import SENDERS, WAYS
from portal.pay.words import BRANDS, WAYS_SAID
from tests.payments.gates import momo, viettel_qr
from tests.payments.scene import Peer, json_answer
from tests.payments.test_momo import signed as momo_notice
from tests.portal.pay.making import School, asked, attempts, choose, left_to_press, text

STAND_INS = ("SANDBOX_URL", "INVOICE_URL")
FULL = {
    key.name: "https://x.example" if key.name.endswith("URL") else "1:" + "ab" * 32 if key.versioned else "ab" * 32
    for key in KEYS
    if (key.secret or key.name.endswith("_URL")) and key.needed_with == "" and key.name not in STAND_INS
} | {
    "PORTAL_ENV": "production", "DATABASE_URL": "postgresql://x/y", "VNPAY_TMN_CODE": "REAL0001",
    "LEDGER_URL": "notary:",
}  # fmt: skip
ADDRESSES = {address: name for name, one in GATEWAYS.items() for address in one.addresses}


def production(**more: str) -> Settings:
    """Start production with nothing but what must be, and this."""
    return Settings.from_env({name: value for name, value in FULL.items() if name not in ADDRESSES} | more)


def test_production_starts_without_them_and_then_has_none() -> None:
    assert make_adapters(production(), lambda _name: Peer()) == {}


@pytest.mark.parametrize("name", [name for name, one in GATEWAYS.items() if not one.simulated])
def test_production_takes_a_gateway_whole_and_real_or_not_at_all(name: str) -> None:
    one = GATEWAYS[name]
    addresses = dict.fromkeys(one.addresses, f"https://{name}.example/api")
    secrets = {key.name: "real" + "cd" * 30 for key in one.keys if key.secret}
    names = {key.name: "7654321" for key in one.keys if not key.secret and key.default and key.name not in addresses}
    assert set(make_adapters(production(**addresses, **secrets, **names), lambda _name: Peer())) == {name}
    bad = [
        (addresses | names, [f"{key} is missing" for key in secrets]),
        (addresses | names | {key: demo_secret(key) for key in secrets}, [f"{key} is the demo's" for key in secrets]),
        (addresses | secrets, [f"{key} is the demo's" for key in names]),
        (
            dict.fromkeys(addresses, f"http://127.0.0.1:8001/{name}") | secrets | names,
            [f"{address} points to a sandbox" for address in addresses],
        ),
    ]
    for env, problems in bad:
        if problems:
            with pytest.raises(SettingsError) as caught:
                production(**env)
            for problem in problems:
                assert problem in str(caught.value), env


def test_every_gateway_has_a_name_an_adapter_and_a_stand_in() -> None:
    settings = Settings.from_env({})
    adapters = make_adapters(settings, lambda _name: Peer())
    assert set(adapters) == set(GATEWAYS) == set(sandbox_keys(settings.values))
    assert set(WAYS) == set(WAYS_SAID)
    assert {name for name, one in adapters.items() if hasattr(one, "create")} | {"vnpay", "vietqr"} == set(WAYS)
    assert {name for name, one in adapters.items() if hasattr(one, "parse_notice")} | {"vnpay", "sepay"} == set(SENDERS)
    assert set(BRANDS) == set(WAYS) - {"vietqr"}
    for key in KEYS:
        if key.needed_with:
            assert settings.values[key.name] not in repr(adapters)


@pytest.fixture
def three_ways(app: Any, world: Any, school: School) -> School:
    """The school takes MoMo, too."""
    ran = app.test_cli_runner().invoke(
        args=["cashier", "set-ways", school.payee.id, "--way", "vietqr", "--way", "vnpay", "--way", "momo"]
    )
    assert ran.exit_code == 0, ran.output
    return school


def answering(app: Any, world: Any, *answers: Any) -> Peer:
    """Have MoMo's adapter reach a peer that answers this."""
    peer = Peer(*answers)
    app.extensions["world"] = replace(world, gateways={**world.gateways, "momo": momo(peer)})
    return peer


def page(reference: str, **more: Any) -> Any:
    fields = {"partnerCode": "MOMO", "orderId": reference, "amount": 450_000, "resultCode": 0}
    return json_answer(fields | {"payUrl": "http://127.0.0.1:8001/momo/pay/x"} | more)


def test_a_payer_is_led_to_the_gateway_and_back(
    app: Any, payer: Any, world: Any, session: Any, three_ways: School, monkeypatch: Any
) -> None:
    monkeypatch.setattr("payments.attempts.new_merchant_ref", lambda: "ref00000000000000001")
    request = asked(world, three_ways)
    assert "MoMo e-wallet" in text(payer.get(f"/pay/requests/{request.id}"))
    peer = answering(app, world, page("ref00000000000000001"))
    assert choose(payer, request, "momo").location == "http://127.0.0.1:8001/momo/pay/x"
    assert f'"redirectUrl":"http://localhost/pay/requests/{request.id}"'.encode() in peer.asked[0]["body"]
    assert attempts(session) == [("momo", "pending")]
    back = payer.get(f"/pay/requests/{request.id}?resultCode=0&signature=x")
    assert "Waiting for the bank" in text(back)
    assert "Go on at MoMo" in text(back)


def test_a_page_at_an_unknown_place_is_behind_a_link(
    app: Any, payer: Any, world: Any, three_ways: School, monkeypatch: Any
) -> None:
    monkeypatch.setattr("payments.attempts.new_merchant_ref", lambda: "ref00000000000000002")
    request = asked(world, three_ways)
    answering(app, world, page("ref00000000000000002", payUrl="https://elsewhere.example/x"))
    answer = choose(payer, request, "momo")
    assert urlsplit(answer.location).path == f"/pay/requests/{request.id}"
    assert 'href="https://elsewhere.example/x"' in payer.get(answer.location).get_data(as_text=True)


def test_a_refusal_offers_the_other_ways(app: Any, payer: Any, world: Any, session: Any, three_ways: School) -> None:
    request = asked(world, three_ways)
    answering(app, world, json_answer({"resultCode": 1004}, status=400))
    shown = payer.get(choose(payer, request, "momo").location)
    assert "The last try was not paid" in text(shown)
    assert attempts(session) == [("momo", "failed")]


def test_silence_is_unknown_and_not_asked_for_twice(
    app: Any, payer: Any, world: Any, session: Any, three_ways: School
) -> None:
    request = asked(world, three_ways)
    peer = answering(app, world, NoAnswer(reason="time_out"))
    assert choose(payer, request, "momo").status_code == 503
    choose(payer, request, "momo")
    assert (len(peer.asked), attempts(session)) == (1, [("momo", "unknown")])


def test_a_way_that_is_not_set_up_here_is_not_offered(app: Any, payer: Any, world: Any, three_ways: School) -> None:
    request = asked(world, three_ways)
    rest = {name: one for name, one in world.gateways.items() if name != "momo"}
    app.extensions["world"] = replace(world, gateways=rest)
    assert "MoMo" not in text(payer.get(f"/pay/requests/{request.id}"))
    assert choose(payer, request, "momo").status_code == 404
    assert payer.post("/hooks/momo", data=b"{}").status_code == 404
    ran = app.test_cli_runner().invoke(args=["cashier", "set-ways", three_ways.payee.id, "--way", "momo"])
    assert (ran.exit_code, "not set up here: momo" in ran.output) == (2, True)


def test_a_hook_takes_what_is_signed_and_nothing_else(payer: Any) -> None:
    assert payer.post("/hooks/momo", data=b"{}").status_code == 400
    assert payer.get("/hooks/momo").status_code == 405
    assert payer.post("/hooks/momo", data=b"x" * (256 * 1024 + 1)).status_code == 413


def test_production_refuses_a_simulation_by_name() -> None:
    for name, address in (("paygov", "PAYGOV_URL"), ("vnpt_pay", "VNPT_PAY_URL")):
        secrets = {key.name: "real" + "cd" * 30 for key in GATEWAYS[name].keys if key.secret}
        with pytest.raises(SettingsError, match=f"{address} is given, but {name} is a simulation"):
            production(**{address: "https://real.example"}, **secrets)


def test_a_simulation_is_called_one_on_screen(app: Any, payer: Any, world: Any, school: School) -> None:
    args = ["cashier", "set-ways", school.payee.id, "--way", "paygov", "--way", "vnpt_pay"]
    assert app.test_cli_runner().invoke(args=args).exit_code == 0
    shown = text(payer.get(f"/pay/requests/{asked(world, school).id}"))
    assert "PayGov (simulation)" in shown
    assert "VNPT Pay (simulation)" in shown


def test_a_viettel_code_is_shown_confirmed_and_told(
    app: Any, payer: Any, world: Any, session: Any, school: School
) -> None:
    args = ["cashier", "set-ways", school.payee.id, "--way", "viettel_qr"]
    assert app.test_cli_runner().invoke(args=args).exit_code == 0
    app.extensions["world"] = replace(world, gateways={**world.gateways, "viettel_qr": viettel_qr(Peer())})
    request = asked(world, school)
    here = f"/pay/requests/{request.id}/viettel-qr"
    assert payer.get(here).location == f"/pay/requests/{request.id}"
    assert choose(payer, request, "viettel_qr").location == here
    assert "Scan with the Viettel Money app" in text(payer.get(here))
    assert left_to_press(payer.get(here), "paid") == ["See what the bank said"]
    ref = session.scalars(select(Attempt.merchant_ref)).one()
    sent = {"billcode": request.code, "merchant_code": "MC01", "order_id": ref}
    signed = f"ACCESS{request.code}MC01{ref}450000"
    sent["check_sum"] = hmac_hex("sha1", "hk", signed.encode())
    answer = payer.post("/hooks/viettel_qr/confirm", data=sent).json
    assert (answer["error_code"], answer["trans_amount"]) == ("00", "450000")
    signed = f"ACCESS{request.code}9MC01{ref}450000"
    another = {"billcode": f"{request.code}9", "check_sum": hmac_hex("sha1", "hk", signed.encode())}
    for wrong in ({"order_id": "x"}, another):
        assert payer.post("/hooks/viettel_qr/confirm", data=sent | wrong).json["error_code"] == "01"
    assert payer.post("/hooks/viettel_qr", data={"order_id": ref, "check_sum": "0" * 40}).json["error_code"] in "02 03"
    assert attempts(session) == [("viettel_qr", "pending")]


@pytest.mark.parametrize(("code", "alarmed"), [(11, True), (12, True), (13, True), (20, True), (1004, False)])
def test_a_notice_that_our_keys_are_wrong_is_an_alarm(
    app: Any, payer: Any, world: Any, session: Any, three_ways: School, monkeypatch: Any,
    code: int, alarmed: bool,
) -> None:  # fmt: skip
    monkeypatch.setattr("payments.attempts.new_merchant_ref", lambda: "ref00000000000000003")
    request = asked(world, three_ways)
    answering(app, world, page("ref00000000000000003"))
    log = Mock()
    monkeypatch.setitem(app.extensions, "log", log)
    choose(payer, request, "momo")
    notice = momo_notice(orderId="ref00000000000000003", amount=450_000, resultCode=code)
    assert payer.post("/hooks/momo", data=notice.body, content_type="application/json").status_code == 204
    assert attempts(session) == [("momo", "failed")]
    told = [one.kwargs for one in log.error.call_args_list]
    assert told == [{"alarm": "gateway_misconfigured", "gateway": "momo"}] * alarmed
