"""What the SDK writes reads back; what it never writes is refused."""

from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stripe._encode import _api_encode  # what the SDK itself encodes with

from payments.v1.errors import ApiError
from payments.v1.form import read_form

_NAME = st.text("abcdefgh_", min_size=1, max_size=8)
_LEAF = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_VALUE: Any = st.recursive(
    _LEAF,
    lambda inner: st.dictionaries(_NAME, inner, min_size=1, max_size=3) | st.lists(inner, min_size=1, max_size=3),
    max_leaves=6,
)  # fmt: skip


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max((_depth(one) for one in inner), default=0)


@given(st.dictionaries(_NAME, _VALUE.filter(lambda value: _depth(value) <= 5), max_size=4))
def test_what_the_sdk_encodes_reads_back(values: dict[str, Any]) -> None:
    raw = urlencode([(name, value) for name, value in _api_encode(values)]).encode()
    assert read_form(raw) == values


def test_places_without_numbers_follow_each_other() -> None:
    assert read_form(b"types[]=a&types[]=b") == {"types": ["a", "b"]}


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"a=1&a=2", "parameter_repeated"),
        (b"a=1&a[b]=2", "parameter_repeated"),
        (b"a[0]=1&a[2]=2", "parameter_invalid"),
        (b"a[b=1", "parameter_unknown"),
        (b"a", "parameters_unreadable"),
        (b"a=%ff", "parameters_unreadable"),
        (b"a=\xff", "parameters_unreadable"),
        (b"a[b][c][d][e][f]=1", "request_too_large"),
        (b"&".join(b"a%d=1" % n for n in range(1_001)), "request_too_large"),
        (b"a=" + b"x" * 1_048_576, "request_too_large"),
    ],
)
def test_what_no_client_writes_is_refused(raw: bytes, code: str) -> None:
    with pytest.raises(ApiError) as refused:
        read_form(raw)
    assert refused.value.code == code
