"""A real EVM node: Foundry's anvil on a free port of loopback, and what a test does to it.

`make node` installs it. Only the process that was started here is ended.
"""

import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import requests

from tests.postgres import free_port

_INSTALLED = Path(sys.prefix) / "npm/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil"
READY_S = 60
CHAIN_ID = 31_337
ETHER = 10**18


def binary() -> str:
    """Return the node's program; a machine without it fails here."""
    found = str(_INSTALLED) if _INSTALLED.exists() else shutil.which("anvil")
    assert found, "anvil is missing: run `make node`"
    return found


class Anvil:
    """One node. With `mining` False a transaction waits until `mine()`; blocks are final two blocks later.

    With `state` the chain outlives `stop()`.
    """

    def __init__(self, *, mining: bool = True, state: Path | None = None) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.command = [
            binary(), "--host", "127.0.0.1", "--port", str(self.port), "--chain-id", str(CHAIN_ID), "--silent",
            "--slots-in-an-epoch", "1", *([] if mining else ["--no-mining"]),
            *(["--state", str(state), "--state-interval", "1"] if state else []),
        ]  # fmt: skip
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Anvil":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the node and wait until it answers."""
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + READY_S
        while True:
            try:
                self.rpc("eth_chainId")
                return
            except requests.ConnectionError:
                assert self.process.poll() is None, "the node ended"
                assert time.monotonic() < end, "the node did not answer"
                time.sleep(0.02)

    def stop(self) -> None:
        """End the node kindly: it writes its state."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=60)
            self.process = None

    def rpc(self, method: str, *params: Any) -> Any:
        """Call a method of the node; an error of the node fails the test."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        answer = requests.post(self.url, json=body, timeout=30).json()
        assert "error" not in answer, (method, answer)
        return answer["result"]

    def mine(self, blocks: int = 1) -> None:
        """Make blocks."""
        self.rpc("anvil_mine", hex(blocks))

    def reorganise(self, depth: int) -> None:
        """Replace the newest blocks by empty ones; their transactions are forgotten."""
        self.rpc("anvil_reorg", depth, [])

    def fund(self, account: str, wei: int = 100 * ETHER) -> None:
        """Give an account money."""
        self.rpc("anvil_setBalance", account, hex(wei))

    def height(self) -> int:
        """Return the newest block's number."""
        return int(self.rpc("eth_blockNumber"), 16)

    def logs(self, contract: str) -> list[dict[str, Any]]:
        """Return all events of a contract, as the node tells them."""
        found: list[dict[str, Any]] = self.rpc("eth_getLogs", {"address": contract, "fromBlock": "0x0"})
        return found

    def transactions(self, sender: str) -> list[dict[str, Any]]:
        """Return all mined transactions of an account, read from the blocks themselves."""
        blocks = [self.rpc("eth_getBlockByNumber", hex(number), True) for number in range(self.height() + 1)]
        return [one for block in blocks for one in block["transactions"] if one["from"].lower() == sender.lower()]
