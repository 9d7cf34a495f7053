"""`flask stamps …` and `flask ledger …`: one JSON object on standard output with --json; a failure names its code."""

import sys
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from portal.acting import Acting
from portal.console import Commands, answer
from portal.db import begin, reading
from portal.stamps import actions, voiding
from portal.stamps.anchoring import anchor
from portal.stamps.due import grow_log
from portal.stamps.orders import issue_now
from portal.stamps.readiness import waiting_since
from portal.stamps.wiring import book_of
from portal.world import World, current_world
from traceability import (
    fsck,
    latest_checkpoint,
    ledger_standing,
    mark_differences,
    plan_run,
    print_sheets,
    read_header,
    stamp_codes,
)
from traceability.errors import PinAbsent

stamps_cli = Commands("stamps", help="Order, list, activate, void and print stamps.")
ledger_cli = Commands("ledger", help="Anchor the log, see how it stands, re-derive everything.")
CLI = Acting.system("cli")
_BATCH = click.argument("batch", type=int)
_FROM = click.option("--from", "first", type=int, required=True, help="First stamp, counted from 0.")
_TO = click.option("--to", "last", type=int, required=True, help="Last stamp, included.")


def command(group: Commands, name: str) -> Callable[[Callable[..., dict[str, Any]]], Callable[..., dict[str, Any]]]:
    """Register a command that returns its answer, and give it --json."""

    def register(run: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
        @wraps(run)
        def wrapped(*, as_json: bool, **options: Any) -> None:
            answer(run(**options), as_json=as_json)

        group.command(name)(click.option("--json", "as_json", is_flag=True)(wrapped))
        return run

    return register


@command(stamps_cli, "issue")
@click.option("--product", required=True, help="The product's id.")
@click.option("--count", type=int, required=True)
@click.option("--pin", is_flag=True, help="With a number for each stamp, to be printed under a scratch layer.")
def issue(product: str, count: int, pin: bool) -> dict[str, Any]:
    """Issue one batch of stamps for a product."""
    started = time.perf_counter()
    world = current_world()
    _order, issued = issue_now(world, now=world.clock.now(), acting=CLI, product_id=product, count=count, pin=pin)
    if issued is None:
        raise click.ClickException("the order is under way elsewhere")
    seconds = round(time.perf_counter() - started, 3)
    return {
        "batch": issued.batch,
        "count": issued.count,
        "root": issued.root.hex(),
        "promise": issued.promise,
        "seconds": seconds,
    }


@stamps_cli.command("codes")
@_BATCH
@_FROM
@_TO
@click.option("--pins", is_flag=True, help="With the number under each scratch layer: keep such a list as money.")
@click.option("--json", "as_json", is_flag=True)
def codes(batch: int, first: int, last: int, pins: bool, as_json: bool) -> None:
    """Print the stamps' addresses, a line each."""
    book = book_of(current_world().stamp_keys)
    found = stamp_codes(reading(), book=book, batch=batch, first=first, last=last)
    numbers = _pins(batch, first, last) if pins else None
    if as_json:
        listed = {"batch": batch, "from": first, "to": last, "codes": [code.url for code in found]}
        answer(listed if numbers is None else {**listed, "pins": numbers}, as_json=True)
        return
    for place, code in enumerate(found):
        click.echo(code.url if numbers is None else f"{code.url}\t{numbers[place]}")


def _pins(batch: int, first: int, last: int) -> list[str]:
    """Return the numbers of a batch that has them, and note that they left the house; raise PinAbsent."""
    book = book_of(current_world().stamp_keys)
    if not read_header(reading(), batch).pin:
        raise PinAbsent(batch=batch)
    key = book.key(reading(), batch)
    with begin() as session:
        actions.note_printing(
            session, now=current_world().clock.now(), acting=CLI, batch=batch, first=first, last=last
        )  # fmt: skip
    return [key.pin(index) for index in range(first, last + 1)]


@command(stamps_cli, "activate")
@_BATCH
@_FROM
@_TO
@click.option("--lot", required=True, help="The lot's id or number; a new number becomes a lot of the batch's product.")
def activate(batch: int, first: int, last: int, lot: str) -> dict[str, Any]:
    """State that a range of stamps is on goods of a lot."""
    now = current_world().clock.now()
    with begin() as session:
        noted = actions.lot_named(session, now=now, acting=CLI, batch=batch, name=lot)
        done = actions.activate(session, now=now, acting=CLI, batch=batch, first=first, last=last, lot_id=noted.id)
    return {"batch": batch, "from": first, "to": last, "changed": done.changed, "lot": noted.id}


@command(stamps_cli, "void")
@_BATCH
@_FROM
@_TO
@click.option("--reason", required=True)
def void(batch: int, first: int, last: int, reason: str) -> dict[str, Any]:
    """Cancel a range of stamps for good."""
    now = current_world().clock.now()
    with begin() as session:
        done = voiding.void(session, now=now, acting=CLI, batch=batch, first=first, last=last, reason=reason)
    return {"batch": batch, "from": first, "to": last, "changed": done.changed}


@command(stamps_cli, "erase-lot")
@click.argument("lot")
def erase(lot: str) -> dict[str, Any]:
    """Erase the words of a lot that need not be kept any longer; before that it is refused."""
    now = current_world().clock.now()
    with begin() as session:
        row = actions.erase(session, now=now, acting=CLI, lot_id=lot)
        return {"lot": lot, "erased_at": row.erased_at.isoformat() if row.erased_at else None}


@command(stamps_cli, "print")
@_BATCH
@_FROM
@_TO
@click.option("--sheet", required=True, help="a4-24, a4-40, a4-65, or roll-WxH with the label's size in mm.")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False))
def print_(batch: int, first: int, last: int, sheet: str, out: Path) -> dict[str, Any]:
    """Write label sheets as a PDF."""
    world, rows = current_world(), reading()
    book = book_of(world.stamp_keys)
    run = plan_run(rows, book=book, batch=batch, first=first, last=last, sheet=sheet)
    printed = print_sheets(rows, run, book=book, look=actions.label_look(), out=out)
    with begin() as session:
        actions.note_printing(session, now=world.clock.now(), acting=CLI, batch=batch, first=first, last=last)
    return {
        "batch": batch,
        "from": first,
        "to": last,
        "labels": printed.labels,
        "pages": printed.pages,
        "out": str(out),
    }


