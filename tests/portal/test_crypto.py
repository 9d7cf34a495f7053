"""Blind indexes are HMAC-SHA256 over kind and value, whatever the key's length; sealed values stay in their place."""

import base64
import hmac

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from portal.crypto import FieldKeys


@given(key=st.binary(min_size=1, max_size=200), value=st.text(max_size=80))
def test_an_index_is_an_hmac(key: bytes, value: str) -> None:
    keys = FieldKeys({1: bytes(32)}, key)
    text = value.encode("utf-8", "replace").decode()
    for _ in range(2):  # a second one is not touched by the first
        assert keys.index("name", text) == hmac.digest(key, f"name\x00{text}".encode(), "sha256").hex()


def test_the_newest_key_seals_and_every_key_opens() -> None:
    old, new = FieldKeys({1: bytes(32)}, b"k"), FieldKeys({1: bytes(32), 2: bytes(range(32))}, b"k")
    assert new.open(old.seal("Hạnh", place="person.name.a"), place="person.name.a") == "Hạnh"
    sealed = new.seal("Hạnh", place="person.name.a")
    assert sealed.startswith("2.")
    with pytest.raises(InvalidTag):
        new.open(sealed, place="person.name.b")
    body = new.seal_bytes(b"list", place="roster.r.0")
    assert (body[0], new.open_bytes(body, place="roster.r.0")) == (2, b"list")


def test_many_are_sealed_at_once_each_in_its_place_and_with_chance_of_its_own() -> None:
    keys = FieldKeys({1: bytes(32)}, b"k")
    sealed = keys.seal_many([("Hạnh", "person.name.a"), (None, "person.name.b"), ("Hạnh", "person.name.c")])
    assert sealed[1] is None and sealed[0] != sealed[2]
    assert [keys.open(str(one), place=f"person.name.{who}") for one, who in ((sealed[0], "a"), (sealed[2], "c"))] == [
        "Hạnh", "Hạnh",
    ]  # fmt: skip
    nonces = {base64.b64decode(str(one).partition(".")[2])[:12] for one in (sealed[0], sealed[2])}
    assert len(nonces) == 2
    with pytest.raises(InvalidTag):
        keys.open(str(sealed[0]), place="person.name.c")
    assert keys.seal_many([]) == []
