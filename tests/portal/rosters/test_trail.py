"""A chunk and its row of the trail stand or fall together, and the trail tells of a row that was changed later."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event, func, select

from portal.cashier.invariants import check_invariants
from portal.marketplaces.eligibility import ask_for_sweep, sweep_some
from portal.marketplaces.eligibility_models import RuleSet, Snapshot
from portal.onboarding.models import Organisation, Person
from portal.onboarding.roster_models import RosterRow, RosterRun
from portal.onboarding.rosters import importing
from portal.onboarding.rosters.proof import altered_chunks
from tests.portal.rosters.conftest import CLI, HEADINGS, household


class DiskFull(Exception):
    """Stands for whatever stops the trail from being written."""


@contextmanager
def refusing(session: Any, act: str) -> Iterator[None]:
    """Let every row of the trail about one act fail."""
    engine = session.get_bind()

    def fail(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        if statement.startswith("INSERT INTO audit_") and act in repr(parameters):
            raise DiskFull

    event.listen(engine, "before_cursor_execute", fail)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", fail)


def test_without_its_row_of_the_trail_a_chunk_is_not_written(
    take: Callable[..., Any], as_csv: Callable[..., Path], province: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing.runs, "LEASE", importing.runs.LEASE * 0)
    path = as_csv(HEADINGS, household(1), household(2))
    with refusing(province, importing.ACT), pytest.raises(DiskFull):
        take(path)
    province.rollback()
    assert province.scalars(select(RosterRun)).one().next_row == 0
    for table in (Organisation, Person, RosterRow):
        assert province.scalar(select(func.count()).select_from(table)) == 0
    assert take(path).outcomes["created"] == 2


@pytest.mark.parametrize(
    "change",
    [
        sa.update(RosterRow).where(RosterRow.row == 3).values(outcome="unchanged"),
        sa.update(RosterRow).where(RosterRow.row == 3).values(digest="0" * 32),
        sa.delete(RosterRow).where(RosterRow.row == 5),
    ],
    ids=["outcome", "digest", "removed"],
)
def test_a_row_that_was_changed_is_found_from_the_trail(
    take: Callable[..., Any], as_csv: Callable[..., Path], province: Any, world: Any, monkeypatch: pytest.MonkeyPatch,
    change: Any,
) -> None:  # fmt: skip
    monkeypatch.setattr(importing, "CHUNK", 3)
    run = take(as_csv(HEADINGS, *(household(n) for n in range(1, 7)), household(7, id="12345678"))).run
    assert list(altered_chunks(province, world.field_keys)) == []
    province.execute(change)
    chunk = f"{run}:2-4" if "DELETE" not in str(change) else f"{run}:5-7"
    assert list(altered_chunks(province, world.field_keys)) == [chunk]
    assert check_invariants(province, keys=world.field_keys)["I5"].breaches == (chunk,)


def test_new_rules_leave_the_judgements_of_their_time_as_they_were(
    take: Callable[..., Any], as_csv: Callable[..., Path], province: Any, clock: Any
) -> None:
    columns = list(sa.inspect(Snapshot).columns)
    first = select(*columns).where(Snapshot.number == 1).order_by(Snapshot.account_id)
    take(as_csv(HEADINGS, *(household(n) for n in range(1, 4))))
    while sweep_some(province, now=clock.now(), acting=CLI):
        province.commit()
    before = province.execute(first).all()
    rules = province.scalars(select(RuleSet).order_by(RuleSet.valid_from)).first()
    province.add(
        RuleSet(
            code=rules.code, version=99, valid_from=date(2022, 10, 4), rules=[*rules.rules, "verified"], basis="test",
        )
    )  # fmt: skip
    clock.move(days=2)
    ask_for_sweep(province, now=clock.now())
    while sweep_some(province, now=clock.now(), acting=CLI):
        province.commit()
    assert len(before) == 3 and all(row.eligible for row in before)
    assert province.execute(first).all() == before
    assert [row.unmet for row in province.scalars(select(Snapshot).where(Snapshot.number == 2))] == ["verified"] * 3
