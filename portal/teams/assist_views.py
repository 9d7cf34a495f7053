"""Registering a household in its presence: its phone, its code, one question a page, then all of it read aloud."""

from typing import Any

from flask import flash, g, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portal.db import begin, reading
from portal.errors import PortalError, error_line
from portal.i18n import current_language
from portal.onboarding import readback
from portal.onboarding.consents import current_texts
from portal.onboarding.drafts import Answers
from portal.onboarding.errors import AnswerRefused
from portal.onboarding.forms import ConsentsForm, GrownForm, IdForm, NameForm, SellingForm, StepForm
from portal.onboarding.persons import given_name
from portal.onboarding.places import place_name
from portal.people.actions import login_name
from portal.people.forms import CodeForm, PressForm
from portal.people.models import Login
from portal.people.phones import Phone
from portal.places.areas import day_of
from portal.teams import assisting
from portal.teams.blueprint import blueprint
from portal.teams.duplicates import known_with
from portal.teams.forms import HamletForm, HouseholdPhoneForm
from portal.teams.members import desk_of
from portal.teams.models import Assisted
from portal.world import current_world

FORMS: dict[str, type[StepForm]] = {
    "name": NameForm,
    "id": IdForm,
    "place": HamletForm,
    "grown": GrownForm,
    "selling": SellingForm,
}
SCREENS = ("phone", "code", *assisting.STEPS, "read")
_AT_THE_PHONE = ("acting.own_phone", "acting.day_full", "acting.known_elsewhere", "code.too_many")


def progress(step: str) -> tuple[int, int]:
    """Return which screen of how many this is."""
    return SCREENS.index(step) + 1, len(SCREENS)


def helper_name() -> str:
    """Return the last word of the member's name: how people call each other."""
    login = reading().get_one(Login, g.acting.login_id)
    name = login_name(login, current_world().field_keys) or _("A digital team member")
    return given_name(name)[:20].replace("%", "")


@blueprint.get("/team/households/new")
def household_new() -> str:
    """Ask for the household's phone."""
    assisting.working_desk(reading(), g.acting, current_world().clock.now())
    return render_template("teams/assist/phone.html", form=HouseholdPhoneForm(), progress=progress("phone"), known=None)


@blueprint.post("/team/households/new")
def household_open() -> Any:
    """Say whether the phone has a shop already; else, or for another household of it, send the code there."""
    form, acting, world, known = HouseholdPhoneForm(), g.acting, current_world(), None
    if form.validate_on_submit() and form.parsed is not None:
        now, phone = world.clock.now(), form.parsed
        text = _("%(name)s of the digital team helps you open a shop. Read the code %(code)s to them if you agree.",
                 name=helper_name(), code="%(code)s")  # fmt: skip
        try:
            known = known_with(reading(), acting, now=now, phone=phone, keys=world.field_keys)
            if known is None or request.form.get("another"):
                with begin() as rows:
                    row = assisting.open_session(
                        rows, now=now, acting=acting, phone=phone, address=request.remote_addr or "", text=text,
                        keys=world.field_keys,
                    )  # fmt: skip
                return redirect(url_for("teams.household_code", assisted_id=row.id))
        except PortalError as error:
            if error.code not in _AT_THE_PHONE:
                raise
            form.phone.errors = [error_line(error.code, **error.fields)]
    page = render_template(
        "teams/assist/phone.html", form=form, progress=progress("phone"), known=known, by=_who(known)
    )
    return page, 200 if known is not None else 400


def _who(known: Any) -> str:
    if known is None or known.member_login is None:
        return _("the household itself")
    login = reading().get_one(Login, known.member_login)
    return _("%(name)s, %(team)s", name=login_name(login, current_world().field_keys) or "", team=known.team)


@blueprint.get("/team/households/<assisted_id>/code")
def household_code(assisted_id: str) -> Any:
    """Ask for the code that the household received."""
    row = assisting.own_session(reading(), g.acting, assisted_id, now=current_world().clock.now())
    return redirect(_next(row)) if row.state != "opened" else _code_page(row, CodeForm(), 200)


