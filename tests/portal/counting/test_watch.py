"""A counted row reaches the database inside `counting`, or not at all."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.counting import CountingError, counting
from portal.marketplaces.models import ChannelAccount
from portal.onboarding.models import Organisation, StageReached

AT = datetime(2022, 4, 10, tzinfo=UTC)


@pytest.fixture
def household(session: Any) -> str:
    row = Organisation(
        kind="household", state="approved", reference="HK-1", registered_by="test", registered_at=AT, confidence="exact"
    )
    session.add(row)
    session.flush()
    return str(row.id)


def stage(household: str) -> StageReached:
    return StageReached(household_id=household, stage="created", reached_at=AT)


def account(household: str, created_at: datetime | None) -> ChannelAccount:
    return ChannelAccount(
        channel="voso", organisation_id=household, state="sent", problems=[], wanted_at=AT, changed_at=AT,
        created_at=created_at,
    )  # fmt: skip


def test_a_counted_row_outside_is_refused(session: Any, household: str) -> None:
    session.add(stage(household))
    with pytest.raises(CountingError) as caught:
        session.flush()
    assert (caught.value.code, caught.value.fields["table"]) == ("counting.not_locked", "stage_reached")
    session.expunge_all()
    assert session.scalar(select(func.count()).select_from(StageReached)) == 0


def test_inside_it_is_taken_and_outside_it_may_not_change_or_go(session: Any, household: str) -> None:
    with counting(session, household, effective_at=AT):
        session.add(stage(household))
    row = session.scalars(select(StageReached)).one()
    session.flush()
    row.reached_at = datetime(2022, 5, 1, tzinfo=UTC)
    with pytest.raises(CountingError):
        session.flush()
    session.expire(row)
    session.delete(row)
    with pytest.raises(CountingError):
        session.flush()


def test_a_block_that_fails_leaves_the_watch_on(session: Any, household: str) -> None:
    def fails() -> None:
        with counting(session, household, effective_at=AT):
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    session.add(stage(household))
    with pytest.raises(CountingError):
        session.flush()


def test_only_the_columns_that_a_figure_reads_matter(session: Any, household: str) -> None:
    row = account(household, None)
    session.add(row)
    session.flush()
    row.state = "refused"
    session.flush()
    row.created_at = AT
    with pytest.raises(CountingError):
        session.flush()


def test_a_row_that_comes_with_a_counted_column_is_refused(session: Any, household: str) -> None:
    session.add(account(household, AT))
    with pytest.raises(CountingError):
        session.flush()
