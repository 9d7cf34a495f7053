"""The errors of traceability, as a tree; each leaf has a stable `code`, and `fields` that a sentence may name.

TraceabilityError
├── CodeSyntaxError           what was typed or printed is not a code at all
│   ├── GtinLength  GtinNotDigits  GtinCheckDigit
│   ├── SerialSyntax  LotSyntax  DateInvalid
│   ├── AiOrder  AiUnknown  AiNotAllowedInQuery  AiValueInvalid
│   └── PlaceNumberInvalid  ShipmentNumberInvalid  UriSyntax
├── NotFound
│   ├── StampUnknown  BatchUnknown  LotUnknown  TileAbsent  ProofPending  RecallUnknown  CertificateUnknown  PinAbsent
│   └── CaptureUnknown  EventUnknown
├── EventRefused              nothing of the EPCIS document was kept
│   ├── JsonInvalid  DocumentTooLarge
│   ├── FieldMissing  FieldInvalid  FieldNotAllowed  ExtensionWithoutNamespace  IlmdNotAllowed
│   ├── TimeWithoutOffset  OffsetInvalid
│   ├── EventIdConflict  CorrectionOfNothing  NotYourEvent
│   ├── CaptureMove           a job is received, then accepted or refused
│   └── ParameterUnknown  ParameterInvalid
├── StampRefused              the stamps stay as they were
│   ├── CountOutOfRange  BatchNumbersUsedUp  BatchAlreadyIssued
│   ├── RangeOutsideBatch  RangeReversed  RangeOverlap  RangeRecalled
│   ├── LotRecalled  LotExpired  LotProductDiffers  LotDiffers
│   └── RecallMove  CertificateMove  KeptLonger
├── KeyProblem
│   └── KeySettingInvalid  StampKeyMissing  StampKeyDiffers
├── LogProblem                nothing was signed, nothing was added
│   ├── EntryNotCanonical  EntryTooLarge
│   ├── CheckpointBehind  CheckpointInconsistent
│   ├── CheckpointForeign  CosignatureTime
│   └── NoteInvalid
├── OutsideProblem            seen from outside, by HTTP alone
│   ├── LogUnreachable        (exit 2) ask again later
│   ├── LogMisbehaves         (exit 1) the log contradicts itself: `kind` says how, evidence is kept
│   └── StateUnusable         (exit 2) our own memory of the log is missing or damaged
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

from traceability.errors.base import KeyProblem, KeySettingInvalid, NotFound, TraceabilityError
from traceability.errors.codes import (
    AiNotAllowedInQuery,
    AiOrder,
    AiUnknown,
    AiValueInvalid,
    CodeSyntaxError,
    DateInvalid,
    GtinCheckDigit,
    GtinLength,
    GtinNotDigits,
    LotSyntax,
    PlaceNumberInvalid,
    SerialSyntax,
    ShipmentNumberInvalid,
    UriSyntax,
)
from traceability.errors.events import (
    CaptureMove,
    CaptureUnknown,
    CorrectionOfNothing,
    DocumentTooLarge,
    EventIdConflict,
    EventRefused,
    EventUnknown,
    ExtensionWithoutNamespace,
    FieldInvalid,
    FieldMissing,
    FieldNotAllowed,
    IlmdNotAllowed,
    JsonInvalid,
    NotYourEvent,
    OffsetInvalid,
    ParameterInvalid,
    ParameterUnknown,
    TimeWithoutOffset,
)
from traceability.errors.ledgers import (
    AnchorLeaseLost,
    AnchorMove,
    ChainIdDiffers,
    ContractAbsent,
    ContractDiffers,
    FeeTooLow,
    LedgerKeyUnreadable,
    LedgerProblem,
    LedgerRefused,
    LedgerStopped,
    LedgerUnreachable,
    NoFunds,
    NonceTaken,
    ReceiptDiffers,
    TransactionUnknown,
)
from traceability.errors.logs import (
    BundleInvalid,
    BundleUnreadable,
    CheckpointBehind,
    CheckpointForeign,
    CheckpointInconsistent,
    CosignatureTime,
    EntryNotCanonical,
    EntryTooLarge,
    LogProblem,
    NoteInvalid,
    ProofInvalid,
    ProofPending,
    TileAbsent,
)
from traceability.errors.outside import LogMisbehaves, LogUnreachable, OutsideProblem, StateUnusable
from traceability.errors.stamps import (
    BatchAlreadyIssued,
    BatchNumbersUsedUp,
    BatchUnknown,
    CertificateMove,
    CertificateUnknown,
    CountOutOfRange,
    KeptLonger,
    LabelTooSmall,
    LotDiffers,
    LotExpired,
    LotProductDiffers,
    LotRecalled,
    LotUnknown,
    PinAbsent,
    PrintRunTooLong,
    RangeOutsideBatch,
    RangeOverlap,
    RangeRecalled,
    RangeReversed,
    RecallMove,
    RecallUnknown,
    SheetUnknown,
    StampKeyDiffers,
    StampKeyMissing,
    StampRefused,
    StampUnknown,
)

__all__ = [
    "AiNotAllowedInQuery",
    "AiOrder",
    "AiUnknown",
    "AiValueInvalid",
    "AnchorLeaseLost",
    "AnchorMove",
    "BatchAlreadyIssued",
    "BatchNumbersUsedUp",
    "BatchUnknown",
    "BundleInvalid",
    "BundleUnreadable",
    "CaptureMove",
    "CaptureUnknown",
    "CertificateMove",
    "CertificateUnknown",
    "ChainIdDiffers",
    "CheckpointBehind",
    "CheckpointForeign",
    "CheckpointInconsistent",
    "CodeSyntaxError",
    "ContractAbsent",
    "ContractDiffers",
    "CorrectionOfNothing",
    "CosignatureTime",
    "CountOutOfRange",
    "DateInvalid",
    "DocumentTooLarge",
    "EntryNotCanonical",
    "EntryTooLarge",
    "EventIdConflict",
    "EventRefused",
    "EventUnknown",
    "ExtensionWithoutNamespace",
    "FeeTooLow",
    "FieldInvalid",
    "FieldMissing",
    "FieldNotAllowed",
    "GtinCheckDigit",
    "GtinLength",
    "GtinNotDigits",
    "IlmdNotAllowed",
    "JsonInvalid",
    "KeptLonger",
    "KeyProblem",
    "KeySettingInvalid",
    "LabelTooSmall",
    "LedgerKeyUnreadable",
    "LedgerProblem",
    "LedgerRefused",
    "LedgerStopped",
    "LedgerUnreachable",
    "LogMisbehaves",
    "LogProblem",
    "LogUnreachable",
    "LotDiffers",
    "LotExpired",
    "LotProductDiffers",
    "LotRecalled",
    "LotSyntax",
    "LotUnknown",
    "NoFunds",
    "NonceTaken",
    "NotFound",
    "NotYourEvent",
    "NoteInvalid",
    "OffsetInvalid",
    "OutsideProblem",
    "ParameterInvalid",
    "ParameterUnknown",
    "PinAbsent",
    "PlaceNumberInvalid",
    "PrintRunTooLong",
    "ProofInvalid",
    "ProofPending",
    "RangeOutsideBatch",
    "RangeOverlap",
    "RangeRecalled",
    "RangeReversed",
    "RecallMove",
    "RecallUnknown",
    "ReceiptDiffers",
    "SerialSyntax",
    "SheetUnknown",
    "ShipmentNumberInvalid",
    "StampKeyDiffers",
    "StampKeyMissing",
    "StampRefused",
    "StampUnknown",
    "StateUnusable",
    "TileAbsent",
    "TimeWithoutOffset",
    "TraceabilityError",
    "TransactionUnknown",
    "UriSyntax",
]
