"""I7: what people typed, were sent or carried is in no line of any log; each line is one object with event and time."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa
from bs4 import BeautifulSoup

from portal.acting import Acting
from portal.db import begin
from portal.people import actions as people
from portal.people.phones import parse_mobile
from tests.faults.town import PHONES, WAIT_S, Town
from tests.supervisor import until

PHONE, NATIONAL_ID, NAME = "0977 123 985", "082085076541", "Trịnh Thị Cấy Gài"
ACCOUNT, MEMO = "9704229988776655", "hoc phi chau Cay Gai"
RAISED = "planted 0977123985 planted"


class Browser:
    """A person's browser without scripts."""

    def __init__(self, town: Town) -> None:
        self.session, self.url = requests.Session(), town.portal.url
        self.session.headers["Origin"] = self.url

    def get(self, path: str, **more: Any) -> requests.Response:
        return self.session.get(self.url + path, timeout=WAIT_S, **more)

    def send(self, path: str, data: dict[str, str], *, page: str | None = None) -> requests.Response:
        """Send a page's form with its hidden fields; follow where it leads."""
        form = BeautifulSoup(self.get(page or path).text, "html5lib").select_one("main form[method=post]")
        assert form is not None, path
        hidden = {str(tag["name"]): str(tag.get("value", "")) for tag in form.select("input[type=hidden]")}
        return self.session.post(self.url + path, data={**hidden, **data}, timeout=WAIT_S)


def sms_code(town: Town, e164: str) -> str:
    """Wait for the newest code that the stand-in of a telephone shows."""

    def newest() -> str | None:
        shown = requests.get(
            f"{town.portal.sandbox_url}/_sandbox/outbox", headers={"Accept": "application/json"}, timeout=WAIT_S
        )
        texts = [one["text"] for one in shown.json()["messages"] if one["to"] == e164]
        return re.findall(r"#(\d{6})", texts[0])[0] if texts else None

    return str(until(newest, why="no code arrived"))


def forms_of(phone: str) -> set[str]:
    """Return the ways in which a number could be written."""
    digits = phone.replace(" ", "")
    return {phone, digits, digits[1:], "84" + digits[1:], "977 123 985", "977.123.985"}


@pytest.fixture
def planted(town: Town) -> set[str]:
    """Everything that must not be found, after it went through the portal by every way there is."""
    browser = Browser(town)
    code = register(town, browser)
    link, key = credentials(town)
    person = Browser(town)
    assert person.get(f"/sign-in/link/{link}").status_code == 200
    person.send(f"/sign-in/link/{link}", {})
    token = person.session.cookies.get("session")
    assert token
    carried(town, key=key)
    failed(town, browser)
    return {*forms_of(PHONE), NATIONAL_ID, NAME, "Cấy", code, link, key, token, ACCOUNT, MEMO, "planted"}


def register(town: Town, browser: Browser) -> str:
    """Type a phone, a code, a name and an id number, wrongly first; return the code."""
    browser.send("/register", {"phone": PHONE + "0"})
    browser.send("/register", {"phone": PHONE})
    code = sms_code(town, "+84" + PHONE.replace(" ", "")[1:])
    browser.send("/register/code", {"code": "000000" if code != "000000" else "111111"})
    answer = browser.send("/register/code", {"code": code})
    assert answer.url.endswith("/register/name"), answer.url
    browser.send("/register/name", {"name": NAME})
    browser.send("/register/id", {"id_number": NATIONAL_ID[:-1]})
    answer = browser.send("/register/id", {"id_number": NATIONAL_ID})
    assert answer.url.endswith("/register/place"), answer.url
    return code


def credentials(town: Town) -> tuple[str, str]:
    """Return a one-time link's token and an interface key."""
    now, acting = datetime.now(UTC), Acting.system("test")
    with town.app.app_context(), begin() as session:
        login = people.login_for(
            session, now=now, acting=acting, phone=parse_mobile(PHONES[2]), keys=town.world.field_keys
        )
        link = people.make_link(session, now=now, acting=acting, login_id=login.id)
        key = people.make_api_key(
            session, now=now, acting=acting, name="test", scopes=("sellers:read",), prefix="pk_test"
        )
    return link, key


