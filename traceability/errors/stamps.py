"""Stamps, batches, lots, recalls and their keys: what is not there, and what is refused."""

from traceability.errors.base import KeyProblem, NotFound, TraceabilityError


class StampUnknown(NotFound):
    """No stamp of ours has this code."""

    code = "stamp_unknown"


class BatchUnknown(NotFound):
    """There is no batch of this number."""

    code = "batch_unknown"


class LotUnknown(NotFound):
    """There is no lot of this id."""

    code = "lot_unknown"


class RecallUnknown(NotFound):
    """There is no recall of this id."""

    code = "recall_unknown"


class CertificateUnknown(NotFound):
    """There is no certificate of this id."""

    code = "certificate_unknown"


class PinAbsent(NotFound):
    """Stamps of this batch have no number under a scratch layer."""

    code = "pin_absent"


class StampRefused(TraceabilityError):
    """Base: the act on stamps was refused, nothing changed."""

    code = "stamp_refused"


class CountOutOfRange(StampRefused):
    """A batch holds 1 to `most` stamps."""

    code = "count_out_of_range"


class BatchNumbersUsedUp(StampRefused):
    """All 2^25 batch numbers are taken."""

    code = "batch_numbers_used_up"


class BatchAlreadyIssued(StampRefused):
    """This reserved number has its batch already."""

    code = "batch_already_issued"


class RangeOutsideBatch(StampRefused):
    """The range reaches beyond the batch's last index."""

    code = "range_outside_batch"


class RangeReversed(StampRefused):
    """The first index is greater than the last."""

    code = "range_reversed"


class RangeOverlap(StampRefused):
    """Some of these stamps are active or voided already."""

    code = "range_overlap"


class LotRecalled(StampRefused):
    """The lot has an open recall."""

    code = "lot_recalled"


class RangeRecalled(StampRefused):
    """An open recall holds these stamps."""

    code = "range_recalled"


class LotExpired(StampRefused):
    """The lot's expiry day is past."""

    code = "lot_expired"


class LotProductDiffers(StampRefused):
    """The lot is of another product or establishment than the batch."""

    code = "lot_product_differs"


class LotDiffers(StampRefused):
    """A lot of this number exists with other facts."""

    code = "lot_differs"


class RecallMove(StampRefused):
    """The recall is closed already."""

    code = "recall_move"


class KeptLonger(StampRefused):
    """The law wants this kept until the day `until`, included."""

    code = "kept_longer"


class CertificateMove(StampRefused):
    """The certificate is withdrawn already."""

    code = "certificate_move"


class StampKeyMissing(KeyProblem):
    """The root key of this version is not in the setting."""

    code = "stamp_key_missing"


class StampKeyDiffers(KeyProblem):
    """The root key does not give the check value that the batch was issued with."""

    code = "stamp_key_differs"


class LabelTooSmall(TraceabilityError):
    """The sheet's labels cannot hold the QR code; `needed_mm` says what it takes."""

    code = "label_too_small"


class SheetUnknown(TraceabilityError):
    """There is no sheet of this name."""

    code = "sheet_unknown"


class PrintRunTooLong(TraceabilityError):
    """One file holds at most `most` labels."""

    code = "print_run_too_long"
