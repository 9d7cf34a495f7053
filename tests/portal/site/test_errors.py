"""What goes wrong: one page or one problem document, the right status, and never an inner detail."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from bs4 import BeautifulSoup
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import default_exceptions

from portal.errors import TooMany, answer_error

JSON = {"Accept": "application/json"}
SECRET = "inner-detail-4711"


@pytest.fixture
def logged(app: Any) -> Iterator[io.StringIO]:
    """What the portal writes to its log."""
    before, log = structlog.get_config()["logger_factory"], app.extensions["log"]
    written = io.StringIO()
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(file=written))
    app.extensions["log"] = structlog.get_logger().bind()  # the portal's is bound to its file once
    yield written
    app.extensions["log"] = log
    structlog.configure(logger_factory=before)


def problem_of(answer: Any) -> tuple[int, str]:
    assert answer.mimetype == "application/problem+json"
    body = answer.get_json()
    assert set(body) == {"type", "status", "code", "detail", "fields"}
    assert body["status"] == answer.status_code
    assert body["detail"]
    assert answer.headers["Cache-Control"] == "no-store"
    return body["status"], body["code"]


@pytest.mark.parametrize("path", ["/no/such/page", "/products/pd_nothing", "/%00", "/language/xx"])
def test_a_page_that_there_is_none_of(client: Any, path: str) -> None:
    page = client.get(path)
    assert (page.status_code, page.mimetype, page.headers["Cache-Control"]) == (404, "text/html", "no-store")
    assert problem_of(client.get(path, headers=JSON)) == (404, "not_found")


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/hooks/nothing", "/log/nothing"])
def test_machines_are_told_by_their_paths(client: Any, path: str) -> None:
    assert problem_of(client.get(path))[0] in (404, 405)


def test_a_method_that_is_not_taken(client: Any) -> None:
    page = client.delete("/healthz")
    assert (page.status_code, page.mimetype) == (405, "text/html")
    assert set(page.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    told = client.delete("/healthz", headers=JSON)
    assert problem_of(told) == (405, "method_not_allowed")
    assert "GET" in told.headers["Allow"]


@pytest.mark.parametrize(
    ("setting", "kind", "head"),
    [
        ("MAX_CONTENT_LENGTH", "application/x-www-form-urlencoded", b"a="),
        (
            "MAX_FORM_MEMORY_SIZE",
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n',
        ),
    ],
)
def test_more_than_the_portal_takes(app: Any, client: Any, setting: str, kind: str, head: bytes) -> None:
    body = head + b"x" * (app.config[setting] + 1)
    page = client.post("/sign-in", data=body, content_type=kind)
    assert (page.status_code, page.mimetype) == (413, "text/html")
    told = client.post("/sign-in", data=body, content_type=kind, headers=JSON)
    assert problem_of(told) == (413, "too_large")


def test_a_form_without_its_token(client: Any) -> None:
    assert client.post("/sign-in", data={"phone": "0966496171"}).status_code == 400
    assert problem_of(client.post("/sign-in", data={"phone": "0966496171"}, headers=JSON)) == (400, "csrf")


@pytest.mark.parametrize("accepts", [{}, JSON])
def test_a_fault_of_ours_tells_nothing_inner(client: Any, breaking: Any, accepts: dict[str, str]) -> None:
    breaking("site.healthz", RuntimeError(SECRET))
    answer = client.get("/healthz", headers=accepts)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 500
    for inner in (SECRET, "Traceback", "RuntimeError", ".py"):
        assert inner not in text
    if accepts:
        assert problem_of(answer) == (500, "failed")


def test_the_log_says_where_it_broke_and_not_on_what(client: Any, breaking: Any, logged: io.StringIO) -> None:
    breaking("site.healthz", RuntimeError(SECRET))
    request_id = client.get("/healthz").headers["X-Request-Id"]
    line = next(row for row in map(json.loads, logged.getvalue().splitlines()) if row["event"] == "request.failed")
    assert line["request_id"] == request_id
    assert line["exception"].startswith("RuntimeError at site/conftest.py:")
    assert SECRET not in logged.getvalue()


def test_a_database_that_is_gone_is_not_our_callers_fault(client: Any, breaking: Any) -> None:
    breaking("site.healthz", OperationalError("SELECT", {}, Exception(SECRET)))
    answer = client.get("/healthz", headers=JSON)
    assert problem_of(answer) == (503, "unready")
    assert int(answer.headers["Retry-After"]) > 0
    assert SECRET not in answer.get_data(as_text=True)


def test_a_limit_says_when_to_come_back(client: Any, breaking: Any) -> None:
    breaking("site.healthz", TooMany(retry_after_s=17))
    answer = client.get("/healthz", headers=JSON)
    assert problem_of(answer) == (429, "too_many")
    assert answer.headers["Retry-After"] == "17"
    assert client.get("/healthz").status_code == 429


def test_errors_speak_the_chosen_language(client: Any) -> None:
    sentences = []
    for language in ("vi", "en"):
        client.get(f"/language/{language}")
        sentences.append(client.get("/no/such/page", headers=JSON).get_json()["detail"])
    assert sentences[1].startswith("We can't find this.")
    assert sentences[0] != sentences[1]


def test_every_error_has_a_page_of_its_own_with_a_way_on(client: Any, breaking: Any) -> None:
    headings: dict[str, list[str]] = {}
    for language in ("vi", "en"):
        client.get(f"/language/{language}")
        for status in (400, 403, 404, 405, 409, 410, 413, 429, 500, 503):
            breaking("people.sign_in_send", default_exceptions[status]())
            answer = client.send("/sign-in")
            page = BeautifulSoup(answer.get_data(as_text=True), "html5lib")
            assert (answer.status_code, page.html["lang"]) == (status, language)
            headings.setdefault(language, []).append(page.h1.get_text(strip=True))
            assert client.get(page.find("main").find("a", class_="btn")["href"]).status_code == 200
    assert [len(set(texts)) for texts in headings.values()] == [10, 10]
    assert not set(headings["vi"]) & set(headings["en"])


def test_the_way_on_from_a_form_s_own_address_is_its_page(app: Any) -> None:
    ways = {"/my/sessions/end": "/my/sessions", "/officer/sellers/or_1/approve": "/officer/sellers/or_1", "/x/y": "/"}
    for path, way in ways.items():
        with app.test_request_context(path, method="POST"):
            assert f'href="{way}"' in answer_error(409, "taken", "").get_data(as_text=True)
