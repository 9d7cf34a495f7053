"""`flask settlement import` over the stand-in's own file, and the worker that asks and looks for payouts."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select
from werkzeug.test import Client

from payments.models import Attempt, Request
from payments.settlement.tables import Difference, Payout
from portal.audit import AuditRow
from portal.cashier import due
from tests.payments.loopback import opened
from tests.payments.scene import ask, books, hear, ipn, school, try_vnpay, vnpay

NOBODY = "http://127.0.0.1:1"


def test_no_process_pays_for_polars_before_it_reads_a_file(engines: Any) -> None:
    script = (
        "import sys; from portal import create_app; from portal.config import Settings; "
        "create_app(Settings.from_env()); import portal.cashier.settlement; "
        "assert 'polars' not in sys.modules, 'too early'"
    )
    env = {**os.environ, "INSTANCE_DIR": str(engines.folder / "lazy")}
    ran = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr[-2000:]


def paid_at_both(session: Any, folder: Any, *amounts: int) -> tuple[Any, Any, str]:
    """Have orders paid at the stand-in and told to us; return the payee, the stand-in and the day."""
    now, payee = datetime.now(UTC), school(session)
    stand_in = opened(folder, NOBODY)
    browser = Client(stand_in)
    for number, amount in enumerate(amounts):
        attempt = try_vnpay(session, ask(session, payee, amount, now=now), key=f"k{number}", now=now)
        browser.get("/vnpay/pay?" + urlsplit(attempt.redirect_url or "").query)
        sent = browser.post(f"/vnpay/pay/{attempt.merchant_ref}", data={"do": "pay"})
        told = dict(part.split("=") for part in urlsplit(sent.headers["Location"]).query.split("&"))
        made = {name: told[name] for name in ("vnp_TransactionNo", "vnp_PayDate")}
        hear(session, vnpay(), ipn(attempt, **made), now=now)
    session.commit()
    return payee, stand_in, f"{now + timedelta(hours=7):%Y-%m-%d}"


def run(app: Any, *arguments: str) -> tuple[int, Any]:
    ran = app.test_cli_runner().invoke(args=["settlement", "import", *arguments, "--json"])
    return ran.exit_code, json.loads(ran.stdout) if ran.exit_code == 0 else ran.output


def test_the_stand_ins_file_matches_and_its_spoiled_ones_are_found(app: Any, session: Any, tmp_path: Any) -> None:
    payee, stand_in, day = paid_at_both(session, tmp_path, 450_000, 600_000, 80_000)
    try:
        files = {}
        for spoil in ("", "amount", "extra", "missing", "truncated", "own"):
            query = {"date": day} | ({"form": "own"} if spoil == "own" else {"spoil": spoil})
            files[spoil] = tmp_path / f"{spoil or 'true'}.csv"
            files[spoil].write_bytes(Client(stand_in).get("/_settlement/vnpay", query_string=query).data)
    finally:
        stand_in.close()
    outcomes = "matched missing_at_provider missing_here amount_differs status_differs duplicate wrong_day"
    clean = dict.fromkeys(outcomes.split(), 0)
    status, said = run(app, "vnpay", str(files["truncated"]))
    assert (status, "incomplete_file" in said) == (1, True)
    assert run(app, "vnpay", str(files["missing"])) == (
        0, {"rows": 2, **clean, "matched": 2, "missing_at_provider": 1, "already_imported": False},
    )  # fmt: skip
    assert run(app, "vnpay", str(files["extra"]))[1] == {
        "rows": 4, **clean, "matched": 1, "duplicate": 2, "missing_here": 1, "already_imported": False,
    }  # fmt: skip
    assert run(app, "vnpay", str(files["extra"]))[1]["already_imported"]
    assert run(app, "vnpay", str(files["amount"]))[1]["duplicate"] == 3
    assert run(app, "vnpay", str(files["own"]))[1]["duplicate"] == 3
    session.expire_all()
    fees = sum(amount // 100 + 1_100 for amount in (450_000, 600_000, 80_000))
    assert books(session, payee)["fees"] == fees
    told = session.scalars(select(AuditRow.object_id).where(AuditRow.act == "settlement.imported")).all()
    assert len(told) == 4


def test_the_worker_books_what_the_gateway_confirms_and_misses_the_payout(
    app: Any, session: Any, world: Any, tmp_path: Any, monkeypatch: Any
) -> None:
    from payments.gateways.protocol import Finding, Outcome
    from payments.money import Money
    from tests.payments.settlement.days import csv, row

    payee = school(session, area_ref=None)
    attempt = try_vnpay(session, ask(session, payee, 90_000))
    session.commit()
    path = csv(tmp_path, [row("14999999", 90_000, merchant_ref=attempt.merchant_ref)])
    assert run(app, "vnpay", str(path))[1]["missing_here"] == 1

    class Adapter:
        def query(self, asked: Any, *, now: Any, seconds: float) -> Finding:
            return Finding(Outcome.PAID, "", asked.merchant_ref, "14999999", Money(90_000), now)

    monkeypatch.setattr(due.wiring, "gateway", lambda _world, _name: Adapter())
    steps = {step.name: step.run for step in due.STEPS}
    assert steps["settlement.inquiries"](world)
    assert not steps["settlement.inquiries"](world)
    session.expire_all()
    assert session.scalars(select(Difference.state)).all() == ["settled"]
    assert session.scalars(select(Request.status)).all() == ["paid"]
    assert session.scalars(select(Attempt.status)).all() == ["succeeded"]
    assert not steps["settlement.payouts"](world)
    # The file's day lies months back, and no line of the bank has come since.
    assert session.scalars(select(Payout.status)).all() == ["missing"]
