"""The question about a place: the owner answers for the own shop, an officer for one record or for a whole hamlet."""

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from portal.db import begin, reading
from portal.errors import NotFound, error_line
from portal.onboarding import answers, places, question_list
from portal.onboarding.actions import organisation_of
from portal.onboarding.blueprint import blueprint
from portal.onboarding.errors import AnswerRefused, QuestionClosed
from portal.onboarding.forms import AnswerForm
from portal.onboarding.models import PlaceQuestion
from portal.onboarding.questions import question_of
from portal.onboarding.validators import plain
from portal.places.areas import day_of
from portal.world import current_world


@blueprint.get("/my/place")
def my_place() -> Any:
    """Ask the owner in which commune the shop lies today."""
    return _my_page(AnswerForm(), 200)


@blueprint.post("/my/place")
def my_place_settle() -> Any:
    """Keep the owner's answer."""
    question = _own()
    form = AnswerForm()
    answer = _answer(form, question)
    if answer is None:
        return _my_page(form, 400)
    if _settle(question.id, answer, hamlet=False):
        name = places.place_name(reading(), answer.rpartition(">")[2])
        flash(_("Your commune is now %(place)s. Is it wrong? Call the officer.", place=name), "success")
    return redirect(url_for("onboarding.my"))


def _own() -> PlaceQuestion:
    rows = reading()
    question = question_of(rows, organisation_of(rows, g.acting).id)
    if question is None:
        raise NotFound
    return question


def _my_page(form: AnswerForm, status: int) -> Any:
    rows, question = reading(), _own()
    offered = _prepare(form, question)
    former = places.place_name(rows, question.former_id) or question.text or ""
    page = render_template("onboarding/my_place.html", form=form, offered=offered, former=former)
    return page, status


@blueprint.get("/officer/places")
def officer_places() -> str:
    """List the places that wait for an answer, by former unit and hamlet."""
    page = request.args.get("page", 1, type=int)
    rows = reading()
    found = question_list.question_page(rows, g.acting, page=page)
    waiting = question_list.open_records(rows, g.acting)
    return render_template("onboarding/officer/places.html", found=found, records=waiting)


@blueprint.get("/officer/places/<question_id>")
def officer_place(question_id: str) -> Any:
    """Ask where one record, or its whole hamlet, lies today."""
    return _place_page(question_id, AnswerForm(), 200)


@blueprint.post("/officer/places/<question_id>")
def officer_place_settle(question_id: str) -> Any:
    """Keep an officer's answer."""
    form = AnswerForm()
    question = answers.find_question(reading(), g.acting, question_id)
    answer = _answer(form, question)
    if answer is None:
        return _place_page(question_id, form, 400)
    settled = _settle(question_id, answer, hamlet=form.whom.data == "hamlet")
    if settled:
        flash(ngettext("%(num)s record has its commune.", "%(num)s records have their commune.", settled), "success")
    return redirect(url_for("onboarding.officer_places"))


def _place_page(question_id: str, form: AnswerForm, status: int) -> Any:
    rows = reading()
    question = answers.find_question(rows, g.acting, question_id)
    if question.state != "open":
        raise QuestionClosed
    _prepare(form, question)
    listed, count = question_list.same_hamlet(rows, g.acting, question)
    names = question_list.subject_names(rows, [subject for _id, subject in listed], current_world().field_keys)
    page = render_template(
        "onboarding/officer/place.html",
        asked=question,
        former=places.place_name(rows, question.former_id),
        form=form,
        name=names.get(question.subject_id, ""),
        others=[(one, names.get(subject, "")) for one, subject in listed if one != question.id],
        count=count,
    )
    return page, status


def _prepare(form: AnswerForm, question: PlaceQuestion) -> list[answers.Option]:
    """Offer what may be answered, and the hamlet where others wait for the same answer; again changes nothing."""
    rows = reading()
    offered = answers.options(rows, question, on=day_of(current_world().clock.now()))
    if offered and form.place is not None:
        form.offer_answers(offered)
    elif form.unit.choices is None:
        form.unit.choices = []
    if form.whom.choices is None:
        form.whom.choices = []
        if question.hamlet and g.acting.role != "household":
            count = question_list.same_hamlet(rows, g.acting, question)[1]
            if count > 1:
                form.offer_hamlet(question.hamlet, count)
    return offered


def _answer(form: AnswerForm, question: PlaceQuestion) -> str | None:
    """Return the answer that was chosen or typed; else say at its field what is missing."""
    offered = _prepare(form, question)
    form.validate_on_submit()
    if not offered:
        world = current_world()
        on, text = day_of(world.clock.now()), plain(form.place.data or "")
        found = places.choices(reading(), text, on=on, province=world.settings.province)
        chosen = form.chosen(found)
        if chosen is None and not form.place.errors:
            form.say_which(found)
        return chosen.unit_id if chosen is not None and form.complete() else None
    return str(form.unit.data) if form.complete() and not form.errors else None


def _settle(question_id: str, answer: str, *, hamlet: bool) -> int:
    """Settle in one transaction; return how many, and 0 with a word where somebody was faster."""
    acting, now = g.acting, current_world().clock.now()
    try:
        with begin() as rows:
            return answers.settle(rows, now=now, acting=acting, question_id=question_id, answer=answer, hamlet=hamlet)
    except (QuestionClosed, AnswerRefused) as error:
        flash(error_line(error.code, **error.fields), "error")
        return 0
