"""Settings: all problems named at once, production refuses the demo's, each one documented."""

from pathlib import Path

import pytest

from portal.config import KEYS, Settings, SettingsError, demo_secret

DOCS = Path(__file__).parents[2] / "docs" / "settings.md"


def test_production_names_every_missing_key_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({"PORTAL_ENV": "production"})
    text = str(caught.value)
    for key in KEYS:
        if key.secret:
            assert key.name in text
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


def test_settings_never_show_their_values() -> None:
    settings = Settings.from_env({})
    assert settings.secret_key not in repr(settings)
