"""What can go wrong with sellers.

PortalError
├ AnswerRefused         an answer can't be kept: name.* · id.* · answer.* (the form shows it at its field)
├ IllegalTransition     seller.illegal_step: this step does not follow from the present state
├ SellerIncomplete      seller.incomplete: open requirements, each one named
├ OwnApproval           approve.own: the approver is who registered, or the owner
├ QuestionClosed        place.answered: somebody has answered the question about this place
├ AlreadyRegistered     seller.known: this person has a shop already
└ DraftGone             draft.gone: sent, expired, or never begun here
"""

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l

from portal.errors import PortalError, Sentences


class AnswerRefused(PortalError):
    """An answer cannot be kept; `code` says why."""

    def __init__(self, code: str, **fields: Any) -> None:
        self.code = code
        super().__init__(**fields)


class IllegalTransition(PortalError):
    """This step does not follow from the present state."""

    code = "seller.illegal_step"


class SellerIncomplete(PortalError):
    """Requirements are open; `kinds` are their codes, the sentence names each."""

    code = "seller.incomplete"

    def __init__(self, *, kinds: Sequence[str], labels: Sequence[Any]) -> None:
        super().__init__(kinds=tuple(kinds), missing=Listed(labels))


class OwnApproval(PortalError):
    """Nobody approves what they registered or own."""

    code = "approve.own"


class AlreadyRegistered(PortalError):
    """This person has a shop already."""

    code = "seller.known"


class QuestionClosed(PortalError):
    """The question about a place is answered, or has fallen away."""

    code = "place.answered"


class DraftGone(PortalError):
    """The draft was sent, has expired, or was never begun in this browser."""

    code = "draft.gone"


class Listed:
    """Join sentences only when they are shown, so that each is in the reader's language."""

    def __init__(self, parts: Sequence[Any]) -> None:
        self.parts = tuple(parts)

    def __str__(self) -> str:
        return "; ".join(str(part) for part in self.parts)


SENTENCES: Sentences = {
    "name.empty": (400, _l("Enter the name as on the ID card.")),
    "name.characters": (400, _l("A name has letters only. Type it again without numbers or signs.")),
    "name.length": (400, _l("A name has 2 to 100 letters. Type it again.")),
    "id.digits_lost": (400, _l("Excel has cut this number. Format the column as text and type it again.")),
    "id.characters": (400, _l("An ID number has only digits. Type it again.")),
    "id.length": (400, _l("This number has %(digits)s digits. An ID number has 12.")),
    "id.future": (400, _l("This number says born after 2099.")),
    "id.unborn": (400, _l("This number says born in %(year)s. Check it on the card.")),
    "id.province_zero": (400, _l("No ID number starts with 000. Check it on the card.")),
    "id.known": (409, _l("This ID number is already registered. Call the commune officer.")),
    "id.given": (409, _l("Your ID number is on record. Is it wrong? Call the commune officer.")),
    "claim.unsure": (409, _l("A list has this household with another phone. An officer must say whose it is.")),
    "id.zero_restored": (200, _l("The zero in front was missing. We put it back.")),
    "id.old_card": (200, _l("This is a number of an old nine-digit card.")),
    "id.sex": (200, _l("The fourth digit says %(sex)s.")),
    "id.birth_year": (200, _l("The number says born in %(year)s.")),
    "id.province": (200, _l("%(province)s is no province of birth we know.")),
    "answer.too_long": (400, _l("This is too long. Use fewer words.")),
    "answer.unknown": (400, _l("Choose one of the answers on the page.")),
    "seller.illegal_step": (409, _l("This was changed in the meantime. Reload the page to see how it stands.")),
    "seller.incomplete": (409, _l("Still missing: %(missing)s")),
    "seller.known": (409, _l("This phone has a shop already. Sign in to see it.")),
    "approve.own": (403, _l("Another officer must approve this.")),
    "place.answered": (409, _l("This place is known already. Look at the list again.")),
    "draft.gone": (404, _l("This registration is finished or too old. Begin again or sign in.")),
}
