"""Ledgers that checkpoints are anchored on: `notary.py` here; an EVM chain would be `evm.py` with its `contract/`."""
