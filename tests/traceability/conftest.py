"""The library's world in one fixture."""

from pathlib import Path
from typing import Any

import pytest

from tests.traceability.making import Made


@pytest.fixture
def made(session: Any, tmp_path: Path) -> Made:
    return Made(session, tmp_path)
