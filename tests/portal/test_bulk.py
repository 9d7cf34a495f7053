"""Ids for many rows at once: in the form of all ids, in rising order, none twice."""

import re

import pytest

from portal.bulk import rising_ids
from portal.db import new_id


@pytest.mark.parametrize("count", [0, 1, 3_000])
def test_ids_of_a_bulk_rise_and_look_like_all_others(count: int) -> None:
    found = rising_ids("or", count)
    assert len(set(found)) == count and found == sorted(found)
    assert all(re.fullmatch(r"or_[0-9a-hjkmnp-tv-z]{26}", one) for one in [*found, new_id("or")])
    assert not set(found) & set(rising_ids("or", count))
