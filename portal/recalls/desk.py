"""What recalls put on an officer's desk: the open ones, by the hour at which the danger was found."""

from collections.abc import Mapping
from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.onboarding.models import Organisation
from portal.queues import Queue, Rows
from portal.recalls.actions import own
from portal.recalls.models import RecallFile

ACTS: Mapping[str, Any] = {
    "recall.opened": _l("Goods were recalled."),
    "recall.lifted": _l("A recall was lifted."),
    "recall.completed": _l("A recall was completed."),
}


def open_files(session: Session, acting: Acting) -> Rows:
    """Select the open recalls within reach."""
    columns = (RecallFile.found_at.label("since"), RecallFile.id.label("id"), RecallFile.product_id.label("about"))
    query = select(*columns).join(Organisation, Organisation.id == RecallFile.organisation_id)
    return query.where(RecallFile.closed_at.is_(None), own(session, acting))


QUEUES: tuple[Queue, ...] = (
    Queue(
        code="recalls",
        name=_l("Open recalls"),
        rows=open_files,
        address=lambda: url_for("recalls.recalls", side="officer"),
        one=lambda recall_id, _about: (
            _l("A recall is open"),
            url_for("recalls.recall", side="officer", recall_id=recall_id),
        ),
    ),
)
