"""Prove the tests: each one-line change in `tests/mutants/` must turn the test that it names red."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MUTANTS = sorted((ROOT / "tests" / "mutants").glob("*.toml"))
COPIED = ("traceability", "payments", "portal", "tests", "migrations", "translations", "docs", "pyproject.toml", "wsgi.py")


@pytest.mark.parametrize("path", MUTANTS, ids=lambda path: path.stem)
@pytest.mark.timeout(180)
def test_the_named_test_catches_the_mutant(path: Path, tmp_path: Path) -> None:
    mutant = tomllib.loads(path.read_text("utf-8"))
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", ".shots"))
        else:
            shutil.copy(source, tmp_path / name)
    target = tmp_path / mutant["file"]
    text = target.read_text("utf-8")
    assert text.count(mutant["old"]) == 1, f"{path.name} no longer fits {mutant['file']}"
    target.write_text(text.replace(mutant["old"], mutant["new"]), "utf-8")
    env = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-x", "-p", "no:randomly", "-k", mutant.get("only", "sqlite or not postgresql"), mutant["test"]]
    ran = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=150)
    assert ran.returncode == 1, f"{mutant['why']}: {mutant['test']} did not notice\n{ran.stdout[-2000:]}{ran.stderr[-500:]}"
    assert "failed" in ran.stdout


def test_there_are_at_least_ten() -> None:
    assert len(MUTANTS) >= 10
