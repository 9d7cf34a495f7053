"""EPCIS events: a document is taken whole or not at all; `path` names the place in it."""

from traceability.errors.base import NotFound, TraceabilityError


class EventRefused(TraceabilityError):
    """Base: nothing of the document was kept."""

    code = "event_refused"


class JsonInvalid(EventRefused):
    """The bytes are no JSON, name a key twice, nest too deep, or hold a number that JSON cannot carry."""

    code = "json_invalid"


class FieldMissing(EventRefused):
    """A field that the standard wants is not there."""

    code = "field_missing"


class FieldInvalid(EventRefused):
    """A field holds something else than the standard allows."""

    code = "field_invalid"


class FieldNotAllowed(EventRefused):
    """A field of the standard stands where it must not."""

    code = "field_not_allowed"


class TimeWithoutOffset(EventRefused):
    """A time does not say how far it is from UTC."""

    code = "time_without_offset"


class OffsetInvalid(EventRefused):
    """An offset from UTC is malformed or beyond 14 hours."""

    code = "offset_invalid"


class IlmdNotAllowed(EventRefused):
    """Facts of an instance or lot stand elsewhere than where it begins."""

    code = "ilmd_not_allowed"


class ExtensionWithoutNamespace(EventRefused):
    """A key is none of the standard's, and neither a URI nor a prefixed name."""

    code = "extension_without_namespace"


class DocumentTooLarge(EventRefused):
    """The document has more than `most` bytes or events."""

    code = "document_too_large"


class EventIdConflict(EventRefused):
    """This event's id stands for other facts already."""

    code = "event_id_conflict"


class CorrectionOfNothing(EventRefused):
    """What is declared an error was never captured here as it is stated."""

    code = "correction_of_nothing"


class NotYourEvent(EventRefused):
    """Only who captured an event declares it an error."""

    code = "not_your_event"


class CaptureMove(EventRefused):
    """A capture job cannot go from this state to that one."""

    code = "capture_move"


class ParameterUnknown(EventRefused):
    """A query names a parameter that we do not know; ignoring it would answer another question."""

    code = "parameter_unknown"


class ParameterInvalid(EventRefused):
    """A query's parameter cannot be read."""

    code = "parameter_invalid"


class CaptureUnknown(NotFound):
    """There is no capture job of this id."""

    code = "capture_unknown"


class EventUnknown(NotFound):
    """There is no event of this id."""

    code = "event_unknown"
