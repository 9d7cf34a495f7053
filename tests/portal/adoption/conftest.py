"""A little province: the units of Long An and Tây Ninh, establishments with and without a confirmed chain, accounts."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.adoption.publisher import publish
from portal.counting import Catalogue, counting, roll_up
from portal.db import new_id
from portal.marketplaces.models import ChannelAccount
from portal.onboarding.models import Organisation
from portal.places.actions import communes, load_units, set_home
from portal.places.models import AdminUnit
from tests.portal.places.conftest import SUCCESSIONS, UNITS

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
APRIL = datetime(2022, 4, 10, 3, 0, tzinfo=UTC)
PROVINCE = "80"
LONG_AN, TAY_NINH = "80@20210101", "80@20250701"
ACTING = Acting.system("test")


class Province:
    """Does what moves the figures, and keeps them published."""

    def __init__(self, session: Session, catalogue: Catalogue) -> None:
        self.session, self.catalogue = session, catalogue
        known = session.scalar(select(AdminUnit.id).where(AdminUnit.id == LONG_AN)) is not None
        self.communes = [one.id for one in communes(session, LONG_AN, APRIL.date())] if known else []

    def seller(self, commune: int = 0, *, at: datetime = APRIL, kind: str = "household") -> str:
        """Make an organisation with its home; return its id."""
        organisation = Organisation(
            id=new_id("or"), reference=new_id("re")[-12:], kind=kind, state="approved", registered_by="test",
            registered_at=at, confidence="exact",
        )  # fmt: skip
        self.session.add(organisation)
        self.session.flush()
        set_home(self.session, subject_id=organisation.id, area_id=self.communes[commune], at=at)
        return organisation.id

    def account(self, organisation_id: str, channel: str = "postmart", *, at: datetime = APRIL) -> None:
        """Open an account that the marketplace confirms at once."""
        with counting(self.session, organisation_id, effective_at=at):
            self.session.add(
                ChannelAccount(
                    channel=channel,
                    organisation_id=organisation_id,
                    state="created",
                    remote_id=new_id("rm"),
                    problems=[],
                    wanted_at=at,
                    changed_at=at,
                    created_at=at,
                )
            )

    def void(self, organisation_id: str, channel: str = "postmart", *, at: datetime = APRIL) -> None:
        """Void an account."""
        with counting(self.session, organisation_id, effective_at=at):
            row = self.session.query(ChannelAccount).filter_by(organisation_id=organisation_id, channel=channel).one()
            row.voided_at = at

    def move(self, organisation_id: str, commune: int, *, at: datetime) -> None:
        """Move a home."""
        with counting(self.session, organisation_id, effective_at=at):
            set_home(self.session, subject_id=organisation_id, area_id=self.communes[commune], at=at)

    def publish(self, now: datetime = NOW) -> int:
        """Roll up and publish until nothing is due; return the revisions made."""
        while roll_up(self.session, now=now):
            pass
        made = 0
        while (count := publish(self.session, self.catalogue, now=now, province=PROVINCE)) is not None:
            made += count
        return made


@pytest.fixture
def province(app: Any, session: Any) -> Province:
    """The session's province, empty."""
    load_units(session, now=NOW, acting=ACTING, units=UNITS, successions=SUCCESSIONS)
    return Province(session, app.extensions["catalogue"])
