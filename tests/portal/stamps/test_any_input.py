"""Whatever is asked of the public addresses: an answer of the table, never a fault of ours."""

import random
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import func, select

from tests.portal.stamps.making import GTIN, Stamps
from traceability.models import TraceStamp

SSCC, GLN = "389385059700000012", "8938505970004"
SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ" + "abilou!\"%&'()*+,-./:;<=>?@[]\\^`{|}~ #\t\n\r\x00\x1f\x7fđẹ\u202e\ud7ff😀"
WORDS = (
    "..", ".", "%", "%2", "%zz", "%00", "%2F", "%C3%28", "01", "10", "21", "22", "235", "17", "99", "proof", "pin",
    "where", GTIN, SSCC, GLN, "x001", "007", "256", "64", "checkpoint", "9" * 400,
    "'--", "{{7*7}}", "$(id)", "gs1:pip", "linkset", "all",
)  # fmt: skip
KEYS = (
    "linkType", "lang", "context", "17", "10", "21", "3103", "7007", "perPage", "nextPageToken", "eventType", "scan",
    "MATCH_anyEPC", "MATCH_epcClass", "GE_eventTime", "LT_eventTime", "EQ_action", "EQ_bizStep", "\x00", "",
)  # fmt: skip
STARTS = (
    "/s", "/S", "/01", "/00", "/414", "/lots", "/log/tile", "/log/tile/entries", "/log/entries", "/log/checkpoint",
    "/log/key", "/epcis/events", "/epcis/capture", "/.well-known/gs1resolver",
)  # fmt: skip
ACCEPTS = (
    "application/json",
    "text/html",
    "application/linkset+json",
    "*/*",
    "",
    "text/html;q=x",
    "\xff",
    "a/b;q=9,*/*",
)
STATUSES = {200, 300, 301, 303, 307, 308, 400, 401, 403, 404, 405, 406, 411, 413, 415, 429}


MACHINES = ("/01", "/00", "/log", "/epcis")
WORST = ("%00", "a%00b", "%ED%A0%80", "%F0%9F%98%80", "9" * 400)


def worst() -> Iterator[str]:
    """Give what databases and parsers choke on, at every place where a value stands."""
    for word in WORST:
        yield from (f"{start}/{word}" for start in STARTS)
        yield from (f"/01/{GTIN}/10/{word}", f"/01/{GTIN}/21/{word}", f"/01/{GTIN}/10/{word}/21/A", f"/s/{word}/proof")
        yield from (f"/01/{GTIN}?{key}={word}" for key in ("linkType", "lang", "17"))
        yield from (f"/epcis/events?{urlencode({key: ''})}{word}" for key in KEYS)


class Asking:
    """Deals requests: pieces that mean something, pieces that mean nothing, known codes with a sign changed."""

    def __init__(self, seed: int, known: list[str]) -> None:
        self.deal, self.known = random.Random(seed), known

    def text(self) -> str:
        return "".join(self.deal.choices(SIGNS, k=self.deal.choice((0, 1, 3, 20, 21, 60))))

    def piece(self) -> str:
        kind = self.deal.randrange(4)
        if kind == 0:
            return self.text()
        if kind == 1:
            return self.deal.choice(WORDS)
        code = self.deal.choice(self.known)
        if kind == 2:
            return code
        at = self.deal.randrange(len(code))
        return code[:at] + self.deal.choice(SIGNS) + code[at + 1 :]

    def address(self) -> str:
        path = "/".join((self.deal.choice(STARTS), *(self.piece() for _ in range(self.deal.randrange(5)))))
        asked = [(self.deal.choice(KEYS), self.piece()) for _ in range(self.deal.choice((0, 0, 1, 1, 2, 3)))]
        return f"{path}?{urlencode(asked)}" if asked else path


def test_no_input_is_a_fault_of_ours(client: Any, stamps: Stamps, session: Any) -> None:
    batch = stamps.issue(gtin=GTIN, pin=True)
    stamps.activate(batch, 0, 99)
    stamps.publish()
    asking = Asking(5, [stamps.serial(batch, index) for index in (0, 150)] + [GTIN, SSCC, GLN, "L2026-114"])
    dealt = [(asking.deal.choice(("GET", "GET", "HEAD", "OPTIONS", "POST")), asking.address()) for _ in range(250)]
    for number, (method, path) in enumerate([*(("GET", path) for path in worst()), *dealt]):
        answer = client.open(
            path,
            method=method,
            headers={"Accept": asking.deal.choice(ACCEPTS)},
            data=asking.text().encode("utf-8", "replace") if method == "POST" else None,
            environ_base={"REMOTE_ADDR": f"203.0.113.{number % 250}"},
        )
        assert answer.status_code in STATUSES, (number, method, path, answer.status_code)
        if method != "HEAD" and answer.status_code >= 400 and answer.is_json and path.startswith(MACHINES):
            body = answer.get_json()
            assert body.get("code") or body.get("verdict"), (path, body)
    real = {0, 150}
    assert set(session.scalars(select(TraceStamp.index))) <= real
    assert session.scalar(select(func.count()).select_from(TraceStamp)) <= len(real)
