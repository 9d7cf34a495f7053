"""What can go wrong at a desk, and what the library of payments says, each with its sentence.

PortalError
├ BooksTooLong     cashier.books_too_long: more lines than a workbook holds
├ DeskClosed       cashier.desk_closed: this desk takes no money now
├ DeskUnnamed      cashier.desk_unnamed: the name of a desk is missing or too long
├ FormSent         cashier.form_sent: this form made a request that waits no more
└ TypeUnknown      cashier.type: no such kind of institution
"""

from flask_babel import lazy_gettext as _l

from portal.errors import PortalError, Sentences


class BooksTooLong(PortalError):
    """The day book of these days has more lines than a workbook holds; fields lines, most."""

    code = "cashier.books_too_long"


class DeskClosed(PortalError):
    """This desk takes no money now."""

    code = "cashier.desk_closed"


class DeskUnnamed(PortalError):
    """A desk's name is missing or too long."""

    code = "cashier.desk_unnamed"


class FormSent(PortalError):
    """This form made a request that waits no more: it is not the next customer's."""

    code = "cashier.form_sent"


class TypeUnknown(PortalError):
    """No such kind of institution."""

    code = "cashier.type"


_TWICE = _l("This was booked before with other figures. Nothing was changed. Please call us.")
_BOOKS = _l("The books refused this, so nothing was changed. Please call us.")
_CODE = _l("This QR code is not a VietQR that we can trust. Don't pay by it.")
_PROVIDER = _l("The bank did not answer. Don't pay again yet; we are asking it.")

SENTENCES: Sentences = {
    "cashier.books_too_long": (
        400,
        _l("These days have %(lines)s lines, and a file holds %(most)s. Go back and choose fewer days."),
    ),
    "cashier.desk_closed": (409, _l("This desk is closed. Choose another desk.")),
    "cashier.desk_unnamed": (400, _l("Give the desk a name of at most 80 letters.")),
    "cashier.form_sent": (409, _l("This form was sent before, and that payment is over. Press again to ask anew.")),
    "cashier.type": (400, _l("Choose school, hospital, market or other.")),
    "payments_error": (500, _BOOKS),
    "amount_invalid": (400, _l("Enter the amount in whole đồng.")),
    "link_closed": (410, _l("This link takes no more payments. Ask for a new one.")),
    "amount_too_small": (400, _l("The smallest amount is 1,000 đồng.")),
    "amount_too_large": (400, _l("This amount is too large. Split it into several payments.")),
    "currency_mixed": (400, _l("Only amounts in đồng are taken.")),
    "payee_unknown": (404, _l("We can't find this recipient. Check the address.")),
    "feed_unknown": (404, _l("We can't find this bank account.")),
    "request_unknown": (404, _l("We can't find this payment. Ask the cashier for the link again.")),
    "attempt_unknown": (404, _l("We can't find this payment. Ask the cashier for the link again.")),
    "notice_unknown": (404, _l("We can't find this notice.")),
    "receipt_unknown": (404, _l("We can't find this receipt. Check the number and the word.")),
    "illegal_transition": (409, _l("This payment has changed in the meantime. Reload the page to see how it stands.")),
    "payee_invalid": (400, _l("The bank account is not complete. Check bank, account number and holder.")),
    "payee_exists": (409, _l("This bank account belongs to somebody already.")),
    "prefix_taken": (
        409,
        _l(
            "Another institution that takes KeyPay begins its codes with %(prefix)s. "
            "KeyPay finds a bill by its code alone."
        ),
    ),
    "feed_exists": (409, _l("This bank account is watched already.")),
    "text_missing": (400, _l("Say what the payment is for, in at most 120 letters.")),
    "expiry_passed": (400, _l("The end of the time to pay must lie ahead.")),
    "form_reused": (409, _l("This form was sent before with other figures. Begin a new request.")),
    "request_begun": (409, _l("Somebody began to pay this. The sum can't change any more.")),
    "already_asked": (409, _l("This was asked for already. Look at the earlier request.")),
    "codes_used_up": (409, _l("There are no payment codes left. Please call us.")),
    "request_not_open": (409, _l("This payment is not open any more. Ask the cashier for a new one.")),
    "gateway_not_enabled": (409, _l("This way to pay is not offered here. Choose another.")),
    "key_reused": (409, _l("This try was begun in another way. Reload the page and choose again.")),
    "lease_lost": (409, _l("Somebody else is doing this already.")),
    "not_paid": (409, _l("A receipt is given only after the payment has come.")),
    "refund_too_large": (400, _l("More than is left of this payment cannot go back.")),
    "already_refunded": (400, _l("All of this payment has gone back already.")),
    "refundable_changed": (412, _l("Another sum is left by now. Look at it again, then ask.")),
    "second_person_needed": (403, _l("Somebody else must agree: not the person who asked.")),
    "refund_unknown": (404, _l("We can't find this refund.")),
    "credit_empty": (409, _l("Nothing is left of the advances.")),
    "credit_use_unknown": (404, _l("The advance does not pay this any more. Reload the page.")),
    "suspense_taken": (409, _l("This sum waits no more. Reload the page to see what became of it.")),
    "suspense_unknown": (404, _l("We can't find this sum.")),
    "approval_unknown": (404, _l("Nothing here waits for a second person.")),
    "reason_missing": (400, _l("Write the reason, in at most 200 letters.")),
    "movement_unbalanced": (500, _BOOKS),
    "movement_differs": (500, _TWICE),
    "balance_too_low": (409, _l("There is not enough money in this account.")),
    "gateway_no_answer": (503, _PROVIDER),
    "gateway_bad_answer": (503, _PROVIDER),
    "gateway_misconfigured": (503, _PROVIDER),
    "gateway_resting": (503, _l("This way to pay does not answer just now. Choose another way to pay.")),
    "gateway_refused": (409, _l("The gateway refused this payment. Choose another way to pay.")),
    "gateway_not_supported": (409, _l("This way to pay cannot do that.")),
    "bad_crc": (400, _CODE),
    "bad_header": (400, _CODE),
    "bad_length": (400, _CODE),
    "duplicate_tag": (400, _CODE),
    "missing_tag": (400, _CODE),
    "not_vietqr": (400, _CODE),
    "bad_account": (400, _CODE),
    "bad_currency": (400, _CODE),
    "bad_country": (400, _CODE),
    "bad_amount": (400, _CODE),
    "text_too_long": (400, _l("The text of the transfer is too long for a QR code.")),
    "bad_text": (400, _CODE),
}
