"""What can go wrong with stamps, and the sentences of the traceability library's own codes.

PortalError
├ NotYourProduct       not_your_product: the product is another establishment's, or there is none
├ SellerNotApproved    stamps.not_approved: only an approved seller orders stamps
├ SecondPersonNeeded   stamps.second_person: so many stamps are cancelled by two people only
├ ReasonMissing        stamps.reason_missing
├ OwnRequest           stamps.own_request: who asked cannot be the second person
├ RequestDecided       stamps.request_decided: somebody decided it already
├ OrderNotDone         stamps.order_pending: the batch of this order is not issued yet
├ TooManyUnknown       too_many_unknown: one address asked for unknown codes again and again
├ PinLocked            locked: five tries at this stamp's PIN within an hour
├ ScanKeyWrong         scan_key_wrong: it is no key of a scan of this stamp
├ GtinUnknown          gtin_unknown: no product here has this number
├ PlaceUnknown         place_unknown: nothing is noted here under this place's number
├ ShipmentUnknown      shipment_unknown: nobody has told of this parcel
├ LinkTypeAbsent       link_type_absent: there is nothing of this kind to read
├ NoChain              stamps.no_chain: no EVM node stands in the settings
├ LogEmpty             log_empty: the log has not signed anything yet
├ PrintNotReady        stamps.print_pending: this file is not ready, or was deleted after a week
└ OrderLeaseLost       stamps.lease_lost: another process finished or took this order
"""

from flask_babel import lazy_gettext as _l

from portal.errors import PortalError, Sentences


class NotYourProduct(PortalError):
    """The product is another establishment's, or there is none: both read the same."""

    code = "not_your_product"


class SellerNotApproved(PortalError):
    """Only an approved seller orders stamps."""

    code = "stamps.not_approved"


class NoChain(PortalError):
    """The settings name no EVM node."""

    code = "stamps.no_chain"


class ScanKeyWrong(PortalError):
    """What was sent is no key of a scan of this stamp."""

    code = "scan_key_wrong"


class SecondPersonNeeded(PortalError):
    """So many stamps are cancelled only by two people."""

    code = "stamps.second_person"


class ReasonMissing(PortalError):
    """Cancelling wants a reason."""

    code = "stamps.reason_missing"


class OwnRequest(PortalError):
    """Who asked cannot be the second person."""

    code = "stamps.own_request"


class RequestDecided(PortalError):
    """Somebody decided this request already."""

    code = "stamps.request_decided"


class OrderNotDone(PortalError):
    """The batch of this order is not issued yet."""

    code = "stamps.order_pending"


class PrintNotReady(PortalError):
    """The file is not ready yet, or was deleted after a week."""

    code = "stamps.print_pending"


class OrderLeaseLost(PortalError):
    """Another process finished or took this order."""

    code = "stamps.lease_lost"


class TooManyUnknown(PortalError):
    """One address asked for unknown codes again and again; `retry_after_s` says for how long it waits."""

    code = "too_many_unknown"


class PinLocked(PortalError):
    """Five tries at a stamp's PIN within an hour; `retry_after_s` says for how long it waits."""

    code = "locked"


class GtinUnknown(PortalError):
    """No product here has this number."""

    code = "gtin_unknown"


class PlaceUnknown(PortalError):
    """Nothing is noted here under this place's number."""

    code = "place_unknown"


class ShipmentUnknown(PortalError):
    """Nobody has told of this parcel."""

    code = "shipment_unknown"


class LinkTypeAbsent(PortalError):
    """There is nothing of this kind to read about it."""

    code = "link_type_absent"


class LogEmpty(PortalError):
    """The log has not signed anything yet."""

    code = "log_empty"


