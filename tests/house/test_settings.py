"""Settings: all problems named at once, production refuses the demo's, each one documented."""

from pathlib import Path

import pytest

from portal.config import KEYS, Settings, SettingsError, demo_secret
from traceability import Cosigner, SigningKeys

DOCS = Path(__file__).parents[2] / "docs" / "settings.md"


def test_production_names_every_missing_key_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({"PORTAL_ENV": "production"})
    text = str(caught.value)
    for key in KEYS:
        if key.secret:
            assert (key.name in text) is (key.needed_with == "")
    assert "PUBLIC_URL is not https" in text
    assert "SMS_URL is missing" in text


def test_production_refuses_demo_secrets_and_sandboxes() -> None:
    env = {
        "PORTAL_ENV": "production",
        "SECRET_KEY": demo_secret("SECRET_KEY"),
        "VNPAY_URL": "http://127.0.0.1:8001/vnpay",
    }
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(env)
    assert "SECRET_KEY is the demo's" in str(caught.value)
    assert "VNPAY_URL points to a sandbox" in str(caught.value)


def test_malformed_keys_are_named() -> None:
    with pytest.raises(SettingsError, match="STAMP_ROOT_KEY is malformed"):
        Settings.from_env({"STAMP_ROOT_KEY": "1:abc"})


def test_every_setting_is_documented() -> None:
    text = DOCS.read_text("utf-8")
    missing = [key.name for key in KEYS if f"`{key.name}`" not in text]
    assert missing == []


@pytest.mark.parametrize("name", ["TRUSTED_PROXY", "KEYPAY_BILLS_FROM"])
def test_addresses_are_addresses(name: str) -> None:
    Settings.from_env({name: " 192.0.2.1, 198.51.100.0/24 ,2001:db8::/64,"})
    for wrong in ("portal.example", "192.0.2.1/24", "192.0.2.1;192.0.2.2"):
        with pytest.raises(SettingsError, match=f"{name} is a list of addresses"):
            Settings.from_env({name: wrong})


@pytest.mark.parametrize("every", ["0.0.0.0/0", "192.0.2.1,::/0"])
def test_not_everybody_may_look_bills_up(every: str) -> None:
    with pytest.raises(SettingsError, match="KEYPAY_BILLS_FROM holds every address"):
        Settings.from_env({"KEYPAY_BILLS_FROM": every})


def test_settings_never_show_their_values() -> None:
    settings = Settings.from_env({})
    assert settings.secret_key not in repr(settings)


NODES = {"LEDGER_URL": "https://one.example,https://two.example"}
PRODUCTION = {"PORTAL_ENV": "production", **NODES}


@pytest.mark.parametrize(
    ("env", "problem"),
    [
        ({"LEDGER_URL": "ftp://one.example"}, "LEDGER_URL is neither"),
        ({**NODES, "LEDGER_CONTRACT": "0x12"}, "LEDGER_CONTRACT is malformed"),
        ({**NODES, "LEDGER_SENDER_KEY": "abc"}, "LEDGER_SENDER_KEY is malformed"),
        ({**NODES, "LEDGER_CHAIN_ID": "main"}, "LEDGER_CHAIN_ID is no whole number"),
        ({**NODES, "LEDGER_CONFIRMATIONS": "0"}, "LEDGER_CONFIRMATIONS is no whole number"),
        (PRODUCTION, "LEDGER_SENDER_KEY is missing"),
        (PRODUCTION, "LEDGER_CHAIN_ID is missing"),
        (PRODUCTION | {"LEDGER_SENDER_KEY": "0x" + demo_secret("LEDGER_SENDER_KEY")}, "LEDGER_CHAIN_ID is missing"),
        (
            PRODUCTION | {"LEDGER_SENDER_KEY": demo_secret("LEDGER_SENDER_KEY"), "LEDGER_CHAIN_ID": "1"},
            "LEDGER_SENDER_KEY is the demo's",
        ),
        (
            PRODUCTION | {"LEDGER_SENDER_KEY": "/run/credentials/ledger", "LEDGER_CHAIN_ID": "31337"},
            "LEDGER_CHAIN_ID is a test node's",
        ),
    ],
)
def test_an_evm_ledger_s_settings_are_checked(env: dict[str, str], problem: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(env)
    assert problem in str(caught.value)


def test_without_nodes_nothing_of_a_chain_is_asked_for() -> None:
    assert Settings.from_env({"LEDGER_URL": "notary:/srv/notary.jsonl"}).ledger_nodes == ()
    assert Settings.from_env(NODES).ledger_nodes == ("https://one.example", "https://two.example")


def test_only_a_witness_s_verifier_key_is_a_witness() -> None:
    cosigner, log = Cosigner("witness.example/w1", bytes(32)), SigningKeys({1: bytes(32)}).verifiers("w1")[0]
    settings = Settings.from_env({"LOG_WITNESSES": f" {cosigner.public.text()} ,"})
    assert settings.witnesses == (cosigner.public,)
    for wrong in (log.text(), "witness.example/w1"):
        with pytest.raises(SettingsError, match="LOG_WITNESSES"):
            Settings.from_env({"LOG_WITNESSES": f"{cosigner.public.text()},{wrong}"})
