"""Certificates: an entry each, and one more for what was withdrawn."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from traceability.certificates import KIND, recording_facts, withdrawal_facts
from traceability.log import entry_bytes
from traceability.models import TraceCertificate, TraceEntry
from traceability.rederive.difference import Difference


def check_certificates(session: Session) -> Iterator[Difference]:
    """Compare each certificate with its entries."""
    entries = dict(session.execute(select(TraceEntry.id, TraceEntry.data).where(TraceEntry.kind == KIND)).all())
    for row in session.scalars(select(TraceCertificate).order_by(TraceCertificate.id)):
        if entries.pop(row.entry, None) != entry_bytes(KIND, recording_facts(row)):
            yield Difference("certificate", row.id, "differs from its entry", row=row.id)
        if row.withdrawn_at is None:
            continue
        if entries.pop(row.withdrawn_entry or 0, None) != entry_bytes(KIND, withdrawal_facts(row)):
            yield Difference("certificate", row.id, "its withdrawal differs from its entry", row=row.id)
    for entry in sorted(entries):
        yield Difference("entry", str(entry), "states a certificate that is not there", row=entry)
