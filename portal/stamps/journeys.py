"""The way of a lot as everybody may see it: the step, the place by commune, the day. Read after the verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from portal.i18n import day
from portal.onboarding.places import place_name
from portal.places.models import AdminUnit
from portal.stamps.uris import lot_uris, unit_of
from traceability import LotFacts, epcis
from traceability.epcis import StepCode

MOST_SHOWN = 16
STEP_WORDS: Mapping[StepCode, Any] = {
    StepCode.HARVESTED: _l("Harvested"),
    StepCode.PROCESSED: _l("Washed and cut"),
    StepCode.PACKED: _l("Packed"),
    StepCode.UNPACKED: _l("Unpacked"),
    StepCode.INSPECTED: _l("Inspected"),
    StepCode.SHIPPED: _l("Sent off"),
    StepCode.RECEIVED: _l("Received"),
    StepCode.ON_SALE: _l("Put on sale"),
    StepCode.SOLD: _l("Sold out"),
    StepCode.DESTROYED: _l("Destroyed"),
    StepCode.RECALLED: _l("Recalled"),
}


@dataclass(frozen=True, slots=True)
class ShownStep:
    """One step in words."""

    what: str
    on: date
    where: str


def told_of_lot(
    session: Session, *, public_url: str, lot_id: str, number: str, gtin: str | None
) -> tuple[epcis.JourneyStep, ...]:
    """Return what was told of a lot, under whatever name."""
    return epcis.journey(session, lot_uris(public_url, lot_id=lot_id, number=number, gtin=gtin))


def shown_steps(
    session: Session,
    told: Sequence[epcis.JourneyStep],
    *,
    public_url: str,
    facts: LotFacts | None = None,
    stamped_on: date | None = None,
) -> list[ShownStep]:
    """Return steps in order: those that were told of, and what a lot's own facts add to them."""
    known = {step.code for step in told}
    places: dict[str, str] = {}
    dated: list[tuple[date, int, ShownStep]] = []
    for number, step in enumerate(told, 1):
        if step.code in STEP_WORDS:
            on = date.fromisoformat(step.day)
            where = "" if step.place is None else _place(session, public_url, step.place, places)
            dated.append((on, number, ShownStep(_what(step), on, where)))
    last = len(told) + 1
    added = (
        ()
        if facts is None
        else (
            (facts.produced_on, 0, StepCode.HARVESTED, facts.origin_words),
            (facts.packed_on, last, StepCode.PACKED, ""),
        )
    )
    for when, number, code, where in added:
        if when is not None and code not in known:
            dated.append((when, number, ShownStep(str(STEP_WORDS[code]), when, where)))
    if stamped_on is not None:
        dated.append((stamped_on, last, ShownStep(_("Stamped"), stamped_on, "")))
    return [step for _on, _number, step in sorted(dated, key=lambda one: one[:2])]


def _what(step: epcis.JourneyStep) -> str:
    if step.code is StepCode.INSPECTED and step.event.get("disposition", "").endswith(epcis.NOT_PASSED):
        return _("Inspected, not in order")
    return str(STEP_WORDS[step.code])


def in_words(steps: list[ShownStep]) -> list[tuple[str, str]]:
    """Return steps as (what, when and where); of a very long way the beginning and the end."""
    if len(steps) > MOST_SHOWN:
        half = MOST_SHOWN // 2
        between = len(steps) - 2 * half
        left_out = (_("… and %(count)s more steps", count=between), "")
        return [*in_words(steps[:half]), left_out, *in_words(steps[-half:])]
    return [(step.what, f"{day(step.on)} · {step.where}" if step.where else day(step.on)) for step in steps]


def _place(session: Session, public_url: str, uri: str, places: dict[str, str]) -> str:
    if uri not in places:
        unit = unit_of(public_url, uri)
        known = unit is not None and session.get(AdminUnit, unit) is not None
        places[uri] = place_name(session, unit) if known else ""
    return places[uri]
