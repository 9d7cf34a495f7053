"""Opaque public ids."""

import secrets

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id(prefix: str) -> str:
    """Make `prefix_` and 26 lower-case Crockford characters of 128 random bits."""
    number = secrets.randbits(128)
    return f"{prefix}_" + "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
