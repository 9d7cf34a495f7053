"""What can go wrong with people.

PortalError
├ PhoneError            phone.length · phone.prefix · phone.not_vn_mobile · phone.two
├ CodeError             code.wrong · code.locked · code.expired · code.too_many
├ AuthenticatorError    authenticator.wrong · authenticator.used · authenticator.too_many
├ LinkSpent             link.spent: a one-time link was used or is too old
├ GrantError            grant.own · grant.unknown_role · grant.duties
├ KeyNameTaken          key.name_taken: the shop has a live key of this name
├ TooManyKeys           key.too_many: a shop has at most `most` live keys
└ ConsentMissing        consent.missing
"""

from flask_babel import lazy_gettext as _l

from portal.errors import PortalError, Sentences


class PhoneError(PortalError):
    """A phone number cannot be used; `code` says why."""

    def __init__(self, code: str, *, keep: bool = False, **fields: object) -> None:
        self.code = code
        super().__init__(keep=keep, **fields)


class CodeError(PortalError):
    """A one-time code was refused; `code` says why."""

    def __init__(self, code: str, *, keep: bool = False, **fields: object) -> None:
        self.code = code
        super().__init__(keep=keep, **fields)


class AuthenticatorError(PortalError):
    """An authenticator's code was refused; `code` says why."""

    def __init__(self, code: str, *, keep: bool = False, **fields: object) -> None:
        self.code = code
        super().__init__(keep=keep, **fields)


class LinkSpent(PortalError):
    """A one-time link was used before, is too old, or never was."""

    code = "link.spent"


class GrantError(PortalError):
    """A role cannot be granted so; `code` says why."""

    def __init__(self, code: str, *, keep: bool = False, **fields: object) -> None:
        self.code = code
        super().__init__(keep=keep, **fields)


class ConsentMissing(PortalError):
    """The person has not agreed to this purpose."""

    code = "consent.missing"


class KeyNameTaken(PortalError):
    """The shop has a live key of this name."""

    code = "key.name_taken"


class TooManyKeys(PortalError):
    """A shop has at most `most` live keys."""

    code = "key.too_many"


SENTENCES: Sentences = {
    "phone.length": (400, _l("This number has %(digits)s digits. A mobile number has 10.")),
    "phone.prefix": (400, _l("No mobile number starts with %(prefix)s. Check it on the phone.")),
    "phone.not_vn_mobile": (400, _l("Codes can only go to a Vietnamese mobile number.")),
    "phone.two": (400, _l("Enter one number here; add the other below.")),
    "code.wrong": (400, _l("This code is not right. Check the message and type it again.")),
    "code.locked": (400, _l("Too many wrong codes. Ask for a new code.")),
    "code.expired": (400, _l("This code is too old. Ask for a new code.")),
    "code.too_many": (429, _l("Many codes were sent already. Please wait a little and ask again.")),
    "authenticator.wrong": (400, _l("This code is not right. Type the six digits that your app shows now.")),
    "authenticator.used": (400, _l("This code was used already. Wait for the next one.")),
    "authenticator.too_many": (429, _l("Too many wrong codes. Please wait five minutes.")),
    "link.spent": (404, _l("This link was used or is too old. Ask for a new one.")),
    "grant.own": (403, _l("Nobody can change their own roles. Ask another officer.")),
    "grant.unknown_role": (400, _l("There is no such role.")),
    "grant.duties": (400, _l("Nobody may both collect money and reconcile it.")),
    "key.name_taken": (409, _l("You have a key of this name already. Choose another name.")),
    "key.too_many": (409, _l("You have %(most)s keys. End one that you don't use.")),
    "consent.missing": (409, _l("This needs the owner's agreement first.")),
}
