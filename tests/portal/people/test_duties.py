"""Who makes QR codes never reconciles: refused when the role is granted, and again when somebody acts."""

from typing import Any

import pytest
from sqlalchemy import select

from portal.db import begin
from portal.people import actions as people
from portal.people.errors import GrantError
from portal.people.models import RoleGrant
from tests.portal.pay.making import CLI, cashier_browser, open_school


def test_nobody_both_collects_and_reconciles(app: Any, client: Any, world: Any, session: Any) -> None:
    school, other = open_school(world), open_school(world, name="B", number="77", phone="0901100088", prefix="KH")
    till, now = cashier_browser(app, world, school), world.clock.now()
    login = str(school.cashier.login_id)

    def grant(*duties: str, role: str = "institution", where: str | None = school.cashier.organisation_id) -> None:
        with begin() as rows:
            people.grant_role(
                rows, now=now, acting=CLI, login_id=login, role=role, organisation_id=where, duties=duties
            )

    for duties in (("reconcile",), ("collect", "reconcile"), ("reconcile", "approve")):
        with pytest.raises(GrantError) as refusal:
            grant(*duties)
        assert refusal.value.code == "grant.duties"
    grant("approve", "read")
    grant("reconcile", role="market_manager", where=other.cashier.organisation_id)
    assert till.get("/till").status_code == 200
    with begin() as rows:  # a grant that an older release let through
        rows.add(
            RoleGrant(
                login_id=login, role="market_manager", organisation_id=school.cashier.organisation_id,
                duties=["reconcile"], from_at=now,
            )
        )  # fmt: skip
    assert till.get("/till").status_code == 403
    with begin() as rows:
        here = RoleGrant.organisation_id == school.cashier.organisation_id
        rows.scalars(select(RoleGrant).where(here, RoleGrant.role == "market_manager")).one().to_at = now
    assert till.get("/till").status_code == 200
