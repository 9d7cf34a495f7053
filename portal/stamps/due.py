"""Due work of stamps: the log grows and is signed, checkpoints go on the ledgers, large orders, old scan details."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.db import begin, reading
from portal.stamps import prints
from portal.stamps.anchoring import WATCH_S, OnTheChain, alarm, anchor_on_file, watch_files
from portal.stamps.errors import OrderLeaseLost
from portal.stamps.forged import purge_unknown
from portal.stamps.models import DUE, StampOrder
from portal.stamps.orders import Claim, claim_order, finish_order, note_progress, put_back
from portal.stamps.watching import KEYS_EVERY_S, Fsck, watch_keys
from portal.stamps.wiring import LogSigner, book_of
from portal.worker import Step
from portal.world import World
from traceability import (
    DerivedBatch,
    StampKeys,
    TraceabilityError,
    derive_batch,
    integrate_entries,
    keys_rolled,
    latest_checkpoint,
    open_log,
    publish_checkpoint,
    purge_scan_details,
    state_keys,
)
from traceability.errors import CheckpointBehind, CheckpointInconsistent
from traceability.models import TraceEntry, TraceLog

WORKER = Acting.system("worker")
POLL_S = 0.1
PROGRESS_EVERY = 250_000


def grow_log(world: World) -> bool:
    """Give pending entries their places, and sign what the log holds; say whether there was anything."""
    rows = reading()
    signer: LogSigner = world.log_signer
    if not _log_waits(rows, world):
        return False
    with begin() as session:
        open_log(session, now=world.clock.now(), origin=signer.origin)
        state_keys(session, now=world.clock.now(), log_keys=signer.keys, stamp_keys=world.stamp_keys)
        integrate_entries(session, now=world.clock.now())
    try:
        with begin() as session:  # of its own: the head is kept before this ends, its tiles must be durable by then
            signed = publish_checkpoint(session, now=world.clock.now(), keys=signer.keys, head=signer.head)
    except (CheckpointBehind, CheckpointInconsistent) as error:
        alarm(world, kind="log.refused_to_sign", subject=signer.origin, reason=error.code)
        return False
    return signed is not None


def _log_waits(rows: Session, world: World) -> bool:
    size = rows.scalar(select(TraceLog.size))
    if size is not None and keys_rolled(rows, log_keys=world.log_signer.keys, stamp_keys=world.stamp_keys):
        return True
    if rows.scalar(select(TraceEntry.id).where(TraceEntry.position.is_(None)).limit(1)) is not None:
        return True
    newest = latest_checkpoint(rows)
    return size is not None and size > (newest.checkpoint.size if newest else 0)


@dataclass
class _Derivation:
    """One large order that this process derives, in a thread of its own: payments must not wait for it."""

    claim: Claim
    thread: threading.Thread | None = None
    done: int = 0
    noted: int = 0
    derived: DerivedBatch | None = None
    failed: str | None = None

    def run(self, keys: StampKeys) -> None:
        """Derive; pure computation."""
        try:
            self.derived = derive_batch(self.claim.order, keys=keys, progress=self.tell)
        except TraceabilityError as error:
            self.failed = error.code

    def tell(self, done: int) -> None:
        """Take the number of stamps done."""
        self.done = done


class LargeOrders:
    """The step of large orders: claim one, look after its thread, issue. One derivation a process."""

    def __init__(self) -> None:
        self._now: _Derivation | None = None

    def __call__(self, world: World) -> bool:
        """Do one piece; say whether there was any."""
        if self._now is None:
            return self._start(world)
        under_way = self._now
        if under_way.thread is not None:
            under_way.thread.join(POLL_S)
            if under_way.thread.is_alive():
                self._guarded(lambda: self._note(world, under_way))
                return True
        self._guarded(lambda: self._finish(world, under_way))
        self._now = None
        return True

    def _guarded(self, piece: Callable[[], None]) -> None:
        try:
            piece()
        except OrderLeaseLost:  # another worker has it; what this one derived is not needed
            self._now = None

    def _start(self, world: World) -> bool:
        now = world.clock.now()
        due = select(StampOrder.id).where(StampOrder.state == DUE, StampOrder.next_attempt_at <= now)
        if reading().scalar(due.limit(1)) is None:
            return False
        with begin() as session:
            claim = claim_order(session, now=now)
        if claim is None:
            return False
        self._now = found = _Derivation(claim)
        found.thread = threading.Thread(target=found.run, args=(world.stamp_keys,), daemon=True, name="derive stamps")
        found.thread.start()
        return True

    def _note(self, world: World, under_way: _Derivation) -> None:
        if under_way.done - under_way.noted < PROGRESS_EVERY:
            return
        under_way.noted = under_way.done
        with begin() as session:
            note_progress(session, now=world.clock.now(), claim=under_way.claim, done=under_way.done)

    def _finish(self, world: World, under_way: _Derivation) -> None:
        now, claim = world.clock.now(), under_way.claim
        if under_way.derived is None:
            with begin() as session:
                put_back(session, now=now, claim=claim, reason=under_way.failed or "stopped")
            return
        with begin() as session:
            finish_order(
                session,
                now=now,
                acting=WORKER,
                claim=claim,
                derived=under_way.derived,
                signer=world.log_signer,
                public_url=world.settings.public_url,
            )
        book_of(world.stamp_keys).clear()


def purge(world: World) -> bool:
    """Delete scan details older than 90 days; verdicts stay as they are."""
    now = world.clock.now()
    with begin() as session:
        gone = purge_scan_details(session, now=now)
        purge_unknown(session, now=now)
        if gone:
            changed: dict[str, tuple[object, object]] = {"rows": (None, gone)}
            record(
                session, now=now, acting=WORKER, act="scans.purged", object_id=now.date().isoformat(), changed=changed,
                public=frozenset(changed),
            )  # fmt: skip
    return bool(gone)


STEPS = (
    Step("stamps.log", grow_log, priority=4, every_s=0.5),
    Step("stamps.anchor", anchor_on_file, priority=4, every_s=0.5),
    Step("stamps.chain", OnTheChain(), priority=4, every_s=1),
    Step("stamps.watch", watch_files, priority=8, every_s=WATCH_S),
    Step("stamps.keys", watch_keys, priority=8, every_s=KEYS_EVERY_S),
    Step("stamps.fsck", Fsck(), priority=9, every_s=1),
    Step("stamps.orders", LargeOrders(), priority=6),
    Step("stamps.purge", purge, priority=9, every_s=86_400),
    *prints.STEPS,
)
