"""A killed run goes on where it stood; a dry run writes nothing; what was not taken comes back and is taken."""

import csv
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select

from portal import create_app
from portal.config import Settings
from portal.db import Base, db
from portal.onboarding.models import Organisation, Person
from portal.onboarding.roster_models import RosterRow, RosterRun
from portal.onboarding.rosters import due as roster_due
from portal.onboarding.rosters import importing
from portal.onboarding.rosters.commands import Asked, rehearse
from portal.onboarding.rosters.errors import LeaseLost, RosterRefused
from portal.uploads.errors import FileRefused
from portal.uploads.sealed import KEPT, SealedFiles
from tests.portal.rosters.conftest import CLI, DAY, HEADINGS, household


def digest(session: Any) -> str:
    """Return one hash over every row of every table."""
    seen = hashlib.sha256()
    for table in Base.metadata.sorted_tables:
        for row in sorted(map(repr, session.execute(sa.select(table)).all())):
            seen.update(row.encode())
    return seen.hexdigest()


class Killed(BaseException):
    """Stands for the power cut in a test that stays in one process."""


@pytest.mark.parametrize("after", [1, 2, 3])
def test_a_run_that_died_goes_on_where_it_stood(
    take: Callable[..., Any], as_csv: Callable[..., Path], province: Any, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    monkeypatch.setattr(importing, "CHUNK", 3)
    monkeypatch.setattr(importing.runs, "LEASE", importing.runs.LEASE * 0)
    rows = [household(n) for n in range(1, 10)]
    rows[6] = household(2)  # stands twice: its first line lies before the cut
    rows[1] = household(2, phone="0130 123 4567")  # refused, so line 8 is the first that counts
    rows[7] = household(1)
    path, written = as_csv(HEADINGS, *rows), [0]
    real = importing._Run._write_once

    def dying(self: Any, judged: Any, how: Any) -> None:
        if written[0] == after:
            raise Killed
        real(self, judged, how)
        written[0] += 1

    monkeypatch.setattr(importing._Run, "_write_once", dying)
    if after < 3:
        with pytest.raises(Killed):
            take(path)
        province.rollback()
        assert province.scalars(select(RosterRun)).one().next_row == 3 * after + 2
    monkeypatch.setattr(importing._Run, "_write_once", real)
    found = take(path)
    assert found.outcomes == {"created": 7, "changed": 0, "unchanged": 0, "duplicate": 1, "rejected": 1}
    outcomes = [row.outcome for row in province.scalars(select(RosterRow).order_by(RosterRow.row))]
    assert outcomes == ["created", "rejected", *["created"] * 4, "created", "duplicate", "created"]
    assert province.scalar(select(func.count()).select_from(RosterRun)) == 1


def test_a_dry_run_says_what_the_real_one_does_and_writes_nothing(
    take: Callable[..., Any], as_csv: Callable[..., Path], province: Any, world: Any
) -> None:
    take(as_csv(HEADINGS, *(household(n) for n in range(1, 5))))
    rows = [
        household(1), household(2, phone="0977 123 456"), household(3, commune="Tân Bửu"),
        household(4, channel="Voso", account="V4"), household(5), household(5), household(6, id="12345678"),
    ]  # fmt: skip
    path = as_csv(HEADINGS, *rows, name="next.csv")
    province.commit()
    before = digest(province)
    dry = rehearse(world, Asked(path=path, source="xa", captured_on=DAY), acting=CLI)
    assert digest(province) == before
    assert dry.outcomes == {outcome: n for outcome, n in take(path).outcomes.items() if n}
    assert dry.outcomes == {"unchanged": 1, "changed": 3, "created": 1, "duplicate": 1, "rejected": 1}


ALIKE = [
    household(1), household(2, id=""), household(3, id="", name="Lê Văn Ba"), household(4),
    household(2, id=""), household(1, id="", hamlet="Ấp 9"), household(3, id="", name="Lê Văn Ba", hamlet="Ấp 1"),
    household(8, phone="0912000001"), household(9, phone="", id=""),
]  # fmt: skip


@pytest.mark.parametrize("after", [1, 2])
def test_lines_without_an_id_number_have_the_same_outcomes_when_it_goes_on(
    take: Callable[..., Any], as_csv: Callable[..., Path], province: Any, world: Any, monkeypatch: pytest.MonkeyPatch,
    after: int,
) -> None:  # fmt: skip
    monkeypatch.setattr(importing, "CHUNK", 3)
    monkeypatch.setattr(importing.runs, "LEASE", importing.runs.LEASE * 0)
    path = as_csv(HEADINGS, *ALIKE)
    dry = rehearse(world, Asked(path=path, source="xa", captured_on=DAY), acting=CLI).outcomes
    real, written = importing._Run._write_once, [0]

    def dying(self: Any, judged: Any, how: Any) -> None:
        if written[0] == after:
            raise Killed
        real(self, judged, how)
        written[0] += 1

    monkeypatch.setattr(importing._Run, "_write_once", dying)
    with pytest.raises(Killed):
        take(path)
    province.rollback()
    monkeypatch.setattr(importing._Run, "_write_once", real)
    found = take(path)
    rows = province.scalars(select(RosterRow).order_by(RosterRow.row)).all()
    codes = {row.row: [*row.problems[0][1:2], row.problems[0][3]] for row in rows if row.outcome == "duplicate"}
    assert codes == {
        6: ["roster.same_row", {"row": 3}],
        7: ["roster.near_row", {"row": 2}],
        8: ["roster.near_row", {"row": 4}],
    }
    assert {outcome: n for outcome, n in found.outcomes.items() if n} == dry == {"created": 6, "duplicate": 3}


def test_a_line_refused_for_what_is_on_record_is_still_the_first_of_its_kind(
    take: Callable[..., Any], as_csv: Callable[..., Path], province: Any, world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(as_csv(HEADINGS, household(1)))
    province.scalars(select(Organisation)).one().closed_at = world.clock.now()
    province.commit()
    monkeypatch.setattr(importing, "CHUNK", 2)
    path = as_csv(HEADINGS, household(1), household(2), household(1), name="next.csv")
    first = take(path, source="other")
    run = province.get(RosterRun, first.run)
    assert (run.rejected, run.duplicate) == (1, 1)
    run.state, run.next_row, run.duplicate = "running", 4, 0
    province.execute(sa.delete(RosterRow).where(RosterRow.run_id == run.id, RosterRow.row == 4))
    province.commit()
    assert take(path, source="other").outcomes == first.outcomes


def test_what_was_not_taken_is_corrected_and_taken(
    take: Callable[..., Any], as_csv: Callable[..., Path], as_xlsx: Callable[..., Path], province: Any, tmp_path: Path
) -> None:
    out = tmp_path / "errors.xlsx"
    rows = [
        household(1),
        household(2, phone="0130 123 4567", name="O'Brien"),
        household(3, name='=HYPERLINK("http://x")'),
    ]
    assert take(as_csv(HEADINGS, *rows), errors_to=out).outcomes["rejected"] == 2
    lines = CalamineWorkbook.from_path(str(out)).get_sheet_by_index(0).to_python()
    assert lines[0][: len(HEADINGS)] == list(HEADINGS) and len(lines) == 3
    assert lines[1][-2] == 3 and "0130" in lines[1][-1]
    assert lines[2][1] == '=HYPERLINK("http://x")'
    for line, phone in ((lines[1], "0966496171"), (lines[2], "0966496172")):
        line[5] = phone
    lines[2][1] = "Lê Văn Út"
    again = take(as_xlsx(*lines, name="corrected.xlsx"), source="xa")
    assert again.outcomes == {"created": 2, "changed": 0, "unchanged": 0, "duplicate": 0, "rejected": 0}
    assert province.scalar(select(func.count()).select_from(Person)) == 3


def test_one_run_at_a_time(take: Callable[..., Any], as_csv: Callable[..., Path], province: Any, world: Any) -> None:
    path = as_csv(HEADINGS, household(1))
    found = take(path)
    run = province.get(RosterRun, found.run)
    run.state, run.next_row, run.lease_until = "running", 0, world.clock.now().replace(year=2099)
    province.commit()
    other = as_csv(HEADINGS, household(2), name="other.csv")
    with pytest.raises(RosterRefused) as refused:
        take(other)
    assert refused.value.code == "roster.unfinished"
    province.rollback()
    with pytest.raises(LeaseLost):
        importing.carry_on(world, found.run, path, acting=CLI, machine_time=world.clock.now)


def test_the_list_is_kept_sealed_and_goes_after_ninety_days(
    take: Callable[..., Any], as_csv: Callable[..., Path], province: Any, world: Any
) -> None:
    path = as_csv(HEADINGS, household(1))
    run = take(path).run
    files = SealedFiles(world.settings.instance, world.field_keys)
    sealed = world.settings.instance / "rosters" / f"{run}.sealed"
    assert "Hạnh".encode() not in sealed.read_bytes()
    with files.opened(run) as opened:
        assert opened.read_bytes() == path.read_bytes()
    kept_since = time.time()
    later = world.clock.now().fromtimestamp(kept_since, tz=world.clock.now().tzinfo) + KEPT
    os.utime(sealed, (kept_since - 60, kept_since - 60))
    assert run in files.old(now=later)
    files.drop(run)
    with pytest.raises(FileRefused), files.opened(run):
        pass


def test_what_a_killed_process_left_unsealed_is_cleared(
    take: Callable[..., Any], as_csv: Callable[..., Path], province: Any, world: Any
) -> None:
    run = take(as_csv(HEADINGS, household(1))).run
    files = SealedFiles(world.settings.instance, world.field_keys)
    with files.opened(run) as opened:
        assert opened.parent.parent == world.settings.instance / "rosters"
        roster_due.forget(world)
        assert opened.exists()  # somebody reads it now
        long_ago = time.time() - 2 * 3600
        os.utime(opened.parent, (long_ago, long_ago))
        roster_due.forget(world)
        assert not opened.parent.exists()
    assert (world.settings.instance / "rosters" / f"{run}.sealed").exists()


def test_the_worker_goes_on_with_what_was_left(
    take: Callable[..., Any], as_csv: Callable[..., Path], province: Any, world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "CHUNK", 2)
    monkeypatch.setattr(roster_due, "LONGEST_S", -1.0)
    path = as_csv(HEADINGS, *(household(n) for n in range(1, 6)))
    run = province.get(RosterRun, take(path).run)
    run.state, run.next_row = "running", 0
    for outcome in ("created", "unchanged"):
        setattr(run, outcome, 0)
    province.execute(sa.delete(RosterRow))
    province.commit()
    turns = 0
    while roster_due.carry_on(world):
        turns += 1
    province.expire_all()
    assert turns == 4  # three chunks, and the end
    assert (run.state, run.unchanged, run.rows) == ("done", 5, 5)


@pytest.mark.faults
def test_killed_by_the_system_the_same_command_ends_it(database_url: str, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([HEADINGS, *(household(n) for n in range(1, 12_001))])
    env = {**os.environ, "DATABASE_URL": database_url, "INSTANCE_DIR": str(tmp_path / "instance")}
    settings = Settings.from_env(env)
    app = create_app(settings)
    with app.app_context():
        from portal.places.actions import load_units
        from tests.portal.places.conftest import SUCCESSIONS, UNITS

        load_units(
            db.session(), now=app.extensions["world"].clock.now(), acting=CLI, units=UNITS, successions=SUCCESSIONS
        )
        db.session.commit()
        db.session.remove()
    command = [
        sys.executable,
        "-m",
        "flask",
        "--app",
        "wsgi",
        "roster",
        "import",
        str(path),
        "--source",
        "xa",
        "--json",
    ]
    killed = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    engine = sa.create_engine(settings.database_url)
    until = time.monotonic() + 120
    while time.monotonic() < until and killed.poll() is None:
        with engine.connect() as connection:
            if connection.scalar(sa.text("SELECT COUNT(*) FROM roster_row")):
                break
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=170)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    assert (answer["rows"], answer["created"]) == (12_000, 12_000)
    with engine.connect() as connection:
        for table, rows in (("organisation", 12_000), ("roster_row", 12_000), ("roster_run", 1), ("person", 12_000)):
            assert connection.scalar(sa.text(f"SELECT COUNT(*) FROM {table}")) == rows, table
    engine.dispose()
    assert Organisation.__tablename__ == "organisation"
