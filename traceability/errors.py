"""The errors of traceability, as a tree; each leaf has a stable `code`, and `fields` that a sentence may name.

TraceabilityError
├── CodeSyntaxError           what was typed or printed is not a code at all
│   ├── GtinLength  GtinNotDigits  GtinCheckDigit
│   ├── SerialSyntax  LotSyntax  DateInvalid
│   └── AiOrder  AiUnknown  AiNotAllowedInQuery
├── NotFound
│   └── StampUnknown  BatchUnknown  LotUnknown  TileAbsent  ProofPending  RecallUnknown
├── StampRefused              the stamps stay as they were
│   ├── CountOutOfRange  BatchNumbersUsedUp  BatchAlreadyIssued
│   ├── RangeOutsideBatch  RangeReversed  RangeOverlap
│   ├── LotRecalled  LotExpired  LotProductDiffers  LotDiffers
│   └── RecallMove
├── KeyProblem
│   └── KeySettingInvalid  StampKeyMissing  StampKeyDiffers
├── LogProblem                nothing was signed, nothing was added
│   ├── EntryNotCanonical  EntryTooLarge
│   ├── CheckpointBehind  CheckpointInconsistent
│   └── NoteInvalid
├── LedgerProblem
│   ├── LedgerUnreachable     ask again later
│   │   └── FeeTooLow
│   ├── LedgerRefused         it holds a larger size already, or it will never take this one
│   │   └── ContractDiffers
│   ├── LedgerStopped         evidence of a fault or a fork: a person must look
│   │   ├── ChainIdDiffers  ContractAbsent  ReceiptDiffers
│   │   └── TransactionUnknown  NoFunds  LedgerKeyUnreadable
│   └── NonceTaken            between the adapter and its book
├── AnchorMove  AnchorLeaseLost
├── ProofInvalid              a Merkle proof that does not hold
├── BundleUnreadable          (exit 2)
├── BundleInvalid             (exit 1)
└── LabelTooSmall  SheetUnknown  PrintRunTooLong
"""

from typing import ClassVar


class TraceabilityError(Exception):
    """Base of all errors of this library."""

    code: ClassVar[str] = "traceability"

    def __init__(self, **fields: str | int | float) -> None:
        self.fields = fields
        super().__init__(", ".join([self.code, *(f"{name}={value}" for name, value in fields.items())]))


class CodeSyntaxError(TraceabilityError):
    """Base: the text is no scan URL, GTIN, lot number or serial."""

    code = "code_syntax"


class GtinLength(CodeSyntaxError):
    """A GTIN in a scan URL has exactly 14 digits."""

    code = "gtin_length"


class GtinNotDigits(CodeSyntaxError):
    """A GTIN holds digits only."""

    code = "gtin_not_digits"


class GtinCheckDigit(CodeSyntaxError):
    """The GTIN's last digit does not follow from the others."""

    code = "gtin_check_digit"


class SerialSyntax(CodeSyntaxError):
    """The serial is empty, too long or holds a character that GS1 does not allow."""

    code = "serial_syntax"


class LotSyntax(CodeSyntaxError):
    """The lot number is empty, too long or holds a character that GS1 does not allow."""

    code = "lot_syntax"


class DateInvalid(CodeSyntaxError):
    """A date attribute is no day of the calendar."""

    code = "date_invalid"


class AiOrder(CodeSyntaxError):
    """The parts of the path stand in another order than GS1's, twice, or without a value."""

    code = "ai_order"


class AiUnknown(CodeSyntaxError):
    """A numeric key is none of the application identifiers that we know."""

    code = "ai_unknown"


class AiNotAllowedInQuery(CodeSyntaxError):
    """A part of the identity stands in the query instead of the path."""

    code = "ai_not_allowed_in_query"


class NotFound(TraceabilityError):
    """Base: well-formed, but there is no such thing here."""

    code = "not_found"


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


class TileAbsent(NotFound):
    """The log has no such tile, or not yet."""

    code = "tile_absent"


class ProofPending(NotFound):
    """The batch waits for its checkpoint; ask again in `retry_after_seconds`."""

    code = "proof_pending"


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


class KeyProblem(TraceabilityError):
    """Base: a key is missing or is the wrong one."""

    code = "key_problem"


