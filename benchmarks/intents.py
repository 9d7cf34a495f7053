"""What the measurements of payment intents share: portals with so many stored, localstripe with as many, one SDK each.

localstripe (GPL, version 3) runs as a program of its own and is imported by nothing of ours. Its own command listens to
every network, so its application is served on 127.0.0.1 here.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import stripe

from benchmarks.counting import app_over, prepare
from benchmarks.scan_route import free_port, serve

STORED = 3_000
ASKED = {"amount": 450_000, "currency": "vnd"}
_PEER = (
    "import sys, localstripe.server as peer; from aiohttp import web; "
    "web.run_app(peer.app, host='127.0.0.1', port=int(sys.argv[1]), print=None)"
)
_PEER_FILE = Path("/tmp/localstripe.pickle")  # noqa: S108  where localstripe keeps its whole store
_AT_ONCE = 5_000


@contextmanager
def portal(stored: int) -> Iterator[stripe.StripeClient]:
    """Serve a portal over a database with so many intents, as `make run` does; give an SDK with a key of it."""
    with tempfile.TemporaryDirectory() as folder:
        database = f"sqlite:///{Path(folder) / 'bench.sqlite'}"
        own = {"DATABASE_URL": database, "INSTANCE_DIR": folder, "PORTAL_ENV": "development", "PROVINCE": "82"}
        prepare(own)
        key, port = _store(own, stored), free_port()
        server = serve("benchmarks.unlimited:app", port, {**os.environ, **own})
        try:
            yield stripe.StripeClient(key, base_addresses={"api": f"http://127.0.0.1:{port}"})
        finally:
            server.terminate()
            server.wait(timeout=30)


@contextmanager
def localstripe(stored: int) -> Iterator[stripe.StripeClient]:
    """Run localstripe with so many intents; give an SDK for it."""
    port, quiet = free_port(), subprocess.DEVNULL
    process = subprocess.Popen([sys.executable, "-c", _PEER, str(port)], stdout=quiet, stderr=quiet)
    try:
        sdk = stripe.StripeClient("sk_test_bench", base_addresses={"api": f"http://127.0.0.1:{port}"})
        _await(sdk)
        for _ in range(stored):
            sdk.v1.payment_intents.create({**ASKED})
        yield sdk
    finally:
        process.terminate()
        process.wait(timeout=30)
        _PEER_FILE.unlink(missing_ok=True)


@contextmanager
def bare(*, stores: bool = False) -> Iterator[stripe.StripeClient]:
    """Serve a route that stores nothing, or one row; give an SDK for it."""
    with tempfile.TemporaryDirectory() as folder:
        own = {"BENCH_STORE": f"sqlite:///{Path(folder) / 'bare.sqlite'}"} if stores else {}
        port = free_port()
        server = serve("benchmarks.bare_intent:app", port, {**os.environ, **own})
        try:
            yield stripe.StripeClient("sk_test_bench", base_addresses={"api": f"http://127.0.0.1:{port}"})
        finally:
            server.terminate()
            server.wait(timeout=30)


def seconds_each(act: Callable[[], Any], times: int) -> float:
    """Do something so often; return how long one took."""
    start = time.perf_counter()
    for _ in range(times):
        act()
    return (time.perf_counter() - start) / times


def _await(sdk: stripe.StripeClient) -> None:
    for _ in range(600):
        try:
            sdk.v1.payment_intents.list()
        except stripe.APIConnectionError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("localstripe does not answer: make .venv/dev installs it")


def _store(env: dict[str, str], count: int) -> str:
    """Open a payee with so many intents, each with its notes and its event; return a key of it."""
    from payments.models import Payee
    from portal.acting import Acting
    from portal.cashier import actions
    from portal.db import begin, db
    from portal.pay.key_giving import give_key
    from portal.places.models import AdminUnit
    from portal.world import current_world

    with app_over(env).app_context():
        world = current_world()
        now, acting = world.clock.now(), Acting.system("bench")
        with begin() as session:
            unit = session.query(AdminUnit.id).filter_by(level="commune", valid_to=None).limit(1).scalar()
            account = actions.Account(
                bank_bin="970436", number="0011002233440", holder_name="TRUONG HOC", prefix="HP"
            )  # fmt: skip
            actions.open_institution(
                session, now=now, acting=acting, name="Trường học", kind="school", unit_id=unit, account=account
            )
            payee_id = session.query(Payee.id).limit(1).scalar()
            key = give_key(session, world, acting=acting, payee_id=payee_id, name="bench")
        for first in range(0, count, _AT_ONCE):
            with begin() as session:
                _add(session, payee_id, first, min(count, first + _AT_ONCE), now)
        db.session.remove()
        db.engine.dispose()
    return key


def _add(session: Any, payee_id: str, first: int, last: int, now: Any) -> None:
    """Write rows as the portal writes them for an intent."""
    from sqlalchemy import insert

    from payments.models import Request
    from payments.types import new_id
    from payments.v1.tables import IntentNotes, KeptAnswer, Told

    ids = {new_id("pr"): number for number in range(first, last)}
    requests = [
        {
            "id": one, "payee_id": payee_id, "code": f"ZZ{number:08d}", "amount_minor": 450_000, "currency": "VND",
            "allocated_minor": 0, "over_minor": 0, "refunded_minor": 0, "status": "open", "exceptions": "",
            "item": "Thanh toán", "created_at": now, "opened_at": now,
        }
        for one, number in ids.items()
    ]  # fmt: skip
    notes = [
        {"request_id": one, "livemode": False, "secret": "0" * 24, "noted": {}, "ways": ["vietqr", "vnpay"]}
        for one in ids
    ]
    told = [
        {
            "id": new_id("evt"), "payee_id": payee_id, "type": "payment_intent.created", "object_id": f"pi_{one[3:]}",
            "mark": "", "livemode": False, "created_at": now, "snapshot": "{" + " " * 1_200 + "}",
        }
        for one in ids
    ]  # fmt: skip
    kept = [
        {
            "account": payee_id, "key": one, "fingerprint": "0" * 64, "runs_until": now, "status": 200,
            "body": "{" + " " * 1_200 + "}", "expires_at": now.replace(year=now.year + 1),
        }
        for one in ids
    ]  # fmt: skip
    for model, rows in ((Request, requests), (IntentNotes, notes), (Told, told), (KeptAnswer, kept)):
        session.execute(insert(model), rows)