def carried(town: Town, *, key: str) -> None:
    """Carry the same in addresses, headers, cookies and bodies: taken, refused, unknown, malformed."""
    browser, text = Browser(town), f"{PHONE} {NATIONAL_ID} {MEMO}"
    browser.get("/api/v1/observations", headers={"Authorization": f"Bearer {key}"})
    for path in (
        f"/nobody/{PHONE}",
        f"/?q={text}",
        f"/sign-in/link/{key}",
        f"/pay/requests/{NATIONAL_ID}",
        f"/01/{ACCOUNT}/21/{key}",
    ):
        browser.get(
            path, headers={"User-Agent": PHONE, "Referer": f"{browser.url}/{NATIONAL_ID}", "X-Request-Id": PHONE}
        )
    browser.session.post(f"{browser.url}/hooks/sepay", json={"accountNumber": ACCOUNT, "content": MEMO}, timeout=WAIT_S)
    browser.session.post(f"{browser.url}/hooks/sepay", data=b"{" + text.encode(), timeout=WAIT_S)
    browser.get(f"/hooks/vnpay?vnp_OrderInfo={MEMO}&vnp_SecureHash={key}")
    browser.session.post(f"{browser.url}/hooks/channels/postmart", data=text.encode(), timeout=WAIT_S)
    browser.session.post(f"{browser.url}/sign-in", data={"phone": PHONE}, timeout=WAIT_S)  # without a form's token
    request = town.ask("logs")
    town.notice("sepay", request)()


def failed(town: Town, browser: Browser) -> None:
    """Let the database refuse, with the data in its words and in the statement's parameters."""
    trigger = "CREATE TRIGGER fault_raise BEFORE INSERT ON one_time_codes"
    made, gone = [f"{trigger} BEGIN SELECT RAISE(ABORT, '{RAISED}'); END"], ["DROP TRIGGER fault_raise"]
    if not town.address.startswith("sqlite"):
        body = f"LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{RAISED}'; END $$"
        made = [f"CREATE FUNCTION fault_raise() RETURNS trigger {body}"]
        made += [f"{trigger} FOR EACH ROW EXECUTE FUNCTION fault_raise()"]
        gone = ["DROP TRIGGER fault_raise ON one_time_codes", "DROP FUNCTION fault_raise()"]
    with town.rows() as session:
        for statement in made:
            session.execute(sa.text(statement))
    try:
        assert Browser(town).send("/sign-in", {"phone": PHONE}).status_code >= 500
    finally:
        with town.rows() as session:
            for statement in gone:
                session.execute(sa.text(statement))


def test_i7_nothing_planted_is_in_any_log_and_each_line_is_one_object(town: Town, planted: set[str]) -> None:
    town.portal.stop("worker")  # its last words too
    logs = logged(town)
    assert len(logs) > 20
    for line in logs:
        shown = json.dumps(line, ensure_ascii=False)
        assert not [word for word in planted if word in shown], shown
        assert isinstance(line["event"], str)
        assert datetime.fromisoformat(line["timestamp"]).utcoffset() == timedelta(0)
        assert line["event"] != "request" or re.fullmatch(r"[0-9a-f]{16}", line["request_id"])
    events = {line["event"] for line in logs}
    assert {"request", "security.notice_refused", "worker.ended"} <= events
    assert any(line["event"] == "request.failed" and "codes.py" in line["exception"] for line in logs)
    raw = town.portal.log.read_bytes()
    assert not [word for word in planted if word.encode() in raw]


def logged(town: Town) -> list[dict[str, Any]]:
    """Return the log of web and worker, each line as the one object that it is."""
    found = []
    for line in Path(town.portal.log).read_text("utf-8").splitlines():
        entry = json.loads(line)
        assert isinstance(entry, dict), line
        found.append(entry)
    return found
