"""The front door of traceability: plain functions over a SQLAlchemy `Session`, frozen dataclasses, typed errors.

The caller owns the transaction and passes the world in: `now`, keys, ledger, the keeper of the last head.

    keys        StampKeys · SigningKeys · VerifierKey · BatchBook (headers and keys, read once) · key_problems ·
                keys_rolled · state_keys
    codes       check_gtin14 · check_gln · check_sscc · check_lot_number · parse_digital_link · parse_uri · fold_serial
    lots        LotFacts · record_lot · get_lot · lot_facts
    recalls     open_recall · open_range_recall · get_recall · open_recall_of · affected · scanned_stamps ·
                lift_recall · complete_recall
    batches     url_prefix · reserve_batch → derive_batch → issue_batch · stamp_codes · read_header
    papers      CertificateFacts · record_certificate · withdraw_certificate
    ranges      activate_range · void_range
    scans       identify → see → record_scan → conclude · look · counts_with · record_details · place_scan ·
                purge_scan_details
    pins        try_pin · revealed_at
    printing    plan_run → print_sheets, or write_part … → join_parts · Look · SHEETS · qr_matrix
    log         open_log · integrate_entries → publish_checkpoint · read_log_tile · read_entry_bundle · log_keys ·
                keep_cosignatures · cosigned_note
    ledger      plan_anchor · claim_anchor → call_ledger → record_anchor · ledger_standing · NotaryLedger · open_chain
                (an EVM chain) · latest_finals → doubt_of → dispute_anchor · release_anchor
    proofs      bundle · verify_bundle · open_promise · entry_state
    watch       alarming_stamps
    retention   kept_until · erase_lot
    whole       fsck · mark_differences
    events      traceability.epcis has a front door of its own

From outside, by HTTP alone: `python -m traceability verify | monitor | witness` (`cli.py`, `outside/`).
Names load on first use, so that these start without SQLAlchemy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from traceability.anchored import EntryState, LedgerStanding, entry_state, ledger_standing
    from traceability.anchors import (
        AnchorAnswer,
        AnchorClaim,
        AnchorState,
        Trouble,
        anchor_waits,
        call_ledger,
        claim_anchor,
        dispute_anchor,
        doubt_of,
        latest_finals,
        plan_anchor,
        record_anchor,
        release_anchor,
    )
    from traceability.batches import (
        BatchBook,
        BatchHeader,
        BatchOrder,
        DerivedBatch,
        IssuedBatch,
        StampCode,
        derive_batch,
        issue_batch,
        key_problems,
        read_header,
        reserve_batch,
        stamp_codes,
        url_prefix,
    )
    from traceability.certificates import CertificateFacts, record_certificate, withdraw_certificate
    from traceability.checkpoints import (
        HeadFile,
        HeadKeeper,
        Promise,
        SignedCheckpoint,
        checkpoint_at,
        latest_checkpoint,
        log_keys,
        open_promise,
        publish_checkpoint,
    )
    from traceability.cosignatures import Cosignature, cosigned_note, keep_cosignatures
    from traceability.days import day_in_vietnam
    from traceability.errors import TraceabilityError
    from traceability.gs1 import (
        DigitalLink,
        PlaceLink,
        ShipmentLink,
        check_gln,
        check_gtin14,
        check_lot_number,
        check_serial,
        check_sscc,
        gtin_check_digit,
        parse_digital_link,
        parse_uri,
        to_gtin14,
    )
    from traceability.key_rolls import keys_rolled, state_keys
    from traceability.labels import SHEETS, qr_matrix, sheet_named
    from traceability.ledger.chain import EvmLedger, open_chain
    from traceability.ledger.notary import NotaryLedger
    from traceability.ledger.protocol import Finality, Head, Ledger, NotAnchored, Receipt
    from traceability.log import integrate_entries, log_origin, open_log, read_entry_bundle, read_log_tile
    from traceability.lots import LotFacts, RecordedLot, get_lot, lot_facts, record_lot
    from traceability.models import TraceBase
    from traceability.notes import Checkpoint, Cosigner, SigningKeys, VerifierKey, WitnessKey
    from traceability.pins import PinAnswer, PinTry, revealed_at, try_pin
    from traceability.printing import Look, Printed, PrintRun, join_parts, plan_run, print_sheets, write_part
    from traceability.proofs import bundle
    from traceability.ranges import Activation, Voiding, activate_range, check_voidable, void_range
    from traceability.recalled import (
        Affected,
        AffectedRange,
        Completion,
        ScannedStamp,
        affected,
        complete_recall,
        lift_recall,
        scanned_stamps,
    )
    from traceability.recalls import (
        Recall,
        get_recall,
        open_range_recall,
        open_recall,
        open_recall_of,
        open_recalls_of_lot,
        open_recalls_of_product,
        recalls_touching,
    )
    from traceability.rederive import Difference, fsck, mark_differences
    from traceability.retention import erase_lot, kept_until
    from traceability.scan_places import place_scan
    from traceability.scans import (
        Outcome,
        Recorded,
        ScanCode,
        ScanDetail,
        Sight,
        Stamp,
        conclude,
        counts_with,
        identify,
        look,
        purge_scan_details,
        record_details,
        record_scan,
        see,
        stored_counts,
    )
    from traceability.serials import StampKeys, decode_serial, fold_serial, group_serial
    from traceability.tiles import format_number, parse_number
    from traceability.transactions import DatabaseBook
    from traceability.types import UtcDateTime
    from traceability.verdicts import StampCounts, Suspicion, Thresholds, Verdict
    from traceability.verify import Verified, open_ledger, verify_bundle
    from traceability.watch import Alarm, alarming_stamps

_NAMES = {
    "anchored": "EntryState LedgerStanding entry_state ledger_standing",
    "anchors": (
        "AnchorAnswer AnchorClaim AnchorState Trouble anchor_waits call_ledger claim_anchor dispute_anchor doubt_of "
        "latest_finals plan_anchor record_anchor release_anchor"
    ),
    "batches": (
        "BatchBook BatchHeader BatchOrder DerivedBatch IssuedBatch StampCode derive_batch issue_batch "
        "key_problems read_header reserve_batch stamp_codes url_prefix"
    ),
    "certificates": "CertificateFacts record_certificate withdraw_certificate",
    "checkpoints": (
        "HeadFile HeadKeeper Promise SignedCheckpoint checkpoint_at latest_checkpoint log_keys open_promise "
        "publish_checkpoint"
    ),
    "cosignatures": "Cosignature cosigned_note keep_cosignatures",
    "days": "day_in_vietnam",
    "errors": "TraceabilityError",
    "rederive": "Difference fsck mark_differences",
    "gs1": (
        "DigitalLink PlaceLink ShipmentLink check_gln check_gtin14 check_lot_number check_serial check_sscc "
        "gtin_check_digit parse_digital_link parse_uri to_gtin14"
    ),
    "key_rolls": "keys_rolled state_keys",
    "labels": "SHEETS qr_matrix sheet_named",
    "ledger.chain": "EvmLedger open_chain",
    "ledger.notary": "NotaryLedger",
    "ledger.protocol": "Finality Head Ledger NotAnchored Receipt",
    "log": "integrate_entries log_origin open_log read_entry_bundle read_log_tile",
    "lots": "LotFacts RecordedLot get_lot lot_facts record_lot",
    "models": "TraceBase",
    "notes": "Checkpoint Cosigner SigningKeys VerifierKey WitnessKey",
    "pins": "PinAnswer PinTry revealed_at try_pin",
    "printing": "Look PrintRun Printed join_parts plan_run print_sheets write_part",
    "proofs": "bundle",
    "ranges": "Activation Voiding activate_range check_voidable void_range",
    "recalled": "Affected AffectedRange Completion ScannedStamp affected complete_recall lift_recall scanned_stamps",
    "recalls": (
        "Recall get_recall open_range_recall open_recall open_recall_of open_recalls_of_lot open_recalls_of_product "
        "recalls_touching"
    ),
    "retention": "erase_lot kept_until",
    "scan_places": "place_scan",
    "scans": (
        "Outcome Recorded ScanCode ScanDetail Sight Stamp conclude counts_with identify look purge_scan_details "
        "record_details record_scan see stored_counts"
    ),
    "serials": "StampKeys decode_serial fold_serial group_serial",
    "tiles": "format_number parse_number",
    "transactions": "DatabaseBook",
    "types": "UtcDateTime",
    "verdicts": "StampCounts Suspicion Thresholds Verdict",
    "watch": "Alarm alarming_stamps",
    "verify": "Verified open_ledger verify_bundle",
}
_MODULE_OF = {name: module for module, names in _NAMES.items() for name in names.split()}

# fmt: off
__all__ = [
    "SHEETS",
    "Activation",
    "Affected",
    "AffectedRange",
    "Alarm",
    "AnchorAnswer",
    "AnchorClaim",
    "AnchorState",
    "BatchBook",
    "BatchHeader",
    "BatchOrder",
    "CertificateFacts",
    "Checkpoint",
    "Completion",
    "Cosignature",
    "Cosigner",
    "DatabaseBook",
    "DerivedBatch",
    "Difference",
    "DigitalLink",
    "EntryState",
    "EvmLedger",
    "Finality",
    "Head",
    "HeadFile",
    "HeadKeeper",
    "IssuedBatch",
    "Ledger",
    "LedgerStanding",
    "Look",
    "LotFacts",
    "NotAnchored",
    "NotaryLedger",
    "Outcome",
    "PinAnswer",
    "PinTry",
    "PlaceLink",
    "PrintRun",
    "Printed",
    "Promise",
    "Recall",
    "Receipt",
    "Recorded",
    "RecordedLot",
    "ScanCode",
    "ScanDetail",
    "ScannedStamp",
    "ShipmentLink",
    "Sight",
    "SignedCheckpoint",
    "SigningKeys",
    "Stamp",
    "StampCode",
    "StampCounts",
    "StampKeys",
    "Suspicion",
    "Thresholds",
    "TraceBase",
    "TraceabilityError",
    "Trouble",
    "UtcDateTime",
    "Verdict",
    "Verified",
    "VerifierKey",
    "Voiding",
    "WitnessKey",
    "activate_range",
    "affected",
    "alarming_stamps",
    "anchor_waits",
    "bundle",
    "call_ledger",
    "check_gln",
    "check_gtin14",
    "check_lot_number",
    "check_serial",
    "check_sscc",
    "check_voidable",
    "checkpoint_at",
    "claim_anchor",
    "complete_recall",
    "conclude",
    "cosigned_note",
    "counts_with",
    "day_in_vietnam",
    "decode_serial",
    "derive_batch",
    "dispute_anchor",
    "doubt_of",
    "entry_state",
    "erase_lot",
    "fold_serial",
    "format_number",
    "fsck",
    "get_lot",
    "get_recall",
    "group_serial",
    "gtin_check_digit",
    "identify",
    "integrate_entries",
    "issue_batch",
    "join_parts",
    "keep_cosignatures",
    "kept_until",
    "key_problems",
    "keys_rolled",
    "latest_checkpoint",
    "latest_finals",
    "ledger_standing",
    "lift_recall",
    "log_keys",
    "log_origin",
    "look",
    "lot_facts",
    "mark_differences",
    "open_chain",
    "open_ledger",
    "open_log",
    "open_promise",
    "open_range_recall",
    "open_recall",
    "open_recall_of",
    "open_recalls_of_lot",
    "open_recalls_of_product",
    "parse_digital_link",
    "parse_number",
    "parse_uri",
    "place_scan",
    "plan_anchor",
    "plan_run",
    "print_sheets",
    "publish_checkpoint",
    "purge_scan_details",
    "qr_matrix",
    "read_entry_bundle",
    "read_header",
    "read_log_tile",
    "recalls_touching",
    "record_anchor",
    "record_certificate",
    "record_details",
    "record_lot",
    "record_scan",
    "release_anchor",
    "reserve_batch",
    "revealed_at",
    "scanned_stamps",
    "see",
    "sheet_named",
    "stamp_codes",
    "state_keys",
    "stored_counts",
    "to_gtin14",
    "try_pin",
    "url_prefix",
    "verify_bundle",
    "void_range",
    "withdraw_certificate",
    "write_part",
]
# fmt: on


def __getattr__(name: str) -> Any:
    """Load a name from its module on first use."""
    module = _MODULE_OF.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{module}"), name)
