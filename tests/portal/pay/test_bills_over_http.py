"""A payer who begins at the simulated national portal, over real HTTP: looked up, paid there, green here."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import func, select

from payments.gateways.sandbox import make_app
from payments.models import Movement, Request
from portal import create_app
from portal.db import db
from portal.gateway_settings import sandbox_keys
from portal.pay.due import _query
from tests.engines import Engines
from tests.payments.loopback import KEYS, serving, until
from tests.portal.pay.making import School, asked, open_school

Places = tuple[Any, School, str]


class Later:
    """An address whose app comes after it: portal and stand-ins each know where the other is."""

    app: Any

    def __call__(self, environ: Any, start_response: Any) -> Any:
        """Answer one request."""
        return self.app(environ, start_response)


@pytest.fixture
def places(engines: Engines, database_url: str, tmp_path: Path) -> Iterator[Places]:
    """A portal with a school that takes KeyPay, and the address of the stand-ins."""
    portal, stand_ins = Later(), Later()
    with serving(portal) as public, serving(stand_ins) as sandbox:
        portal.app = app = create_app(engines.settings(database_url, SANDBOX_URL=sandbox))
        keys = KEYS | sandbox_keys(app.extensions["world"].settings.values)
        stand_ins.app = made = make_app(state_path=tmp_path / "s.sqlite", portal_url=public, keys=keys)
        with app.app_context():
            school = open_school(app.extensions["world"])
            db.session.remove()
        ran = app.test_cli_runner().invoke(args=["cashier", "set-ways", school.payee.id, "--way", "keypay"])
        assert ran.exit_code == 0, ran.output
        try:
            yield app, school, sandbox
        finally:
            made.close()
            with app.app_context():
                db.engine.dispose()


def test_a_bill_is_looked_up_there_and_paid_here(places: Places) -> None:
    app, school, sandbox = places
    with app.app_context():
        request = asked(app.extensions["world"], school)
        db.session.remove()
    asking = requests.get(f"{sandbox}/keypay/bills", params={"code": request.code}, timeout=30)
    assert f'value="{request.code}"' in asking.text
    bill = requests.post(f"{sandbox}/keypay/bills", data={"code": request.code}, timeout=30)
    assert bill.status_code == 200, bill.text
    assert "450.000 ₫" in bill.text
    assert "N.V.A." not in bill.text
    requests.post(bill.url, data={"do": "pay"}, timeout=30)
    with app.app_context():
        until(lambda: _query(app.extensions["world"]))  # as soon as the notice is there
        db.session.remove()
        assert db.session.scalar(select(Request.status)) == "paid"
        assert db.session.scalar(select(func.count()).select_from(Movement)) == 1
        db.session.remove()
