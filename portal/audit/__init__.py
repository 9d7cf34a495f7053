"""The audit floor: a hash-chained trail, one row in the transaction of each act."""

from portal.audit.models import AuditHead, AuditRow
from portal.audit.trail import Act, broken_rows, record, record_many

__all__ = ["Act", "AuditHead", "AuditRow", "broken_rows", "record", "record_many"]