@blueprint.post("/team/households/<assisted_id>/code")
def household_confirm(assisted_id: str) -> Any:
    """Check the code: the household's phone is confirmed."""
    form, acting, world = CodeForm(), g.acting, current_world()
    row = assisting.own_session(reading(), acting, assisted_id, now=world.clock.now())
    if row.state != "opened":
        return redirect(_next(row))
    if form.validate_on_submit():
        try:
            with begin() as rows:
                now, code = world.clock.now(), form.code.data or ""
                row = assisting.confirm(
                    rows, now=now, acting=acting, assisted_id=assisted_id, code=code, keys=world.field_keys
                )
            return redirect(_next(row))
        except PortalError as error:
            if not error.code.startswith("code."):
                raise
            form.code.errors = [error_line(error.code, **error.fields)]
    return _code_page(row, form, 400)


def _code_page(row: Assisted, form: CodeForm, status: int) -> Any:
    keys = current_world().field_keys
    phone = Phone(keys.open(row.phone_sealed, place=f"assisted.phone.{row.id}")).masked if row.phone_sealed else ""
    return render_template(
        "teams/assist/code.html", form=form, row=row, phone=phone, progress=progress("code"), press=PressForm()
    ), status


def _next(row: Assisted) -> str:
    """Return where a session goes on."""
    if row.state == "opened":
        return url_for("teams.household_code", assisted_id=row.id)
    if row.state == "done":
        return url_for("teams.household", assisted_id=row.id)
    now = current_world().clock.now()
    step = assisting.first_open(_answers(row), desk_of(reading(), g.acting, now).unit_id or "")
    return _url(row.id, step)


def _url(assisted_id: str, step: str) -> str:
    if step == "read":
        return url_for("teams.household_read", assisted_id=assisted_id)
    return url_for("teams.household_step", assisted_id=assisted_id, step=step)


def _answers(row: Assisted) -> Answers:
    world = current_world()
    return assisting.answers_of(reading(), row, now=world.clock.now(), keys=world.field_keys)


def _at_work(assisted_id: str) -> tuple[Assisted, Response | None]:
    """Return an own session, and where to go instead unless its phone is confirmed and it is not finished."""
    row = assisting.own_session(reading(), g.acting, assisted_id, now=current_world().clock.now())
    return row, None if row.state == "phone_confirmed" and row.kind == "register" else redirect(_next(row))


@blueprint.get("/team/households/<assisted_id>/<any(name,id,place,grown,selling):step>")
def household_step(assisted_id: str, step: str) -> Any:
    """Ask one question."""
    row, elsewhere = _at_work(assisted_id)
    return elsewhere or _step_page(row, step, _form(row, step))


@blueprint.post("/team/households/<assisted_id>/<any(name,id,place,grown,selling):step>")
def household_step_save(assisted_id: str, step: str) -> Any:
    """Keep the answer and go on to the first open question."""
    row, elsewhere = _at_work(assisted_id)
    if elsewhere is not None:
        return elsewhere
    form, acting, world = _form(row, step), g.acting, current_world()
    if form.validate_on_submit():
        number = form.parsed if isinstance(form, IdForm) else None
        try:
            with begin() as rows:
                row = assisting.save(
                    rows, now=world.clock.now(), acting=acting, assisted_id=assisted_id, answer=form.answer(),
                    number=number, keys=world.field_keys,
                )  # fmt: skip
            if isinstance(form, HamletForm):
                session["hamlet"] = form.hamlet.data  # the next household is mostly a neighbour
            for note in number.notes if number is not None else ():
                flash(error_line(note.code, **note.fields), "warning" if note.kind == "warning" else "message")
            return redirect(_next(row))
        except AnswerRefused as error:
            next(iter(form)).errors = [error_line(error.code, **error.fields)]
    return _step_page(row, step, form, 400)


