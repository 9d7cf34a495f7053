"""What every page shows: the help number, and who is signed in."""

from functools import partial
from typing import Any

from flask import g, has_request_context, url_for
from flask_babel import gettext as _

from portal.db import reading
from portal.desk.navigation import officer_side
from portal.people.actions import open_grants
from portal.people.signing_in import HOMES
from portal.site.work import work_links
from portal.world import current_world

MONEY_ROLES = ("cashier", "institution", "market_manager")
OFFICERS = ("commune_officer", "province_officer")

ROLE_NAMES = {
    "household": lambda: _("My shop"),
    "seller_staff": lambda: _("My shop"),
    "team_member": lambda: _("Digital team"),
    "cashier": lambda: _("Cashier"),
    "institution": lambda: _("Institution"),
    "market_manager": lambda: _("Market manager"),
    "team_supervisor": lambda: _("Supervisor of the digital teams"),
    "commune_officer": lambda: _("Commune officer"),
    "province_officer": lambda: _("Province officer"),
    "ioc_reader": lambda: _("Operations centre"),
    "auditor": lambda: _("Auditor"),
    "admin": lambda: _("Administrator"),
}


def role_name(role: str) -> str:
    """Return what a role is called on pages."""
    label = ROLE_NAMES.get(role)
    return label() if label else _("Signed in")


def page_context() -> dict[str, Any]:
    """Return the help number and, for a signed-in person, the name of the role."""
    acting = g.get("acting") if has_request_context() else None
    world = current_world()
    page: dict[str, Any] = {"help_phone": world.settings.help_phone, "printed_at": world.clock.now()}
    page["acting_name"] = None
    if acting is not None and acting.login_id is not None:
        page["acting_name"] = role_name(acting.role)
        page["home_url"] = url_for(HOMES.get(acting.role, "site.my_roles"))
        page["several_roles"] = len(open_grants(reading(), acting.login_id, now=world.clock.now())) > 1
        page["sign_out_url"] = url_for("people.sign_out")
        if acting.role in MONEY_ROLES:
            page["work_links"] = partial(work_links, acting)
        if acting.role in OFFICERS:
            page["side_nav"] = officer_side()
    return page
