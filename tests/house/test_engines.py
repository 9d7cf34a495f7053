"""The test databases themselves."""

import sqlalchemy as sa

from tests.engines import Engines


def test_what_a_test_left_open_is_ended_and_nothing_else(engines: Engines) -> None:
    left, kept = (sa.create_engine(engines.fresh("postgresql", migrated=False)) for _ in range(2))
    opened = [left.connect() for _ in range(3)]
    beside = kept.connect()

    engines.leave(left.url.render_as_string(hide_password=False))

    asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = :name"
    assert beside.execute(sa.text(asked), {"name": left.url.database}).scalar_one() == 0
    for one in (*opened, beside):
        one.invalidate()
        one.close()
    left.dispose()
    kept.dispose()
