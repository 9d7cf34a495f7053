"""`flask keys`: what is in use, and the settings with which a roll begins and ends."""

from typing import Any

from portal.config import Settings
from tests.portal.stamps.conftest import commune, province, shop, stamps
from tests.portal.stamps.making import Stamps
from tests.portal.stamps.test_cli import run
from traceability import SigningKeys

__all__ = ["commune", "province", "shop", "stamps"]


def listed(app: Any, purpose: str) -> list[dict[str, Any]]:
    return [one for one in run(app, "keys", "list")["keys"] if one["purpose"] == purpose]


def test_each_key_is_listed_and_no_secret(app: Any, stamps: Stamps, clock: Any) -> None:
    settings = app.extensions["world"].settings
    stamps.issue(3)
    stamps.publish()
    text = app.test_cli_runner().invoke(args=["keys", "list"]).output
    for secret in (settings.stamp_root_key[2:], settings.log_signing_key[2:], settings.secret_key):
        assert secret not in text
    assert {one["purpose"] for one in run(app, "keys", "list")["keys"]} == {
        "stamps",
        "log",
        "fields",
        "feed",
        "sessions",
    }
    now = clock.now().isoformat(timespec="seconds")
    for purpose in ("stamps", "log"):
        (key,) = listed(app, purpose)
        assert (key["version"], key["since"], key["next"]) == (1, now, "2027-11-22")
        assert len(key["id"]) == 8
    assert listed(app, "fields")[0]["since"] is None


def test_a_roll_begins_with_the_new_key_beside_the_old_and_ends_without_it(app: Any, stamps: Stamps) -> None:
    settings = app.extensions["world"].settings
    begun = run(app, "keys", "rotate", "log")
    both = Settings.from_env({"LOG_SIGNING_KEY": begun["LOG_SIGNING_KEY"]}).versioned("LOG_SIGNING_KEY")
    assert begun["versions"] == [1, 2]
    assert both[1] == settings.versioned("LOG_SIGNING_KEY")[1]
    assert len(SigningKeys(both).verifiers("x")) == 2
    ended = run(app, "keys", "rotate", "log", "--finish")
    assert ended["versions"] == [1]
    assert run(app, "keys", "rotate", "log")["LOG_SIGNING_KEY"] != begun["LOG_SIGNING_KEY"]


def test_a_session_key_moves_to_the_fallbacks(app: Any, stamps: Stamps) -> None:
    settings = app.extensions["world"].settings
    begun = run(app, "keys", "rotate", "sessions")
    assert begun["SECRET_KEY_FALLBACKS"] == settings.secret_key
    assert len(begun["SECRET_KEY"]) == 64
    assert begun["SECRET_KEY"] != settings.secret_key
    assert run(app, "keys", "rotate", "sessions", "--finish")["SECRET_KEY_FALLBACKS"] == ""


def test_keys_of_what_lasts_are_never_taken_out(app: Any, stamps: Stamps) -> None:
    for purpose in ("stamps", "fields"):
        refused = app.test_cli_runner().invoke(args=["keys", "rotate", purpose, "--finish"])
        assert (refused.exit_code, "keys_still_needed" in refused.output) == (1, True)
    assert app.test_cli_runner().invoke(args=["keys", "rotate", "nothing"]).exit_code == 2
