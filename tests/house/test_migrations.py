"""One history for both engines: up, equal to the models, down, up again."""

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
