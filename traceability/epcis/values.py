"""The values that fields of events may hold; each check raises with the path of what is wrong."""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from traceability.epcis.times import read_time
from traceability.epcis.vocabulary import DISPOSITIONS, ERROR_REASONS, PARTY_TYPES, TRANSACTION_TYPES
from traceability.errors import ExtensionWithoutNamespace, FieldInvalid, FieldMissing
from traceability.gs1 import gtin_check_digit

Check = Callable[[Any, str], None]
LONGEST_URI = 300
_SIGNS = r"(?:[A-Za-z0-9\-._~:/?@!$&'()*+,;=]|%[0-9A-Fa-f]{2})"  # RFC 3986; what lies beyond ASCII is escaped
_URI = re.compile(rf"[A-Za-z][A-Za-z0-9+.\-]*:{_SIGNS}+(?:#{_SIGNS}*)?")
_EXTENSION = re.compile(r"[A-Za-z_][\w.\-]*:[!-~]+", re.ASCII)
_UNIT = re.compile(r"[A-Z0-9]{2,3}")
_UUID = re.compile(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)
_SSCC_LINK = re.compile(r"https?://[^/]+(?:/.*)?/00/([^/?#]*)", re.I)
_SSCC_URN = re.compile(r"urn:epc:id:sscc:(\d{6,12})\.(\d{5,11})")
_OTHER_GS1 = re.compile(r"urn:epc:|https?://[^/]+(?:/.*)?/(?:01|21|10|414)/", re.I)


def invalid(path: str, value: object) -> FieldInvalid:
    """Make the error for a value that its field cannot hold."""
    return FieldInvalid(path=path, value=str(value)[:80])


def is_extension(key: str) -> bool:
    """Say whether a key is a URI or a prefixed name."""
    return _EXTENSION.fullmatch(key) is not None


def check_uri(value: Any, path: str) -> None:
    """Accept an absolute URI of at most 300 characters."""
    if not (isinstance(value, str) and len(value) <= LONGEST_URI and _URI.fullmatch(value)):
        raise invalid(path, value)


def word_or_uri(words: Collection[str]) -> Check:
    """Make a check for a bare word of the vocabulary, or a URI."""

    def check(value: Any, path: str) -> None:
        if not (isinstance(value, str) and value in words):
            check_uri(value, path)

    return check


def list_of(check: Check, *, least: int = 0) -> Check:
    """Make a check for a list of values."""

    def check_list(value: Any, path: str) -> None:
        if not isinstance(value, list) or len(value) < least:
            raise invalid(path, value)
        for number, item in enumerate(value):
            check(item, f"{path}[{number}]")

    return check_list


def record_of(needed: Mapping[str, Check], allowed: Mapping[str, Check], *, open_to_extensions: bool = True) -> Check:
    """Make a check for an object with these fields, needed or allowed, and extensions where it is open to them."""

    def check_record(value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise invalid(path, value)
        for name in needed:
            if name not in value:
                raise FieldMissing(path=f"{path}.{name}")
        for name, item in value.items():
            check = needed.get(name) or allowed.get(name)
            if check is not None:
                check(item, f"{path}.{name}")
            elif not (open_to_extensions and is_extension(name)):
                raise ExtensionWithoutNamespace(path=f"{path}.{name}")

    return check_record


def check_extensions(value: Any, path: str) -> None:
    """Accept an object whose keys are all URIs or prefixed names."""
    record_of({}, {})(value, path)


def anything(_value: Any, _path: str) -> None:
    """Accept any JSON: what it means is not ours to read."""


def check_event_id(value: Any, path: str) -> None:
    """Accept a UUID as a URN, or a hash name (`ni:`) that somebody else computed."""
    if not isinstance(value, str) or not (_UUID.fullmatch(value) or value.startswith("ni:///")):
        raise invalid(path, value)


def check_quantity(value: Any, path: str) -> None:
    """Accept `epcClass`, a quantity of at least 0, a unit of UN/ECE with a quantity only."""
    record_of({"epcClass": check_uri}, {"quantity": _check_number, "uom": _check_unit})(value, path)
    if "uom" in value and "quantity" not in value:
        raise FieldMissing(path=f"{path}.quantity")


def _check_number(value: Any, path: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise invalid(path, value)


def _check_unit(value: Any, path: str) -> None:
    if not (isinstance(value, str) and _UNIT.fullmatch(value)):
        raise invalid(path, value)


def check_parent(value: Any, path: str) -> None:
    """Accept an SSCC with its check digit, or a name without any GS1 number in it (who has no prefix lends none)."""
    check_uri(value, path)
    link, urn = _SSCC_LINK.fullmatch(value), _SSCC_URN.fullmatch(value)
    if link is not None:
        digits = link[1]
        if len(digits) != 18 or not digits.isdigit() or gtin_check_digit(digits[:-1]) != digits[-1]:
            raise invalid(path, value)
    elif urn is not None:
        if len(urn[1]) + len(urn[2]) != 17:
            raise invalid(path, value)
    elif _OTHER_GS1.match(value):
        raise invalid(path, value)


def _check_time(value: Any, path: str) -> None:
    read_time(value, path)


def _check_text(value: Any, path: str) -> None:
    if not isinstance(value, str):
        raise invalid(path, value)


def _one_or_many_uris(value: Any, path: str) -> None:
    if isinstance(value, list):
        list_of(check_uri, least=1)(value, path)
    else:
        check_uri(value, path)


def check_persistent(value: Any, path: str) -> None:
    """Accept what lastingly holds of things from now on (`set`) or no longer (`unset`)."""
    words = list_of(word_or_uri(DISPOSITIONS), least=1)
    record_of({}, {"set": words, "unset": words}, open_to_extensions=False)(value, path)
    if not value:
        raise FieldMissing(path=f"{path}.set")


check_time: Check = _check_time
check_certification: Check = _one_or_many_uris
check_place: Check = record_of({"id": check_uri}, {})
check_transaction: Check = record_of({"bizTransaction": check_uri}, {"type": word_or_uri(TRANSACTION_TYPES)})
check_source: Check = record_of({"type": word_or_uri(PARTY_TYPES), "source": check_uri}, {})
check_destination: Check = record_of({"type": word_or_uri(PARTY_TYPES), "destination": check_uri}, {})
check_error: Check = record_of(
    {"declarationTime": check_time},
    {"reason": word_or_uri(ERROR_REASONS), "correctiveEventIDs": list_of(check_event_id)},
)
_check_report: Check = record_of({}, dict.fromkeys(
    (
        "type", "exception", "deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "time", "microorganism",
        "chemicalSubstance", "value", "component", "stringValue", "booleanValue", "hexBinaryValue", "uriValue",
        "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue", "uom", "coordinateReferenceSystem",
    ),
    anything,
))  # fmt: skip
check_sensor: Check = record_of(
    {"sensorReport": list_of(_check_report, least=1)}, {"sensorMetadata": anything, "type": _check_text}
)
