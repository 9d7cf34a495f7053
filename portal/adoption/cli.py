"""`flask adoption …`: the recount, the feed, its clients, and the catalogue's lock."""

import sys
import time

import click
from flask import current_app

from portal.acting import Acting
from portal.adoption import feed
from portal.adoption.backlog import waiting
from portal.adoption.client_cli import client_cli
from portal.adoption.lock import write_lock
from portal.adoption.pushing import lgsp_of, push
from portal.adoption.query import find_indicator
from portal.adoption.recount import recount, snapshot
from portal.console import Commands, answer
from portal.counting import TOTAL
from portal.db import begin, db, reading
from portal.world import current_world

LONGEST_S, PAUSE_S = 600.0, 5.0

adoption_cli = Commands("adoption", help="Figures: recount them, send them, lock their definitions.")
adoption_cli.add_command(client_cli)


@adoption_cli.command("recount")
@click.option("--json", "as_json", is_flag=True)
def recount_all(as_json: bool) -> None:
    """Recount every figure from its source rows; exit 1 on any difference."""
    world = current_world()
    with snapshot(db.engine, now=world.clock.now()) as snap:
        found = recount(snap, current_app.extensions["catalogue"], province=world.settings.province)
    answer(found.as_json(), as_json=as_json)
    if found.mismatches:
        sys.exit(1)


@adoption_cli.command("push")
@click.option("--once", is_flag=True, help="Send what waits now, each series until it fails once; keep no waits.")
@click.option("--dry-run", is_flag=True, help="Only count what waits.")
@click.option("--indicator", help="With --rewind: the indicator whose watermark is set back.")
@click.option("--cut", default=TOTAL, show_default=True, help="With --rewind: the series' cut.")
@click.option("--rewind", type=click.IntRange(min=0), help="Set the watermark back to this number (audited).")
@click.option("--json", "as_json", is_flag=True)
def push_all(once: bool, dry_run: bool, indicator: str | None, cut: str, rewind: int | None, as_json: bool) -> None:
    """Send what the operations centre has not acknowledged, until nothing waits; exit 1 while anything does."""
    world = current_world()
    lgsp = lgsp_of(world)
    if (indicator is None) != (rewind is None):
        raise click.UsageError("--indicator and --rewind go together")
    if indicator is not None and rewind is not None:
        find_indicator(current_app.extensions["catalogue"], indicator)
        with begin() as session:
            begins = feed.rewind(
                session, now=world.clock.now(), acting=Acting.system("cli"), indicator=indicator, cut=cut, seq=rewind
            )
        answer({"indicator": indicator, "cut": cut, "begins": begins}, as_json=as_json)
        return
    if lgsp is None:
        raise click.ClickException("LGSP_URL is not set: there is nobody to send to")
    sent, failed = 0, dict[str, str]()
    while not dry_run:
        done = push(world, lgsp, longest_s=LONGEST_S, at_once=once)
        sent, failed = sent + done.sent, done.last
        if once or (not done.sent and not waiting(reading())):
            break
        reading().rollback()
        if not done.sent:
            time.sleep(PAUSE_S)
    left = {"/".join(series): rows for series, rows in sorted(waiting(reading()).items())}
    answer({"sent": sent, "waiting": sum(left.values()), "series": left, "failed": failed}, as_json=as_json)
    if left and not dry_run:
        sys.exit(1)


@adoption_cli.command("lock")
@click.option("--json", "as_json", is_flag=True)
def lock(as_json: bool) -> None:
    """Pin the indicators' definitions; refused where a text changed and its version did not."""
    found = write_lock(current_app.extensions["catalogue"])
    answer({"catalogue_version": found.version, "indicators": len(found.lines)}, as_json=as_json)
