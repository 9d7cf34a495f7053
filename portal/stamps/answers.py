"""What the answer to a scan holds: facts and steps for the page, keys for machines."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from portal.i18n import day, moment
from portal.stamps.goods import Goods
from portal.stamps.journeys import in_words, shown_steps, told_of_lot
from portal.stamps.known import Known
from portal.stamps.scan import Scanned
from traceability import LotFacts, Recall, Verdict, day_in_vietnam

# A code that is on nothing says nothing of what carries it: only what it was ordered for.
_ON_NOTHING = (Verdict.VOIDED, Verdict.NOT_ACTIVATED)


def scans_of(seen: Scanned) -> int:
    """Return the number of scans, this one included: since activation, or all of a stamp that is on nothing."""
    return seen.counts.scans if seen.sight.activated_at is not None else seen.counts.scans_before


def facts_of(seen: Scanned) -> list[tuple[str, str]]:
    """Return the rows (label, value) below the product's name."""
    rows = goods_rows(seen.goods)
    if seen.lot is not None and seen.outcome.verdict not in _ON_NOTHING:
        rows += lot_rows(seen.goods, seen.lot)
    rows.append((_("Scans"), ngettext("%(num)s time", "%(num)s times", scans_of(seen))))
    if seen.counts.first_at is not None:
        rows.append((_("First scan"), moment(seen.counts.first_at)))
    return [(label, value) for label, value in rows if value]


def goods_rows(goods: Goods) -> list[tuple[str, str]]:
    """Return who makes a product and where."""
    return [(_("Producer"), goods.producer or _("A farming household")), (_("Address"), goods.place)]


def lot_rows(goods: Goods, lot: LotFacts) -> list[tuple[str, str]]:
    """Return what is stated of a lot; what is not stated has no value."""
    rows = [
        (_("Lot"), lot.number),
        (_("Origin"), lot.origin_words),
        (_("Harvested on"), day(lot.produced_on) if lot.produced_on else ""),
        (_("Packed on"), day(lot.packed_on) if lot.packed_on else ""),
        (_("Use before"), day(lot.expires_on) if lot.expires_on else ""),
        (_("Standards"), ", ".join(lot.standards)),
    ]
    if goods.certificate is not None:
        rows.append((_("Certificate"), _certificate(goods.certificate)))
    return rows


def _certificate(number: str) -> str:
    return _("Safe food chain, No. %(number)s", number=number) if number else _("Safe food chain")


def _dated(seen: Scanned) -> list[tuple[str, date]]:
    lot, activated_at = seen.lot, seen.sight.activated_at
    if lot is None or activated_at is None or seen.outcome.verdict in _ON_NOTHING:
        return []
    dated = [("harvested", lot.produced_on), ("packed", lot.packed_on), ("stamped", day_in_vietnam(activated_at))]
    return [(step, on) for step, on in dated if on is not None]


def steps_of(seen: Scanned, read: Callable[[], Session], *, public_url: str) -> list[tuple[str, str]]:
    """Return the steps of the journey as (what, when and where), from the events that were told of the lot."""
    sight, lot = seen.sight, seen.lot
    if lot is None or sight.lot is None or sight.activated_at is None or seen.outcome.verdict in _ON_NOTHING:
        return []
    session, stamped_on = read(), day_in_vietnam(sight.activated_at)
    told = told_of_lot(
        session, public_url=public_url, lot_id=sight.lot, number=lot.number, gtin=sight.header.gtin
    )  # fmt: skip
    return in_words(shown_steps(session, told, public_url=public_url, facts=lot, stamped_on=stamped_on))


def scanned_json(seen: Scanned, *, sentence: str, proof: str) -> dict[str, Any]:
    """Return the answer for machines on a known stamp."""
    sight, goods = seen.sight, seen.goods
    body: dict[str, Any] = {
        "verdict": seen.outcome.verdict.value,
        "sentence": sentence,
        "code": sight.serial,
        **_goods_json(goods, sight.header.gtin),
        "lot": _lot_json(seen.lot) if seen.outcome.verdict not in _ON_NOTHING else None,
        "events": [_event(seen, step, on) for step, on in _dated(seen)],
        "first_scan": _instant(seen.counts.first_at),
        "scans": scans_of(seen),
        "proof": proof,
        "recorded": seen.recorded,
    }
    if sight.header.pin:
        body["pin"] = {"answer": seen.pin.answer.value} if seen.pin is not None else {}
        body["pin"]["first_revealed_at"] = _instant(seen.first_revealed_at)
    if seen.outcome.suspicion is not None:
        body["reason"] = seen.outcome.suspicion.value
    if sight.recall is not None:
        body["recall"] = recall_json(sight.recall)
    return body


def _event(seen: Scanned, step: str, on: date) -> dict[str, Any]:
    place = seen.lot.origin_place if seen.lot is not None and step == "harvested" else None
    return {"step": step, "day": on.isoformat(), "place": place}


def unknown_json(serial: str, *, sentence: str) -> dict[str, Any]:
    """Return the answer for machines on a code that was not issued here."""
    empty = dict.fromkeys(("product", "producer", "lot", "first_scan", "proof"))
    return {"verdict": Verdict.UNKNOWN.value, "sentence": sentence, "code": serial, "events": [], "scans": 0, **empty}


def known_json(found: Known, *, sentences: Sequence[str]) -> dict[str, Any]:
    """Return a product, or a lot, for machines; `sentences` say its recalls."""
    recalls = [
        {"sentence": said, **recall_json(one)} for one, said in zip(found.recalls, sentences, strict=True)
    ]  # fmt: skip
    return {**_goods_json(found.goods, found.gtin), "lot": _lot_json(found.lot), "recalls": recalls}


def _goods_json(goods: Goods, gtin: str | None) -> dict[str, Any]:
    return {
        "product": {"id": goods.product_id, "name": goods.name, "gtin": gtin, "image": _image(goods)},
        "producer": {"name": goods.producer, "address": goods.place or None},
    }


def recall_json(recall: Recall) -> dict[str, Any]:
    """Return a recall for machines."""
    return {"since": _instant(recall.opened_at), "instruction": recall.instruction, "contact": recall.contact}


def _lot_json(lot: LotFacts | None) -> dict[str, Any] | None:
    if lot is None:
        return None
    return {
        "number": lot.number,
        "origin": {"place": lot.origin_place, "words": lot.origin_words},
        "produced_on": _iso(lot.produced_on),
        "packed_on": _iso(lot.packed_on),
        "expires_on": _iso(lot.expires_on),
        "standards": list(lot.standards),
    }


def _image(goods: Goods) -> str | None:
    photo = goods.photo
    return url_for("catalogue.photo", sha256=photo.sha256, size=320) if photo else None


def _iso(value: date | None) -> str | None:
    return value.isoformat() if value is not None else None


def _instant(value: datetime | None) -> str | None:
    return value.isoformat(timespec="seconds") if value is not None else None
