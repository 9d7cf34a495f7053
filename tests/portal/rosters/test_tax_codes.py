"""Tax codes as lists write them: the kind that each is, or what is wrong, in words that say what to do."""

from typing import Any

import pytest

from portal.onboarding.rosters.cells import read_tax_code
from portal.onboarding.rosters.fields import RowProblem


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("1100123455", ("enterprise_10", "1100123455")),
        ("1100123455-001", ("unit_13", "1100123455001")),
        (" 1100123455 - 999 ", ("unit_13", "1100123455999")),
        ("082085012346", ("personal_12", "082085012346")),
        ("1100123457", "tax.check_digit"),
        ("1100123457-001", "tax.check_digit"),
        ("1100123455-000", "tax.unit"),
        ("110012345", "tax.length"),
        ("11001234AB", "tax.length"),
        ("１１００１２３４５５", ("enterprise_10", "1100123455")),  # wide digits of another keyboard
        ("", "tax.missing"),
    ],
)
def test_a_tax_code_is_of_a_kind_or_refused_with_its_reason(typed: str, found: Any) -> None:
    read = read_tax_code(typed)
    assert (read.code if isinstance(read, RowProblem) else read) == found
    if found == "tax.check_digit":
        assert isinstance(read, RowProblem) and read.fields == {"expected": "5"}
