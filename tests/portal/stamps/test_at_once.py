"""Scans at the same instant, over a database where commits are real."""

import threading
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from benchmarks.scan_route import prepare
from portal import create_app
from portal.counting.models import AdoptCell, AdoptDelta
from portal.db import db
from portal.stamps.details import BUFFER, DetailBuffer
from tests.engines import Engines
from traceability.models import TraceScan, TraceStamp

STAMPS, THREADS = 40, 4


def test_of_scans_at_once_exactly_one_is_first(engines: Engines, database_url: str, tmp_path: Path) -> None:
    _product, paths = prepare(database_url, tmp_path, STAMPS)
    app = create_app(engines.settings(database_url))
    BUFFER.delay_s = 0.0
    said: list[str] = []

    def scan_all(barrier: threading.Barrier) -> None:
        client = app.test_client()
        for path in paths:
            barrier.wait(timeout=30)
            answer = client.get(path, headers={"Accept": "application/json"})
            said.append(f"{path} {answer.get_json()['verdict']} {answer.get_json()['recorded']}")

    barrier = threading.Barrier(THREADS)
    threads = [threading.Thread(target=scan_all, args=(barrier,)) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert len(said) == STAMPS * THREADS
    firsts = [line.split()[0] for line in said if "genuine_first_scan True" in line]
    assert sorted(firsts) == sorted(paths)
    with app.app_context():
        session = db.session()
        assert session.scalar(select(func.sum(TraceStamp.scans))) == STAMPS * THREADS
        assert session.scalar(select(func.count()).select_from(TraceScan)) == STAMPS * THREADS
        pending = select(func.sum(AdoptDelta.d)).where(AdoptDelta.indicator == "QR_SCAN", AdoptDelta.cut == "_T")
        rolled_up = select(func.sum(AdoptCell.net)).where(AdoptCell.indicator == "QR_SCAN", AdoptCell.cut == "_T")
        assert (session.scalar(pending) or 0) + (session.scalar(rolled_up) or 0) == STAMPS * THREADS
        db.session.remove()
        db.engine.dispose()


def test_details_follow_within_a_second(engines: Engines, database_url: str, tmp_path: Path, monkeypatch: Any) -> None:
    _product, paths = prepare(database_url, tmp_path, 10)
    app = create_app(engines.settings(database_url))
    later = DetailBuffer(delay_s=0.2)
    monkeypatch.setattr("portal.stamps.scan.BUFFER", later)
    client = app.test_client()
    for path in paths:
        client.get(path, headers={"Accept": "application/json"})
    with app.app_context():
        timer = later._timer
        if timer is not None:
            timer.join(timeout=10)
        for _ in range(50):
            if db.session.scalar(select(func.count()).select_from(TraceScan)) == 10:
                break
            db.session.rollback()
            threading.Event().wait(0.1)
        assert db.session.scalar(select(func.count()).select_from(TraceScan)) == 10
        db.session.remove()
        db.engine.dispose()
