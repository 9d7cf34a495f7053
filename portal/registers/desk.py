"""What registers put on an officer's desk: certificates that end within 30 days and have no successor."""

from collections.abc import Mapping
from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from portal.acting import Acting
from portal.onboarding.models import Organisation
from portal.onboarding.officers import reachable
from portal.places.areas import day_of
from portal.queues import Queue, Rows
from portal.registers.actions import SOON, holds_on
from portal.world import current_world
from traceability.models import TraceCertificate

ACTS: Mapping[str, Any] = {
    "certificate.recorded": _l("A certificate was put into the register."),
    "certificate.withdrawn": _l("A certificate was withdrawn."),
}


def ending(session: Session, acting: Acting) -> Rows:
    """Select the certificates within reach that end soon and are not renewed."""
    today = day_of(current_world().clock.now())
    later = aliased(TraceCertificate)
    renewed = exists().where(
        later.establishment == TraceCertificate.establishment, later.kind == TraceCertificate.kind,
        later.withdrawn_at.is_(None), later.valid_from > TraceCertificate.valid_from,
    )  # fmt: skip
    columns = (
        TraceCertificate.recorded_at.label("since"), TraceCertificate.id.label("id"),
        TraceCertificate.number.label("about"),
    )  # fmt: skip
    query = select(*columns).join(Organisation, Organisation.id == TraceCertificate.establishment)
    return query.where(reachable(session, acting), holds_on(today), TraceCertificate.valid_to < today + SOON, ~renewed)


QUEUES: tuple[Queue, ...] = (
    Queue(
        code="certificates",
        name=_l("Certificates that end soon"),
        rows=ending,
        address=lambda: url_for("registers.certificates", show="soon"),
        one=lambda row_id, _number: (
            _l("A certificate ends within 30 days"),
            url_for("registers.certificate", certificate_id=row_id),
        ),
    ),
)
