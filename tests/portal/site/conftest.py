"""A page that breaks, for a test of what is told of it."""

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def breaking(app: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Exception], None]:
    """Return a function that makes an endpoint raise an error."""

    def make(endpoint: str, error: Exception) -> None:
        def broken(**_: object) -> None:
            raise error

        monkeypatch.setitem(app.view_functions, endpoint, broken)

    return make
