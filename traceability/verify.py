"""Check a bundle with nothing but the bundle, the log's public keys and, where one is given, a ledger."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from traceability.bundles import Bundle, read_bundle
from traceability.canonical import canonical_json
from traceability.errors import (
    BundleInvalid,
    BundleUnreadable,
    EntryNotCanonical,
    LedgerProblem,
    LedgerRefused,
    LedgerUnreachable,
    NoteInvalid,
    ProofInvalid,
    TraceabilityError,
)
from traceability.ledger.notary import NotaryLedger
from traceability.ledger.protocol import Finality, Ledger, NotAnchored, Receipt
from traceability.merkle import check_inclusion, leaf_hash
from traceability.notes import Checkpoint, VerifierKey, WitnessKey, open_checkpoint, open_note
from traceability.serials import SERIAL_LENGTH, SerialParts, decode_serial, leaf_data

_KINDS = ("notary", "evm")
_PLACE = ("chain_id", "contract", "block", "transaction")
VALID, NOT_VALID, UNREADABLE = 0, 1, 2
_PROVES = (
    "This proves: the code was issued in this batch and the batch is in the log. "
    "It does not prove activation, recall state or a first scan, and nothing about the goods."
)


@dataclass(frozen=True, slots=True)
class Verified:
    """What a valid bundle proves; `anchor` says where the ledger holds it, None if no ledger was asked.

    `witnesses` are those of the given ones that saw the checkpoint too.
    """

    statement: str
    batch: int
    index: int
    origin: str
    size: int
    anchor: str | None
    witnesses: tuple[str, ...] = ()


def verify_bundle(
    content: bytes,
    *,
    log_keys: Sequence[VerifierKey],
    witness_keys: Sequence[WitnessKey] = (),
    ledger: Ledger | None = None,
) -> Verified:
    """Check a bundle end to end; with `witness_keys` one of them must have cosigned.

    Raises BundleUnreadable, BundleInvalid, LedgerProblem.
    """
    bundle = read_bundle(content)
    receipt = None if bundle.anchor is None else Receipt.parse(bundle.anchor)
    header = _read_header(bundle)
    parts = _check_statement(bundle, header)
    try:
        check_inclusion(
            index=parts.index,
            size=header.count,
            leaf=leaf_hash(leaf_data(parts, bundle.nonce)),
            proof=bundle.stamp_proof,
            root=header.root,
        )
    except ProofInvalid:
        raise BundleInvalid(check="stamp-proof") from None
    checkpoint = _check_log(bundle, header, log_keys)
    seen_by = _check_witnesses(bundle, witness_keys) if witness_keys else ()
    anchor = None if ledger is None else _check_anchor(receipt, checkpoint, ledger)
    return Verified(bundle.statement, parts.batch, parts.index, checkpoint.origin, checkpoint.size, anchor, seen_by)


@dataclass(frozen=True, slots=True)
class _Header:
    batch: int
    count: int
    root: bytes
    url_prefix: str
    origin: str


def _read_header(bundle: Bundle) -> _Header:
    try:
        facts = json.loads(bundle.header)
        header = _Header(
            facts["batch"], facts["count"], bytes.fromhex(facts["root"]), facts["url_prefix"], facts["origin"]
        )
        texts = isinstance(header.url_prefix, str) and isinstance(header.origin, str)
        numbers = type(header.batch) is int and type(header.count) is int
        if texts and numbers and facts["type"] == "batch_issued" and canonical_json(facts).decode() == bundle.header:
            return header
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, EntryNotCanonical):
        pass
    raise BundleInvalid(check="header")


def _check_statement(bundle: Bundle, header: _Header) -> SerialParts:
    serial = bundle.statement[-SERIAL_LENGTH:]
    parts = decode_serial(serial)
    if parts is None or bundle.statement != header.url_prefix + serial:
        raise BundleInvalid(check="statement")
    if (parts.batch, parts.index) != (header.batch, bundle.stamp_index) or parts.index >= header.count:
        raise BundleInvalid(check="statement")
    return parts


def _check_log(bundle: Bundle, header: _Header, log_keys: Sequence[VerifierKey]) -> Checkpoint:
    try:
        checkpoint = open_checkpoint(bundle.note, log_keys)
        check_inclusion(
            index=bundle.log_index,
            size=checkpoint.size,
            leaf=leaf_hash(bundle.header.encode()),
            proof=bundle.log_proof,
            root=checkpoint.root,
        )
    except NoteInvalid:
        raise BundleInvalid(check="checkpoint") from None
    except ProofInvalid:
        raise BundleInvalid(check="log-proof") from None
    if checkpoint.origin != header.origin:
        raise BundleInvalid(check="origin")
    return checkpoint


def _check_witnesses(bundle: Bundle, witness_keys: Sequence[WitnessKey]) -> tuple[str, ...]:
    try:
        _text, signed = open_note(bundle.note, witness_keys)
    except NoteInvalid:
        raise BundleInvalid(check="witness") from None
    return tuple(key.name for key in signed)


def _check_anchor(receipt: Receipt | None, checkpoint: Checkpoint, ledger: Ledger) -> str:
    """Ask the ledger itself; the bundle's receipt is only what we expect of it."""
    if receipt is None or (receipt.origin, receipt.size, receipt.root) != (
        checkpoint.origin,
        checkpoint.size,
        checkpoint.root,
    ):
        raise BundleInvalid(check="anchor")
    if receipt.kind != ledger.kind and receipt.kind in _KINDS:
        raise LedgerRefused(reason=f"the anchor is on another ledger: {receipt.kind}")
    found = ledger.find(receipt.origin, receipt.size)
    if isinstance(found, NotAnchored) or found != receipt:
        raise BundleInvalid(check="anchor")
    settled = ledger.finality(found)
    if settled is Finality.SENT:
        raise LedgerUnreachable(reason="too few nodes answer")
    place = [f"{name} {found.evidence[name]}" for name in _PLACE if name in found.evidence]
    return ", ".join([found.kind, settled.value, *place])