def _form(row: Assisted, step: str) -> StepForm:
    form, rows = FORMS[step](), reading()
    if isinstance(form, IdForm):
        form.this_year = day_of(current_world().clock.now()).year
    if isinstance(form, HamletForm):
        form.unit_id = desk_of(rows, g.acting, current_world().clock.now()).unit_id or ""
        form.commune = place_name(rows, form.unit_id or None)
    if request.method == "GET":
        form.fill(_answers(row))
        if isinstance(form, HamletForm) and not form.hamlet.data:
            form.hamlet.data = session.get("hamlet", "")
    return form


def _step_page(row: Assisted, step: str, form: StepForm, status: int = 200) -> Any:
    before = assisting.STEPS.index(step)
    back = _url(row.id, assisting.STEPS[before - 1]) if before else None
    template = "teams/assist/hamlet.html" if step == "place" else f"onboarding/register/{step}.html"
    return render_template(template, form=form, back=back, progress=progress(step), helping=_phone_shown(row)), status


def _phone_shown(row: Assisted) -> str:
    return Phone(_answers(row)["phone"]).masked


@blueprint.get("/team/households/<assisted_id>/read")
def household_read(assisted_id: str) -> Any:
    """Show all of it for reading aloud, with a yes or no for each consent."""
    row, elsewhere = _at_work(assisted_id)
    if elsewhere is not None:
        return elsewhere
    where = _next(row)
    return redirect(where) if not where.endswith("/read") else _read_page(row, _consents_form(), 200)


@blueprint.post("/team/households/<assisted_id>/read")
def household_send(assisted_id: str) -> Any:
    """Send the registration: one act, however often the button is pressed."""
    row = assisting.own_session(reading(), g.acting, assisted_id, now=current_world().clock.now())
    if row.state == "done":
        return redirect(_next(row))
    row, elsewhere = _at_work(assisted_id)
    if elsewhere is not None:
        return elsewhere
    form, acting, world = _consents_form(), g.acting, current_world()
    if not form.validate_on_submit():
        return _read_page(row, form, 400)
    text = _("%(name)s has just opened a shop for you on Cho So. Not right? Call %(number)s. See: %(address)s",
             name=helper_name(), number=world.settings.help_phone,
             address=world.settings.public_url + "/slip/%(slip)s")  # fmt: skip
    try:
        with begin() as rows:
            assisting.finish(
                rows, now=world.clock.now(), acting=acting, assisted_id=assisted_id, agreed=form.answer(), text=text,
                keys=world.field_keys,
            )  # fmt: skip
    except PortalError as error:
        if error.code not in ("seller.incomplete", "id.known", "claim.unsure", "acting.day_full", "seller.known"):
            raise
        flash(error_line(error.code, **error.fields), "error")
        return _read_page(row, form, 400)
    return redirect(url_for("teams.household", assisted_id=assisted_id))


def _consents_form() -> ConsentsForm:
    texts = current_texts(reading(), current_language())
    form = ConsentsForm.asking({purpose: row.text for purpose, row in texts.items()})()
    form.language = current_language()
    return form


def _read_page(row: Assisted, form: ConsentsForm, status: int) -> Any:
    answers = {**_answers(row), "consents": {}}
    lines = readback.lines(
        answers, place=place_name(reading(), answers["place"]["unit"]), url=lambda step: _url(row.id, step)
    )
    page = render_template(
        "teams/assist/read.html",
        form=form,
        row=row,
        lines=lines,
        texts=current_texts(reading(), current_language()),
        progress=progress("read"),
        helping=_phone_shown(row),
        press=PressForm(),
    )
    return page, status


@blueprint.post("/team/households/<assisted_id>/cancel")
def household_cancel(assisted_id: str) -> Response:
    """End a session, because the household said no."""
    acting = g.acting
    with begin() as rows:
        assisting.cancel(rows, now=current_world().clock.now(), acting=acting, assisted_id=assisted_id)
    flash(_("Nothing was kept. Thank the household for its time."), "success")
    return redirect(url_for("teams.team"))
