"""`make faults`: random faults under load over a real portal, then a thousand steps of payments, on both engines.

The seed replays the same faults and the same steps.

It ends with everything up and quiet, what was acknowledged there once, and three commands that find no difference.
"""

import argparse
import itertools
import secrets
import sys
import time
from collections.abc import Callable
from contextlib import closing

import sqlalchemy as sa

from payments.models import Allocation, Movement, Receipt, Request
from portal.counting.models import AdoptDelta
from portal.marketplaces.models import ListingLive, Outbox
from tests.engines import NAMES, Engines
from tests.faults.draws import FAULTS, draws
from tests.faults.load import Load, Witness
from tests.faults.proxy import Proxy
from tests.faults.purse import Purse
from tests.faults.stamping import all_anchored, issue
from tests.faults.steps import steps
from tests.faults.town import Town
from tests.supervisor import Portal, until
from traceability.models import TraceBatch

CHECKS = (("invariants",), ("adoption", "recount"), ("ledger", "fsck"))
Say = Callable[[str], None]


def storm(town: Town, *, seed: int, seconds: float, say: Say) -> Load:
    """Let the seed's faults come for some seconds while the load runs, then hold that nothing was lost or doubled."""
    issue(town)
    town.settles(lambda: all_anchored(town), why="the log was not anchored")
    load = Load(town, seed, Witness(town.portal.instance / f"witness-{seed}.txt"))
    began = time.monotonic()
    with load:
        for number, fault in enumerate(draws(seed), start=1):
            time.sleep(fault.pause)
            if time.monotonic() - began > seconds:
                break
            say(f"{number:4}  {fault.name}, {fault.seconds} s")
            FAULTS[fault.name](town, fault.seconds)
    quiet(town, load)
    kept(town, load)
    assert load.wrong == []
    return load


def quiet(town: Town, load: Load) -> None:
    """Let everything end that is under way: banks come again, shops are asked again, counts are rolled up."""
    town.front.set("ok")
    town.settles(lambda: all(load.followed(one) for one in load.listings), why="an edit was not followed")
    town.calm()
    load.collect()
    names = itertools.count(1)
    with town.app.app_context():
        for listing, product in load.listings.items():
            if not town.live(listing):  # its shop forgot to call: it speaks again of a newer version
                load.rename(product, f"Hàng nhà {load.seed}, lần {next(names)}")
    town.settles(
        lambda: all(load.followed(one) and town.live(one) for one in load.listings),
        why="the listings did not all become live",
    )
    town.calm()
    town.settles(lambda: all_anchored(town), why="the log was not anchored")
    until(lambda: not town.count(AdoptDelta), why="the counts were not rolled up")


def kept(town: Town, load: Load) -> None:
    """Hold that what was acknowledged is there, once."""
    for request_id in load.acknowledged("paid"):
        with town.rows() as session:
            row = session.scalars(sa.select(Request).where(Request.id == request_id)).one()
            assert (row.status, row.allocated_minor, row.over_minor) == ("paid", row.amount_minor, 0), request_id
            (part,) = session.scalars(
                sa.select(Allocation).where(Allocation.request_id == request_id, Allocation.undone_at.is_(None))
            ).all()
        assert town.count(Movement, Movement.source_id == part.transaction_id) == 1
        assert town.count(Receipt, Receipt.request_id == request_id) == 1
    told = {debt.request.id for debt in load.debts}
    assert told == set(load.acknowledged("paid"))
    batches = [int(one) for one in load.acknowledged("batch")]
    assert town.count(TraceBatch, TraceBatch.batch.in_(batches)) == len(batches)
    for listing in load.acknowledged("listing"):
        assert town.live(listing)
        assert town.count(ListingLive, ListingLive.listing_id == listing, ListingLive.to_at.is_(None)) == 1
        assert town.count(Outbox, Outbox.entity == listing, Outbox.status == "dead") == 0
    assert town.stats()["duplicates"] == 0


def walked(purse: Purse, *, seed: int, count: int, say: Say) -> list[str]:
    """Do the seed's steps of payments, let all come to its end, and return where the books disagree then."""
    for number, step in enumerate(itertools.islice(steps(seed), count), start=1):
        if step.act == "kill":
            say(f"{number:4}  kill -9 {' '.join(step.killed)}")
        purse.do(step)
    purse.pay_unheard()
    return purse.settle()


def agreed(ask: Callable[..., tuple[int, str]]) -> None:
    """Hold that each of the three commands exits 0."""
    for command in CHECKS:
        code, said = ask(*command)
        assert code == 0, (command, said[-2000:])


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--steps", type=int, default=1000)
    given = parser.parse_args(arguments)
    again = f"make faults SEED={given.seed} MINUTES={given.minutes:g} STEPS={given.steps}"
    print(f"Random faults. To replay: {again}", flush=True)  # noqa: T201
    engines = Engines()
    with closing(engines):
        for engine in NAMES:
            print(engine, flush=True)  # noqa: T201
            front = Proxy()
            with closing(front), Portal(engines.fresh(engine)) as portal:
                front.target = portal.port
                town = Town(portal, front=front)
                load = storm(
                    town, seed=given.seed, seconds=given.minutes * 60 / len(NAMES),
                    say=lambda line: print(line, flush=True),  # noqa: T201
                )  # fmt: skip
                purse = Purse(town, given.seed)
                apart = walked(
                    purse, seed=given.seed, count=given.steps, say=lambda line: print(line, flush=True)  # noqa: T201
                )  # fmt: skip
                assert not apart, "\n".join([again, *apart])
                print(f"{engine}: providers, journal and requests agree ({dict(purse.done)})", flush=True)  # noqa: T201
                agreed(lambda *command, portal=portal: _process(portal, *command))  # type: ignore[misc]
                counts = ", ".join(f"{len(found)} {what}" for what, found in load.witness.said.items())
                print(f"{engine}: nothing lost, nothing doubled ({counts})", flush=True)  # noqa: T201
    return 0


def _process(portal: Portal, *command: str) -> tuple[int, str]:
    ran = portal.run_flask(*command)
    return ran.returncode, ran.stdout + ran.stderr


if __name__ == "__main__":
    sys.exit(main())
