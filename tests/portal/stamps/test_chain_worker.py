"""The chain's step in the worker: a thread of its own, real commits, nodes that hang or are dead."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from portal import create_app
from portal.config import Settings
from portal.db import begin, db
from portal.stamps.anchoring import OnTheChain
from portal.stamps.due import STEPS
from portal.stamps.wiring import open_evm
from portal.worker import run_steps
from portal.world import SystemClock
from tests.anvil import Anvil
from tests.chains import KEY, Chain, own_book
from tests.engines import Engines
from tests.nodes import answering, refusing
from tests.portal.stamps.test_chain import state
from tests.supervisor import until
from tests.traceability.test_log import add_events
from traceability import ledger_standing, open_log


class Later(SystemClock):
    """The machine's clock, one more minute ahead at each look: what waits for a time is soon due."""

    def __init__(self) -> None:
        self.looks = 0

    def now(self) -> datetime:
        self.looks += 1
        return super().now() + timedelta(minutes=self.looks)


class Running:
    """An app with real commits over these nodes, and a worker's rounds; its log holds three entries."""

    def __init__(self, settings: Settings) -> None:
        self.app = create_app(settings)
        self.app.extensions["world"] = replace(self.app.extensions["world"], clock=Later())
        self.steps = [replace(one, run=OnTheChain()) if one.name == "stamps.chain" else one for one in STEPS]
        self.context = self.app.app_context()
        self.context.push()
        self.add(3)

    def add(self, count: int, *, start: int = 0) -> None:
        world = self.app.extensions["world"]
        with begin() as session:
            open_log(session, now=world.clock.now(), origin=world.log_signer.origin)
            add_events(session, count, start=start)

    def work(self) -> None:
        run_steps(self.app, self.steps, {}, ignore_pauses=True)

    def state(self, ledger: str = "evm") -> list[str]:
        found = state(db.session(), ledger)
        db.session.rollback()
        return found

    def close(self) -> None:
        until(lambda: not hanging(), seconds=60)
        db.session.remove()
        db.engine.dispose()
        self.context.pop()


def hanging() -> bool:
    return any(thread.name == "anchor on the chain" for thread in threading.enumerate())


@pytest.fixture
def running(engines: Engines, database_url: str) -> Iterator[Any]:
    made: list[Running] = []

    def make(url: str, contract: str) -> Running:
        values = {"LEDGER_URL": url, "LEDGER_CONTRACT": contract, "LEDGER_SENDER_KEY": KEY}
        made.append(Running(engines.settings(database_url, **values)))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_the_step_anchors_in_a_thread_and_a_node_that_hangs_holds_up_nobody(running: Any, tmp_path: Path) -> None:
    free = threading.Event()
    with Anvil() as node:
        contract = Chain(node, begin=own_book(tmp_path / "deploying.sqlite")).deployed().contract
        pass_on = refusing(node.url, lambda call: None)

        def hang(call: dict[str, Any]) -> tuple[int, bytes]:
            free.wait(timeout=60)
            return pass_on(call)

        with answering(hang) as url:
            run = running(url, contract)
            take_over_what_deployed(run.app, node)
            until(lambda: run.work() or run.state() == ["sent"], seconds=60)
            assert hanging()
            run.add(2, start=50)  # other work goes on: the log grows, the notary takes it
            until(lambda: run.work() or len(run.state("notary")) == 2, seconds=60)
            assert run.state() == ["sent"]
            free.set()
            until(lambda: run.work() or node.mine() or run.state() == ["final", "final"], seconds=120)
            until(lambda: not hanging(), seconds=60)


def take_over_what_deployed(app: Any, node: Anvil) -> None:
    """Let this database's book know of the account's one transaction."""
    ledger = open_evm(Settings(values={**app.extensions["world"].settings.values, "LEDGER_URL": node.url}))
    assert ledger.take_over() == 1


def test_a_dead_node_is_asked_again_and_the_notary_goes_on(running: Any) -> None:
    run = running("http://127.0.0.1:9", "0x" + "12" * 20)
    until(lambda: run.work() or run.state() == ["sent"], seconds=60)
    until(lambda: run.work() or ledger_standing(db.session(), ledger="evm").reason is not None, seconds=60)
    assert run.state("notary") == ["final"]


def test_no_process_pays_for_web3_before_it_asks_a_node(engines: Engines) -> None:
    script = (
        "import sys; from portal import create_app; from portal.config import Settings; "
        "app = create_app(Settings.from_env()); assert 'evm' in app.extensions['world'].ledgers; "
        "assert not {'web3', 'eth_account'} & set(sys.modules), 'too early'"
    )
    env = {**os.environ, "LEDGER_URL": "http://127.0.0.1:9", "INSTANCE_DIR": str(engines.folder / "lazy")}
    ran = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr[-2000:]
