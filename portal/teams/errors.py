"""What can go wrong with teams.

PortalError
├ TeamError     team.known · team.member_elsewhere · team.role · team.name · team.ended
└ ActingError   acting.own_phone · acting.no_commune · acting.timed_out · acting.day_full
                acting.known_elsewhere · acting.needs_owner · acting.changed_since
"""

from flask_babel import lazy_gettext as _l

from portal.errors import PortalError, Sentences


class TeamError(PortalError):
    """A team or a membership cannot be so; `code` says why."""

    def __init__(self, code: str, *, keep: bool = False, **fields: object) -> None:
        self.code = code
        super().__init__(keep=keep, **fields)


class ActingError(PortalError):
    """Somebody cannot act for a household so; `code` says why."""

    def __init__(self, code: str, *, keep: bool = False, **fields: object) -> None:
        self.code = code
        super().__init__(keep=keep, **fields)


SENTENCES: Sentences = {
    "team.known": (409, _l("This hamlet has a team of this name already. Choose another name.")),
    "team.member_elsewhere": (409, _l("This person is in a team already. They must leave it first.")),
    "team.role": (400, _l("Choose one of the roles.")),
    "team.name": (400, _l("A team's name has 2 to 120 letters. Type it again.")),
    "team.ended": (409, _l("This team has ended. Reload the page to see how it stands.")),
    "acting.own_phone": (400, _l("Use the household's own phone.")),
    "acting.no_commune": (409, _l("Nobody knows yet in which commune your team is now. Call the commune officer.")),
    "acting.timed_out": (409, _l("Too much time has passed. Begin again with a new code.")),
    "acting.day_full": (429, _l("You have registered %(most)s households today. Go on tomorrow.")),
    "acting.known_elsewhere": (409, _l("This phone is registered in another commune. Call the officer.")),
    "acting.needs_owner": (
        403,
        _l("Only the owner can allow this, with the code on the own phone. We told the owner."),
    ),
    "acting.changed_since": (409, _l("This was changed again since. Look at the newest line.")),
}
