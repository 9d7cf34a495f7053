"""The names by which events call what we know: lots, places, sellers. Lower-case host; GS1's where there is a GTIN."""

from urllib.parse import quote

NAMESPACE = "chso"
_PLACES, _SELLERS, _LOTS = "/places/", "/sellers/", "/lots/"
_GS1_CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"


def own_context(public_url: str) -> list[object]:
    """Return the context under which we answer, whatever a caller's was."""
    return [_GS1_CONTEXT, {NAMESPACE: f"{_base(public_url)}/ns#"}]


def lot_uri(public_url: str, *, lot_id: str, number: str, gtin: str | None) -> str:
    """Return what our own events call a lot: GTIN and lot number, or our own address where there is no GTIN."""
    if gtin is not None:
        return f"https://id.gs1.org/01/{gtin}/10/{quote(number, safe='-._~')}"
    return f"{_base(public_url)}{_LOTS}{lot_id}"


def lot_uris(public_url: str, *, lot_id: str, number: str, gtin: str | None) -> tuple[str, ...]:
    """Return all names under which a lot may be told of: a seller may get a GTIN after a lot has begun."""
    own = lot_uri(public_url, lot_id=lot_id, number=number, gtin=None)
    return (own,) if gtin is None else (lot_uri(public_url, lot_id=lot_id, number=number, gtin=gtin), own)


def lot_of(public_url: str, uri: str) -> str | None:
    """Return the id of the lot that our own address names."""
    return _tail(public_url, _LOTS, uri)


def serial_of(public_url: str, uri: str) -> str | None:
    """Return the serial of the stamp that our own address names, however its path was cased."""
    return _tail(public_url, "/s/", uri) or _tail(public_url, "/S/", uri)


def place_uri(public_url: str, unit_id: str) -> str:
    """Return the name of an administrative unit."""
    return f"{_base(public_url)}{_PLACES}{unit_id}"


def unit_of(public_url: str, uri: str) -> str | None:
    """Return the unit that a place's name is about, None for a place of somebody else's naming."""
    return _tail(public_url, _PLACES, uri)


def seller_uri(public_url: str, organisation_id: str) -> str:
    """Return the name of a seller as a party of events; it tells nothing of who that is."""
    return f"{_base(public_url)}{_SELLERS}{organisation_id}"


def seller_of(public_url: str, uri: str) -> str | None:
    """Return the seller whom a party's name is about."""
    return _tail(public_url, _SELLERS, uri)


def _base(public_url: str) -> str:
    return public_url.rstrip("/").lower()


def _tail(public_url: str, kind: str, uri: str) -> str | None:
    start = _base(public_url) + kind
    return uri.removeprefix(start) if uri.startswith(start) and len(uri) > len(start) else None
