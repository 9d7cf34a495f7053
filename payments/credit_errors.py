"""The errors of advances.

Missing
└── CreditUseUnknown       credit_use_unknown
Refused
└── CreditEmpty            credit_empty
"""

from __future__ import annotations

from payments.errors import Missing, Refused


class CreditUseUnknown(Missing):
    """No charge takes from an advance under this id, or does so no more; field use_id."""

    code = "credit_use_unknown"


class CreditEmpty(Refused):
    """Nothing of the subject's advances is left."""

    code = "credit_empty"
