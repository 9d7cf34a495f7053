"""Run tests of a copied tree, each run in a child of a process that has all libraries loaded already.

Started as a script in the copy. A line of JSON comes in, `[arguments of pytest…]`; a line goes out, `[status, text]`.
Loading the libraries and migrating a database anew would take most of each run.
"""

import gc
import importlib
import json
import os
import sys
import tempfile
from pathlib import Path

# As the files are, in their order, and with a folder of its own: rewriting and sweeping cost more than the tests.
PLAIN = ("--assert=plain", "--basetemp=.tmp", "-p", "no:randomly")
OURS = ("portal", "payments", "traceability", "tests")


def load_libraries() -> None:
    """Import all that the tests import, and forget what is ours: each child reads that from the files."""
    for name in ("tests.conftest", "tests.pages", "hypothesis.strategies", "_pytest.pytester"):
        importlib.import_module(name)
    for name in list(sys.modules):
        if name.partition(".")[0] in OURS:
            del sys.modules[name]


def run(arguments: list[str]) -> tuple[int, str]:
    """Run pytest in a child; return its status and what it wrote."""
    with tempfile.TemporaryFile() as written:
        child = os.fork()
        if child == 0:
            os.dup2(written.fileno(), 1)
            os.dup2(written.fileno(), 2)
            status = 70
            try:
                import pytest

                status = int(pytest.main([*PLAIN, *arguments]))
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(status)
        _, ended = os.waitpid(child, 0)
        written.seek(0)
        return os.waitstatus_to_exitcode(ended), written.read().decode("utf-8", "replace")


def migrate() -> None:
    """Leave a migrated SQLite database for all runs: no mutant changes a migration."""
    template = Path.cwd() / ".tmp-migrated.sqlite"
    child = os.fork()
    if child == 0:
        status = 70
        try:
            from tests.engines import migrate as to_newest

            os.dup2(2, 1)  # what it says is no answer
            to_newest(f"sqlite:///{template}", Path.cwd() / ".tmp-migrating")
            status = 0
        finally:
            os._exit(status)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0:
        raise RuntimeError("the migrations do not run")
    os.environ["MIGRATED_SQLITE"] = f"sqlite:///{template}"


def main() -> None:
    """Answer each line until the input ends."""
    sys.path[0] = str(Path.cwd())
    load_libraries()
    migrate()
    gc.collect()
    gc.freeze()  # a child that looks for garbage among the libraries would copy all their memory
    for line in sys.stdin:
        sys.stdout.write(json.dumps(run(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
