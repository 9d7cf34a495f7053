"""kill -9 around the anchor and a large order: the ledger holds each size once, each batch is whole or not there."""

import fcntl
import json
import random
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from portal.acting import Acting
from portal.db import begin
from portal.stamps.models import StampOrder
from portal.stamps.orders import place_order
from tests.faults.stamping import all_anchored, issue
from tests.faults.town import WAIT_S, Town
from tests.supervisor import ROOT, until
from traceability.models import TraceAnchor, TraceBatch, TraceBatchTile

LARGE = 300_000


def notary(town: Town) -> list[dict[str, Any]]:
    """Return the notary's lines; hold that each is whole, chained to the one before, and that sizes grow."""
    path = notary_file(town)
    found: list[dict[str, Any]] = []
    before = "0" * 64
    for raw in path.read_bytes().splitlines() if path.exists() else ():
        line = json.loads(raw)
        assert (line["prev"], line["seq"]) == (before, len(found) + 1)
        assert not found or line["size"] > found[-1]["size"]
        before = sha256(raw).hexdigest()
        found.append(line)
    return found


def notary_file(town: Town) -> Path:
    return town.portal.instance / "notary.jsonl"


def settle(town: Town) -> None:
    """Bring the worker back and wait until everything is anchored."""
    town.settles(lambda: all_anchored(town), why="the log was not anchored")


def whole(town: Town) -> None:
    """Hold that log and ledger agree, by every derivation, and that everything is anchored."""
    code, said = town.command("ledger", "fsck")
    assert (code, json.loads(said)["differences"]) == (0, [])
    status = json.loads(town.command("ledger", "status")[1])
    standing = status["ledgers"]["notary"]
    assert standing["published_size"] == standing["anchored_size"] == status["size"]
    assert (standing["under_way"], standing["needs_person"]) == ([], [])
    held = {line["size"]: line["root"] for line in notary(town)}
    with town.rows() as session:
        final = session.scalars(sa.select(TraceAnchor).where(TraceAnchor.state == "final")).all()
    assert {row.size: row.root.hex() for row in final} == held
    town.sound()


def test_a5_and_a4_the_worker_dies_before_the_anchor_is_sent_and_after_it_before_its_record(town: Town) -> None:
    issue(town)
    settle(town)
    before = notary(town)
    with notary_file(town).open("rb") as ledger:
        fcntl.flock(ledger, fcntl.LOCK_SH)  # it takes no line; who only reads, as the watch does, need not wait
        issue(town)
        sent = TraceAnchor.state == "sent"
        until(lambda: town.count(TraceAnchor, sent), why="no anchor was under way")
        time.sleep(0.2)
        town.portal.kill("worker")
    assert notary(town) == before
    assert town.count(TraceAnchor, sent) == 1  # the intent was committed first
    with town.stop.at("trace_anchors", act="UPDATE", when="NEW.state = 'final'"):
        town.minutes_pass()
        town.portal.start("worker")
        noted = len(before) + 1  # others hold SQLite's lock for long too: the line tells that it is this anchor's
        until(lambda: len(notary(town)) == noted and town.stop.reached(), why="no receipt came to be recorded")
        town.portal.kill("worker")
    assert len(notary(town)) == len(before) + 1  # on the ledger, and we did not note it
    assert town.count(TraceAnchor, sent) == 1
    settle(town)
    assert len(notary(town)) == len(before) + 1
    whole(town)


def test_the_worker_dies_again_and_again_while_batches_are_anchored(town: Town) -> None:
    chance = random.Random(f"anchors {town.address.partition(':')[0]}")
    issued = []
    for _ in range(2):
        known = town.count(TraceAnchor)
        issued += [issue(town, chance.randrange(1, 200)) for _ in range(3)]
        until(lambda known=known: town.count(TraceAnchor) > known, why="the worker planned no anchor")  # type: ignore[misc]
        issued.append(issue(town))
        time.sleep(chance.uniform(0, 0.25))
        town.portal.kill("worker")
        town.minutes_pass()
        town.up()
    settle(town)
    assert len(set(issued)) == 8
    assert town.count(TraceBatch, TraceBatch.batch.in_(issued)) == 8
    whole(town)
    assert town.portal.run_flask("ledger", "fsck").returncode == 0  # and by a process that knows nothing of this one


def test_a6_the_process_that_issues_a_large_batch_dies(town: Town) -> None:
    chance = random.Random(f"orders {town.address.partition(':')[0]}")
    # An order whose worker dies while it derives is issued by the next worker: whole, once.
    with town.app.app_context(), begin() as session:
        order = place_order(
            session, now=town.world.clock.now(), acting=Acting.system("test"), product_id=town.goods, count=LARGE,
            keys=town.world.stamp_keys, signer=town.world.log_signer,
        )  # fmt: skip
    claimed = (StampOrder.id == order.id, StampOrder.lease > 0)
    until(lambda: town.count(StampOrder, *claimed), why="nobody took the order")
    time.sleep(chance.uniform(0, 0.1))
    town.portal.kill("worker")
    there = town.count(TraceBatch, TraceBatch.batch == order.batch)
    assert bool(town.count(TraceBatchTile, TraceBatchTile.batch == order.batch)) == bool(there)  # whole, or not there
    # A command that dies leaves an order that is due, whose number stays used up.
    command = [str(Path(sys.executable).parent / "flask"), "--app", "wsgi", "stamps", "issue", "--product", town.goods]
    process = subprocess.Popen(
        [*command, "--count", str(LARGE)], cwd=ROOT, env=town.portal.env, stdout=subprocess.DEVNULL
    )
    due = (StampOrder.count == LARGE, StampOrder.state == "due", StampOrder.id != order.id, StampOrder.lease > 0)
    until(lambda: town.count(StampOrder, *due), why="the command ordered nothing")
    process.kill()
    assert process.wait(timeout=WAIT_S) == -9
    later = issue(town)
    settle_orders(town)
    with town.rows() as session:
        orders = session.scalars(sa.select(StampOrder).where(StampOrder.count == LARGE)).all()
        batches = session.scalars(sa.select(TraceBatch).where(TraceBatch.count == LARGE)).all()
        assert sorted(one.batch for one in orders) == sorted(one.batch for one in batches)
        assert {one.state for one in orders} == {"issued"}
        assert len(orders) == 2
        assert later not in {one.batch for one in orders}
    settle(town)
    whole(town)


def settle_orders(town: Town) -> None:
    """Bring the worker back and wait until no order is due."""
    town.settles(lambda: not town.count(StampOrder, StampOrder.state == "due"), why="an order stayed due")
