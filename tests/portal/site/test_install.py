"""A province without the demo: the commands of docs/install.md as they stand, under production settings."""

import json
import re
import secrets
import shlex
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from flask import has_app_context, request
from sqlalchemy import func, select

from portal import create_app
from portal.audit.models import AuditRow
from portal.config import KEYS, Settings
from portal.db import db
from portal.gateway_settings import GATEWAYS
from portal.marketplaces.categories import remote_category
from portal.marketplaces.models import CategoryMap
from portal.places.models import AdminUnit

DOC = Path(__file__).parents[3] / "docs" / "install.md"
HEAD = "channel,category,remote_category,valid_from\n"
OWN = {"VNPAY_TMN_CODE": "CHOSO001", "PUBLIC_URL": "https://choso.example", "PORTAL_ENV": "production"}


def commands() -> list[list[str]]:
    """Return what the document has people run, in its order."""
    lines = re.findall(r"^    \.venv/bin/flask --app wsgi (.+)$", DOC.read_text("utf-8"), re.M)
    assert len(lines) >= 9
    return [shlex.split(line) for line in lines]


def production(engines: Any, address: str, **more: str) -> Settings:
    """Return production settings with keys of their own and partners that are nowhere; no gateway that few have."""
    drawn = {key.name: ("1:" if key.versioned else "") + secrets.token_hex(32) for key in KEYS if key.secret}
    of_few = {name for gateway in GATEWAYS.values() for name in gateway.addresses}
    urls = [key.name for key in KEYS if key.name.endswith("_URL") and key.name not in of_few]
    partners = {name: f"https://{name.lower().replace('_', '-')}.invalid/x" for name in urls}
    partners |= dict.fromkeys(("LEDGER_URL", "LGSP_URL", "INVOICE_URL"), "")
    development = engines.settings(address).values
    own = {name: development[name] for name in ("DATABASE_URL", "INSTANCE_DIR")}
    return Settings.from_env({**drawn, **partners, **own, **OWN, **more})


@pytest.fixture
def installed(engines: Any, engine_name: str) -> Iterator[Any]:
    """A portal over an empty database, nothing migrated."""
    app = create_app(production(engines, engines.fresh(engine_name, migrated=False), TRUSTED_PROXY="127.0.0.1"))
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def run(app: Any, *arguments: str) -> Any:
    """Run a command as `flask` does, which gives it an application context."""
    with nullcontext() if has_app_context() else app.app_context():
        ran = app.test_cli_runner().invoke(args=list(arguments))
    assert ran.exit_code == 0, (arguments, ran.output, ran.exception)
    return ran


