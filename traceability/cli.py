"""`python -m traceability verify | monitor | witness | witness-key`: what anybody runs, without database or portal.

Exit codes: 0 in order, 1 it is not, 2 unreadable or unreachable.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from traceability.errors import LogMisbehaves, LogUnreachable, TraceabilityError
from traceability.verify import add_chain, add_verify, run_verify

Answer = tuple[int, dict[str, Any]]
IN_ORDER, NOT_IN_ORDER, UNKNOWN = 0, 1, 2
_NOT_SHOWN = ("note", "proof", "anchored")  # long; the evidence has them


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m traceability", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    add_verify(commands.add_parser("verify", help="check a stamp's proof bundle offline"))
    _add_monitor(commands.add_parser("monitor", help="follow a published log from outside"))
    _add_witness(commands.add_parser("witness", help="cosign a log's checkpoints once they are seen to be consistent"))
    _add_witness_key(commands.add_parser("witness-key", help="make a witness's key, or show its public half"))
    options = parser.parse_args(arguments)
    runs: dict[str, Callable[[argparse.Namespace], int]] = {
        "verify": run_verify,
        "monitor": _run_monitor,
        "witness": _run_witness,
        "witness-key": _run_witness_key,
    }
    return runs[options.command](options)


def _add_log(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("log", help="the log's address, as https://stamps.example/log")
    parser.add_argument("--log-key", action="append", required=True, help="verifier key text of the log; repeatable")
    parser.add_argument(
        "--state", type=Path, required=True, help="the file that remembers what was seen; evidence goes beside it"
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--once", action="store_true", help="one round (the default)")
    how.add_argument("--every", type=float, metavar="SECONDS", help="go on, a round so often, until the log misbehaves")
    parser.add_argument("--json", action="store_true", help="one JSON object a round on standard output")


def _add_monitor(parser: argparse.ArgumentParser) -> None:
    _add_log(parser)
    parser.add_argument("--witness-key", action="append", default=[], help="verifier key of a witness; repeatable")
    parser.add_argument(
        "--witnessed-within", type=float, metavar="SECONDS", help="alarm if no such witness spoke so long"
    )
    parser.add_argument(
        "--again", type=int, metavar="BUNDLES", help="old bundles of 256 entries to read again a round; default all"
    )
    parser.add_argument(
        "--skew", type=float, default=600.0, metavar="SECONDS", help="how far entries may step back in time (600)"
    )
    parser.add_argument(
        "--ledger", help="where anchors are looked up too: notary:PATH, or EVM nodes with commas between"
    )
    add_chain(parser)


def _add_witness(parser: argparse.ArgumentParser) -> None:
    _add_log(parser)
    parser.add_argument("--name", required=True, help="the witness's name, as witness.example/w1")
    parser.add_argument("--key-file", type=Path, required=True, help="its secret key, made by witness-key")
    parser.add_argument(
        "--post-key-file",
        type=Path,
        help="a file with the key that the log's operator gave; without, nothing is posted",
    )
    parser.add_argument(
        "--begin", action="store_true", help="take what is shown now as the start; only while there is no state"
    )


def _add_witness_key(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", type=Path, help="64 hexadecimal digits; made, readable by you alone, if it is not there"
    )
    parser.add_argument("--name", required=True, help="the witness's name, as witness.example/w1")


def _run_monitor(options: argparse.Namespace) -> int:
    from traceability.notes import VerifierKey, WitnessKey
    from traceability.outside.memory import Memory
    from traceability.outside.monitor import Monitor, Watch
    from traceability.outside.reader import LogReader
    from traceability.verify import open_ledger

    def make() -> Callable[[], dict[str, Any]]:
        keys = [VerifierKey.parse(text) for text in options.log_key]
        ledger = None
        if options.ledger is not None:
            ledger = open_ledger(options.ledger, chain_id=options.chain_id, contract=options.contract)
        within = options.witnessed_within
        watch = Watch(
            log_keys=keys,
            witness_keys=[WitnessKey.parse(text) for text in options.witness_key],
            witnessed_within=None if within is None else timedelta(seconds=within),
            ledger=ledger,
            again=options.again,
            skew=timedelta(seconds=options.skew),
        )
        memory = Memory(options.state, origin=keys[0].name, role="monitor")
        monitor = Monitor(LogReader(options.log), watch, origin=keys[0].name, memory=memory, clock=_now)

        def round_() -> dict[str, Any]:
            found = monitor.once()
            answer = {
                "log": found.head.checkpoint.origin,
                "size": found.head.checkpoint.size,
                "root": found.head.checkpoint.root.hex(),
                "entries_read": found.entries_read,
                "checkpoints_held_against": found.heads_checked,
                "witnesses": list(found.witnesses),
            }
            if found.anchored is not None:
                answer["anchored"] = found.anchored
            if found.new_keys:  # give them to --log-key too, after asking the operator
                answer["log_keys_stated"] = list(found.new_keys)
            return answer

        return round_

    return _rounds(options, make)


def _run_witness(options: argparse.Namespace) -> int:
    from traceability.notes import Cosigner, VerifierKey
    from traceability.outside.memory import Memory
    from traceability.outside.reader import LogReader
    from traceability.outside.witness import Witness

    def make() -> Callable[[], dict[str, Any]]:
        keys = [VerifierKey.parse(text) for text in options.log_key]
        witness = Witness(
            LogReader(options.log),
            log_keys=keys,
            cosigner=Cosigner(options.name, _read_seed(options.key_file)),
            memory=Memory(options.state, origin=keys[0].name, role="witness"),
            clock=_now,
            post_key=None if options.post_key_file is None else options.post_key_file.read_text().strip(),
        )
        first = [options.begin]

        def round_() -> dict[str, Any]:
            done = witness.once(begin=first[0])
            first[0] = False
            checkpoint = done.head.checkpoint
            return {
                "log": checkpoint.origin,
                "size": checkpoint.size,
                "root": checkpoint.root.hex(),
                "cosignature": done.line.strip(),
                "posted": done.posted,
            }

        return round_

    return _rounds(options, make)


def _run_witness_key(options: argparse.Namespace) -> int:
    from traceability.notes import Cosigner

    try:
        if not options.file.exists():
            with os.fdopen(os.open(options.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(os.urandom(32).hex() + "\n")
        print(Cosigner(options.name, _read_seed(options.file)).public.text())
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return UNKNOWN
    return IN_ORDER


def _read_seed(path: Path) -> bytes:
    seed = bytes.fromhex(path.read_text("ascii").strip())
    if len(seed) != 32:
        raise ValueError(f"{path.name} does not hold 64 hexadecimal digits")
    return seed


def _rounds(options: argparse.Namespace, make: Callable[[], Callable[[], dict[str, Any]]]) -> int:
    """Do one round, or one so often: what is unreachable is tried again, what misbehaves ends it."""
    try:
        round_ = make()
    except (TraceabilityError, OSError, ValueError) as error:
        _print(UNKNOWN, {"code": getattr(error, "code", TraceabilityError.code), "reason": str(error)}, options)
        return UNKNOWN
    while True:
        code, answer = _round(round_)
        _print(code, answer, options)
        if options.every is None or code == NOT_IN_ORDER or answer.get("code") == "state_unusable":
            return code
        time.sleep(options.every)


def _round(round_: Callable[[], dict[str, Any]]) -> Answer:
    try:
        return IN_ORDER, round_()
    except LogMisbehaves as error:
        shown = {name: value for name, value in error.fields.items() if name not in _NOT_SHOWN}
        return NOT_IN_ORDER, {"code": error.code, **shown}
    except (LogUnreachable, TraceabilityError) as error:
        return UNKNOWN, {"code": error.code, **error.fields}


def _print(code: int, answer: dict[str, Any], options: argparse.Namespace) -> None:
    words = {IN_ORDER: "IN ORDER", NOT_IN_ORDER: "ALARM", UNKNOWN: "NOT CHECKED"}
    if options.json:
        print(json.dumps({"in_order": {0: True, 1: False}.get(code), **answer}, ensure_ascii=False), flush=True)
        return
    print(words[code])
    for name, value in answer.items():
        print(f"  {name}: {value}", flush=True)


def _now() -> datetime:
    return datetime.now(UTC)
