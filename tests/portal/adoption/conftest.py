"""A little province: the units of Long An and Tây Ninh, establishments with and without a confirmed chain, accounts."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.adoption.areas import Areas
from portal.adoption.publisher import publish
from portal.adoption.query import Ground, read_area
from portal.adoption.reading import Asked, Observation, observe
from portal.catalogue.models import Product
from portal.catalogue.seeds import load_seeds
from portal.counting import Catalogue, counting, roll_up
from portal.counting.models import AdoptDelta
from portal.counting.periods import parse_period
from portal.db import new_id
from portal.marketplaces.models import ChannelAccount, Listing, ListingLive
from portal.onboarding.models import Organisation
from portal.places.actions import communes, load_units, set_home
from portal.places.models import AdminUnit, UnitAlias, UnitSuccession
from tests.portal.places.conftest import SUCCESSIONS, UNITS

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
APRIL = datetime(2022, 4, 10, 3, 0, tzinfo=UTC)
SPRING, SUMMER = datetime(2022, 4, 20, 3, 0, tzinfo=UTC), datetime(2022, 8, 22, 3, 0, tzinfo=UTC)
MAY_1 = datetime(2022, 4, 30, 19, 0, tzinfo=UTC)
"""02:00 of the first of May in Vietnam: from here on April may close."""
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

    def on_sale(
        self, organisation_id: str, category: str = "VN-RICE", *channels: str, at: datetime = APRIL, many: int = 1
    ) -> None:
        """Have marketplaces show so many more products of a seller."""
        load_seeds(self.session, now=NOW, acting=ACTING)
        with counting(self.session, organisation_id, effective_at=at):
            for _ in range(many):
                product = Product(
                    organisation_id=organisation_id, category_code=category, name="Gạo", state="active", created_at=at,
                    updated_at=at,
                )  # fmt: skip
                self.session.add(product)
                self.session.flush()
                for channel in channels or ("postmart",):
                    listing = Listing(
                        product_id=product.id, organisation_id=organisation_id, channel=channel, state="live",
                        live_version=1, problems=[], changed_at=at,
                    )  # fmt: skip
                    self.session.add(listing)
                    self.session.flush()
                    self.session.add(ListingLive(listing_id=listing.id, sector="agri", from_at=at))

    def move(self, organisation_id: str, commune: int, *, at: datetime) -> None:
        """Move a home."""
        with counting(self.session, organisation_id, effective_at=at):
            set_home(self.session, subject_id=organisation_id, area_id=self.communes[commune], at=at)

    def figure(
        self, code: str, period: str, *, area: str = PROVINCE, cut: str = "_T", as_of: datetime | None = None
    ) -> Observation:
        """Return what the public reads."""
        on = Ground(self.catalogue, Areas(self.session, PROVINCE), PROVINCE, NOW, period)
        found, top = read_area(area, parse_period(period), on)
        asked = Asked(self.catalogue.get(code), cut, found, parse_period(period), top)
        return observe(self.session, self.catalogue, on.areas, [asked], as_of=as_of)[0]

    def publish(self, now: datetime = NOW) -> int:
        """Roll up and publish until nothing is due; return the revisions made."""
        while roll_up(self.session, now=now):
            pass
        made = 0
        while (count := publish(self.session, self.catalogue, now=now, province=PROVINCE)) is not None:
            made += count
        return made


_LOADED: list[list[dict[str, Any]]] = []
_TABLES = (AdminUnit, UnitSuccession, UnitAlias, AdoptDelta)


def place_units(session: Any) -> None:
    """Load the units of the province; after the first time by copying the rows that this made."""
    if not _LOADED:
        load_units(session, now=NOW, acting=ACTING, units=UNITS, successions=SUCCESSIONS)
        for table in (one.__table__ for one in _TABLES):
            columns = [column for column in table.columns if not (table.name == "adopt_delta" and column.name == "id")]
            _LOADED.append([dict(row) for row in session.execute(select(*columns)).mappings()])
        return
    for one, found in zip(_TABLES, _LOADED, strict=True):
        if found:
            session.execute(insert(one.__table__), found)


@pytest.fixture
def province(on_units: None, app: Any, session: Any) -> Province:
    """The session's province: its units, and what the test's own ground adds."""
    return Province(session, app.extensions["catalogue"])
