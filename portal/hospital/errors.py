"""What can go wrong at a hospital's desk.

PortalError
├ StayExists        hospital.stay_exists: this code is a stay already
├ StayUnfit         hospital.code · hospital.name: a code or name that can't be taken
├ StayClosed        hospital.stay_closed: the patient is discharged
├ ReductionUnfit    hospital.reduction · hospital.reduction_reason
├ ChargesOpen       hospital.charges_open: what is still due comes before a return
├ AccountUnchecked  hospital.account_unchecked: nobody else has looked at the account
└ AccountMissing    hospital.account_missing
"""

from flask_babel import lazy_gettext as _l

from portal.errors import PortalError, Sentences


class StayExists(PortalError):
    """This code is a stay already."""

    code = "hospital.stay_exists"


class StayUnfit(PortalError):
    """A code or a name that can't be taken; `code` says which."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__()


class StayClosed(PortalError):
    """The patient is discharged: nothing new is asked for."""

    code = "hospital.stay_closed"


class ReductionUnfit(PortalError):
    """A reduction that is more than the charge, or has no reason; `code` says which."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__()


class ChargesOpen(PortalError):
    """Something is still due: the rest of an advance does not go back before."""

    code = "hospital.charges_open"


class AccountUnchecked(PortalError):
    """Nobody else has looked at the account yet."""

    code = "hospital.account_unchecked"


class AccountMissing(PortalError):
    """The account to return to is not known."""

    code = "hospital.account_missing"


SENTENCES: Sentences = {
    "hospital.stay_exists": (409, _l("There is a stay with this code already. Search for it.")),
    "hospital.code": (400, _l("Write the stay's code: 3 to 20 letters and digits, with a digit among them.")),
    "hospital.name": (400, _l("Write the patient's name in at most 80 letters.")),
    "hospital.stay_closed": (409, _l("The patient is discharged. Open a new stay.")),
    "hospital.reduction": (400, _l("The reduction can't be more than the charge.")),
    "hospital.reduction_reason": (400, _l("Write why the sum is reduced, in at most 120 letters.")),
    "hospital.charges_open": (409, _l("Something is still due. The rest goes back after that.")),
    "hospital.account_unchecked": (409, _l("Somebody else must check the account first.")),
    "hospital.account_missing": (400, _l("Write bank, account number and holder first.")),
}
