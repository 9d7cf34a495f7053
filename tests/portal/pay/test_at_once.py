"""Many at the same time, with real commits: one credit, one receipt, every notice answered."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select

import payments
from payments.models import Attempt, Movement, Receipt, Request
from payments.v1.tables import KeptAnswer
from portal import create_app
from portal.audit import broken_rows
from portal.cashier.invariants import check_invariants
from portal.db import db
from tests.engines import Engines
from tests.portal.pay.making import School, asked, choose, open_school, sent_to_vnpay, sepay_notice, vnpay_query
from tests.portal.pay.sdk import key_of

AT_ONCE = 10


@pytest.fixture
def real(engines: Engines, database_url: str) -> Iterator[tuple[Any, School]]:
    """A portal over a database of its own, with a school."""
    app = create_app(engines.settings(database_url))
    with app.app_context():
        school = open_school(app.extensions["world"])
        db.session.remove()
    yield app, school
    with app.app_context():
        db.engine.dispose()


def at_once(act: Callable[[int], Any]) -> list[Any]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(act, range(AT_ONCE)))


def figures(app: Any) -> tuple[int, int, set[str]]:
    with app.app_context():
        found = (
            db.session.scalar(select(func.count()).select_from(Movement)),
            db.session.scalar(select(func.count()).select_from(Receipt)),
            set(db.session.scalars(select(Request.status))),
        )
        assert all(one.breaches == () for one in check_invariants(db.session()).values())
        assert broken_rows(db.session()) == []
        assert payments.check(db.session()).breaches == ()
        db.session.remove()
    return found


def test_ten_copies_of_one_notice_are_one_credit(real: tuple[Any, School]) -> None:
    app, school = real
    with app.app_context():
        world = app.extensions["world"]
        query = vnpay_query(world, sent_to_vnpay(app.test_client(), asked(world, school)))
        db.session.remove()
    codes = at_once(lambda _: app.test_client().get(f"/hooks/vnpay?{query}").json["RspCode"])
    assert Counter(codes) == {"00": 1, "02": AT_ONCE - 1}
    assert figures(app) == (1, 1, {"paid"})


def test_ten_taps_begin_one_try(real: tuple[Any, School]) -> None:
    app, school = real
    with app.app_context():
        request = asked(app.extensions["world"], school)
        db.session.remove()
    places = at_once(lambda _: choose(app.test_client(), request, "vnpay").location)
    assert len(set(places)) == 1
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Attempt)) == 1
        db.session.remove()


def test_ten_look_ups_are_told_one_bill(real: tuple[Any, School]) -> None:
    app, school = real
    with app.app_context():
        request = asked(app.extensions["world"], school)
        db.session.remove()
    ran = app.test_cli_runner().invoke(args=["cashier", "set-ways", school.payee.id, "--way", "keypay"])
    assert ran.exit_code == 0, ran.output
    looked_up = {"MaHoSo": request.code}
    told = at_once(lambda _: app.test_client().post("/hooks/keypay/bills", json=looked_up).json)
    assert {(one["error_code"], one["message"]["transaction_id"]) for one in told} == {
        (1, told[0]["message"]["transaction_id"])
    }
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Attempt)) == 1
        db.session.remove()


def test_ten_requests_paid_at_once_are_numbered_without_gap(real: tuple[Any, School]) -> None:
    app, school = real
    with app.app_context():
        world = app.extensions["world"]
        codes = [asked(world, school, form_id=f"form{number}").code for number in range(AT_ONCE)]
        notices = [
            sepay_notice(world, school, memo=code, amount=450_000, number=number, balance=number * 450_000)
            for number, code in enumerate(codes, 1)
        ]
        db.session.remove()
    statuses = at_once(
        lambda n: app.test_client().post("/hooks/sepay", data=notices[n][0], headers=notices[n][1]).status_code
    )
    assert statuses == [200] * AT_ONCE
    assert figures(app) == (AT_ONCE, AT_ONCE, {"paid"})
    with app.app_context():
        numbers = sorted(db.session.scalars(select(Receipt.number)))
        db.session.remove()
    assert numbers == list(range(1, AT_ONCE + 1))


def test_what_waited_too_long_for_a_lock_may_be_sent_again(
    real: tuple[Any, School], monkeypatch: pytest.MonkeyPatch
) -> None:
    """D2: 429 with `Stripe-Should-Retry: true`; the key is free at once and its repetition is carried out."""
    app, school = real
    for name in ("SQLITE_BUSY_MS", "LOCK_WAIT_MS"):
        monkeypatch.setattr(sys.modules["portal.db"], name, 50)
    with app.app_context():
        db.engine.dispose()  # connections take on their patience when they are made
        key = key_of(app.extensions["world"], school.payee.id)
        headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "k1"}
        held = db.engine.connect().execution_options(write=None)
        on_file = db.engine.dialect.name == "sqlite"
        held.exec_driver_sql("BEGIN IMMEDIATE" if on_file else f"LOCK TABLE {KeptAnswer.__tablename__}")
        asks = lambda: app.test_client().post("/v1/products", data={"name": "Bữa trưa"}, headers=headers)  # noqa: E731
        late = asks()
        held.exec_driver_sql("ROLLBACK")
        held.close()
        done = asks()
        db.session.remove()
    assert (late.status_code, late.json["error"]["code"]) == (429, "lock_timeout")
    assert late.headers["Stripe-Should-Retry"] == "true"
    assert (done.status_code, done.headers.get("Idempotent-Replayed")) == (200, None)
