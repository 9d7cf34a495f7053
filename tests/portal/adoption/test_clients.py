"""Machines that pull figures: an operator makes and ends them by hand, and the secret is shown once."""

import json
from typing import Any

from portal.adoption.models import OauthClient
from portal.db import db


def run(app: Any, *arguments: str) -> Any:
    return app.test_cli_runner().invoke(args=["adoption", "client", *arguments])


def made(app: Any, *more: str) -> str:
    ran = run(app, "make", "ioc", "--name", "Trung tâm điều hành", "--json", *more)
    assert ran.exit_code == 0, ran.output
    return str(json.loads(ran.stdout)["client_secret"])


def token(client: Any, secret: str) -> Any:
    form = {"grant_type": "client_credentials", "client_id": "ioc", "client_secret": secret}
    return client.post("/oauth/token", data=form)


def test_a_client_is_made_once_and_its_secret_kept_as_a_hash(app: Any, client: Any) -> None:
    secret = made(app)
    assert token(client, secret).get_json()["scope"] == "observations:read"
    assert secret not in str(vars(db.session.get_one(OauthClient, "ioc")))
    again = run(app, "make", "ioc", "--name", "Other")
    assert again.exit_code == 1
    assert "ioc" in again.output
    assert token(client, secret).status_code == 200


def test_a_lost_secret_is_replaced_and_the_old_one_and_its_tokens_end(app: Any, client: Any) -> None:
    first = made(app)
    header = {"Authorization": f"Bearer {token(client, first).get_json()['access_token']}"}
    second = made(app, "--new-secret")
    assert client.get("/api/v1/observations?period=2026-11", headers=header).status_code == 401
    assert token(client, first).status_code == 401
    assert token(client, second).status_code == 200


def test_a_revoked_client_is_listed_as_ended(app: Any, client: Any, clock: Any) -> None:
    secret = made(app)
    assert run(app, "revoke", "ioc").exit_code == 0
    assert token(client, secret).status_code == 401
    ended = clock.now()
    clock.move(days=1)
    assert run(app, "revoke", "ioc").exit_code == 0  # ended once
    (row,) = json.loads(run(app, "list", "--json").stdout)["clients"]
    assert (row["client_id"], row["revoked_at"]) == ("ioc", str(ended))


def test_what_is_not_there_and_what_cannot_be(app: Any) -> None:
    for arguments in (
        ("revoke", "nobody"),
        ("make", "a:b", "--name", "x"),
        ("make", "Hoa Mai", "--name", "x"),
        ("make", "x" * 49, "--name", "x"),
        ("make", "warehouse", "--name", "x", "--scope", "observations:full"),
    ):
        ran = run(app, *arguments)
        assert ran.exit_code == 1, arguments
        assert ran.stderr.startswith("oauth."), ran.output
    assert json.loads(run(app, "list", "--json").stdout) == {"clients": []}
