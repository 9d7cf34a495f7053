"""What can go wrong with the journey of goods, and the sentences of the library's own codes for events.

PortalError
├ GoodsNotYours        goods_not_yours: the event names goods of somebody else, which were never sent to this party
├ ContentUnfit         unsupported: the document is neither JSON nor JSON-LD
├ BehaviourUnknown     error_behaviour_unknown: a document is taken whole or not at all
└ StepNotNow           step_not_now: this step does not follow from what was told of the lot
"""

from flask_babel import lazy_gettext as _l

from portal.errors import PortalError, Sentences


class GoodsNotYours(PortalError):
    """The goods are somebody else's, and were never sent to who tells of them."""

    code = "goods_not_yours"


class ContentUnfit(PortalError):
    """The document is neither JSON nor JSON-LD."""

    code = "unsupported"


class BehaviourUnknown(PortalError):
    """A document is taken whole or not at all; nothing else was promised."""

    code = "error_behaviour_unknown"


class StepNotNow(PortalError):
    """This step does not follow from what was told of the lot."""

    code = "step_not_now"


SENTENCES: Sentences = {
    "goods_not_yours": (403, _l("These goods are another's, and were never sent to you: %(path)s.")),
    "error_behaviour_unknown": (400, _l("A document is taken whole or not at all. Ask for `rollback`.")),
    "step_not_now": (409, _l("This step cannot come now. Reload the page to see what was noted.")),
    # the library's
    "event_refused": (400, _l("This document cannot be taken. Nothing of it was kept.")),
    "json_invalid": (400, _l("This is not JSON that everybody reads alike. Nothing of it was kept.")),
    "field_missing": (400, _l("A field is missing: %(path)s. Nothing was kept.")),
    "field_invalid": (400, _l("A field holds what it cannot hold: %(path)s. Nothing was kept.")),
    "field_not_allowed": (400, _l("This field must not stand here: %(path)s. Nothing was kept.")),
    "time_without_offset": (400, _l("This time does not say its offset from UTC: %(path)s. Nothing was kept.")),
    "offset_invalid": (400, _l("An offset is written as +07:00, at most 14 hours: %(path)s. Nothing was kept.")),
    "ilmd_not_allowed": (400, _l("Facts of a lot stand only where it begins: %(path)s. Nothing was kept.")),
    "extension_without_namespace": (400, _l("A key of your own needs a prefix or a URI: %(path)s. Nothing was kept.")),
    "document_too_large": (413, _l("A document holds at most 5 MiB and 500 events. Send it in parts.")),
    "event_id_conflict": (409, _l("This event id stands for other facts already: %(path)s. Nothing was kept.")),
    "correction_of_nothing": (409, _l("The event to correct was never captured like this: %(path)s.")),
    "not_your_event": (403, _l("Only who told of an event may correct it: %(path)s.")),
    "capture_move": (409, _l("Somebody else was faster. Reload the page to see how it stands.")),
    "parameter_invalid": (400, _l("This parameter cannot be read: %(path)s.")),
    "capture_unknown": (404, _l("You have no capture with this number.")),
    "event_unknown": (404, _l("There is no such step, or it was corrected already.")),
}
