"""Looking again, on our own: the root keys give the stamps that were issued, the records are what the log states."""

import threading
import time
from collections.abc import Iterable, Mapping
from typing import Any

from flask import Flask, current_app
from sqlalchemy import func, select

from portal.cases import close_case, open_case, open_cases
from portal.db import begin, db, reading
from portal.stamps.wiring import CHAIN
from portal.world import World
from traceability import Difference, fsck, key_problems, mark_differences
from traceability.models import TraceBatch

KEYS_EVERY_S = 600.0
FIRST_S, EVERY_S = 300.0, 3_600.0
INLINE_MOST = 20_000  # stamps that are derived between two other pieces of work: 30 ms
POLL_S, BREATH_S = 0.1, 0.02
KEY, DIFFERS = "log.stamp_key", "log.record_differs"


def watch_keys(world: World) -> bool:
    """Name each root key that is missing or wrong, at the worker's start and again and again; never more to do."""
    wrong = {f"version {one.fields['version']}": one.code for one in key_problems(reading(), world.stamp_keys)}
    _show(world, kind=KEY, wrong=wrong)
    return False


def _show(world: World, *, kind: str, wrong: Mapping[str, str]) -> None:
    """Have a case open for each thing that is wrong now, and close those of what is right again."""
    shown = {case.subject for case in open_cases(reading(), kind=kind)}
    if shown == wrong.keys():
        return
    now = world.clock.now()
    with begin() as session:
        for subject, reason in wrong.items():
            open_case(session, now=now, kind=kind, subject=subject[:64], reason=reason[:200])
        for case in open_cases(session, kind=kind):
            if case.subject not in wrong:
                close_case(session, case, now=now, note="It is right again.")
    log: Any = current_app.extensions["log"]
    for subject, reason in wrong.items():
        if subject not in shown:
            log.error("alarm.raised", alarm=kind, kind=subject, reason=reason[:200])


class Fsck:
    """The hourly step: derive everything anew and compare; large stocks in a thread of its own, nobody waits for it."""

    def __init__(self, *, first_s: float = FIRST_S) -> None:
        self._due = time.monotonic() + first_s
        self._thread: threading.Thread | None = None

    def __call__(self, world: World) -> bool:
        """Begin or look after a pass; it is never anything that others would wait to end."""
        if self._thread is not None:
            self._thread.join(POLL_S)
            if not self._thread.is_alive():
                self._thread = None
        elif time.monotonic() >= self._due:
            self._due = time.monotonic() + EVERY_S
            self._begin(world)
        return False

    def _begin(self, world: World) -> None:
        stamps = reading().scalar(select(func.sum(TraceBatch.count))) or 0
        if stamps <= INLINE_MOST:
            check_records(world)
            return
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._run, args=(app, world), daemon=True, name="fsck")
        self._thread.start()

    def _run(self, app: Flask, world: World) -> None:
        with app.app_context():
            try:
                check_records(world)
            except Exception as error:
                log: Any = app.extensions["log"]
                log.error("worker.step_failed", step="stamps.fsck", error=type(error).__name__, exc_info=error)
            finally:
                db.session.remove()


def check_records(world: World) -> tuple[Difference, ...]:
    """Derive and compare; mark what differs, so that its scans say so, and open a case. Return what differs.

    The chain is not asked for each anchor of all time: `anchoring.watch` looks after the newest.
    """
    ledgers = {name: None if name == CHAIN else ledger for name, ledger in world.ledgers.items()}
    keys = world.stamp_keys
    found = fsck(
        reading(), now=world.clock.now(), keys=keys, ledgers=ledgers, head=world.log_signer.head.read(),
        witnesses=world.log_signer.witnesses, progress=lambda _done: time.sleep(BREATH_S),
    )  # fmt: skip
    with begin() as session:
        mark_differences(session, found)
    _show(world, kind=DIFFERS, wrong=_summed(found))
    return found


def _summed(found: Iterable[Difference]) -> dict[str, str]:
    """Say for each area how many differ, and name one."""
    by_area: dict[str, list[Difference]] = {}
    for one in found:
        by_area.setdefault(one.area, []).append(one)
    return {area: f"{len(those)}: {those[0].subject} {those[0].detail}" for area, those in by_area.items()}
