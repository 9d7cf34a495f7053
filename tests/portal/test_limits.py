"""Limits a minute and address: they refuse with 429 and a time, and only what they are for is counted."""

from typing import Any

import pytest

from portal import limits


def test_an_address_is_refused_beyond_its_limit_and_others_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    limit = limits.MinuteLimit(2)
    monkeypatch.setattr(limits.time, "monotonic", lambda: 119.0)
    assert [limit.hit("10.0.0.1") for _ in range(3)] == [True, True, False]
    assert limit.used_up("10.0.0.1")
    assert not limit.used_up("10.0.0.2")
    assert limit.seconds_left() == 1
    monkeypatch.setattr(limits.time, "monotonic", lambda: 120.0)
    assert limit.hit("10.0.0.1")


@pytest.mark.parametrize(
    ("path", "free", "limit"),
    [("/?q=gao", "/", limits.SEARCHES), ("/receipts/check?number=1&word=a", "/receipts/check", limits.RECEIPT_CHECKS)],
)
def test_a_page_says_when_to_come_back(client: Any, path: str, free: str, limit: limits.MinuteLimit) -> None:
    answers = [client.get(path).status_code for _ in range(limit.most + 1)]
    assert 429 not in answers[:-1]
    assert answers[-1] == 429
    assert 0 < int(client.get(path).headers["Retry-After"]) <= 60
    assert client.get(free).status_code == 200
