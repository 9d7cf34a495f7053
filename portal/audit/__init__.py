"""The audit floor: a hash-chained trail, one row in the transaction of each act."""

from portal.audit.models import AuditHead, AuditRow
from portal.audit.trail import broken_rows, record

__all__ = ["AuditHead", "AuditRow", "broken_rows", "record"]
