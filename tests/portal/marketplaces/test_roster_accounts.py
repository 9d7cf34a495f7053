"""What a marketplace's list makes of an account: open again is not verified, and a refusal gives way to its word."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from portal.marketplaces.roster_accounts import _path

ONCE = datetime(2022, 4, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "verified_at", "told", "steps"),
    [
        ("suspended", None, "created", ["said_open"]),
        ("suspended", ONCE, "created", ["said_verified"]),
        ("suspended", None, "verified", ["said_verified"]),
        ("suspended", None, "suspended", []),
        ("verified", ONCE, "created", []),
        ("created", None, "suspended", ["said_verified", "said_suspended"]),
        ("refused", None, "created", ["want", "queue", "claimed", "said_created"]),
        ("wanted", None, "verified", ["queue", "claimed", "said_created", "said_verified"]),
    ],
)
def test_the_way_to_what_the_list_says(state: str, verified_at: datetime | None, told: str, steps: list[str]) -> None:
    account = SimpleNamespace(state=state, verified_at=verified_at)
    assert _path(account, SimpleNamespace(state=told)) == steps
