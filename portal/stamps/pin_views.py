"""The number under the scratch layer: typed on the scan page, answered beside the verdict, never in an address."""

from typing import Any

from flask import Response, current_app, redirect, request

from portal.errors import wants_json
from portal.stamps.errors import PinLocked
from portal.stamps.scan import enter_pin
from portal.stamps.scan_views import blueprint, open_to_all, show
from portal.world import current_world
from traceability import PinAnswer, ScanCode, fold_serial

_LONGEST = 40


@blueprint.post("/s/<typed>/pin")
@blueprint.post("/S/<typed>/pin")
@open_to_all
def pin(typed: str) -> Any:
    """Answer a PIN beside the verdict; after five tries within an hour, with when to try again."""
    code = ScanCode(fold_serial(typed))
    sent = request.get_json(silent=True) if request.is_json else request.form
    given = sent.get("pin") if isinstance(sent, dict) else None
    seen = enter_pin(current_world(), code=code, typed=str(given or "")[:_LONGEST])
    locked = seen.pin is not None and seen.pin.answer is PinAnswer.LOCKED
    wait = seen.pin.retry_after_s if seen.pin is not None else 0
    if locked and wants_json():
        raise PinLocked(retry_after_s=wait)
    answer: Response = current_app.make_response(show(seen))
    if locked:
        answer.status_code = 429
        answer.headers["Retry-After"] = str(wait)
    return answer


@blueprint.get("/s/<typed>/pin")
@blueprint.get("/S/<typed>/pin")
@open_to_all
def pin_page(typed: str) -> Any:
    """Lead back to the stamp, whoever asks for the answer's address again."""
    return redirect(f"/s/{fold_serial(typed)}", 303)
