"""Two volunteers and one household, at the same moment: one household, and the second learns that it is there."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select

from portal.errors import PortalError
from portal.onboarding.models import Organisation, Person
from portal.onboarding.registering import register_household
from portal.onboarding.seeds import load_seeds
from portal.places.actions import communes, load_units
from tests.portal.onboarding.making import CLI, household, owner_of

TRIES = 4


def test_two_volunteers_register_one_household_once(engines: Any, engine_name: str) -> None:
    """Told by the ID number though each has another phone, and by name at one phone where there is no number."""
    from portal import create_app
    from portal.db import begin, db
    from tests.portal.places.conftest import SUCCESSIONS, UNITS

    app = create_app(engines.settings(engines.fresh(engine_name)))
    world, now = app.extensions["world"], datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
    with app.app_context(), begin() as session:
        load_units(session, now=now, acting=CLI, units=UNITS, successions=SUCCESSIONS)
        load_seeds(session, now=now, acting=CLI)
        unit = communes(session, "80@20250701", now.date())[0].id
    gate = threading.Barrier(TRIES)

    def register(number: int) -> str:
        by_number = number % 2 == 0
        answers = household(
            f"096649617{number}" if by_number else "0912000009", unit=unit,
            name="Nguyễn Thị Hạnh" if by_number else "Lê Văn Út", id_number="082085012346" if by_number else None,
        )  # fmt: skip
        with app.app_context():
            gate.wait(60)
            try:
                with begin() as session:
                    owner = owner_of(world, session, answers.identity.phone.e164)
                    register_household(
                        session, now=now, acting=CLI, household=answers, keys=world.field_keys,
                        login_id=owner.login_id or "", assisted_by="team",
                    )  # fmt: skip
            except PortalError as error:
                return error.code
            finally:
                db.session.remove()
            return "registered"

    with ThreadPoolExecutor(TRIES) as pool:
        said = list(pool.map(register, range(TRIES), timeout=120))
    assert sorted(said[::2]) == ["id.known", "registered"]
    assert sorted(said[1::2]) == ["registered", "seller.known"]
    with app.app_context():
        session = db.session()
        assert [session.scalar(select(func.count()).select_from(table)) for table in (Organisation, Person)] == [2, 2]
        db.session.remove()
        db.engine.dispose()
