"""What can go wrong between us and a marketplace.

PortalError
└ MarketplaceError
  ├ ListingStep        an event that the tables of states.py do not allow
  ├ NotPublished       there is no listing to act on
  ├ ChannelUnknown     no such channel
  ├ ConsentMissing     the owner has not agreed to share with this marketplace
  ├ CategoryMapInvalid  a file of a marketplace's categories cannot be read, or names what is not here
  └ ChannelError       the partner's side
    ├ ChannelUnreachable  time-out, cut, refused connection, forbidden target: the outcome is unknown
    ├ ChannelUnreadable   signed or answered, but not of the documented shape
    └ CallbackForged      a callback that no live secret signed, or outside its time
"""

from flask_babel import lazy_gettext as _l

from portal.errors import PortalError, Sentences


class MarketplaceError(PortalError):
    """Something between us and a marketplace."""

    code = "marketplace.failed"


class ListingStep(MarketplaceError):
    """This step does not follow from the present state; `machine`, `state` and `event` say which."""

    code = "listing.step"


class NotPublished(MarketplaceError):
    """Nothing of this product was ever offered to that marketplace."""

    code = "listing.not_published"


class ChannelUnknown(MarketplaceError):
    """There is no such marketplace here."""

    code = "channel.unknown"


class CategoryMapInvalid(MarketplaceError):
    """A row of a file of categories cannot be read or names what is not here; `row` and `column` say where."""

    code = "category_map.invalid"


class ChannelError(MarketplaceError):
    """The partner's side."""

    code = "channel.failed"


class ChannelUnreachable(ChannelError):
    """No answer, or none in time: what became of the message is unknown."""

    code = "channel.unreachable"


class ChannelUnreadable(ChannelError):
    """What came is not of the documented shape."""

    code = "channel.unreadable"


class CallbackForged(ChannelError):
    """No live secret signed this callback, or its time is too far away; `reason` says which check failed."""

    code = "callback.forged"


SENTENCES: Sentences = {
    "marketplace.failed": (500, _l("The marketplace part failed. Nothing was changed. Please try again.")),
    "listing.step": (409, _l("This was changed meanwhile. Reload the page to see how it stands now.")),
    "listing.not_published": (404, _l("This product was not sent to that marketplace yet. Publish it first.")),
    "category_map.invalid": (400, _l("Row %(row)s, %(column)s: this can't be read, or is not known here.")),
    "channel.unknown": (404, _l("We have no such marketplace. Choose one from the list.")),
    "channel.failed": (502, _l("The marketplace did not work with us. We try again by ourselves.")),
    "channel.unreachable": (502, _l("The marketplace does not answer. We try again by ourselves.")),
    "channel.unreadable": (502, _l("The marketplace answered in a way that we can't read. We look into it.")),
    "callback.forged": (401, _l("This message is not signed by the marketplace. Check the secret and the clock.")),
}
