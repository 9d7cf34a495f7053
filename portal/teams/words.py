"""What codes of this subject are called on pages."""

from flask_babel import gettext as _


def role_words(role: str) -> str:
    """Return the name of a role in a team."""
    words = {"leader": _("Team leader"), "deputy": _("Deputy leader")}
    return words.get(role, _("Member"))
