"""The library's world in one fixture, and a chain that makes blocks when it is told to."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.anvil import Anvil
from tests.chains import Chain, Watch, own_book
from tests.traceability.making import Made


@pytest.fixture
def made(session: Any, tmp_path: Path) -> Made:
    return Made(session, tmp_path)


@pytest.fixture
def watch() -> Watch:
    """The clock of a chain's sender."""
    return Watch()


@pytest.fixture
def chain(tmp_path: Path, watch: Watch) -> Iterator[Chain]:
    """A real node, with our contract on it, that mines only when it is told to."""
    with Anvil(mining=False) as node:
        yield Chain(node, begin=own_book(tmp_path / "book.sqlite"), clock=watch).deployed()
