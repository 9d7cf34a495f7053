"""What signing in does, wherever it begins: a code to a phone, the session, and where a role's work begins."""

import secrets
from typing import Any
from urllib.parse import urlsplit

from flask import g, redirect, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portal.acting import Acting
from portal.db import begin, reading
from portal.errors import PortalError, SignInNeeded, error_line
from portal.people import actions, codes
from portal.people.forms import CodeForm, PhoneForm
from portal.people.models import RoleGrant
from portal.people.sessions import sign_in_session
from portal.world import current_world

HOMES = {
    "household": "onboarding.my",
    "seller_staff": "onboarding.my",
    "team_member": "teams.team",
    "cashier": "cashier.till",
    "institution": "cashier.refunds_waiting",
    "market_manager": "stalls.stalls",
    "commune_officer": "desk.officer",
    "province_officer": "desk.officer",
    "ioc_reader": "adoption.dashboard",
    "auditor": "adoption.dashboard",
}


def own_path(target: str | None) -> str | None:
    """Return a path of ours, or None: no other host, no scheme, no backslash."""
    if (
        not target
        or not target.startswith("/")
        or target.startswith(("//", "/\\"))
        or "\\" in target
        or any(ord(c) < 32 for c in target)
    ):
        return None
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else None


def to_sign_in() -> Response:
    """Send a stranger to the sign-in page, remembering where they wanted to go."""
    target = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("people.sign_in", next=own_path(target)))


def bound() -> str:
    """Return what binds a code to this browser's request."""
    if "bound" not in session:
        session["bound"] = secrets.token_hex(16)
    return str(session["bound"])


def send_code(form: PhoneForm, *, purpose: str) -> bool:
    """Ask for a code for the form's number; note the challenge in the session. False: the form shows why not."""
    world = current_world()
    assert form.parsed is not None  # noqa: S101
    host = urlsplit(world.settings.public_url).hostname or ""
    text = _("Your Cho So code is %(code)s. Don't give it to anybody.") + f"\n@{host} #%(code)s"
    try:
        with begin() as rows:
            challenge = codes.ask_code(
                rows,
                now=world.clock.now(),
                phone=form.parsed,
                purpose=purpose,
                bound_to=bound(),
                address=request.remote_addr or "",
                keys=world.field_keys,
                text=text,
            )
    except PortalError as error:
        form.phone.errors = [error_line(error.code, **error.fields)]
        return False
    session["challenge"], session["phone_shown"] = challenge, form.parsed.masked
    return True


def confirm_code(form: CodeForm) -> Any:
    """Use the session's code up and return the login, made at its first confirmation. None: the form shows why not."""
    world = current_world()
    try:
        with begin() as rows:
            now = world.clock.now()
            phone = codes.check_code(
                rows,
                now=now,
                challenge_id=session.get("challenge", ""),
                code=form.code.data or "",
                bound_to=bound(),
                keys=world.field_keys,
            )
            acting = Acting.system("sign-in", request_id=g.request_id)
            login = actions.login_for(rows, now=now, acting=acting, phone=phone, keys=world.field_keys)
            if login.disabled_at is not None:
                raise SignInNeeded
            actions.note_sign_in(rows, now=now, acting=acting, login_id=login.id, method="sms")
            return login
    except PortalError as error:
        form.code.errors = [error_line(error.code, **error.fields)]
        return None


def begin_session(login_id: str, *, second_factor: bool = False) -> None:
    """Sign the browser in under the login's strongest role."""
    now = current_world().clock.now()
    grants = actions.open_grants(reading(), login_id, now=now)
    for name in ("challenge", "phone_shown", "bound"):
        session.pop(name, None)
    sign_in_session(
        session, login_id=login_id, grant_id=grants[0].id if grants else None, now=now, second_factor=second_factor
    )


def home_of(grant: RoleGrant | None) -> str:
    """Return where a role's work begins."""
    if grant is None:
        return url_for("onboarding.register")
    return url_for(HOMES.get(grant.role, "site.my_roles"))
