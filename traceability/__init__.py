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
    from traceability.anchored import EntryState as EntryState
    from traceability.anchored import LedgerStanding as LedgerStanding
    from traceability.anchored import entry_state as entry_state
    from traceability.anchored import ledger_standing as ledger_standing
    from traceability.anchors import AnchorAnswer as AnchorAnswer
    from traceability.anchors import AnchorClaim as AnchorClaim
    from traceability.anchors import AnchorState as AnchorState
    from traceability.anchors import Trouble as Trouble
    from traceability.anchors import anchor_waits as anchor_waits
    from traceability.anchors import call_ledger as call_ledger
    from traceability.anchors import claim_anchor as claim_anchor
    from traceability.anchors import plan_anchor as plan_anchor
    from traceability.anchors import record_anchor as record_anchor
    from traceability.batches import BatchBook as BatchBook
    from traceability.batches import BatchHeader as BatchHeader
    from traceability.batches import BatchOrder as BatchOrder
    from traceability.batches import DerivedBatch as DerivedBatch
    from traceability.batches import IssuedBatch as IssuedBatch
    from traceability.batches import StampCode as StampCode
    from traceability.batches import derive_batch as derive_batch
    from traceability.batches import issue_batch as issue_batch
    from traceability.batches import key_problems as key_problems
    from traceability.batches import read_header as read_header
    from traceability.batches import reserve_batch as reserve_batch
    from traceability.batches import stamp_codes as stamp_codes
    from traceability.batches import url_prefix as url_prefix
    from traceability.certificates import CertificateFacts as CertificateFacts
    from traceability.certificates import record_certificate as record_certificate
    from traceability.certificates import withdraw_certificate as withdraw_certificate
    from traceability.checkpoints import HeadFile as HeadFile
    from traceability.checkpoints import HeadKeeper as HeadKeeper
    from traceability.checkpoints import Promise as Promise
    from traceability.checkpoints import SignedCheckpoint as SignedCheckpoint
    from traceability.checkpoints import checkpoint_at as checkpoint_at
    from traceability.checkpoints import latest_checkpoint as latest_checkpoint
    from traceability.checkpoints import log_keys as log_keys
    from traceability.checkpoints import open_promise as open_promise
    from traceability.checkpoints import publish_checkpoint as publish_checkpoint
    from traceability.cosignatures import Cosignature as Cosignature
    from traceability.cosignatures import cosigned_note as cosigned_note
    from traceability.cosignatures import keep_cosignatures as keep_cosignatures
    from traceability.days import day_in_vietnam as day_in_vietnam
    from traceability.errors import TraceabilityError as TraceabilityError
    from traceability.finals import dispute_anchor as dispute_anchor
    from traceability.finals import doubt_of as doubt_of
    from traceability.finals import latest_finals as latest_finals
    from traceability.finals import release_anchor as release_anchor
    from traceability.gs1 import DigitalLink as DigitalLink
    from traceability.gs1 import PlaceLink as PlaceLink
    from traceability.gs1 import ShipmentLink as ShipmentLink
    from traceability.gs1 import check_gln as check_gln
    from traceability.gs1 import check_gtin14 as check_gtin14
    from traceability.gs1 import check_lot_number as check_lot_number
    from traceability.gs1 import check_serial as check_serial
    from traceability.gs1 import check_sscc as check_sscc
    from traceability.gs1 import gtin_check_digit as gtin_check_digit
    from traceability.gs1 import parse_digital_link as parse_digital_link
    from traceability.gs1 import parse_uri as parse_uri
    from traceability.gs1 import to_gtin14 as to_gtin14
    from traceability.key_rolls import keys_rolled as keys_rolled
    from traceability.key_rolls import state_keys as state_keys
    from traceability.labels import SHEETS as SHEETS
    from traceability.labels import qr_matrix as qr_matrix
    from traceability.labels import sheet_named as sheet_named
    from traceability.ledger.chain import EvmLedger as EvmLedger
    from traceability.ledger.chain import open_chain as open_chain
    from traceability.ledger.notary import NotaryLedger as NotaryLedger
    from traceability.ledger.protocol import Finality as Finality
    from traceability.ledger.protocol import Head as Head
    from traceability.ledger.protocol import Ledger as Ledger
    from traceability.ledger.protocol import NotAnchored as NotAnchored
    from traceability.ledger.protocol import Receipt as Receipt
    from traceability.log import integrate_entries as integrate_entries
    from traceability.log import log_origin as log_origin
    from traceability.log import open_log as open_log
    from traceability.log import read_entry_bundle as read_entry_bundle
    from traceability.log import read_log_tile as read_log_tile
    from traceability.lots import LotFacts as LotFacts
    from traceability.lots import RecordedLot as RecordedLot
    from traceability.lots import get_lot as get_lot
    from traceability.lots import lot_facts as lot_facts
    from traceability.lots import record_lot as record_lot
    from traceability.models import TraceBase as TraceBase
    from traceability.notes import Checkpoint as Checkpoint
    from traceability.notes import Cosigner as Cosigner
    from traceability.notes import SigningKeys as SigningKeys
    from traceability.notes import VerifierKey as VerifierKey
    from traceability.notes import WitnessKey as WitnessKey
    from traceability.pins import PinAnswer as PinAnswer
    from traceability.pins import PinTry as PinTry
    from traceability.pins import revealed_at as revealed_at
    from traceability.pins import try_pin as try_pin
    from traceability.printing import Look as Look
    from traceability.printing import Printed as Printed
    from traceability.printing import PrintRun as PrintRun
    from traceability.printing import join_parts as join_parts
    from traceability.printing import plan_run as plan_run
    from traceability.printing import print_sheets as print_sheets
    from traceability.printing import write_part as write_part
    from traceability.proofs import bundle as bundle
    from traceability.ranges import Activation as Activation
    from traceability.ranges import Voiding as Voiding
    from traceability.ranges import activate_range as activate_range
    from traceability.ranges import check_voidable as check_voidable
    from traceability.ranges import void_range as void_range
    from traceability.recalled import Affected as Affected
    from traceability.recalled import AffectedRange as AffectedRange
    from traceability.recalled import Completion as Completion
    from traceability.recalled import ScannedStamp as ScannedStamp
    from traceability.recalled import affected as affected
    from traceability.recalled import complete_recall as complete_recall
    from traceability.recalled import lift_recall as lift_recall
    from traceability.recalled import scanned_stamps as scanned_stamps
    from traceability.recalls import Recall as Recall
    from traceability.recalls import get_recall as get_recall
    from traceability.recalls import open_range_recall as open_range_recall
    from traceability.recalls import open_recall as open_recall
    from traceability.recalls import open_recall_of as open_recall_of
    from traceability.recalls import open_recalls_of_lot as open_recalls_of_lot
    from traceability.recalls import open_recalls_of_product as open_recalls_of_product
    from traceability.recalls import recalls_touching as recalls_touching
    from traceability.rederive import Difference as Difference
    from traceability.rederive import fsck as fsck
    from traceability.rederive import mark_differences as mark_differences
    from traceability.retention import erase_lot as erase_lot
    from traceability.retention import kept_until as kept_until
    from traceability.scan_places import place_scan as place_scan
    from traceability.scans import Outcome as Outcome
    from traceability.scans import Recorded as Recorded
    from traceability.scans import ScanDetail as ScanDetail
    from traceability.scans import conclude as conclude
    from traceability.scans import counts_with as counts_with
    from traceability.scans import purge_scan_details as purge_scan_details
    from traceability.scans import record_details as record_details
    from traceability.scans import record_scan as record_scan
    from traceability.scans import stored_counts as stored_counts
    from traceability.serials import StampKeys as StampKeys
    from traceability.serials import decode_serial as decode_serial
    from traceability.serials import fold_serial as fold_serial
    from traceability.serials import group_serial as group_serial
    from traceability.sights import ScanCode as ScanCode
    from traceability.sights import Sight as Sight
    from traceability.sights import Stamp as Stamp
    from traceability.sights import identify as identify
    from traceability.sights import look as look
    from traceability.sights import see as see
    from traceability.tiles import format_number as format_number
    from traceability.tiles import parse_number as parse_number
    from traceability.transactions import DatabaseBook as DatabaseBook
    from traceability.types import UtcDateTime as UtcDateTime
    from traceability.verdicts import StampCounts as StampCounts
    from traceability.verdicts import Suspicion as Suspicion
    from traceability.verdicts import Thresholds as Thresholds
    from traceability.verdicts import Verdict as Verdict
    from traceability.verify import Verified as Verified
    from traceability.verify import open_ledger as open_ledger
    from traceability.verify import verify_bundle as verify_bundle
    from traceability.watch import Alarm as Alarm
    from traceability.watch import alarming_stamps as alarming_stamps

_NAMES = {
    "anchored": "EntryState LedgerStanding entry_state ledger_standing",
    "anchors": (
        "AnchorAnswer AnchorClaim AnchorState Trouble anchor_waits call_ledger claim_anchor plan_anchor record_anchor"
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
    "finals": "dispute_anchor doubt_of latest_finals release_anchor",
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
        "Outcome Recorded ScanDetail conclude counts_with purge_scan_details record_details record_scan stored_counts"
    ),
    "sights": "ScanCode Sight Stamp identify look see",
    "serials": "StampKeys decode_serial fold_serial group_serial",
    "tiles": "format_number parse_number",
    "transactions": "DatabaseBook",
    "types": "UtcDateTime",
    "verdicts": "StampCounts Suspicion Thresholds Verdict",
    "watch": "Alarm alarming_stamps",
    "verify": "Verified open_ledger verify_bundle",
}
_MODULE_OF = {name: module for module, names in _NAMES.items() for name in names.split()}

__all__ = sorted(_MODULE_OF)  # noqa: PLE0605 - computed, so that the front door has one list


def __getattr__(name: str) -> Any:
    """Load a name from its module on first use."""
    module = _MODULE_OF.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{module}"), name)
