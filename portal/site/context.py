"""What every page shows: the help number, and who is signed in."""

from typing import Any

from flask import g, has_request_context
from flask_babel import gettext as _

from portal.wiring import current_world

ROLE_NAMES = {
    "household": lambda: _("My shop"),
    "cashier": lambda: _("Cashier"),
    "institution": lambda: _("Institution"),
    "market_manager": lambda: _("Market manager"),
    "commune_officer": lambda: _("Commune officer"),
    "province_officer": lambda: _("Province officer"),
    "auditor": lambda: _("Auditor"),
    "admin": lambda: _("Administrator"),
}


def page_context() -> dict[str, Any]:
    """Return the help number and, for a signed-in person, the name of the role."""
    acting = g.get("acting") if has_request_context() else None
    name = None
    if acting is not None and acting.login_id is not None:
        label = ROLE_NAMES.get(acting.role)
        name = label() if label else _("Signed in")
    world = current_world()
    return {"help_phone": world.settings.help_phone, "acting_name": name, "printed_at": world.clock.now()}
