"""Registering: phone, code, then one question a page, saved at each step; read-back, one act, a reference."""

from dataclasses import replace
from typing import Any

from flask import abort, flash, g, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portal.acting import Acting
from portal.db import begin, reading
from portal.errors import error_line
from portal.i18n import current_language
from portal.onboarding import places
from portal.onboarding.blueprint import blueprint
from portal.onboarding.consents import current_texts
from portal.onboarding.drafts import (
    STEPS,
    Answers,
    begin_draft,
    first_open,
    open_draft,
    own_draft,
    read_answers,
    save_answers,
)
from portal.onboarding.errors import AnswerRefused
from portal.onboarding.forms import (
    BeginForm,
    ConsentsForm,
    GrownForm,
    IdForm,
    NameForm,
    PlaceForm,
    SellingForm,
    StartForm,
    StepForm,
)
from portal.onboarding.models import Draft, Organisation
from portal.onboarding.recorded import refuse_taken_id
from portal.onboarding.registering import household_of
from portal.onboarding.validators import plain
from portal.people.actions import login_phone
from portal.people.forms import CodeForm
from portal.people.models import Login
from portal.people.signing_in import begin_session, confirm_code, send_code
from portal.places.areas import day_of
from portal.world import current_world

FORMS: dict[str, type[StepForm]] = {
    "name": NameForm,
    "id": IdForm,
    "place": PlaceForm,
    "grown": GrownForm,
    "selling": SellingForm,
    "consents": ConsentsForm,
}
SCREENS = ("phone", "code", *STEPS, "check")


def progress(step: str) -> tuple[int, int]:
    """Return which screen of how many this is."""
    return SCREENS.index(step) + 1, len(SCREENS)


def as_owner() -> Acting:
    """Return the signed-in person as the owner of what is registered, whatever else they may be."""
    return replace(g.acting, role="household", organisation_id=None, unit_id=None)


@blueprint.get("/register")
def register() -> Any:
    """Show the first question, or go on where this person left off."""
    if g.acting is None or g.acting.login_id is None:
        return render_template("onboarding/register/phone.html", form=BeginForm(), progress=progress("phone"))
    rows, now = reading(), current_world().clock.now()
    draft = open_draft(rows, login_id=g.acting.login_id, now=now)
    if draft is not None:
        session["draft"] = draft.id
        return redirect(step_url(first_open(read_answers(draft, current_world().field_keys))))
    if household_of(rows, g.acting.login_id) is not None:
        return redirect(url_for("onboarding.my"))
    return render_template("onboarding/register/start.html", form=StartForm())


@blueprint.post("/register")
def register_phone() -> Any:
    """Send a code to the number; or begin at once where the phone is known from signing in."""
    if g.acting is not None and g.acting.login_id is not None:
        form = StartForm()
        if not form.validate_on_submit():
            abort(400)
        return _go_on(g.acting.login_id, form.draft_id.data or "")
    begin_form = BeginForm()
    if begin_form.validate_on_submit() and send_code(begin_form, purpose="register"):
        session["draft"] = begin_form.draft_id.data
        return redirect(url_for("onboarding.register_code"))
    return render_template("onboarding/register/phone.html", form=begin_form, progress=progress("phone")), 400


@blueprint.get("/register/code")
def register_code() -> Any:
    """Ask for the code."""
    if "challenge" not in session:
        return redirect(url_for("onboarding.register"))
    return _code_page(CodeForm(), 200)


@blueprint.post("/register/code")
def register_code_check() -> Any:
    """Check the code: the phone is confirmed, its owner signed in, the draft begun or found again."""
    form = CodeForm()
    if form.validate_on_submit():
        login = confirm_code(form)
        if login is not None:
            begin_session(login.id)
            return _go_on(login.id, session.get("draft", ""))
    return _code_page(form, 400)


def _code_page(form: CodeForm, status: int) -> Any:
    page = render_template(
        "onboarding/register/code.html",
        form=form,
        phone=session.get("phone_shown"),
        back=url_for("onboarding.register"),
        progress=progress("code"),
    )
    return page, status


def _go_on(login_id: str, draft_id: str) -> Response:
    """Begin or find the login's draft and lead to its first open question."""
    world = current_world()
    now = world.clock.now()
    with begin() as rows:
        if household_of(rows, login_id) is not None and open_draft(rows, login_id=login_id, now=now) is None:
            flash(_("This phone has a shop already."))
            return redirect(url_for("onboarding.my"))
        phone = login_phone(rows.get_one(Login, login_id), world.field_keys)
        acting = Acting(login_id=login_id, role="household", request_id=g.request_id)
        draft = begin_draft(
            rows,
            now=now,
            acting=acting,
            draft_id=draft_id,
            login_id=login_id,
            answers={"phone": phone.e164},
            keys=world.field_keys,
        )
        step = first_open(read_answers(draft, world.field_keys))
    session["draft"] = draft.id
    return redirect(step_url(step))