class KeySettingInvalid(KeyProblem):
    """The setting is not of the form `1:hex,2:hex` with 32-byte keys."""

    code = "key_setting_invalid"


class StampKeyMissing(KeyProblem):
    """The root key of this version is not in the setting."""

    code = "stamp_key_missing"


class StampKeyDiffers(KeyProblem):
    """The root key does not give the check value that the batch was issued with."""

    code = "stamp_key_differs"


class LogProblem(TraceabilityError):
    """Base: the log refused to add or to sign."""

    code = "log_problem"


class EntryNotCanonical(LogProblem):
    """A value in an entry has no canonical form: a float, an integer beyond 2^53, or another type."""

    code = "entry_not_canonical"


class EntryTooLarge(LogProblem):
    """An entry is longer than 65,535 bytes."""

    code = "entry_too_large"


class CheckpointBehind(LogProblem):
    """The log is smaller than a checkpoint that was already served: a restored backup must not sign."""

    code = "checkpoint_behind"


class CheckpointInconsistent(LogProblem):
    """The log does not extend a checkpoint that was already signed."""

    code = "checkpoint_inconsistent"


class NoteInvalid(LogProblem):
    """A signed note is malformed, or no known key signed it."""

    code = "note_invalid"


class LedgerProblem(TraceabilityError):
    """Base: the ledger did not take or find the anchor."""

    code = "ledger_problem"


class LedgerUnreachable(LedgerProblem):
    """The ledger did not answer; try again later."""

    code = "ledger_unreachable"


class LedgerRefused(LedgerProblem):
    """The ledger holds a larger size (`holds`) or refuses for good."""

    code = "ledger_refused"


class LedgerStopped(LedgerProblem):
    """The ledger shows a fault or a fork; nothing goes on before a person has looked."""

    code = "ledger_stopped"


class ContractDiffers(LedgerRefused):
    """Other code than our contract's stands at the address."""

    code = "contract_differs"


class ChainIdDiffers(LedgerStopped):
    """The node is of another chain (`found`) than the setting says (`wanted`)."""

    code = "chain_id_differs"


class ContractAbsent(LedgerStopped):
    """No code stands at the contract's address."""

    code = "contract_absent"


class ReceiptDiffers(LedgerStopped):
    """The ledger, or one of its nodes, holds something else than the receipt in hand: another block, or nothing."""

    code = "receipt_differs"


class TransactionUnknown(LedgerStopped):
    """Our account sent a transaction (`nonce`) that we do not know: somebody else has the key, or a backup is back."""

    code = "transaction_unknown"


class NoFunds(LedgerStopped):
    """The sending account cannot pay for the transaction; `needed` is in wei."""

    code = "ledger_no_funds"


class LedgerKeyUnreadable(LedgerStopped):
    """The sending key's setting is no key, and no file that holds one."""

    code = "ledger_key_unreadable"


class FeeTooLow(LedgerUnreachable):
    """No block takes a transaction at this fee."""

    code = "ledger_fee_too_low"


class NonceTaken(LedgerProblem):
    """The book has this nonce and version already."""

    code = "ledger_nonce_taken"


class AnchorMove(TraceabilityError):
    """An anchor cannot go from this state to that one."""

    code = "anchor_move"


class AnchorLeaseLost(TraceabilityError):
    """Another worker has taken over this anchor since it was claimed."""

    code = "anchor_lease_lost"


class ProofInvalid(TraceabilityError):
    """A Merkle proof does not hold."""

    code = "proof_invalid"


class BundleUnreadable(TraceabilityError):
    """The bundle is damaged or not of the form."""

    code = "bundle_unreadable"


class BundleInvalid(TraceabilityError):
    """The bundle is whole, but what it states does not hold."""

    code = "bundle_invalid"


class LabelTooSmall(TraceabilityError):
    """The sheet's labels cannot hold the QR code; `needed_mm` says what it takes."""

    code = "label_too_small"


class SheetUnknown(TraceabilityError):
    """There is no sheet of this name."""

    code = "sheet_unknown"


class PrintRunTooLong(TraceabilityError):
    """One file holds at most `most` labels."""

    code = "print_run_too_long"
