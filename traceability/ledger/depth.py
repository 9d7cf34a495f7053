"""Keep Python's recursion limit where it was.

py_ecc, which eth_account brings along, raises it to 100,000 when it is imported. Then a partner's answer of a hundred
thousand opening brackets no longer ends in an error that we catch, but in the death of the process.
"""

import sys


def import_at_own_depth() -> None:
    """Import py_ecc and put the limit back; call it before web3 or eth_account is imported."""
    limit = sys.getrecursionlimit()
    import py_ecc  # noqa: F401  for its side effect, which is undone once and for all

    sys.setrecursionlimit(limit)
