"""An indicator is a row; a catalogue refuses rows that could not be recounted."""

from dataclasses import replace

import pytest

from portal.counting import TOTAL, Catalogue, CountingError
from tests.portal.counting.making import CHANNEL, SELLERS, SHARE, TOTALS, catalogue, indicator


def test_a_code_stands_for_one_indicator() -> None:
    with pytest.raises(ValueError, match="twice"):
        Catalogue([SELLERS, SELLERS])
    with pytest.raises(CountingError) as caught:
        catalogue().get("T_SELER")
    assert caught.value.code == "counting.unknown"


def test_every_cut_needs_its_recount() -> None:
    with pytest.raises(ValueError, match="a recount for each"):
        Catalogue([indicator("T_X", "S", cuts=(CHANNEL,), recount_sql={TOTAL: "SELECT 1"})])
    with pytest.raises(ValueError, match="a recount for each"):
        Catalogue([indicator("T_X", "S", recount_sql={})])


def test_a_ratio_names_the_two_that_it_divides() -> None:
    with pytest.raises(ValueError, match="without its two"):
        Catalogue([replace(SHARE, denominator=None)])


def test_cuts_are_the_total_and_the_closed_list_of_values() -> None:
    assert catalogue().cuts_of(SELLERS) == ("_T", "channel@voso", "channel@postmart")
    assert catalogue().cuts_of(TOTALS) == ("_T",)


@pytest.mark.parametrize(
    "change",
    [
        {"definition_en": "another"},
        {"definition_vi": "khác"},
        {"cuts": ()},
        {"kind": "F"},
        {"privacy": "P5"},
        {"unit": "shop"},
        {"version": 2},
        {"recount_sql": {TOTAL: "SELECT 2", "channel": "SELECT 1"}},
        {"kept_days": 90},
        {"province_only": True},
        {"contributors_sql": {TOTAL: "SELECT 1", "channel": "SELECT 1"}},
    ],
)
def test_what_an_indicator_means_is_in_its_fingerprint(change: dict[str, object]) -> None:
    assert replace(SELLERS, **change).fingerprint() != SELLERS.fingerprint()


def test_a_name_may_be_worded_better_without_a_new_version() -> None:
    assert replace(SELLERS, name_en="Sellers at work").fingerprint() == SELLERS.fingerprint()