def open_ledger(url: str, *, chain_id: int | None = None, contract: str | None = None) -> Ledger:
    """Open a ledger for reading: `notary:PATH`, or EVM nodes separated by commas, with their chain and contract."""
    kind, _, rest = url.partition(":")
    if kind == "notary" and rest:
        return NotaryLedger(Path(rest), keys=None, clock=lambda: datetime.now(UTC))
    if kind not in ("http", "https"):
        raise ValueError("a ledger is given as notary:PATH, or as http addresses separated by commas")
    if chain_id is None or not contract:
        raise ValueError("EVM nodes need --chain-id and --contract, as the log's operator publishes them")
    from traceability.ledger.chain import open_chain  # late: it brings in web3 when it is asked something

    return open_chain(tuple(part.strip() for part in url.split(",")), chain_id=chain_id, contract=contract)


def add_verify(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("bundle", help="the file that /s/…/proof gave; - reads standard input")
    parser.add_argument("--log-key", action="append", required=True, help="verifier key text of the log; repeatable")
    parser.add_argument(
        "--witness-key",
        action="append",
        default=[],
        help="verifier key of a witness, one of which must have cosigned",
    )
    parser.add_argument("--ledger", help="where the anchor is looked up: notary:PATH, or EVM nodes with commas between")
    add_chain(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")


def add_chain(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments that name a contract on a chain."""
    chain, contract = os.environ.get("LEDGER_CHAIN_ID") or None, os.environ.get("LEDGER_CONTRACT") or None
    parser.add_argument("--chain-id", type=int, default=chain, help="of the EVM nodes; default LEDGER_CHAIN_ID")
    parser.add_argument("--contract", default=contract, help="on the EVM nodes' chain; default LEDGER_CONTRACT")


def run_verify(options: argparse.Namespace) -> int:
    """Check a bundle and say what it proves; gives the exit code: 0 valid, 1 not, 2 unreadable."""
    code, answer = _run(options)
    if options.json:
        print(json.dumps(answer, ensure_ascii=False))
    else:
        _print_answer(answer)
    return code


def _run(options: argparse.Namespace) -> tuple[int, dict[str, object]]:
    try:
        content = sys.stdin.buffer.read() if options.bundle == "-" else Path(options.bundle).read_bytes()
        keys = [VerifierKey.parse(text) for text in options.log_key]
        ledger = None
        if options.ledger is not None:
            ledger = open_ledger(options.ledger, chain_id=options.chain_id, contract=options.contract)
        witnesses = [WitnessKey.parse(text) for text in options.witness_key]
        verified = verify_bundle(content, log_keys=keys, witness_keys=witnesses, ledger=ledger)
    except BundleInvalid as error:
        return NOT_VALID, {"valid": False, "code": error.code, **error.fields}
    except (BundleUnreadable, LedgerProblem, NoteInvalid) as error:
        return UNREADABLE, {"valid": None, "code": error.code, **error.fields}
    except (OSError, ValueError) as error:
        return UNREADABLE, {"valid": None, "code": TraceabilityError.code, "reason": str(error)}
    return VALID, {
        "valid": True,
        "statement": verified.statement,
        "batch": verified.batch,
        "index": verified.index,
        "log": verified.origin,
        "log_size": verified.size,
        "anchor": "not checked" if verified.anchor is None else "checked",
        **({} if verified.anchor is None else {"anchored": verified.anchor}),
        **({} if not verified.witnesses else {"witnesses": list(verified.witnesses)}),
        "proves": _PROVES,
    }


def _print_answer(answer: dict[str, object]) -> None:
    words = {True: "VALID", False: "NOT VALID", None: "UNREADABLE"}
    valid = answer["valid"]
    print(words[valid if isinstance(valid, bool) else None])
    for name, value in answer.items():
        if name != "valid":
            print(f"  {name}: {value}")
    if valid and answer["anchor"] == "not checked":
        print("  anchor not checked (give --ledger to check it)")
