"""The cases floor: what needs a person, with a reason and an age."""

from portal.cases.models import Case, CaseWork
from portal.cases.register import close_case, open_case, open_cases

__all__ = ["Case", "CaseWork", "close_case", "open_case", "open_cases"]