def step_url(step: str) -> str:
    """Return the page of a step."""
    return url_for("onboarding.register_check") if step == "check" else url_for("onboarding.register_step", step=step)


def own_answers() -> tuple[Draft, Answers]:
    """Return the draft of this session and what it answers; raise `DraftGone`."""
    world = current_world()
    draft = own_draft(reading(), draft_id=session.get("draft", ""), login_id=g.acting.login_id, now=world.clock.now())
    return draft, read_answers(draft, world.field_keys)


def _form(step: str, answers: Answers) -> StepForm:
    """Return the step's form, filled from what was answered where nothing is sent."""
    kind = FORMS[step]
    if kind is ConsentsForm:
        kind = ConsentsForm.asking({purpose: row.text for purpose, row in _texts().items()})
    form = kind()
    if isinstance(form, IdForm):
        form.this_year = day_of(current_world().clock.now()).year
    if isinstance(form, ConsentsForm):
        form.language = current_language()
    if request.method == "GET":
        form.fill(answers)
    return form


def _texts() -> dict[str, Any]:
    return current_texts(reading(), current_language())


def _step_page(step: str, form: StepForm, status: int = 200) -> Any:
    before = STEPS.index(step)
    extra = {"texts": _texts()} if step == "consents" else {}
    back = step_url(STEPS[before - 1]) if before else None
    return render_template(
        f"onboarding/register/{step}.html", form=form, back=back, progress=progress(step), **extra
    ), status


@blueprint.get("/register/<any(name,id,place,grown,selling,consents):step>")
def register_step(step: str) -> Any:
    """Ask one question."""
    draft, answers = own_answers()
    if draft.state == "sent":
        return redirect(url_for("onboarding.register_done"))
    form = _form(step, answers)
    if isinstance(form, PlaceForm) and request.args.get("choose") and "place_query" in answers:
        form.offer(_choices(form))
    return _step_page(step, form)


@blueprint.post("/register/<any(name,id,place,grown,selling,consents):step>")
def register_step_save(step: str) -> Any:
    """Keep the answer and go on to the first open question."""
    _draft, answers = own_answers()
    form = _form(step, answers)
    if isinstance(form, PlaceForm):
        return _save_place(form)
    if form.validate_on_submit():
        try:
            return _save(form.answer(), number=form.parsed if isinstance(form, IdForm) else None)
        except AnswerRefused as error:
            next(iter(form)).errors = [error_line(error.code, **error.fields)]
    return _step_page(step, form, 400)


def _save(answer: Answers, *, number: Any = None) -> Response:
    world, acting = current_world(), as_owner()
    now = world.clock.now()
    with begin() as rows:
        draft = own_draft(rows, draft_id=session.get("draft", ""), login_id=acting.login_id or "", now=now, lock=True)
        if number is not None:
            known = rows.get(Organisation, draft.organisation_id) if draft.organisation_id else None
            refuse_taken_id(rows, number=number, keys=world.field_keys, own=known.head_person_id if known else None)
        save_answers(rows, now=now, acting=acting, draft=draft, keys=world.field_keys, answers=answer)
        step = first_open(read_answers(draft, world.field_keys))
    for note in number.notes if number is not None else ():
        flash(error_line(note.code, **note.fields), "warning" if note.kind == "warning" else "message")
    return redirect(step_url(step))


def _choices(form: PlaceForm) -> list[places.Choice]:
    world = current_world()
    on = day_of(world.clock.now())
    return places.choices(reading(), plain(form.place.data or ""), on=on, province=world.settings.province)


def _save_place(form: PlaceForm) -> Any:
    """Keep the commune where the text means one or a choice was made; else ask which."""
    form.unit.choices = []
    if not form.validate_on_submit():
        return _step_page("place", form, 400)
    found = _choices(form)
    chosen = form.chosen(found)
    if chosen is not None:
        confidence = "chosen" if len(found) > 1 else chosen.confidence
        return _save(
            {"place": {**form.typed(), "unit": chosen.unit_id, "confidence": confidence}, "place_query": form.typed()}
        )
    if found and not form.was_offered():
        _save({"place_query": form.typed()})
        return redirect(url_for("onboarding.register_step", step="place", choose=1))
    form.say_which(found)
    return _step_page("place", form, 400)
