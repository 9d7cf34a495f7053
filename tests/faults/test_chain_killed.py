"""kill -9 around an anchor on an EVM chain, at each place where it can hurt; what landed is asserted at the node."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import requests
import sqlalchemy as sa
from sqlalchemy.orm import Session

import traceability as trace
from portal import create_app
from portal.config import Settings
from tests.anvil import Anvil
from tests.chains import KEY, Chain
from tests.engines import Engines
from tests.faults.stops import Stop
from tests.nodes import answering
from tests.supervisor import PATIENCE_S, Portal, until
from tests.traceability.making import GTIN
from traceability.models import TraceAnchor, TraceCheckpoint, TraceTransaction

LONG = timedelta(minutes=10)


class Gate:
    """Stands before a node: passes calls on, or stops the callers of one method before or after the node hears them."""

    def __init__(self, node: Anvil) -> None:
        self.node, self.method, self.heard = node, "", False
        self.reached, self._free = threading.Event(), threading.Event()

    def __call__(self, call: dict[str, Any]) -> tuple[int, bytes]:
        """Answer a call, or let its caller wait until it is dead."""
        stops = call["method"] == self.method
        answer = b"" if stops and not self.heard else requests.post(self.node.url, json=call, timeout=60).content
        if stops:
            self.reached.set()
            self._free.wait(timeout=PATIENCE_S)
            return 502, b""
        return 200, answer

    @contextmanager
    def stopping(self, method: str, *, heard: bool) -> Iterator["Gate"]:
        """Stop who calls the method; kill them before the block ends."""
        self.reached.clear()
        self._free.clear()
        self.method, self.heard = method, heard
        yield self
        self.method = ""
        self._free.set()


class Scene:
    """Workers of one portal, and the chain on which they anchor."""

    def __init__(self, address: str, node: Anvil, url: str) -> None:
        self.engine = sa.create_engine(address)
        self.chain = Chain(node, begin=self.begin).deployed()
        values = {"LEDGER_URL": url, "LEDGER_CONTRACT": self.chain.contract, "LEDGER_SENDER_KEY": KEY}
        self.portal = Portal(address, names=("worker",), **values)
        self.second = Portal(address, names=("worker",), **values, INSTANCE_DIR=str(self.portal.instance))
        self.world: Any = create_app(Settings.from_env(self.portal.env)).extensions["world"]

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """Open a transaction past the portal."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    def issue(self, batches: int) -> None:
        """Issue small batches; each is one entry of the log."""
        now, keys, signer = self.world.clock.now(), self.world.stamp_keys, self.world.log_signer
        for _ in range(batches):
            with self.begin() as session:
                trace.open_log(session, now=now, origin=signer.origin)
                order = trace.reserve_batch(session, keys=keys, count=30)
            with self.begin() as session:
                trace.issue_batch(
                    session, now=now, derived=trace.derive_batch(order, keys=keys), establishment="or_farm",
                    product="pr_rice", gtin=GTIN, log_keys=signer.keys,
                    prefix=trace.url_prefix(public_url=self.portal.url, gtin=GTIN),
                )  # fmt: skip

    def time_passes(self) -> None:
        """Let leases run out, and the minutes in which facts are gathered."""
        with self.begin() as session:
            for column in (TraceAnchor.next_attempt_at, TraceCheckpoint.signed_at):
                table, key = column.class_, sa.inspect(column.class_).primary_key[0]
                for found, at in session.execute(sa.select(key, column).with_for_update(skip_locked=True)).all():
                    session.execute(sa.update(table).where(key == found).values({column.key: at - LONG}))

    def waits(self, condition: Any, *, why: str) -> None:
        """Wait for what a worker does, however long its pauses are."""
        until(lambda: condition() or self.time_passes(), why=why)

    def rows(self) -> list[tuple[str, int]]:
        """Return state and size of each anchor on the chain."""
        columns = sa.select(TraceAnchor.state, TraceAnchor.size).where(TraceAnchor.ledger == "evm")
        with self.begin() as session:
            return [(row.state, row.size) for row in session.execute(columns.order_by(TraceAnchor.size))]

    def kept(self) -> int:
        """Count the transactions that were written down for the log."""
        wanted = sa.select(sa.func.count()).select_from(TraceTransaction).where(TraceTransaction.size.is_not(None))
        with self.begin() as session:
            return session.scalar(wanted) or 0

    def on_chain(self) -> list[int]:
        """Return the sizes of the anchors that stand in blocks; each took one transaction of our account."""
        sizes = [int(event["topics"][2], 16) for event in self.chain.anchors()]
        assert self.chain.sent() == len(sizes)
        return sizes

    def close(self) -> None:
        """End what was started."""
        for portal in (self.portal, self.second):
            for name in list(portal.processes):
                portal.kill(name)
        self.engine.dispose()


