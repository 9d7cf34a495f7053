"""What is refused about money that goes back.

Refused
├── RefundTooLarge       refund_too_large
├── AlreadyRefunded      already_refunded
├── RefundableChanged    refundable_changed
├── SuspenseTaken        suspense_taken
└── SecondPersonNeeded   second_person_needed
Missing
├── RefundUnknown        refund_unknown
├── SuspenseUnknown      suspense_unknown
└── ApprovalUnknown      approval_unknown
"""

from __future__ import annotations

from payments.errors import Missing, Refused


class RefundTooLarge(Refused):
    """More than is left of what came; field left_minor."""

    code = "refund_too_large"


class AlreadyRefunded(Refused):
    """Nothing is left to give back."""

    code = "already_refunded"


class RefundableChanged(Refused):
    """Another sum is left than the one that was seen; field refundable_minor."""

    code = "refundable_changed"


class SuspenseTaken(Refused):
    """This sum waits no more, or goes back already."""

    code = "suspense_taken"


class SecondPersonNeeded(Refused):
    """Who asked cannot agree as well."""

    code = "second_person_needed"


class RefundUnknown(Missing):
    """No such refund."""

    code = "refund_unknown"


class SuspenseUnknown(Missing):
    """No such sum that waits for a person."""

    code = "suspense_unknown"


class ApprovalUnknown(Missing):
    """Nothing about this waits for a second person."""

    code = "approval_unknown"
