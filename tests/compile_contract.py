"""Compile the anchors' contract; `python -m tests.compile_contract` writes the artefact that is shipped."""

import json
from hashlib import sha256
from typing import Any

import vyper

from traceability.ledger.contract import ARTEFACT, SOURCE

EVM_VERSION = "paris"  # older than the compiler's default, so that permissioned chains take it too


def compiled() -> dict[str, Any]:
    """Compile the source as it stands; return the artefact's facts."""
    source = SOURCE.read_text("utf-8")
    settings = vyper.compiler.settings.Settings(evm_version=EVM_VERSION)
    made = vyper.compile_code(
        source, contract_path=SOURCE.name, output_formats=["abi", "bytecode", "bytecode_runtime"], settings=settings
    )
    return {
        "abi": made["abi"],
        "compiler": f"vyper {vyper.__version__}",
        "creation": made["bytecode"].removeprefix("0x"),
        "evm_version": EVM_VERSION,
        "runtime": made["bytecode_runtime"].removeprefix("0x"),
        "source_sha256": sha256(source.encode()).hexdigest(),
    }


if __name__ == "__main__":
    ARTEFACT.write_text(json.dumps(compiled(), indent=1, sort_keys=True) + "\n", "utf-8")
