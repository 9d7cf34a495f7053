"""The errors of invoices.

Missing
└── InvoiceUnknown         invoice_unknown
Refused
├── InvoiceAsked           invoice_asked
└── InvoiceNumberInvalid   invoice_number_invalid
"""

from __future__ import annotations

from payments.errors import Missing, Refused


class InvoiceUnknown(Missing):
    """There is no invoice under this id; field invoice_id."""

    code = "invoice_unknown"


class InvoiceAsked(Refused):
    """An invoice of this receipt was asked for, and was not refused; field status."""

    code = "invoice_asked"


class InvoiceNumberInvalid(Refused):
    """A number that no issuer gives, or that another invoice of the payee has."""

    code = "invoice_number_invalid"
