"""The owner's own details after registering: all of them on one page, and a page for each that can be changed."""

from collections.abc import Callable
from typing import Any

from flask import flash, g, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session

from portal.db import begin, reading
from portal.errors import NotFound, error_line
from portal.onboarding import details, readback
from portal.onboarding.actions import organisation_of
from portal.onboarding.blueprint import blueprint
from portal.onboarding.errors import AnswerRefused
from portal.onboarding.forms import IdForm, SellingForm
from portal.onboarding.models import Organisation, Person
from portal.onboarding.persons import person_id_number, person_name, person_phone
from portal.onboarding.places import place_name
from portal.places.areas import day_of
from portal.world import current_world


@blueprint.get("/my/details")
def my_details() -> str:
    """Show what is on record of the household, and where it can be changed."""
    organisation, head = _own()
    return render_template("onboarding/my_details.html", lines=_lines(organisation, head))


@blueprint.get("/my/details/selling")
def my_selling() -> Any:
    """Ask again how food is kept safe and whether a transfer can be taken."""
    organisation, _head = _own()
    form = SellingForm()
    form.food_safety.data = organisation.food_safety
    known = {True: "yes", False: "no", None: None}
    form.payment.data = known[organisation.payment_declared]
    return _selling_page(form, 200)


@blueprint.post("/my/details/selling")
def my_selling_change() -> Any:
    """Keep the new answers."""
    form, world, acting = SellingForm(), current_world(), g.acting
    if not form.validate_on_submit():
        return _selling_page(form, 400)
    answer = form.answer()["selling"]
    with begin() as rows:
        changed = details.change_selling(
            rows, now=world.clock.now(), acting=acting, organisation=organisation_of(rows, acting), **answer
        )
    flash(_("Your answers are saved.") if changed else _("Nothing was changed."), "success")
    return redirect(url_for("onboarding.my_details"))


@blueprint.get("/my/details/id-number")
def my_id() -> Any:
    """Ask for the ID number that was left for later."""
    _organisation, head = _own()
    if head.id_index is not None:
        return redirect(url_for("onboarding.my_details"))
    return _id_page(_id_form(), 200)


@blueprint.post("/my/details/id-number")
def my_id_add() -> Any:
    """Keep the ID number, or say at the field why not."""
    form, world, acting = _id_form(), current_world(), g.acting
    if not form.validate_on_submit() or form.parsed is None:
        return _id_page(form, 400)
    number = form.parsed

    def add(rows: Session) -> None:
        details.add_id_number(
            rows, now=world.clock.now(), acting=acting, organisation=organisation_of(rows, acting), number=number,
            keys=world.field_keys,
        )  # fmt: skip

    if not _kept(form, add):
        return _id_page(form, 400)
    flash(_("Your ID number is saved. It is kept under lock."), "success")
    return redirect(url_for("onboarding.my_details"))


def _kept(form: IdForm, act: Callable[[Session], None]) -> bool:
    try:
        with begin() as rows:
            act(rows)
    except AnswerRefused as error:
        form.id_number.errors = [error_line(error.code, **error.fields)]
        return False
    return True


def _own() -> tuple[Organisation, Person]:
    rows = reading()
    organisation = organisation_of(rows, g.acting)
    head = rows.get(Person, organisation.head_person_id) if organisation.head_person_id else None
    if organisation.kind != "household" or head is None:
        raise NotFound
    return organisation, head


def _id_form() -> IdForm:
    form = IdForm()
    form.this_year = day_of(current_world().clock.now()).year
    return form


def _lines(organisation: Organisation, head: Person) -> list[tuple[str, str, str | None, str | None]]:
    rows, keys = reading(), current_world().field_keys
    number, phone = person_id_number(head, keys), person_phone(head, keys)
    selling = url_for("onboarding.my_selling") if organisation.state in details.CHANGEABLE else None
    adding = url_for("onboarding.my_id") if selling and number is None else None
    paid = readback.yes_no(organisation.payment_declared) if organisation.payment_declared is not None else ""
    return [
        (_("Name"), person_name(head, keys), None, None),
        (_("Phone"), phone.masked if phone else _("Not given"), None, None),
        (_("ID number"), number.masked if number else _("Not given"), adding, _("Add your ID number")),
        (_("Commune or ward"), place_name(rows, organisation.current_unit_id) or _("Not known"), None, None),
        (_("Hamlet"), organisation.hamlet or _("Not given"), None, None),
        (_("Grown or made"), organisation.grown or _("Not given"), None, None),
        (_("Food safety"), readback.food_safety_words(organisation.food_safety), selling, None),
        (_("Paid by bank transfer"), paid or _("Not given"), selling, None),
    ]


def _selling_page(form: FlaskForm, status: int) -> Any:
    return render_template("onboarding/my_selling.html", form=form), status


def _id_page(form: FlaskForm, status: int) -> Any:
    return render_template("onboarding/my_id.html", form=form), status
