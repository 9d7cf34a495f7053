"""One history for both engines: up, equal to the models, down, up again."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask_migrate import downgrade, upgrade

from portal import create_app
from portal.db import db
from portal.tables import all_metadata
from tests.engines import Engines


def test_up_check_down_up(engines: Engines, engine_name: str) -> None:
    app = create_app(engines.settings(engines.fresh(engine_name, migrated=False)))
    with app.app_context():
        upgrade()
        _check(db.engine)
        downgrade(revision="base")
        assert set(sa.inspect(db.engine).get_table_names()) <= {"alembic_version"}
        upgrade()
        _check(db.engine)
        db.session.remove()
        db.engine.dispose()


def _check(engine: Any) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "target_metadata": all_metadata()})
        found = compare_metadata(context, all_metadata())
    assert found == []


def test_a_table_that_others_point_at_is_made_anew_with_its_rows(engines: Engines, engine_name: str) -> None:
    app = create_app(engines.settings(engines.fresh(engine_name, migrated=False)))
    with app.app_context():
        upgrade(revision="0020_certificates")
        _one_row(db.engine, "trace_entries")
        kept = _one_row(db.engine, "trace_batches")
        _one_row(db.engine, "trace_ranges", batch=kept["batch"], voided_at=kept["issued_at"])
        upgrade()
        with db.engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM trace_ranges").scalar() == 1
            assert connection.exec_driver_sql("SELECT batch FROM trace_batches").scalar() == kept["batch"]
        db.session.remove()
        db.engine.dispose()


def _one_row(engine: Any, name: str, **known: Any) -> dict[str, Any]:
    """Write one row of a table as it is at this step of the history: 1, a letter or a day where it needs something."""
    table = sa.Table(name, sa.MetaData(), autoload_with=engine)
    plain: dict[type, Any] = {int: 1, str: "a", bytes: b"a", bool: True}
    needed = [column for column in table.columns if not column.nullable]
    row = {one.name: plain.get(one.type.python_type, datetime(2026, 11, 22, tzinfo=UTC)) for one in needed} | known
    with engine.connect().execution_options(write=True) as connection:
        connection.execute(table.insert(), [row])
        connection.commit()
    return row
