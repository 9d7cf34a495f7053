"""Prove the tests: each one-line change in `tests/mutants/` must turn the test that it names red."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
MUTANTS = sorted((ROOT / "tests" / "mutants").glob("*.toml"))
COPIED = (
    "traceability", "payments", "portal", "tests", "migrations", "translations", "docs", "pyproject.toml", "wsgi.py",
)  # fmt: skip
ON_SQLITE = "sqlite or not postgresql"


class Tree:
    """A copy of the project in which one file at a time is changed, and the process that runs its tests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in COPIED:
            source, target = ROOT / name, folder / name
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns(".shots"))
            else:
                shutil.copy2(source, target)
        self._runner = subprocess.Popen(
            [sys.executable, "tests/house/mutant_runner.py"],
            cwd=folder,
            env={
                key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, *tests: str, only: str) -> tuple[int, str]:
        """Run tests on the copy as it stands; return pytest's status and words."""
        assert self._runner.stdin
        assert self._runner.stdout
        self._runner.stdin.write(json.dumps(["-x", "-k", only, *tests]) + "\n")
        self._runner.stdin.flush()
        status, text = json.loads(self._runner.stdout.readline())
        return status, text

    def change(self, name: str, text: str, *, later_s: int) -> None:
        """Write a file, at a time by which Python knows that its compiled form is out of date."""
        path = self.folder / name
        stamp = (ROOT / name).stat().st_mtime + later_s
        path.write_text(text, "utf-8")
        os.utime(path, (stamp, stamp))

    def close(self) -> None:
        """End the process."""
        assert self._runner.stdin
        self._runner.stdin.close()
        self._runner.wait(timeout=30)


def read(path: Path) -> dict[str, Any]:
    return {"only": ON_SQLITE, **tomllib.loads(path.read_text("utf-8"))}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tree]:
    made = Tree(tmp_path_factory.mktemp("mutants"))
    yield made
    made.close()


@pytest.mark.timeout(300)
def test_every_named_test_passes_without_a_mutant(tree: Tree) -> None:
    for only in {read(path)["only"] for path in MUTANTS}:
        named = sorted({read(path)["test"] for path in MUTANTS if read(path)["only"] == only})
        status, text = tree.run(*named, only=only)
        assert status == 0, text[-3000:]


@pytest.mark.parametrize("path", MUTANTS, ids=lambda path: path.stem)
def test_the_named_test_catches_the_mutant(tree: Tree, path: Path) -> None:
    mutant = read(path)
    text = (ROOT / mutant["file"]).read_text("utf-8")
    assert not mutant["file"].startswith("migrations/"), "the runner migrates before it runs a mutant"
    assert text.count(mutant["old"]) == 1, f"{path.name} no longer fits {mutant['file']}"
    # Each at a time of its own: of two mutants as long as each other the second would run as the first was compiled.
    later_s = 1000 + MUTANTS.index(path)
    tree.change(mutant["file"], text.replace(mutant["old"], mutant["new"]), later_s=later_s)
    try:
        status, said = tree.run(mutant["test"], only=mutant["only"])
    finally:
        tree.change(mutant["file"], text, later_s=0)
    assert status == 1, f"{mutant['why']}: {mutant['test']} did not notice\n{said[-2000:]}"
    assert "failed" in said


def test_there_are_at_least_ten() -> None:
    assert len(MUTANTS) >= 10
