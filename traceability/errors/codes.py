"""What was typed or printed is not a code at all."""

from traceability.errors.base import TraceabilityError


class CodeSyntaxError(TraceabilityError):
    """Base: the text is no scan URL, GTIN, lot number or serial."""

    code = "code_syntax"


class GtinLength(CodeSyntaxError):
    """A GTIN in a scan URL has exactly 14 digits."""

    code = "gtin_length"


class GtinNotDigits(CodeSyntaxError):
    """A GTIN holds digits only."""

    code = "gtin_not_digits"


class GtinCheckDigit(CodeSyntaxError):
    """The GTIN's last digit does not follow from the others."""

    code = "gtin_check_digit"


class SerialSyntax(CodeSyntaxError):
    """The serial is empty, too long or holds a character that GS1 does not allow."""

    code = "serial_syntax"


class LotSyntax(CodeSyntaxError):
    """The lot number is empty, too long or holds a character that GS1 does not allow."""

    code = "lot_syntax"


class DateInvalid(CodeSyntaxError):
    """A date attribute is no day of the calendar."""

    code = "date_invalid"


class AiOrder(CodeSyntaxError):
    """The parts of the path stand in another order than GS1's, twice, or without a value."""

    code = "ai_order"


class AiUnknown(CodeSyntaxError):
    """A numeric key is none of the application identifiers that we know."""

    code = "ai_unknown"


class AiNotAllowedInQuery(CodeSyntaxError):
    """A part of the identity stands in the query instead of the path."""

    code = "ai_not_allowed_in_query"


class AiValueInvalid(CodeSyntaxError):
    """The value of an attribute has not the form that GS1 gives its key."""

    code = "ai_value_invalid"


class PlaceNumberInvalid(CodeSyntaxError):
    """A GLN has exactly 13 digits, the last of which follows from the others."""

    code = "gln_invalid"


class ShipmentNumberInvalid(CodeSyntaxError):
    """An SSCC has exactly 18 digits, the last of which follows from the others."""

    code = "sscc_invalid"


class UriSyntax(CodeSyntaxError):
    """The text is no GS1 Digital Link: its scheme, its host, or a key that we read is missing."""

    code = "uri_syntax"