@pytest.fixture
def filled(installed: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """All of the document's commands, run once in their order."""
    lines = HEAD + "postmart,VN-RICE,PM-77,2026-01-01\n"
    (tmp_path / "categories.csv").write_text(lines, "utf-8")
    monkeypatch.chdir(tmp_path)
    for arguments in commands():
        run(installed, *arguments)
    return installed


def test_the_documents_commands_make_a_portal_that_people_can_enter(filled: Any) -> None:
    linked = run(filled, "people", "create", "--role", "admin", "--phone", "0901000009", "--json")
    browser = filled.test_client()
    address = json.loads(linked.stdout)["link"].removeprefix("https://choso.example")
    assert browser.get(address, base_url="https://choso.example").status_code == 200
    assert browser.get("/readyz").status_code == 200
    assert browser.get("/register", follow_redirects=True).status_code == 200
    with filled.app_context():
        assert db.session.scalar(select(func.count()).select_from(AdminUnit)) > 3_000
        day = filled.extensions["world"].clock.now().date()
        assert remote_category(db.session, channel="postmart", category_code="VN-RICE", on=day) == "PM-77"
        assert db.session.scalar(select(func.count()).select_from(CategoryMap)) == 1  # none of the stand-ins'


def test_loading_again_changes_nothing(filled: Any) -> None:
    def acts() -> int | None:
        with filled.app_context():
            return db.session.scalar(select(func.count()).select_from(AuditRow))

    before = acts()
    again = json.loads(run(filled, "reference", "load", "--json").stdout)
    assert "rule_sets" in again
    assert set(again.values()) == {0}
    assert json.loads(run(filled, "reference", "categories", "categories.csv", "--json").stdout) == {"added": 0}
    assert acts() == before


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("channel,category,valid_from\n", "Dòng 1, cột remote_category"),
        (HEAD + "shopee,VN-RICE,A,2026-01-01\n", "Dòng 2, cột channel"),
        (HEAD + "voso,VN-RICE,A,2026-01-01\nvoso,NO,A,2026-01-01\n", "Dòng 3, cột category"),
        (HEAD + "voso,VN-RICE,A,1/1/2026\n", "Dòng 2, cột valid_from"),
        (HEAD + "voso,VN-RICE,,2026-01-01\n", "Dòng 2, cột remote_category"),
    ],
)  # fmt: skip
def test_a_bad_file_of_categories_changes_nothing(app: Any, tmp_path: Path, content: str, says: str) -> None:
    run(app, "reference", "load")
    before = db.session.scalar(select(func.count()).select_from(CategoryMap))
    file = tmp_path / "categories.csv"
    file.write_text(content, "utf-8")
    ran = app.test_cli_runner().invoke(args=["reference", "categories", str(file)])
    assert ran.exit_code == 1
    assert says in ran.output
    assert db.session.scalar(select(func.count()).select_from(CategoryMap)) == before


@pytest.mark.parametrize(
    ("peer", "seen"),
    [("127.0.0.1", ("203.0.113.7", True)), ("10.0.0.9", ("10.0.0.9", False)), ("192.0.2.1", ("192.0.2.1", False))],
)
def test_only_the_proxy_is_believed_who_is_calling(installed: Any, peer: str, seen: tuple[str, bool]) -> None:
    calls = []
    installed.before_request(lambda: calls.append((request.remote_addr, request.is_secure)))
    headers = {"X-Forwarded-For": "127.0.0.1, 203.0.113.7", "X-Forwarded-Proto": "https"}
    installed.test_client().get("/healthz", headers=headers, environ_base={"REMOTE_ADDR": peer})
    assert calls == [seen]


def test_who_looks_bills_up_is_the_address_that_the_proxy_forwards(engines: Any, engine_name: str) -> None:
    keypay = {
        "KEYPAY_URL": "https://keypay.invalid/create", "KEYPAY_DETAIL_URL": "https://keypay.invalid/detail",
        "KEYPAY_CLIENT_ID": "CHOSO", "KEYPAY_BILLS_FROM": "203.0.113.7", "TRUSTED_PROXY": "127.0.0.1",
    }  # fmt: skip
    app = create_app(production(engines, engines.fresh(engine_name, migrated=False), **keypay))
    # (connection, what it forwards): a stranger that says so is not believed, and the proxy itself is on no list.
    calls = {
        ("127.0.0.1", "203.0.113.7"): 200, ("127.0.0.1", "203.0.113.8"): 404, ("127.0.0.1", None): 404,
        ("192.0.2.1", "203.0.113.7"): 404, ("203.0.113.7", None): 200,
    }  # fmt: skip
    for (peer, forwarded), status in calls.items():
        answer = app.test_client().post(
            "/hooks/keypay/bills", data=b"{}", environ_base={"REMOTE_ADDR": peer},
            headers={"X-Forwarded-For": forwarded} if forwarded else {},
        )  # fmt: skip
        assert answer.status_code == status, (peer, forwarded)


def test_metrics_are_not_for_whoever_comes_through_the_proxy(installed: Any) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(installed.extensions["metrics"], "collect", list)
        own = installed.test_client().get("/metrics")
        forwarded = installed.test_client().get("/metrics", headers={"X-Forwarded-For": "203.0.113.7"})
    assert (own.status_code, forwarded.status_code) == (200, 404)