@pytest.fixture
def scene(engines: Engines) -> Iterator[tuple[Scene, Gate]]:
    with Anvil(mining=False) as node:
        gate = Gate(node)
        with answering(gate) as url:
            made = Scene(engines.fresh("postgresql"), node, url)
            yield made, gate
            made.close()


def killed_at(scene: Scene, reached: Any, *, why: str) -> None:
    """Start the worker, wait until it stands there, and kill it."""
    scene.portal.start("worker")
    scene.waits(reached, why=why)
    scene.portal.kill("worker")


def ended(rows: list[tuple[str, int]], size: int) -> bool:
    """Say whether the anchor of this size is final and none is under way: the smaller ones may end after it."""
    return rows[-1] == ("final", size) and {state for state, _ in rows} <= {"final", "covered"}


def test_a5_a4_d9_the_worker_dies_around_the_sending_and_one_anchor_lands(scene: tuple[Scene, Gate]) -> None:
    town, gate = scene
    node = town.chain.node
    town.issue(3)
    # Before anything is written down but the intent.
    with gate.stopping("eth_estimateGas", heard=False):
        killed_at(town, gate.reached.is_set, why="nobody made a transaction")
    assert (town.rows(), town.kept()) == ([("sent", 3)], 0)
    # Signed and written down, and the node never saw it.
    with gate.stopping("eth_sendRawTransaction", heard=False):
        killed_at(town, gate.reached.is_set, why="nobody sent")
    assert (town.rows(), town.kept()) == ([("sent", 3)], 1)
    assert node.rpc("txpool_status")["pending"] == "0x0"
    # The node has it, and nobody heard that.
    with gate.stopping("eth_sendRawTransaction", heard=True):
        killed_at(town, gate.reached.is_set, why="nobody sent what was kept")
    assert (town.rows(), town.kept()) == ([("sent", 3)], 1)
    assert node.rpc("txpool_status")["pending"] == "0x1"
    # It is in a block, and that is not noted.
    node.mine()
    stop = Stop(str(town.engine.url.render_as_string(hide_password=False)))
    with stop.at("trace_anchors", act="UPDATE", when="NEW.state = 'confirmed' AND NEW.ledger = 'evm'"):
        killed_at(town, stop.reached, why="nobody saw the block")
    assert town.rows() == [("sent", 3)]
    town.portal.start("worker")
    town.waits(lambda: node.mine() or town.rows() == [("final", 3)], why="the anchor did not become final")
    assert (town.on_chain(), town.kept()) == ([3], 1)
    # Two workers at once: each checkpoint still takes one transaction, and what came meanwhile is under it.
    town.second.start("worker")
    town.issue(4)
    town.waits(lambda: node.mine() or ended(town.rows(), 7), why="two workers anchored nothing")
    assert town.on_chain() == [size for state, size in town.rows() if state == "final"]
    assert town.kept() == len(town.on_chain())
    assert town.portal.flask("ledger", "fsck")["differences"] == []
