"""Scripts run by Node over the packages of tests/npm: the system's Node, or the wheel's where there is none."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

_SCRIPTS = Path(__file__).parent / "npm"
_MODULES = Path(sys.prefix) / "npm/node_modules"
_WHEEL = Path(sys.prefix) / "node"


def run_script(name: str, given: Any) -> Any:
    """Run one of our scripts with JSON on its standard input; return the JSON that it wrote."""
    system = shutil.which("node")
    command = [system] if system else [sys.executable, str(_WHEEL / "bin/node")]
    done = subprocess.run(
        [*command, str(_SCRIPTS / name)],
        env={**os.environ, "NODE_PATH": str(_MODULES), **({} if system else {"PYTHONPATH": str(_WHEEL)})},
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{name}: {done.stderr[-2000:]} (run `make node`)"
    return json.loads(done.stdout)
