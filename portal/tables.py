"""All tables of the product: the portal's, and those of the two libraries."""

from sqlalchemy import MetaData

import traceability.epcis.models  # noqa: F401
from payments.types import PayBase
from portal.db import Base
from traceability.models import TraceBase


def all_metadata() -> list[MetaData]:
    """Return the three metadata collections that one migration history covers."""
    return [Base.metadata, TraceBase.metadata, PayBase.metadata]
