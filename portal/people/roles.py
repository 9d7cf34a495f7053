"""The roles, how long their sessions live, and which need a second factor."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Role:
    """One role: code, order of strength, session limits (None: no idle limit), whether it needs two factors."""

    code: str
    rank: int
    idle: timedelta | None
    absolute: timedelta
    second_factor: bool = True


_OFFICER = (timedelta(minutes=30), timedelta(hours=10))
ROLES: dict[str, Role] = {
    role.code: role
    for role in (
        Role("household", 1, timedelta(days=7), timedelta(days=30), second_factor=False),
        Role("seller_staff", 2, timedelta(days=7), timedelta(days=30), second_factor=False),
        Role("team_member", 3, timedelta(minutes=15), timedelta(hours=12), second_factor=False),
        Role("cashier", 4, None, timedelta(hours=12)),
        Role("institution", 5, *_OFFICER),
        Role("market_manager", 6, *_OFFICER),
        Role("team_supervisor", 7, *_OFFICER),
        Role("ioc_reader", 8, *_OFFICER),
        Role("auditor", 9, *_OFFICER),
        Role("commune_officer", 10, *_OFFICER),
        Role("province_officer", 11, *_OFFICER),
        Role("admin", 12, *_OFFICER),
    )
}
STRANGER = Role("stranger", 0, timedelta(days=1), timedelta(days=2), second_factor=False)
SIGNED_IN = Role("signed_in", 0, timedelta(days=7), timedelta(days=30), second_factor=False)
EXCLUSIVE_DUTIES = frozenset({"collect", "reconcile"})


def of_session(code: str | None, *, signed_in: bool) -> Role:
    """Return the limits that hold for a session with this role, with a login and no role, or of a stranger."""
    if code is not None:
        return ROLES[code]
    return SIGNED_IN if signed_in else STRANGER
