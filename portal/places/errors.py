"""What can be wrong with a place.

PlacesError              a code and fields
├ AreaUnknown            no unit has this id, or had this code on that day
├ NotThen                the unit exists, and not on that day
├ NotAHome               somebody lives in a commune, not in a province
├ HomeOutOfOrder         homes are written in the order of time
├ UnitsOverlap           one code would mean two units on one day
├ DayInvalid             what was asked for is no day
└ UnitFileInvalid        a line of a unit file makes no sense
"""

from flask_babel import lazy_gettext as _l

from portal.errors import PortalError, Sentences


class PlacesError(PortalError):
    """Something about a place is wrong."""

    code = "place.failed"


class AreaUnknown(PlacesError):
    """No unit has this id, or had this code on that day."""

    code = "place.unknown"


class NotThen(PlacesError):
    """The unit exists, and not on that day."""

    code = "place.not_then"


class NotAHome(PlacesError):
    """Somebody lives in a commune, not in a district or a province."""

    code = "place.not_a_home"


class HomeOutOfOrder(PlacesError):
    """A home can't begin before the one that is known already."""

    code = "place.home_out_of_order"


class UnitsOverlap(PlacesError):
    """One code would mean two units on one day."""

    code = "place.units_overlap"


class DayInvalid(PlacesError):
    """What was asked for is no day."""

    code = "place.day"


class UnitFileInvalid(PlacesError):
    """A line of a unit file makes no sense."""

    code = "place.file_invalid"


SENTENCES: Sentences = {
    "place.failed": (400, _l("Something is wrong with this place. Choose it again from the list.")),
    "place.unknown": (404, _l("We don't know this place. Choose it from the list.")),
    "place.not_then": (409, _l("This place did not exist on that day. Choose one that did.")),
    "place.not_a_home": (400, _l("Choose the commune or ward, not the district or province.")),
    "place.home_out_of_order": (409, _l("A later home is already on record. Choose a later date.")),
    "place.units_overlap": (409, _l("Code %(code)s would mean two units on one day. Correct the file.")),
    "place.day": (400, _l("Write the day like this: 2023-10-15.")),
    "place.file_invalid": (400, _l("The unit file has an error at %(row)s. Correct it and load it again.")),
}
