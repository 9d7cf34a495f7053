"""Between which numbers a payer chooses how many she takes of a line, of a link or of a session (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payments.errors import PaymentsError
from payments.v1.catalog_tables import LinkLine
from payments.v1.errors import InvalidRequest
from payments.v1.session_tables import SessionLine
from payments.v1.shapes import Shape

MOST_CHOSEN = 99


class QuantityOutside(PaymentsError):
    """A quantity outside what the line allows; field line_id."""

    code = "quantity_outside"


def read_bounds(item: Mapping[str, Any], n: int) -> dict[str, int] | None:
    """Return the bounds of the n-th line as rows keep them, None where its quantity is fixed. Raises InvalidRequest.

    As Stripe has it, none to 99 where nothing else is said; none of a line leaves it out.
    """
    given = item.get("adjustable_quantity") or {}
    if not given.get("enabled"):
        return None
    least, most = given.get("minimum") or 0, given.get("maximum") or MOST_CHOSEN
    if not least <= (item.get("quantity") or 1) <= most:
        param = f"line_items[{n}][adjustable_quantity]"
        said = "The quantity lies between the least and the greatest."
        raise InvalidRequest(said, code="parameter_invalid_value", param=param)
    return {"minimum": least, "maximum": most}


def taken(line: LinkLine | SessionLine, wanted: Mapping[str, int]) -> int:
    """Return how many a payer takes of a line, where she may choose by the line's id. Raises QuantityOutside."""
    bounds, count = line.adjustable, wanted.get(line.id)
    if bounds is None or count is None:
        return line.quantity
    if not bounds["minimum"] <= count <= bounds["maximum"]:
        raise QuantityOutside(line_id=line.id)
    return count


def shape(bounds: Mapping[str, int] | None) -> Shape | None:
    """Return the bounds of a line as they are shown."""
    return None if bounds is None else {"enabled": True, **bounds}
