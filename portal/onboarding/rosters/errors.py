"""What can go wrong with rosters.

PortalError
├ RosterRefused     the run can't go on: roster.* · encoding.* (a question that a person must answer)
└ LeaseLost         roster.busy: another process carries this run on
"""

from typing import Any

from flask_babel import lazy_gettext as _l

from portal.errors import PortalError, Sentences


class RosterRefused(PortalError):
    """The run cannot go on as it is; `code` says why."""

    def __init__(self, code: str, **fields: Any) -> None:
        self.code = code
        super().__init__(**fields)


class LeaseLost(PortalError):
    """Another process carries this run on."""

    code = "roster.busy"


SENTENCES: Sentences = {
    "roster.no_header": (400, _l("We found no headings that we know. Choose the heading row.")),
    "roster.no_rows": (400, _l("There is no row below the headings.")),
    "roster.column_missing": (400, _l("A column is missing: %(missing)s.")),
    "roster.column_twice": (400, _l("Another column holds this already. Choose it once.")),
    "roster.unfinished": (409, _l("Another list of this source is not finished. Finish or stop it first.")),
    "roster.busy": (409, _l("This list is being imported by another process. Look again in a minute.")),
    "roster.mostly_bad": (
        409, _l("More than half of the first rows have problems. We stopped; check the headings.")
    ),
    "roster.illegal_step": (409, _l("This list was changed in the meantime. Reload the page.")),
    "encoding.tcvn3": (409, _l("%(sample)s: convert this column? It is written in the old TCVN3 letters.")),
    "encoding.vni": (409, _l("%(sample)s: convert this column? It is written in the old VNI letters.")),
}  # fmt: skip

# What is told of a row. A row is no request: these have no status, and may differ from a form's sentence of that code.
ROW_SENTENCES: dict[str, Any] = {
    "roster.same_id": _l("Same ID number as row %(row)s."),
    "roster.same_row": _l("Same household as row %(row)s."),
    "roster.same_tax": _l("Same tax code as row %(row)s."),
    "roster.near": _l("Looks like the household %(reference)s. Add the ID number to tell them apart."),
    "roster.near_row": _l("Looks like the household of row %(row)s. Add the ID number to tell them apart."),
    "roster.kept": _l("The owner confirmed another value. We kept it."),
    "phone.two": _l("Two numbers. We use the first and keep the second."),
    "phone.landline": _l("This is a landline. Codes can't go there."),
    "date.impossible": _l("There is no such day. Type it as day/month/year."),
    "date.no_birth": _l("A year of birth lies between %(first)s and %(last)s."),
    "place.missing": _l("The commune is missing."),
    "place.unknown": _l("We know no commune of this name. The household is kept without one."),
    "place.ambiguous": _l("Several communes have this name: %(candidates)s."),
    "place.out_of_reach": _l("This commune is not among yours."),
    "tax.missing": _l("The tax code is missing."),
    "tax.length": _l("A tax code has 10 digits, or 10, a dash and 3."),
    "tax.check_digit": _l("The last digit doesn't fit (expected %(expected)s)."),
    "tax.unit": _l("Unit numbers run from 001 to 999."),
    "sex.unknown": _l("We read neither male nor female here."),
    "programme.unknown": _l("We know no programme of this name."),
    "sector.unknown": _l("We know no such sector. It counts as other."),
    "text.too_long": _l("This text was too long. We kept its beginning."),
    "account.marketplace": _l("We know no marketplace of this name."),
    "account.status": _l("We don't know this status of an account."),
    "account.taken": _l("This account belongs to another household."),
    "roster.elsewhere": _l("On record in another commune already. Call the province's office."),
    "roster.closed": _l("This person closed the shop here. Call the commune officer."),
}
