"""Strangers watch a running portal by HTTP alone, while somebody with the database in hand changes what was logged."""

import json
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa

import traceability as trace
from portal import create_app
from portal.config import Settings
from portal.db import begin, db
from portal.stamps.due import grow_log
from tests.engines import Engines
from tests.supervisor import ROOT, Portal
from tests.traceability.making import GTIN
from traceability.log import add_entry
from traceability.models import (
    TraceAnchor,
    TraceCheckpoint,
    TraceCosignature,
    TraceEntry,
    TraceLog,
    TraceLogTile,
)

NAME = "witness.example/w1"


class Strangers:
    """A witness and a monitor, each a process of its own, and what they are told to believe."""

    def __init__(self, portal: Portal, folder: Path, witness_key: str) -> None:
        self.folder, self.witness_key = folder, witness_key
        self.log = f"{portal.url}/log"
        self.key = requests.get(f"{self.log}/key", timeout=60).text.strip()
        (folder / "post").write_text(portal.flask("ledger", "witness", "--name", NAME)["key"])

    def run(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        """Run a command of the library; return its exit code and its answer."""
        ran = outside(self.folder, *arguments, "--json")
        assert ran.stderr == ""
        return ran.returncode, json.loads(ran.stdout)

    def witness(self, *more: str) -> tuple[int, dict[str, Any]]:
        """Cosign what the log shows."""
        own = ("--name", NAME, "--key-file", "w1", "--post-key-file", "post", "--state", "witness.state")
        return self.run("witness", self.log, "--log-key", self.key, *own, *more)

    def monitor(self) -> tuple[int, dict[str, Any]]:
        """Follow the log."""
        own = ("--witness-key", self.witness_key, "--state", "monitor.state")
        return self.run("monitor", self.log, "--log-key", self.key, *own)

    def alarm(self) -> str:
        """Follow the log, which must misbehave; return how, and hold that the evidence says so."""
        code, said = self.monitor()
        assert (code, said["code"]) == (1, "log_misbehaves"), said
        assert json.loads((self.folder / said["evidence"]).read_text())["kind"] == said["kind"]
        return str(said["kind"])


def outside(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "traceability", *arguments],
        cwd=folder, env={"PYTHONPATH": str(ROOT), "PATH": ""}, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip


class Operator:
    """Who holds database and signing key: grows the log as it should be, and changes it as nobody may."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self.app = create_app(Settings.from_env(portal.env))
        self.world = self.app.extensions["world"]
        self.count = 0

    def grow(self, events: int) -> None:
        """Add a batch and some events, and sign."""
        now = self.world.clock.now()
        with self.app.app_context():
            with begin() as session:
                trace.open_log(session, now=now, origin=self.world.log_signer.origin)
                order = trace.reserve_batch(session, keys=self.world.stamp_keys, count=300)
            with begin() as session:
                trace.issue_batch(
                    session, now=now, derived=trace.derive_batch(order, keys=self.world.stamp_keys),
                    establishment="or_farm", product="pr_rice", gtin=GTIN, log_keys=self.world.log_signer.keys,
                    prefix=trace.url_prefix(public_url=self.portal.url, gtin=GTIN),
                )  # fmt: skip
                for number in range(self.count, self.count + events):
                    facts = {"hash": f"sha256:{number:064x}", "rotated_at": now.isoformat()}
                    add_entry(session, now=now, kind="key_rotated", facts=facts)
            self.count += events
            self.sign()

    def sign(self) -> None:
        """Give every entry its place and sign, as the worker does."""
        with self.app.app_context():
            while grow_log(self.world):
                pass
            db.session.remove()

    def change(self, *statements: Any) -> None:
        """Change rows past the portal."""
        with self.app.app_context():
            with begin() as session:
                for statement in statements:
                    session.execute(statement)
            db.session.remove()

    def entry(self, position: int) -> dict[str, Any]:
        """Return a row of the log."""
        with self.app.app_context():
            row = db.session().scalars(sa.select(TraceEntry).where(TraceEntry.position == position)).one()
            found = {column.name: getattr(row, column.name) for column in TraceEntry.__table__.columns}
            db.session.remove()
            return found

    def begin_anew(self) -> None:
        """Forget that anything was ever hashed or signed, and sign it again as it stands now."""
        (self.portal.instance / "log-head").unlink()
        self.change(
            sa.delete(TraceCosignature), sa.delete(TraceAnchor), sa.delete(TraceCheckpoint), sa.delete(TraceLogTile),
            sa.update(TraceEntry).values(position=None), sa.update(TraceLog).values(size=0),
        )  # fmt: skip
        self.sign()


@pytest.fixture
def scene(engines: Engines, engine_name: str, tmp_path: Path) -> Iterator[tuple[Operator, Strangers]]:
    """A web process over a fresh database whose settings list one witness; its log has 301 entries."""
    made = outside(tmp_path, "witness-key", "w1", "--name", NAME)
    assert made.returncode == 0
    witness_key = made.stdout.strip()
    with Portal(engines.fresh(engine_name), names=("web",), LOG_WITNESSES=witness_key) as portal:
        operator = Operator(portal)
        operator.grow(300)
        yield operator, Strangers(portal, tmp_path, witness_key)
        with operator.app.app_context():
            db.engine.dispose()


def test_a_witness_and_a_monitor_are_not_fooled(scene: tuple[Operator, Strangers]) -> None:
    operator, strangers = scene
    assert strangers.witness("--begin")[0] == 0
    code, said = strangers.monitor()
    assert (code, said["size"], said["witnesses"]) == (0, 301, [NAME])
    operator.grow(20)
    code, said = strangers.witness()
    assert (code, said["size"], said["posted"]) == (0, 322, True)
    code, said = strangers.monitor()
    assert (code, said["size"], said["checkpoints_held_against"], said["witnesses"]) == (0, 322, 1, [NAME])

    # A row is changed by SQL, and served.
    row = operator.entry(7)
    where = sa.update(TraceEntry).where(TraceEntry.id == row["id"])
    operator.change(where.values(data=row["data"].replace(b"sha256:0", b"sha256:1")))
    assert strangers.alarm() == "entry_differs"
    operator.change(where.values(data=row["data"]))
    assert strangers.monitor()[0] == 0

    # An entry is deleted.
    operator.change(sa.delete(TraceEntry).where(TraceEntry.id == row["id"]))
    assert strangers.alarm() == "entries_missing"
    operator.change(sa.insert(TraceEntry).values(**row))
    assert strangers.monitor()[0] == 0

    # The log goes back to an earlier checkpoint.
    with operator.app.app_context():
        newest = db.session().scalars(sa.select(TraceCheckpoint).order_by(TraceCheckpoint.size.desc())).first()
        assert newest is not None
        facts = {column.name: getattr(newest, column.name) for column in TraceCheckpoint.__table__.columns}
        db.session.remove()
    at_newest = TraceCheckpoint.size == facts["size"]
    operator.change(sa.delete(TraceCosignature), sa.delete(TraceCheckpoint).where(at_newest))
    assert strangers.alarm() == "shrunken"
    assert strangers.witness()[0] == 1
    operator.change(sa.insert(TraceCheckpoint).values(**facts))
    assert strangers.monitor()[0] == 0

    # History is rewritten whole and signed again, so that the portal's own check finds nothing at all.
    changed = row["data"].replace(b"sha256:0", b"sha256:1")
    operator.change(where.values(data=changed, leaf_hash=trace_leaf(changed)))
    operator.begin_anew()
    own = json.loads(operator.portal.run_flask("ledger", "fsck").stdout)
    assert own["count"] == 0, own
    assert strangers.alarm() == "two_roots"
    code, said = strangers.witness()
    assert (code, said["kind"]) == (1, "two_roots")
    operator.grow(1)
    assert strangers.alarm() == "inconsistent"
    code, said = strangers.witness()
    assert (code, said["kind"]) == (1, "inconsistent")
    assert NAME not in requests.get(f"{strangers.log}/checkpoint", timeout=60).text


def trace_leaf(data: bytes) -> bytes:
    return sha256(b"\0" + data).digest()
