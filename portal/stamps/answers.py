"""What the answer to a scan holds: facts and steps for the page, keys for machines."""

from datetime import date, datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from portal.i18n import day, moment
from portal.stamps.scan import Scanned
from traceability import Verdict, day_in_vietnam

# A code that is on nothing says nothing of what carries it: only what it was ordered for.
_ON_NOTHING = (Verdict.VOIDED, Verdict.NOT_ACTIVATED)


def scans_of(seen: Scanned) -> int:
    """Return the number of scans, this one included: since activation, or all of a stamp that is on nothing."""
    return seen.counts.scans if seen.sight.activated_at is not None else seen.counts.scans_before


def facts_of(seen: Scanned) -> list[tuple[str, str]]:
    """Return the rows (label, value) below the product's name."""
    goods, lot = seen.goods, seen.lot
    rows = [(_("Producer"), goods.producer or _("A farming household")), (_("Address"), goods.place)]
    if lot is not None and seen.outcome.verdict not in _ON_NOTHING:
        rows += [
            (_("Lot"), lot.number),
            (_("Origin"), lot.origin_words),
            (_("Harvested on"), day(lot.produced_on) if lot.produced_on else ""),
            (_("Packed on"), day(lot.packed_on) if lot.packed_on else ""),
            (_("Use before"), day(lot.expires_on) if lot.expires_on else ""),
            (_("Standards"), ", ".join(lot.standards)),
        ]
        if goods.certificate is not None:
            rows.append((_("Certificate"), _certificate(goods.certificate)))
    rows.append((_("Scans"), ngettext("%(num)s time", "%(num)s times", scans_of(seen))))
    if seen.counts.first_at is not None:
        rows.append((_("First scan"), moment(seen.counts.first_at)))
    return [(label, value) for label, value in rows if value]


def _certificate(number: str) -> str:
    return _("Safe food chain, No. %(number)s", number=number) if number else _("Safe food chain")


def _dated(seen: Scanned) -> list[tuple[str, date]]:
    lot, activated_at = seen.lot, seen.sight.activated_at
    if lot is None or activated_at is None or seen.outcome.verdict in _ON_NOTHING:
        return []
    dated = [("harvested", lot.produced_on), ("packed", lot.packed_on), ("stamped", day_in_vietnam(activated_at))]
    return [(step, on) for step, on in dated if on is not None]


def steps_of(seen: Scanned) -> list[tuple[str, str]]:
    """Return the steps of the journey as (what, when and where)."""
    words = {"harvested": _("Harvested"), "packed": _("Packed"), "stamped": _("Stamped")}
    origin = seen.lot.origin_words if seen.lot is not None else ""
    return [
        (words[step], f"{day(on)} · {origin}" if step == "harvested" and origin else day(on))
        for step, on in _dated(seen)
    ]


def known_json(seen: Scanned, *, sentence: str, proof: str) -> dict[str, Any]:
    """Return the answer for machines on a known stamp."""
    sight, goods = seen.sight, seen.goods
    body: dict[str, Any] = {
        "verdict": seen.outcome.verdict.value,
        "sentence": sentence,
        "code": sight.serial,
        "product": {"id": goods.product_id, "name": goods.name, "gtin": sight.header.gtin, "image": _image(seen)},
        "producer": {"name": goods.producer, "address": goods.place or None},
        "lot": _lot_json(seen),
        "events": [_event(seen, step, on) for step, on in _dated(seen)],
        "first_scan": _instant(seen.counts.first_at),
        "scans": scans_of(seen),
        "proof": proof,
        "recorded": seen.recorded,
    }
    if seen.outcome.suspicion is not None:
        body["reason"] = seen.outcome.suspicion.value
    if sight.recall is not None:
        body["recall"] = {
            "since": _instant(sight.recall.opened_at),
            "instruction": sight.recall.instruction,
            "contact": sight.recall.contact,
        }
    return body


def _event(seen: Scanned, step: str, on: date) -> dict[str, Any]:
    place = seen.lot.origin_place if seen.lot is not None and step == "harvested" else None
    return {"step": step, "day": on.isoformat(), "place": place}


def unknown_json(serial: str, *, sentence: str) -> dict[str, Any]:
    """Return the answer for machines on a code that was not issued here."""
    empty = dict.fromkeys(("product", "producer", "lot", "first_scan", "proof"))
    return {"verdict": Verdict.UNKNOWN.value, "sentence": sentence, "code": serial, "events": [], "scans": 0, **empty}


def _lot_json(seen: Scanned) -> dict[str, Any] | None:
    lot = seen.lot
    if lot is None or seen.outcome.verdict in _ON_NOTHING:
        return None
    return {
        "number": lot.number,
        "origin": {"place": lot.origin_place, "words": lot.origin_words},
        "produced_on": _iso(lot.produced_on),
        "packed_on": _iso(lot.packed_on),
        "expires_on": _iso(lot.expires_on),
        "standards": list(lot.standards),
    }


def _image(seen: Scanned) -> str | None:
    photo = seen.goods.photo
    return url_for("catalogue.photo", sha256=photo.sha256, size=320) if photo else None


def _iso(value: date | None) -> str | None:
    return value.isoformat() if value is not None else None


def _instant(value: datetime | None) -> str | None:
    return value.isoformat(timespec="seconds") if value is not None else None
