"""What codes of this subject are called on pages."""

from datetime import datetime

from flask_babel import gettext as _

from portal.teams.assisting import is_old
from portal.teams.models import Assisted
from portal.teams.states import OPEN


def role_words(role: str) -> str:
    """Return the name of a role in a team."""
    words = {"leader": _("Team leader"), "deputy": _("Deputy leader")}
    return words.get(role, _("Member"))


def state_words(row: Assisted, now: datetime) -> tuple[str, str]:
    """Return how a session stands, with a tone."""
    if row.state == "done" and row.undone_at is not None:
        return _("taken back by the owner"), "red"
    if row.state == "done":
        return _("sent"), "green"
    if row.state == "cancelled":
        return _("the household said no"), "grey"
    if row.state not in OPEN or is_old(row, now):
        return _("time is over: begin again"), "grey"
    return (_("waiting for the code"), "amber") if row.state == "opened" else (_("not finished"), "amber")


def stage_words(stage: str) -> str:
    """Return the name of a stage of the funnel."""
    words = {
        "phone_confirmed": _("Phone confirmed"),
        "approved": _("Approved"),
        "created": _("Account on a marketplace"),
        "eligible": _("Eligible"),
        "listed": _("Goods on sale"),
        "first_sale": _("First sale"),
    }
    return words[stage]


def flag_words(kind: str, detail: dict[str, object]) -> str:
    """Return what a flag says."""
    if kind == "phone_shared":
        return _("One phone serves %(count)s households.", count=detail.get("count"))
    if kind == "many_registrations":
        return _("One member registered %(count)s households on a day.", count=detail.get("count"))
    if kind == "team_mates_phone":
        return _("A household was registered with a team member's phone.")
    if detail.get("what") == "phone":
        return _("An owner took back a change of phone.")
    return _("An owner took back a registration.")
