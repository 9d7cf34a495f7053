"""Whoever subtracts, and even who knows our rules, finds no hidden figure: every table of a small province is tried."""

import random
from collections import defaultdict
from collections.abc import Iterator
from itertools import product

import pytest

from portal.adoption.areas import ProvinceThen
from portal.adoption.privacy import hide_overlapping
from portal.adoption.telling import Month, is_justified, told_in
from portal.counting import Cut
from tests.portal.counting.making import indicator

SALTS = (b"a", b"b", b"c", b"d", b"e", b"f")
P = "P"
ADDITIVE, OVERLAPPING = Cut("k", additive=True), Cut("k", additive=False)
Table = dict[tuple[str, str], int]


def _month(truth: Table, leaves: list[str], cut: Cut, values: tuple[str, ...], salt: bytes = b"a") -> Month:
    then = ProvinceThen(P, P, frozenset(leaves), frozenset({P}))
    one = indicator("X", "S", cuts=(cut,), privacy="P5")
    return Month(indicator=one, then=then, cuts=("_T", *values), truth=truth, closed=True, salt=salt)


def _tables(leaves: list[str], values: tuple[str, ...], top: int, *, additive: bool) -> Iterator[Table]:
    for counts in product(range(top + 1), repeat=len(leaves)):
        whole = sum(counts)
        truth = {("_T", leaf): count for leaf, count in zip(leaves, counts, strict=True) if count}
        truth |= {("_T", P): whole} if whole else {}
        for parts in product(range(top + 1), repeat=len(values)):
            if not values or (sum(parts) == whole if additive else max(parts) <= whole <= sum(parts)):
                yield truth | {(value, P): count for value, count in zip(values, parts, strict=True) if count}


@pytest.mark.parametrize(
    ("communes", "values", "top", "cut"),
    [
        (3, (), 9, ADDITIVE),
        (4, (), 7, ADDITIVE),
        (5, (), 5, ADDITIVE),
        (1, ("k@a", "k@b", "k@c"), 18, ADDITIVE),
        (1, ("k@a", "k@b"), 16, OVERLAPPING),
        (1, ("k@a", "k@b", "k@c"), 9, OVERLAPPING),
        (2, ("k@a", "k@b"), 7, ADDITIVE),
    ],
)
def test_no_hidden_figure_can_be_worked_out(communes: int, values: tuple[str, ...], top: int, cut: Cut) -> None:
    """Tables that look alike in public must differ in each hidden cell; the attacker knows the rule, not the salt."""
    leaves = [f"L{number}" for number in range(communes)]
    alike: defaultdict[tuple[object, ...], list[Table]] = defaultdict(list)
    for truth in _tables(leaves, values, top, additive=cut.additive):
        for salt in SALTS:
            month = _month(truth, leaves, cut, values, salt)
            told = told_in(month)
            assert is_justified(month, told)
            alike[tuple(sorted((cell, value) for cell, value in told.items() if value is None or value))].append(truth)
    lines = [[("_T", leaf) for leaf in leaves], [(value, P) for value in values]]
    tried = 0
    for shown, tables in alike.items():
        told = dict(shown)
        total = told.get(("_T", P), 0)
        for line in lines:
            left = None if total is None else total - sum(told.get(cell) or 0 for cell in line)
            hidden = [cell for cell in line if cell in told and told[cell] is None]
            if left is None or (left > top and (cut.additive or line == lines[0])):
                continue  # tables beyond the ones tried would look alike too
            for cell in hidden:
                tried += 1
                assert len({table.get(cell, 0) for table in tables}) >= 2, (cell, shown)
            if hidden and (cut.additive or line == lines[0]):
                assert left >= len([cell for cell in hidden if any(table.get(cell, 0) for table in tables)])
    assert tried > 30


@pytest.mark.parametrize("seed", range(40))
def test_by_subtraction_alone_three_numbers_are_left(seed: int) -> None:
    rng = random.Random(seed)
    leaves = [f"L{number}" for number in range(rng.randrange(2, 30))]
    counts = {("_T", leaf): rng.choice([0, 0, 1, 2, 3, 4, 5, 6, 9, 40]) for leaf in leaves}
    whole = sum(counts.values())
    parts = [rng.randrange(whole + 1) for _ in range(3)]
    cuts = {("k@a", P): parts[0], ("k@b", P): min(parts[1], whole - parts[0])}
    cuts["k@c", P] = whole - sum(cuts.values())
    truth = {cell: count for cell, count in {**counts, **cuts, ("_T", P): whole}.items() if count}
    told = told_in(_month(truth, leaves, ADDITIVE, ("k@a", "k@b", "k@c"), bytes([seed + 1])))
    total = told["_T", P]
    assert (total is None) == (0 < whole < 5)
    for line in (counts, cuts):
        hidden = [cell for cell in line if told.get(cell, 0) is None]
        assert {cell for cell, count in line.items() if 0 < count < 5} <= set(hidden)
        if hidden and total is not None:
            left = total - sum(told.get(cell) or 0 for cell in line)
            present = [cell for cell in hidden if line[cell]]
            least = len(present) if len(hidden) < len(line) else 0  # in a line hidden whole even zeros are not known
            assert left - least + 1 >= 3
            assert len(hidden) >= 2


def test_what_was_hidden_in_the_month_stays_hidden() -> None:
    leaves = ["L0", "L1", "L2"]
    truth = {("_T", "L0"): 9, ("_T", "L1"): 8, ("_T", "L2"): 30, ("_T", P): 47}
    month = _month(truth, leaves, ADDITIVE, ())
    assert None not in told_in(month).values()
    then = Month(indicator=month.indicator, then=month.then, cuts=month.cuts, truth=truth, closed=True,
                 hidden={("_T", "L0")})  # fmt: skip
    hidden = {cell for cell, value in told_in(then).items() if value is None}
    assert hidden == {("_T", "L0"), ("_T", "L1")}


def test_who_was_hidden_last_month_and_who_moved_is_hidden_first() -> None:
    leaves = ["L0", "L1", "L2", "L3"]
    truth = {("_T", "L0"): 3, ("_T", "L1"): 8, ("_T", "L2"): 9, ("_T", "L3"): 10, ("_T", P): 30}

    def hidden(**more: object) -> set[str]:
        month = _month(truth, leaves, ADDITIVE, ())
        asked = Month(indicator=month.indicator, then=month.then, cuts=month.cuts, truth=truth, closed=True, **more)  # type: ignore[arg-type]
        return {area for (_cut, area), value in told_in(asked).items() if value is None}

    assert hidden() == {"L0", "L1"}
    assert hidden(before={**truth, ("_T", "L2"): 8}) == {"L0", "L2"}
    assert hidden(before={**truth, ("_T", "L2"): 8}, hidden_last={("_T", "L3")}) == {"L0", "L3"}


@pytest.mark.parametrize(("other", "alone"), [(97, False), (98, True), (60, False), (100, True)])
def test_an_overlapping_part_is_not_bounded_into_the_open(other: int, alone: bool) -> None:
    line = {"a": 4, "b": other, "c": 0}
    found = hide_overlapping(line, {"a"}, total=100, most=4, order=lambda one: (line[one],))
    assert found == ({"a"} if alone else {"a", "b"})
