"""`make run` keeps its console for people: requests go to the log, and the log's end is shown when something stops."""

import os
import subprocess
import sys
from pathlib import Path

from portal import run
from tests.postgres import free_port

ROOT = Path(__file__).parents[2]


def test_a_database_that_does_not_answer_is_told_with_the_place_of_the_log(tmp_path: Path) -> None:
    nobody = f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/nothing"
    env = {**os.environ, "INSTANCE_DIR": str(tmp_path), "DATABASE_URL": nobody, "PORT": str(free_port())}
    ran = subprocess.run([sys.executable, "-m", "portal.run"], cwd=ROOT, env=env, capture_output=True, timeout=120)
    assert ran.returncode == 1
    assert b"Connection refused" in ran.stderr
    assert f"these are the last lines of {tmp_path / 'run.log'}".encode() in ran.stderr


def test_only_the_end_of_a_long_log_is_told(tmp_path: Path) -> None:
    log = run.log_path({"INSTANCE_DIR": str(tmp_path / "new")})
    log.write_text("\n".join(f"line {n}" for n in range(1_000)), "utf-8")
    told = run.told_last(log).splitlines()
    assert told[0] == f"line {1_000 - run.LAST_LINES}"
    assert told[-1].endswith(f"the last lines of {log}.")