def _standings(world: World) -> dict[str, Any]:
    rows, now = reading(), world.clock.now()
    newest = latest_checkpoint(rows)
    ledgers = {}
    for name in world.ledgers:
        standing, since = ledger_standing(rows, ledger=name), waiting_since(rows, name)
        ledgers[name] = {
            "published_size": standing.published_size,
            "anchored_size": standing.anchored_size,
            "under_way": list(standing.under_way),
            "needs_person": list(standing.needs_person),
            "late": since is not None,
            "late_seconds": 0 if since is None else max(0, int((now - since).total_seconds())),
            "reason": standing.reason,
        }
    checkpoint = newest.checkpoint if newest else None
    return {
        "origin": checkpoint.origin if checkpoint else world.log_signer.origin,
        "size": checkpoint.size if checkpoint else 0,
        "root": checkpoint.root.hex() if checkpoint else None,
        "ledgers": ledgers,
    }


@command(ledger_cli, "anchor")
@click.option("--wait", default=10, show_default=True, help="Seconds to wait for a chain's block.")
def anchor_now(wait: int) -> dict[str, Any]:
    """Grow and sign the log, and anchor what is due."""
    world = current_world()
    while grow_log(world):
        pass
    until = time.monotonic() + wait
    while anchor(world) or (_on_its_way(world) and time.monotonic() < until):
        time.sleep(0.1)
    return _standings(world)


def _on_its_way(world: World) -> bool:
    standings = (ledger_standing(reading(), ledger=name) for name in world.ledgers)
    return any(one.under_way and one.reason is None for one in standings)


@command(ledger_cli, "status")
def status() -> dict[str, Any]:
    """Tell how far log and ledgers are."""
    return _standings(current_world())


@ledger_cli.command("fsck")
@click.option("--json", "as_json", is_flag=True)
def fsck_(as_json: bool) -> None:
    """Derive everything again and compare; exit 1 on any difference, each one named."""
    world, started = current_world(), time.perf_counter()
    last = [started]

    def progress(done: int) -> None:
        if time.perf_counter() - last[0] > 1:
            last[0] = time.perf_counter()
            click.echo(f"{done:,} stamps derived", err=True)

    signer = world.log_signer
    found = fsck(
        reading(), now=world.clock.now(), keys=world.stamp_keys, ledgers=world.ledgers, head=signer.head.read(),
        witnesses=signer.witnesses, progress=progress,
    )  # fmt: skip
    with begin() as session:
        mark_differences(session, found)
    listed = [{"area": one.area, "subject": one.subject, "detail": one.detail} for one in found]
    if as_json:
        seconds = round(time.perf_counter() - started, 3)
        answer({"differences": listed, "count": len(listed), "seconds": seconds}, as_json=True)
    else:
        for one in listed:
            click.echo("{area} {subject}: {detail}".format(**one))
        click.echo(f"differences: {len(listed)}")
    sys.exit(1 if found else 0)
