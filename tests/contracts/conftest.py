"""A town of stand-ins on loopback with real books."""

import pytest

from tests.payments.committing import Books
from tests.payments.loopback import town


@pytest.fixture
def place(database_url, tmp_path):
    made = Books(database_url)
    with town(made, tmp_path) as opened:
        yield opened
    made.close()
