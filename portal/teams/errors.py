"""What can go wrong with teams.

PortalError
└ TeamError     team.known · team.member_elsewhere · team.member_twice · team.role · team.name · team.ended
"""

from flask_babel import lazy_gettext as _l

from portal.errors import PortalError, Sentences


class TeamError(PortalError):
    """A team or a membership cannot be so; `code` says why."""

    def __init__(self, code: str, *, keep: bool = False, **fields: object) -> None:
        self.code = code
        super().__init__(keep=keep, **fields)


SENTENCES: Sentences = {
    "team.known": (409, _l("This hamlet has a team of this name already. Choose another name.")),
    "team.member_elsewhere": (409, _l("This person is in a team already. They must leave it first.")),
    "team.role": (400, _l("Choose one of the roles.")),
    "team.name": (400, _l("A team's name has 2 to 120 letters. Type it again.")),
    "team.ended": (409, _l("This team has ended. Reload the page to see how it stands.")),
}
