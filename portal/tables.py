"""All tables of the product: the portal's, and those of the two libraries."""

from sqlalchemy import MetaData

import payments.day_tables
import payments.settlement.statement_tables
import payments.settlement.tables
import payments.standing
import payments.v1.catalog_tables
import payments.v1.delivery_tables
import payments.v1.session_tables
import payments.v1.tables  # noqa: F401
import portal.adoption.feed_models
import portal.adoption.models
import portal.adoption.target_models
import portal.audit.models
import portal.cases.models
import portal.cashier.models
import portal.catalogue.models
import portal.counting.models
import portal.marketplaces.eligibility_models
import portal.marketplaces.models
import portal.onboarding.models
import portal.onboarding.roster_models
import portal.pay.models
import portal.people.models
import portal.places.models
import portal.recalls.models
import portal.schools.models
import portal.stalls.models
import portal.stamps.models
import portal.teams.models  # noqa: F401
import traceability.epcis.models  # noqa: F401
from payments.types import PayBase
from portal.db import Base
from traceability.models import TraceBase


def all_metadata() -> list[MetaData]:
    """Return the three metadata collections that one migration history covers."""
    return [Base.metadata, TraceBase.metadata, PayBase.metadata]
