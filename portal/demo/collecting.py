"""The demo's payments: desks ask, payers pay at the simulated banks, and what the bank says is booked as anywhere.

Those of the demo's own months are found in the bank's statements: the web process that takes notices lives today, so
the sandbox holds these notices back. Those of today come as notices.
"""

import random
import time
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

import requests
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from payments.models import Receipt
from portal.acting import Acting
from portal.cashier import actions as cashier
from portal.db import new_id, reading
from portal.demo.stage import Stage
from portal.i18n import ZONE
from portal.pay.starting import start

DAYS: tuple[datetime, ...] = tuple(
    datetime(2022, month, day, 9, 0, tzinfo=ZONE)
    for month, days in ((4, (25, 27)), (5, (10, 24)), (9, (12, 26)), (10, (10, 24)), (11, (7, 21)))
    for day in days
)
ANSWER_S, TIMEOUT_S = 30.0, 8
PAYER = Acting.system("payer")
# What is asked for, by the institution's type: (words, đồng).
ASKED: dict[str, tuple[tuple[str, int], ...]] = {
    "school": (("Tiền ăn bán trú", 600_000), ("Bảo hiểm y tế học sinh", 563_000), ("Học 2 buổi/ngày", 150_000)),
    "hospital": (("Viện phí ngoại trú", 185_000), ("Xét nghiệm", 240_000), ("Siêu âm", 120_000)),
    "market": (("Tiền chỗ", 300_000), ("Phí vệ sinh", 60_000), ("Tiền điện sạp", 210_000)),
}


@dataclass(frozen=True, slots=True)
class Till:
    """Where an institution asks: its desk, its organisation, its type and its account at the simulated bank."""

    desk_ref: str
    organisation_id: str
    type_code: str
    account: str


def collect(stage: Stage, tills: list[Till], *, days: list[datetime]) -> int:
    """Have each till ask for and receive a payment on each of these days; return how many."""
    taken = 0
    for day in days:
        stage.clock.move(seconds=(day - stage.clock.now()).total_seconds())
        before = _receipts(reading())
        _sandbox(stage, "/_control/sepay", {"do": "gap", "times": len(tills)})
        for number, till in enumerate(tills):
            chance = random.Random(f"{day:%m%d} {number}")  # noqa: S311  invented, the same each time
            code, amount = _ask(stage, till, chance)
            at = stage.clock.move(minutes=1).isoformat()
            transfer = {"account": till.account, "amount": amount, "memo": f"CT DEN {code}", "at": at}
            _sandbox(stage, "/bank/transfer", transfer)
        stage.clock.move(minutes=1)
        taken += len(tills)
        stage.drain(partial(_missing, before + len(tills)), seconds=ANSWER_S, only="pay.statements")
    return taken


def collect_today(stage: Stage, tills: list[Till]) -> int:
    """Have each till receive a payment now, by both ways in turn, told by the partners' notices; return how many."""
    before = _receipts(reading())
    for number, till in enumerate(tills):
        chance = random.Random(f"today {number}")  # noqa: S311  invented, the same each time
        if number % 2:
            code, amount = _ask(stage, till, chance)
            _sandbox(stage, "/bank/pay", form={"account": till.account, "amount": str(amount), "memo": code})
        else:
            _ask(stage, till, chance, way="vnpay")
    _await_receipts(before + len(tills))
    return len(tills)


def pay_at_the_bank(stage: Stage, till: Till, *, code: str, amount: int) -> int:
    """Have a payer transfer a sum now, and wait until the bank has told of it; return how many payments came."""
    before = _receipts(reading())
    _sandbox(stage, "/bank/pay", form={"account": till.account, "amount": str(amount), "memo": code})
    _await_receipts(before + 1)
    return 1


def _await_receipts(wanted: int) -> None:
    until = time.monotonic() + ANSWER_S
    while _receipts(reading()) < wanted:
        reading().rollback()
        if time.monotonic() > until:
            raise TimeoutError("the demo's payments were not told; are the sandboxes and the web server running?")
        time.sleep(0.1)
    reading().rollback()


def _ask(stage: Stage, till: Till, chance: random.Random, *, way: str = "vietqr") -> tuple[str, int]:
    """Ask for something at a till and begin the payer's try; return the payment code and the sum."""
    item, amount = chance.choice(ASKED[till.type_code])
    with stage.act() as (session, now):
        asked = cashier.ask(
            session, now=now, acting=replace(stage.acting, organisation_id=till.organisation_id, role="cashier"),
            desk_ref=till.desk_ref, amount_minor=amount, item=f"{item} {now:%m/%Y}",
            payer=_payer(till.type_code, chance), form_id=new_id("fm"),
        )  # fmt: skip
    attempt = start(stage.world, acting=PAYER, request_id=asked.id, way=way, payer_ip="127.0.0.1", language="vi")
    if attempt.redirect_url is not None:
        _get(attempt.redirect_url)
        page = attempt.redirect_url.partition("?")[0]
        _post(f"{page}/{attempt.merchant_ref}", data={"do": "pay"})
    return asked.code, amount


def _payer(type_code: str, chance: random.Random) -> str:
    """Return how a payer is called at a till: never by name."""
    if type_code == "school":
        initials = ".".join(chance.choice("NTLPHVĐB") for _ in range(3))
        return f"{initials}. · {chance.randrange(1, 6)}{chance.choice('AB')}"
    return f"BN-{chance.randrange(100, 999)}" if type_code == "hospital" else f"Sạp {chance.randrange(1, 60)}"


def _missing(wanted: int, session: Session) -> int:
    return wanted - _receipts(session)


def _receipts(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Receipt)) or 0


def _sandbox(
    stage: Stage, path: str, body: dict[str, Any] | None = None, *, form: dict[str, str] | None = None
) -> None:
    _post(f"{stage.world.settings.sandbox_url}{path}", json=body, data=form)


def _post(url: str, **body: Any) -> None:
    requests.post(url, timeout=TIMEOUT_S, allow_redirects=False, **body).raise_for_status()


def _get(url: str) -> None:
    requests.get(url, timeout=TIMEOUT_S, allow_redirects=False).raise_for_status()
