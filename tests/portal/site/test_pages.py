"""The documentation for machines, the language choice, and what belongs to no subject."""

from typing import Any

import pytest
from bs4 import BeautifulSoup

from portal.config import Settings


def test_docs_show_every_path_of_the_description(client: Any) -> None:
    spec = client.get("/openapi.json").get_json()
    shown = {
        tag.get_text(strip=True)
        for tag in BeautifulSoup(client.get("/docs").get_data(as_text=True), "html5lib")("code")
    }
    wanted = {f"{method.upper()} {path}" for path, methods in spec["paths"].items() for method in methods}
    assert wanted <= shown
    assert "GET /api/v1/indicators" in wanted
    assert spec["openapi"] == "3.1.0"


def test_the_language_stays_in_a_cookie(client: Any) -> None:
    assert '<html lang="vi"' in client.get("/").get_data(as_text=True)
    answer = client.get("/language/en?next=/dashboard")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/dashboard")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert '<html lang="en"' in client.get("/").get_data(as_text=True)
    client.get("/language/vi")
    assert '<html lang="vi"' in client.get("/").get_data(as_text=True)


def test_the_browsers_own_wish_does_not_change_the_language(client: Any) -> None:
    page = client.get("/", headers={"Accept-Language": "en-GB,en;q=0.9"}).get_data(as_text=True)
    assert '<html lang="vi"' in page


@pytest.mark.parametrize("target", ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:x", ""])
def test_the_language_leads_to_no_other_site(client: Any, target: str) -> None:
    assert client.get("/language/en", query_string={"next": target}).headers["Location"] == "/"


def test_a_language_that_there_is_none_of(client: Any) -> None:
    assert client.get("/language/fr").status_code == 404
    client.set_cookie("lang", "fr")
    assert '<html lang="vi"' in client.get("/").get_data(as_text=True)


@pytest.mark.parametrize("path", ["/docs/components", "/_sandbox/", "/_sandbox/outbox"])
def test_what_is_for_development_is_missing_in_production(app: Any, client: Any, world: Any, path: str) -> None:
    from dataclasses import replace

    assert client.get(path).status_code in (200, 302)
    production = Settings(values={**world.settings.values, "PORTAL_ENV": "production"})
    app.extensions["world"] = replace(world, settings=production)
    assert client.get(path).status_code == 404


def test_a_report_of_a_browser_is_taken_without_a_token(client: Any) -> None:
    answer = client.post("/csp-report", data=b"{}", content_type="application/csp-report")
    assert (answer.status_code, answer.get_data()) == (204, b"")
