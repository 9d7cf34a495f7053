"""What can go wrong with recalls; the library's own codes have their sentences in stamps.

PortalError
├ InstructionMissing   recall.instruction_missing: buyers must read what to do
├ FoundLater           recall.found_later: a danger is not found in the future
├ RecallOfOfficer      recall.of_officer: a seller does not close what an officer opened
└ GoodsNotFound        recall.not_found: no lot or stamp within reach has this number
"""

from flask_babel import lazy_gettext as _l

from portal.errors import PortalError, Sentences


class InstructionMissing(PortalError):
    """Buyers must read what to do with the goods."""

    code = "recall.instruction_missing"


class FoundLater(PortalError):
    """A danger is not found in the future."""

    code = "recall.found_later"


class RecallOfOfficer(PortalError):
    """A seller does not close what an officer opened."""

    code = "recall.of_officer"


class GoodsNotFound(PortalError):
    """No lot or stamp within reach has this number."""

    code = "recall.not_found"


SENTENCES: Sentences = {
    "recall.instruction_missing": (400, _l("Write down what buyers should do with the goods.")),
    "recall.found_later": (400, _l("This time has not come yet. Enter when it was found.")),
    "recall.of_officer": (403, _l("An officer opened this recall. Only an officer can close it.")),
    "recall.not_found": (404, _l("No lot or stamp has this number. Check each character.")),
}
