"""What can go wrong with invoices of receipts.

PortalError
└ NoInvoice        receipts.no_invoice: a public fee has a receipt, no invoice
"""

from flask_babel import lazy_gettext as _l

from portal.errors import PortalError, Sentences


class NoInvoice(PortalError):
    """A public fee has a receipt, no invoice."""

    code = "receipts.no_invoice"


SENTENCES: Sentences = {
    "receipts.no_invoice": (409, _l("This is a public fee: the receipt is its paper, there is no invoice.")),
    "invoice_unknown": (404, _l("We can't find this invoice.")),
    "invoice_asked": (409, _l("The invoice was asked for already.")),
    "invoice_number_invalid": (400, _l("This is no invoice number, or another invoice has it.")),
}
