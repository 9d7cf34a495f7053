"""What can go wrong when people connect their software.

PortalError
├ KeysUsedUp        systems.keys_used_up: a payee has at most `most` living keys
├ NameTaken         systems.name_taken: a living key has this name
├ AddressRefused    systems.address_* : the address cannot be called; the code says why
└ AddressesUsedUp   systems.addresses_used_up: a payee has at most `most` addresses
"""

from flask_babel import lazy_gettext as _l

from portal.errors import PortalError, Sentences


class KeysUsedUp(PortalError):
    """One living key too many; field most."""

    code = "systems.keys_used_up"


class NameTaken(PortalError):
    """A living key has this name already."""

    code = "systems.name_taken"


class AddressRefused(PortalError):
    """An address that cannot be called; `why` is a word of `portal.pay.sending.WHY`."""

    def __init__(self, why: str) -> None:
        self.code = f"systems.address_{why}"
        super().__init__()


class AddressesUsedUp(PortalError):
    """One address too many; field most."""

    code = "systems.addresses_used_up"


SENTENCES: Sentences = {
    "systems.keys_used_up": (409, _l("There are %(most)s living keys already. End one that nobody uses.")),
    "systems.name_taken": (409, _l("A key has this name already. Choose another name.")),
    "systems.address_not_whole": (400, _l("Write the whole address, like https://truong.example/hook.")),
    "systems.address_holds_user": (400, _l("Leave the user and password out of the address: each call is signed.")),
    "systems.address_not_https": (400, _l("The address must begin with https:// and use port 443 or 8443.")),
    "systems.address_own_address": (400, _l("This is the portal's own address. Write your software's address.")),
    "systems.address_not_allowed": (
        400,
        _l("The portal may not call this domain yet. Ask who runs it."),
    ),
    "systems.address_not_public": (400, _l("This address cannot be reached from the internet. Check its name.")),
    "systems.addresses_used_up": (409, _l("There are %(most)s addresses already. Take one away first.")),
}
