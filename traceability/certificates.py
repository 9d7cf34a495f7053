"""Certificates of establishments: recorded with an entry, never changed, withdrawn with another entry."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime

from sqlalchemy.orm import Session

from traceability.canonical import Value, canonical_json, salted_hash
from traceability.days import utc_text
from traceability.errors import CertificateMove, CertificateUnknown
from traceability.ids import new_id
from traceability.log import add_entry
from traceability.models import TraceCertificate

_SALT_BYTES = 16
KIND = "certificate_recorded"


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFacts:
    """What a paper says; it holds on every day from `valid_from` to `valid_to`, both included, or without end.

    `paper` is the SHA-256 of its file in hex, None without one.
    """

    establishment: str
    kind: str
    number: str
    issuer: str
    valid_from: date
    valid_to: date | None
    paper: str | None = None


def record_certificate(
    session: Session, *, now: datetime, facts: CertificateFacts, natural_person: bool = False
) -> TraceCertificate:
    """Record a certificate; the log shows a natural person's establishment as a salted hash."""
    salt = secrets.token_bytes(_SALT_BYTES)
    logged = salted_hash(salt, facts.establishment.encode()) if natural_person else facts.establishment
    columns = {field.name: getattr(facts, field.name) for field in fields(facts)}
    row = TraceCertificate(id=new_id("ct"), salt=salt, establishment_logged=logged, recorded_at=now, **columns)
    row.entry = add_entry(session, now=now, kind=KIND, facts=recording_facts(row)).id
    session.add(row)
    session.flush()
    return row


def withdraw_certificate(session: Session, *, now: datetime, certificate: str) -> TraceCertificate:
    """Note that a certificate no longer holds; raises CertificateUnknown, CertificateMove."""
    row = session.get(TraceCertificate, certificate, with_for_update=True)
    if row is None:
        raise CertificateUnknown(certificate=certificate)
    if row.withdrawn_at is not None:
        raise CertificateMove(certificate=certificate)
    row.withdrawn_at = now
    row.withdrawn_entry = add_entry(session, now=now, kind=KIND, facts=withdrawal_facts(row)).id
    session.flush()
    return row


def recording_facts(row: TraceCertificate) -> Mapping[str, Value]:
    """Give a certificate's facts as the log states them; number, issuer and paper only inside the hash."""
    inside: dict[str, Value] = {
        "establishment": row.establishment,
        "issuer": row.issuer,
        "kind": row.kind,
        "number": row.number,
        "paper": row.paper,
    }
    return {
        "certificate": row.id,
        "certificate_hash": salted_hash(row.salt, canonical_json(inside)),
        "establishment": row.establishment_logged,
        "kind": row.kind,
        "recorded_at": utc_text(row.recorded_at),
        "valid_from": row.valid_from.isoformat(),
        "valid_to": None if row.valid_to is None else row.valid_to.isoformat(),
    }


def withdrawal_facts(row: TraceCertificate) -> Mapping[str, Value]:
    """Give the facts of a withdrawal as the log states them."""
    if row.withdrawn_at is None:
        raise ValueError("a certificate that holds")
    return {**recording_facts(row), "withdrawn_at": utc_text(row.withdrawn_at)}
