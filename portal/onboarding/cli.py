"""`flask roster …`: import a list of households or firms, see what there is, stop what hangs."""

import sys
from datetime import datetime
from pathlib import Path

import click

from portal.acting import Acting
from portal.console import Commands, answer
from portal.db import begin, reading
from portal.onboarding.roster_models import RosterRun
from portal.onboarding.rosters import commands, runs
from portal.onboarding.rosters.importing import Standing
from portal.places.areas import day_of
from portal.world import current_world

roster_cli = Commands("roster", help="Lists of households and firms.")
_SHOWN = 20


@roster_cli.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", default="", help="Whose list it is; the file's name without its ending when left out.")
@click.option("--on", "on", type=click.DateTime(["%Y-%m-%d"]), help="The day on which its communes were valid: today.")
@click.option("--dry-run", is_flag=True, help="Judge every row and write nothing.")
@click.option("--strict", is_flag=True, help="Exit 1 if a row is rejected.")
@click.option("--convert", is_flag=True, help="Convert columns in TCVN3 or VNI letters.")
@click.option("--errors", type=click.Path(dir_okay=False, path_type=Path), help="A workbook of the rows not taken.")
@click.option("--json", "as_json", is_flag=True)
def import_(
    file: Path, source: str, on: datetime | None, dry_run: bool, strict: bool, convert: bool, errors: Path | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Import a list; the same command goes on with one that was killed."""
    world = current_world()
    day = on.date() if on is not None else day_of(world.clock.now())
    asked = commands.Asked(
        path=file, source=source or file.stem[: runs.SOURCE_LENGTH], captured_on=day, convert=convert,
        errors_to=errors,
    )  # fmt: skip
    acting, show = Acting.system("cli"), _progress if sys.stderr.isatty() or not as_json else None
    if dry_run:
        found = commands.rehearse(world, asked, acting=acting, progress=show)
    else:
        found = commands.import_list(world, asked, acting=acting, progress=show, say=_say)
    answer(found.as_json(), as_json=as_json)
    if strict and found.outcomes.get("rejected"):
        sys.exit(1)


@roster_cli.command("list")
@click.option("--json", "as_json", is_flag=True)
def list_(as_json: bool) -> None:
    """List the last runs."""
    found = reading().query(RosterRun).order_by(RosterRun.uploaded_at.desc()).limit(_SHOWN)
    rows = [
        {"run": run.id, "source": run.source, "state": run.state, "next_row": run.next_row, "created": run.created}
        for run in found
    ]
    answer({"runs": rows}, as_json=as_json)


@roster_cli.command("stop")
@click.argument("source")
@click.option("--json", "as_json", is_flag=True)
def stop(source: str, as_json: bool) -> None:
    """Stop the unfinished run of a source; what it wrote stays."""
    world = current_world()
    with begin() as session:
        run = runs.unfinished(session, source)
        if run is None:
            raise click.ClickException("roster.none: this source has no unfinished list")
        runs.abort(session, run, now=world.clock.now(), acting=Acting.system("cli"))
    answer({"run": run.id, "state": run.state}, as_json=as_json)


def _say(text: str) -> None:
    click.echo(text, err=True)


def _progress(standing: Standing) -> None:
    _say(commands.progress_line(standing))
