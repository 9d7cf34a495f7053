"""Health, readiness with what is degraded, and metrics for monitors only."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from portal import create_app
from portal.config import Settings
from portal.db import begin, db
from portal.people.phones import parse_mobile
from portal.people.sms import queue_sms

STRANGER = {"REMOTE_ADDR": "203.0.113.7"}


def test_the_process_answers(client: Any) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.get_json()) == (200, {"status": "ok"})


def test_ready_when_database_and_schema_are_there(client: Any) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()) == (200, {"status": "ready", "degraded": []})


def test_messages_that_wait_too_long_show_as_degraded(client: Any, world: Any, clock: Any) -> None:
    with begin() as session:
        queue_sms(
            session,
            now=clock.now(),
            phone=parse_mobile("0966496171"),
            body="x",
            purpose="sign_in",
            expires_at=clock.now(),
            keys=world.field_keys,
        )
    clock.move(minutes=5)
    assert client.get("/readyz").get_json()["degraded"] == []
    clock.move(seconds=1)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["degraded"]) == (200, ["sms"])


def _asked(engines: Any, address: str, *changes: str) -> tuple[int, Any]:
    """Ask a portal of its own over a scratch database."""
    app = create_app(engines.settings(address))
    with app.app_context():
        try:
            for change in changes:
                with db.engine.begin() as connection:
                    connection.execute(text(change))
            answer = app.test_client().get("/readyz")
        finally:
            db.session.remove()
            db.engine.dispose()
    return answer.status_code, answer.get_json()


def test_ready_over_a_migrated_database(engines: Any, database_url: str) -> None:
    assert _asked(engines, database_url) == (200, {"status": "ready", "degraded": []})


@pytest.mark.parametrize("change", ["UPDATE alembic_version SET version_num = 'older'", "DELETE FROM alembic_version"])
def test_another_schema_is_not_ready(engines: Any, database_url: str, change: str) -> None:
    assert _asked(engines, database_url, change) == (503, {"status": "unready", "missing": ["schema"]})


def test_an_empty_database_is_not_ready(engines: Any, engine_name: str) -> None:
    empty = engines.fresh(engine_name, migrated=False)
    assert _asked(engines, empty) == (503, {"status": "unready", "missing": ["database"]})


def test_metrics_are_for_this_machine(client: Any) -> None:
    client.get("/healthz")
    answer = client.get("/metrics")
    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    assert 'portal_http_requests_total{route="/healthz",status="200"}' in answer.get_data(as_text=True)
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "::1"}).status_code == 200
    assert client.get("/metrics", environ_base=STRANGER).status_code == 404


@pytest.mark.parametrize(
    ("header", "status"),
    [(None, 404), ("Bearer right", 200), ("Bearer wrong", 404), ("Bearer ", 404), ("Basic right", 404)],
)
def test_metrics_from_elsewhere_want_the_token(
    app: Any, client: Any, world: Any, header: str | None, status: int
) -> None:
    settings = Settings(values={**world.settings.values, "METRICS_TOKEN": "right"})
    app.extensions["world"] = replace(world, settings=settings)
    headers = {"Authorization": header} if header else {}
    assert client.get("/metrics", environ_base=STRANGER, headers=headers).status_code == status


@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer"])
def test_without_a_token_no_header_opens_metrics(client: Any, header: str) -> None:
    answer = client.get("/metrics", environ_base=STRANGER, headers={"Authorization": header})
    assert answer.status_code == 404
