"""Tax codes as people write them: ten digits with a check digit, three more for a branch, or a citizen's twelve."""

import re

_WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)
_TEN, _BRANCH, _CITIZEN = re.compile(r"[0-9]{10}"), re.compile(r"([0-9]{10})-?([0-9]{3})"), re.compile(r"0[0-9]{11}")


class TaxCodeWrong(ValueError):
    """Not a tax code: another length, other signs, or a digit that does not fit."""


def read_tax_code(text: str) -> str:
    """Return a tax code in its one form (0100109106, 0100109106-001, a citizen's number); raise TaxCodeWrong."""
    code = re.sub(r"[\s.]", "", text)
    if _CITIZEN.fullmatch(code):
        return code
    branch = _BRANCH.fullmatch(code)
    ten = branch[1] if branch else code
    if not _TEN.fullmatch(ten) or not _fits(ten):
        raise TaxCodeWrong(text)
    return f"{ten}-{branch[2]}" if branch else ten


def _fits(ten: str) -> bool:
    weighed = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, ten, strict=False))
    return 10 - weighed % 11 == int(ten[9])
