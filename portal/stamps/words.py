"""The words of the eight verdicts: of the code, never of what carries it."""

from functools import cache

from flask_babel import gettext as _
from flask_babel import ngettext

from portal.i18n import current_language, day, moment
from portal.stamps.errors import LOCKED
from portal.stamps.scan import Scanned
from traceability import LotFacts, Outcome, PinAnswer, Recall, Sight, StampCounts, Suspicion, Verdict

TONES = {
    Verdict.UNKNOWN: "red",
    Verdict.RECALLED: "red",
    Verdict.VOIDED: "red",
    Verdict.NOT_ACTIVATED: "amber",
    Verdict.EXPIRED: "amber",
    Verdict.SUSPICIOUS: "amber",
    Verdict.GENUINE_SCANNED_BEFORE: "green",
    Verdict.GENUINE_FIRST_SCAN: "green",
}


def tone_of(outcome: Outcome) -> str:
    """Return the colour that goes with a verdict; a record that differs is red."""
    return "red" if outcome.suspicion is Suspicion.RECORD_DIFFERS else TONES[outcome.verdict]


def verdict_sentence(sight: Sight, outcome: Outcome, counts: StampCounts) -> str:
    """Return the one sentence of a verdict on a known stamp."""
    verdict = outcome.verdict
    if verdict is Verdict.RECALLED and sight.recall is not None:
        return _(
            "RECALLED since %(d)s. Do not use the product. %(instruction)s The code is genuine.",
            d=day(sight.recall.opened_at),
            instruction=sight.recall.instruction,
        )
    if verdict is Verdict.VOIDED and sight.voided_at is not None:
        return _("This code is genuine but was cancelled on %(d)s; it should be on no product.", d=day(sight.voided_at))
    if verdict is Verdict.NOT_ACTIVATED:
        return _(
            "This code is genuine but not yet attached to any lot; "
            "nothing can be confirmed about a product that carries it."
        )
    if verdict is Verdict.EXPIRED and sight.standing.expires_on is not None:
        return _("This code is genuine, but its lot expired on %(d)s.", d=day(sight.standing.expires_on))
    if verdict is Verdict.SUSPICIOUS:
        return _suspicious(outcome)
    if verdict is Verdict.GENUINE_SCANNED_BEFORE and counts.first_at is not None:
        return _(
            "This code is genuine, scanned %(n)s times, first on %(t)s. If you have just uncovered it, ask the seller.",
            n=counts.scans,
            t=moment(counts.first_at),
        )
    return _first_scan(current_language())


@cache
def _first_scan(_language: str) -> str:  # what most scans say, and it never changes: translated once
    return _("This code is genuine. This is its first scan.")


def recall_sentence(recall: Recall, *, lot: LotFacts | None) -> str:
    """Return what a recall says on the page of a product, or of a lot."""
    since = day(recall.opened_at)
    if recall.lot is None:
        return _(
            "Some packages are RECALLED since %(d)s: those with stamps %(first)s to %(last)s of batch %(batch)s. "
            "Do not use them. %(instruction)s",
            d=since, first=recall.first, last=recall.last, batch=recall.batch, instruction=recall.instruction,
        )  # fmt: skip
    if lot is None:
        return _(
            "A lot of this product is RECALLED since %(d)s. Scan the stamp to see whether it is yours. %(instruction)s",
            d=since, instruction=recall.instruction,
        )  # fmt: skip
    return _(
        "This lot is RECALLED since %(d)s. Do not use the product. %(instruction)s",
        d=since, instruction=recall.instruction,
    )  # fmt: skip


def _suspicious(outcome: Outcome) -> str:
    if outcome.suspicion is Suspicion.RECORD_DIFFERS:
        return _("This stamp's record does not match the public log; do not rely on what is shown below.")
    return _(
        "This code is genuine but may have been copied (%(reason)s). "
        "Check the product and ask the seller before buying.",
        reason=reason_words(outcome.suspicion),
    )


def pin_words(seen: Scanned) -> tuple[str, str] | None:
    """Return what a try at the PIN gave, as tone and sentence; without a try, when it was first entered, or nothing."""
    since = "" if seen.first_revealed_at is None else moment(seen.first_revealed_at)
    if seen.pin is None:
        return ("grey", _("This stamp's PIN was first entered on %(t)s.", t=since)) if since else None
    if seen.pin.answer is PinAnswer.FIRST:
        return "green", _("The PIN is right. Nobody has entered it before.")
    if seen.pin.answer is PinAnswer.REVEALED_BEFORE:
        return "amber", _(
            "The PIN is right, but it was entered before: first on %(t)s. "
            "If you have just scratched it free, ask the seller.",
            t=since,
        )
    if seen.pin.answer is PinAnswer.LOCKED:
        return "amber", str(LOCKED)
    return "red", ngettext(
        "This PIN is wrong. Check each digit; %(num)s try is left in this hour.",
        "This PIN is wrong. Check each digit; %(num)s tries are left in this hour.",
        seen.pin.tries_left,
    )


def reason_words(suspicion: Suspicion | None) -> str:
    """Return why a stamp is suspicious."""
    words = {
        Suspicion.RECORD_DIFFERS: _("Doesn't match the record"),
        Suspicion.MANY_IN_A_DAY: _("scanned many times within a day"),
        Suspicion.MANY_IN_A_WEEK: _("scanned many times within a week"),
        Suspicion.FAR_APART: _("scanned within a day in places far apart"),
        Suspicion.BEFORE_ACTIVATION: _("scanned before it was put on any lot"),
    }
    return words[suspicion] if suspicion is not None else ""