UNKNOWN = _l(
    "This code was not issued here. Check each character; if it is printed on a stamp, please report it."
)  # the verdict `unknown`
LOCKED = _l("Too many tries at this stamp's PIN. Try again in an hour.")
_STOPPED = _l("This part stopped to be safe. Nothing that was confirmed is lost. We are looking at it.")
_CHANGED = _l("Somebody else was faster. Reload the page to see how it stands.")
_BAD_FILE = _l("This proof file is damaged or was changed. Download it again.")
_TOO_SMALL = _l("These labels are too small. They must be %(needed_width_mm)s × %(needed_height_mm)s mm.")

SENTENCES: Sentences = {
    "not_your_product": (404, _l("We can't find this product in your shop.")),
    "stamps.not_approved": (409, _l("Your shop must be approved before you order stamps.")),
    "stamps.no_chain": (409, _l("LEDGER_URL names no EVM node.")),
    "stamps.second_person": (409, _l("More than 1,000 stamps can only be cancelled by two people. Ask a second one.")),
    "stamps.own_request": (409, _l("You asked for this yourself. Somebody else must agree.")),
    "stamps.request_decided": (409, _l("Somebody decided this already. Reload the page to see how it stands.")),
    "stamps.reason_missing": (400, _l("Write down why these stamps are cancelled.")),
    "stamps.order_pending": (409, _l("These stamps are still being made. Look again in a little while.")),
    "stamps.print_pending": (409, _l("This file is not ready, or it was deleted after a week. Go back and look.")),
    "stamps.lease_lost": (409, _CHANGED),
    "too_many_unknown": (429, _l("Too many unknown codes from this connection. Wait a minute and try again.")),
    "gtin_unknown": (404, _l("No product here has this barcode number.")),
    "place_unknown": (404, _l("Nothing is noted here under this place's number.")),
    "shipment_unknown": (404, _l("Nobody has told us of this parcel.")),
    "link_type_absent": (404, _l("There is nothing of this kind to read about it.")),
    "log_empty": (404, _l("The log is still empty. Try again in a few seconds.")),
    # what was typed or printed is no code
    "code_syntax": (400, _l("This is not a code of ours. Check each character.")),
    "gtin_length": (400, _l("The number after /01/ must have exactly 14 digits.")),
    "gtin_not_digits": (400, _l("The number after /01/ may hold digits only.")),
    "gtin_check_digit": (400, _l("The last digit of this product number is wrong. Check each digit.")),
    "serial_syntax": (400, _l("A stamp code has 20 letters and digits. Check each character.")),
    "lot_syntax": (400, _l("A lot number has 1 to 20 letters, digits or signs, without marks or spaces.")),
    "date_invalid": (400, _l("A date in this address is no day of the calendar.")),
    "ai_order": (400, _l("The parts of this address stand in the wrong order.")),
    "ai_unknown": (400, _l("This address holds a number that we do not know.")),
    "ai_not_allowed_in_query": (400, _l("The code belongs into the address itself, not after the question mark.")),
    "ai_value_invalid": (400, _l("A value in this address has not the form that belongs to its number.")),
    "gln_invalid": (400, _l("A place's number has 13 digits, and this one is wrong. Check each digit.")),
    "sscc_invalid": (400, _l("A shipment's number has 18 digits, and this one is wrong. Check each digit.")),
    "uri_syntax": (400, _l("This is no address of a product, a place or a shipment.")),
    # not there
    "stamp_unknown": (404, UNKNOWN),
    "batch_unknown": (404, _l("There is no batch with this number.")),
    "lot_unknown": (404, _l("There is no such lot.")),
    "recall_unknown": (404, _l("There is no such recall.")),
    "tile_absent": (404, _l("The log does not hold this part, or not yet.")),
    "pin_absent": (404, _l("Stamps of this batch have no PIN.")),
    "locked": (429, LOCKED),
    "scan_key_wrong": (400, _l("This address is no longer good. Scan the stamp again.")),
    "proof_pending": (404, _l("The proof of this stamp is being made. Try again in a few seconds.")),
    # refused, nothing changed
    "stamp_refused": (409, _l("This cannot be done with these stamps. Nothing was changed.")),
    "count_out_of_range": (400, _l("Order at least 1 and at most 33,554,432 stamps.")),
    "batch_numbers_used_up": (409, _l("All batch numbers are used up. Please call us.")),
    "batch_already_issued": (409, _l("These stamps are made already.")),
    "range_outside_batch": (400, _l("The batch ends before this number. Look at the head of the sheet.")),
    "range_reversed": (400, _l("The first number must not be greater than the last.")),
    "range_overlap": (409, _l("Stamps %(first)s to %(last)s are used or cancelled already. Choose others.")),
    "range_recalled": (409, _l("Stamps %(first)s to %(last)s are recalled already, or some of them are.")),
    "lot_recalled": (409, _l("This lot is recalled. No stamp can be put on it.")),
    "lot_expired": (409, _l("This lot's expiry day is past. No stamp can be put on it.")),
    "lot_product_differs": (409, _l("This lot is of another product than these stamps.")),
    "lot_differs": (409, _l("Lot %(number)s is noted already with other facts. Use another lot number.")),
    "kept_longer": (409, _l("The law wants this kept until %(until)s. It was not erased.")),
    "certificate_unknown": (404, _l("There is no such certificate.")),
    "certificate_move": (409, _l("This certificate is withdrawn already.")),
    "recall_move": (409, _l("This recall is closed already.")),
    # keys, log, ledger
    "key_problem": (503, _STOPPED),
    "key_setting_invalid": (500, _STOPPED),
    "stamp_key_missing": (503, _STOPPED),
    "stamp_key_differs": (503, _STOPPED),
    "log_problem": (503, _STOPPED),
    "entry_not_canonical": (500, _STOPPED),
    "entry_too_large": (413, _l("This is too large for the log.")),
    "checkpoint_behind": (503, _STOPPED),
    "checkpoint_inconsistent": (503, _STOPPED),
    "checkpoint_foreign": (409, _l("This log did not sign that checkpoint. We are looking at it.")),
    "cosignature_time": (400, _l("The time of this cosignature can't be right. Check the witness's clock.")),
    "outside_problem": (502, _STOPPED),
    "log_unreachable": (502, _l("The log does not answer.")),
    "log_misbehaves": (502, _l("The log contradicts what it showed before.")),
    "state_unusable": (500, _STOPPED),
    "note_invalid": (400, _l("This signature cannot be read or is of nobody we know.")),
    "ledger_problem": (503, _STOPPED),
    "ledger_unreachable": (503, _l("The ledger does not answer. We try again by ourselves.")),
    "ledger_refused": (503, _STOPPED),
    "ledger_stopped": (503, _STOPPED),
    "ledger_fee_too_low": (503, _l("The ledger does not answer. We try again by ourselves.")),
    "ledger_nonce_taken": (503, _l("The ledger does not answer. We try again by ourselves.")),
    "contract_differs": (503, _l("Other code than our contract's stands at LEDGER_CONTRACT.")),
    "contract_absent": (503, _l("No contract stands at LEDGER_CONTRACT. Run `flask ledger deploy` first.")),
    "chain_id_differs": (503, _l("The node is of another chain than LEDGER_CHAIN_ID says.")),
    "receipt_differs": (503, _STOPPED),
    "transaction_unknown": (503, _l("The sending account sent what we do not know. Find out who has its key.")),
    "ledger_no_funds": (503, _l("The sending account has too little money for the transaction.")),
    "ledger_key_unreadable": (503, _l("LEDGER_SENDER_KEY is no key, and no file that holds one.")),
    "anchor_move": (409, _CHANGED),
    "anchor_lease_lost": (409, _CHANGED),
    "proof_invalid": (400, _BAD_FILE),
    "bundle_unreadable": (400, _BAD_FILE),
    "bundle_invalid": (400, _BAD_FILE),
    "label_too_small": (400, _TOO_SMALL),
    "sheet_unknown": (400, _l("There is no sheet of this name.")),
    "print_run_too_long": (400, _l("Print at most %(most)s stamps at once.")),
    "traceability": (500, _STOPPED),
}  # fmt: skip
