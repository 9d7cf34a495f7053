"""Signing in: phone, code, second factor, one-time link; own sessions; signing out."""

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portal.acting import Acting
from portal.db import begin, reading
from portal.errors import PortalError, error_line
from portal.people import actions, factors
from portal.people.forms import AuthenticatorForm, CodeForm, PhoneForm, PressForm
from portal.people.roles import ROLES
from portal.people.sessions import end_session
from portal.people.signing_in import begin_session, confirm_code, home_of, own_path, send_code
from portal.qr import qr_svg
from portal.world import current_world

blueprint = Blueprint("people", __name__)


def _after_sign_in(login_id: str) -> Response:
    grants = actions.open_grants(reading(), login_id, now=current_world().clock.now())
    if grants and ROLES[grants[0].role].second_factor:
        return redirect(url_for("people.second_factor"))
    return redirect(own_path(session.pop("next", None)) or home_of(grants[0] if grants else None))


@blueprint.get("/sign-in")
def sign_in() -> str:
    """Show the phone question."""
    if own_path(request.args.get("next")):
        session["next"] = request.args["next"]
    return render_template("people/sign_in.html", form=PhoneForm())


@blueprint.post("/sign-in")
def sign_in_send() -> Any:
    """Send a code to the number: the same answer for known and unknown ones."""
    form = PhoneForm()
    if form.validate_on_submit() and send_code(form, purpose="sign_in"):
        return redirect(url_for("people.code"))
    return render_template("people/sign_in.html", form=form), 400


@blueprint.get("/sign-in/code")
def code() -> Any:
    """Show the code question."""
    if "challenge" not in session:
        return redirect(url_for("people.sign_in"))
    return render_template("people/code.html", form=CodeForm(), phone=session.get("phone_shown"))


@blueprint.post("/sign-in/code")
def code_check() -> Any:
    """Check the code and sign in."""
    form = CodeForm()
    if form.validate_on_submit():
        login = confirm_code(form)
        if login is not None:
            begin_session(login.id)
            return _after_sign_in(login.id)
    return render_template("people/code.html", form=form, phone=session.get("phone_shown")), 400


@blueprint.get("/sign-in/link/<token>")
def link(token: str) -> str:
    """Show the one button of a one-time link; the page itself uses nothing up."""
    actions.peek_link(reading(), now=current_world().clock.now(), token=token)
    return render_template("people/link.html", form=PressForm())


@blueprint.post("/sign-in/link/<token>")
def link_use(token: str) -> Response:
    """Use a one-time link up: the first factor."""
    world = current_world()
    with begin() as rows:
        acting = Acting.system("sign-in", request_id=g.request_id)
        login = actions.use_link(rows, now=world.clock.now(), token=token)
        actions.note_sign_in(rows, now=world.clock.now(), acting=acting, login_id=login.id, method="link")
    begin_session(login.id)
    return _after_sign_in(login.id)


@blueprint.get("/sign-in/second")
def second_factor() -> Any:
    """Ask for the authenticator's code; who has none yet is led to add one."""
    if not factors.confirmed(reading(), g.acting.login_id):
        return redirect(url_for("people.authenticator"))
    return render_template("people/second.html", form=AuthenticatorForm())


@blueprint.post("/sign-in/second")
def second_factor_check() -> Any:
    """Check the authenticator's code; the session gets a new id and its full rights."""
    form = AuthenticatorForm()
    if form.validate_on_submit() and _pass_authenticator(form):
        return _fully_in()
    return render_template("people/second.html", form=form), 400


@blueprint.get("/sign-in/authenticator")
def authenticator() -> Any:
    """Show the secret to add to an app, as a code to scan and as text."""
    if factors.confirmed(reading(), g.acting.login_id):
        return redirect(url_for("people.second_factor"))
    return (
        redirect(url_for("people.authenticator_new"))
        if "secret_shown" not in session
        else _authenticator_page(AuthenticatorForm(), 200)
    )


@blueprint.get("/sign-in/authenticator/new")
def authenticator_new() -> str:
    """Say what an authenticator app is, with the button that makes the secret."""
    return render_template("people/authenticator_new.html", form=PressForm())


@blueprint.post("/sign-in/authenticator/new")
def authenticator_make() -> Response:
    """Make the secret (once; until confirmed the same is shown again)."""
    with begin() as rows:
        factors.enrol(rows, login_id=g.acting.login_id, keys=current_world().field_keys)
    session["secret_shown"] = True
    return redirect(url_for("people.authenticator"))


@blueprint.post("/sign-in/authenticator")
def authenticator_confirm() -> Any:
    """Confirm the app by its first code."""
    form = AuthenticatorForm()
    if form.validate_on_submit() and _pass_authenticator(form):
        session.pop("secret_shown", None)
        return _fully_in()
    return _authenticator_page(form, 400)


def _authenticator_page(form: AuthenticatorForm, status: int) -> Any:
    from portal.people.models import Authenticator, Login

    world = current_world()
    row = reading().get(Authenticator, g.acting.login_id)
    if row is None:
        return redirect(url_for("people.authenticator_new"))
    secret = world.field_keys.open(row.secret_sealed, place=f"authenticators.secret.{row.login_id}")
    label = actions.login_phone(reading().get_one(Login, row.login_id), world.field_keys).masked
    uri = factors.provisioning_uri(secret, label=label)
    shown = " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))
    return render_template("people/authenticator.html", form=form, secret=shown, qr=qr_svg(uri), uri=uri), status


def _pass_authenticator(form: AuthenticatorForm) -> bool:
    world = current_world()
    try:
        with begin() as rows:
            login_id = session.row.login_id  # type: ignore[attr-defined]
            acting = Acting.system("sign-in", request_id=g.request_id)
            factors.check_authenticator(
                rows,
                now=world.clock.now(),
                acting=acting,
                login_id=login_id,
                code=form.code.data or "",
                keys=world.field_keys,
            )
            actions.note_sign_in(rows, now=world.clock.now(), acting=acting, login_id=login_id, method="authenticator")
    except PortalError as error:
        form.code.errors = [error_line(error.code, **error.fields)]
        return False
    return True


def _fully_in() -> Response:
    login_id = session.row.login_id  # type: ignore[attr-defined]
    target = session.pop("next", None)
    begin_session(login_id, second_factor=True)
    grants = actions.open_grants(reading(), login_id, now=current_world().clock.now())
    return redirect(own_path(target) or home_of(grants[0] if grants else None))


@blueprint.post("/sign-out")
def sign_out() -> Response:
    """End the session on the server and clear what the browser keeps."""
    end_session(session)
    answer = redirect(url_for("catalogue.market"))
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


@blueprint.get("/my/sessions")
def my_sessions() -> str:
    """List the own sessions."""
    rows = actions.live_sessions(reading(), g.acting.login_id)
    return render_template("people/sessions.html", rows=rows, here=session.row.token_hash, form=PressForm())  # type: ignore[attr-defined]


@blueprint.post("/my/sessions/end")
def my_sessions_end() -> Response:
    """End all own sessions but this one."""
    with begin() as rows:
        actions.end_sessions(
            rows,
            now=current_world().clock.now(),
            acting=g.acting,
            login_id=g.acting.login_id,
            keep=session.row.token_hash,  # type: ignore[attr-defined]
        )
    flash(_("All other devices are signed out."))
    return redirect(url_for("people.my_sessions"))
