"""Checkpoints go on the ledgers: the notary's file at once, a chain from a thread of its own, so that nothing waits."""

import threading
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Flask, current_app

from portal.cases import open_case
from portal.db import begin, db, reading
from portal.stamps.wiring import CHAIN
from portal.world import World
from traceability import (
    AnchorState,
    Ledger,
    Trouble,
    anchor_waits,
    call_ledger,
    claim_anchor,
    dispute_anchor,
    doubt_of,
    latest_finals,
    plan_anchor,
    record_anchor,
)
from traceability.errors import LedgerProblem, LedgerUnreachable

GATHER = timedelta(minutes=2)  # one transaction covers what comes meanwhile; P2 allows ten minutes
WATCH_S = 600.0
POLL_S = 0.1


def alarm(world: World, *, kind: str, subject: str, reason: str) -> None:
    """Open a case in a transaction of its own."""
    with begin() as session:
        open_case(session, now=world.clock.now(), kind=kind, subject=subject[:64], reason=reason[:200])


def anchor(world: World) -> bool:
    """Put the newest checkpoint on each ledger that lacks it, now; say whether a ledger took one."""
    return _advance_all(world, world.ledgers)


def anchor_on_file(world: World) -> bool:
    """Put the newest checkpoint on the ledgers of this machine; say whether one took it."""
    return _advance_all(world, _here(world))


def watch_files(world: World) -> bool:
    """Look again at the newest final anchors on the ledgers of this machine; say whether any was lost."""
    return bool(watch(world, _here(world)))


def _advance_all(world: World, ledgers: Mapping[str, Ledger]) -> bool:
    moved = [_advance(world, name, ledger) for name, ledger in ledgers.items()]
    return any(moved)


def _here(world: World) -> dict[str, Ledger]:
    return {name: ledger for name, ledger in world.ledgers.items() if name != CHAIN}


def _advance(world: World, name: str, ledger: Ledger, *, gather: timedelta = timedelta(0)) -> bool:
    now = world.clock.now()
    if not anchor_waits(reading(), now=now, ledger=name, gather=gather):
        return False
    with begin() as session:
        plan_anchor(session, now=now, ledger=name, gather=gather)
        claim = claim_anchor(session, now=now, ledger=name)
    if claim is None:
        return False
    answer = call_ledger(ledger, claim)
    with begin() as session:
        state = record_anchor(session, now=world.clock.now(), claim=claim, answer=answer)
        if state is AnchorState.FAILED or answer.trouble is Trouble.STOPPED:
            reason = (answer.reason or state.value)[:200]
            open_case(session, now=world.clock.now(), kind="ledger.stopped", subject=name, reason=reason)
        for silent in answer.alarms:
            subject = f"{name}:{silent.partition(':')[0]}"[:64]
            open_case(session, now=world.clock.now(), kind="ledger.node_silent", subject=subject, reason=silent[:200])
    return answer.receipt is not None


def watch(world: World, ledgers: Mapping[str, Ledger]) -> int:
    """Look again at the newest final anchors; what a ledger lost is disputed, with a case. Return how many."""
    disputed = 0
    for name, ledger in ledgers.items():
        for final in latest_finals(reading(), ledger=name):
            db.session.rollback()  # no read stays open while a node is asked
            try:
                doubt = doubt_of(ledger, final)
            except LedgerUnreachable:
                break
            except LedgerProblem as problem:
                alarm(world, kind="ledger.stopped", subject=name, reason=str(problem))
                break
            if doubt is None:
                break  # blocks and lines hang on those before them: the older ones stand as well
            with begin() as session:
                if dispute_anchor(session, anchor=final.anchor, reason=doubt):
                    subject = f"{name}:{final.checkpoint.size}"
                    now = world.clock.now()
                    open_case(session, now=now, kind="ledger.disputed", subject=subject, reason=doubt[:200])
                    disputed += 1
    return disputed


class OnTheChain:
    """The step of the chain: one piece at a time in a thread of its own, for a node may take long to answer."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._moved = False
        self._watched = 0.0

    def __call__(self, world: World) -> bool:
        """Begin a piece or look after the one under way; say whether there was any."""
        ledger = world.ledgers.get(CHAIN)
        if ledger is None:
            return False
        if self._thread is not None:
            self._thread.join(POLL_S)
            if self._thread.is_alive():
                return True
            self._thread = None
            return self._moved
        watching = time.monotonic() - self._watched > WATCH_S
        if not watching and not anchor_waits(reading(), now=world.clock.now(), ledger=CHAIN, gather=GATHER):
            return False
        self._watched = time.monotonic() if watching else self._watched
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        arguments: tuple[Any, ...] = (app, world, ledger, watching)
        self._thread = threading.Thread(target=self._run, args=arguments, daemon=True, name="anchor on the chain")
        self._thread.start()
        return True

    def _run(self, app: Flask, world: World, ledger: Ledger, watching: bool) -> None:
        self._moved = False
        with app.app_context():
            try:
                if watching:
                    watch(world, {CHAIN: ledger})
                self._moved = _advance(world, CHAIN, ledger, gather=GATHER)
            except Exception as error:
                log: Any = app.extensions["log"]
                log.error("worker.step_failed", step="stamps.chain", error=type(error).__name__, exc_info=error)
            finally:
                db.session.remove()
