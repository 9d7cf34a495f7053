"""The way of one's lots: what was told, what comes next, one question a page; a wrong step is taken back.

The answers to a step's questions travel in the address until they are checked, so "back" works and nothing is lost.
"""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from portal.catalogue.actions import own_products
from portal.db import begin, reading
from portal.epcis import telling
from portal.epcis.errors import StepNotNow
from portal.epcis.forms import (
    PASSED,
    RESULTS,
    AmountForm,
    RecipientForm,
    ResultForm,
    StepForm,
    WrongForm,
    read_amount,
)
from portal.epcis.telling import RARE, Goods, Told
from portal.epcis.words import ASKS, DO, QUESTIONS, STEP, WHEN
from portal.errors import NotFound
from portal.onboarding.models import Organisation
from portal.onboarding.places import place_name
from portal.places.areas import day_of
from portal.stamps.journeys import STEP_WORDS, in_words, shown_steps
from portal.stamps.lot_forms import DayForm, read_day
from portal.stamps.uris import unit_of
from portal.world import current_world
from traceability.epcis import JourneyStep

blueprint = Blueprint("lots", __name__)
NOBODY_HERE = "-"
_PAGES: dict[str, type[DayForm | AmountForm | RecipientForm | ResultForm]] = {
    "day": DayForm,
    "amount": AmountForm,
    "to": RecipientForm,
    "result": ResultForm,
}


def _public_url() -> str:
    return current_world().settings.public_url


def _today() -> date:
    return day_of(current_world().clock.now())


def _goods(session: Session, lot_id: str) -> Goods:
    return telling.own_goods(session, g.acting, lot_id, public_url=_public_url())


@blueprint.get("/my/lots")
def lots() -> str:
    """List the own lots, and those that others sent."""
    rows = reading()
    return render_template(
        "epcis/lots.html",
        lots=telling.own_lots(rows, g.acting),
        sent=telling.sent_lots(rows, g.acting, public_url=_public_url()),
        products=own_products(rows, g.acting),
    )


@blueprint.get("/my/lots/<lot_id>")
def lot(lot_id: str) -> str:
    """Show a lot's way and what can come next."""
    rows = reading()
    goods = _goods(rows, lot_id)
    own = [step for step in goods.steps if step.captured_by == g.acting.organisation_id]
    shown = shown_steps(rows, goods.steps, public_url=_public_url(), facts=goods.facts)
    return render_template(
        "epcis/lot.html", goods=goods, steps=in_words(shown), own=own, do=DO, rare=RARE, words=STEP_WORDS
    )  # fmt: skip


@blueprint.get(f"/my/lots/<lot_id>/{STEP}")
def tell(lot_id: str, step: str) -> Any:
    """Ask the first question that is open; with all answered, show them for checking."""
    goods = _goods(reading(), lot_id)
    if step not in goods.next_steps:
        raise StepNotNow
    told, asks = _answers(step)
    if asks is None:
        return _check_page(goods, told, 200)
    form = _PAGES[asks]()
    return _question_page(goods, step, asks, form, 200)


@blueprint.get(f"/my/lots/<lot_id>/{STEP}/{ASKS}")
def asked(lot_id: str, step: str, asks: str) -> Any:  # noqa: ARG001  where a refused answer left the reader
    """Lead back to the question that is open."""
    return redirect(_address(lot_id, step, _given(step)))


@blueprint.post(f"/my/lots/<lot_id>/{STEP}/{ASKS}")
def answer(lot_id: str, step: str, asks: str) -> Any:
    """Take one answer and go on to the next question."""
    rows = reading()
    goods, form = _goods(rows, lot_id), _PAGES[asks]()
    if isinstance(form, DayForm):
        form.today = _today()
    if not form.validate_on_submit():
        return _question_page(goods, step, asks, form, 400)
    if isinstance(form, RecipientForm):
        try:
            chosen = _recipient(rows, form)
        except NotFound:
            form.to.errors = [_("No approved shop has this reference. Look at it again, or choose below.")]
            return _question_page(goods, step, asks, form, 400)
    else:
        chosen = form.chosen.isoformat() if isinstance(form.chosen, date) else form.chosen
    return redirect(_address(lot_id, step, {**_given(step), asks: chosen}))


def _given(step: str) -> dict[str, str]:
    """Return the answers that the address carries, and nothing else of it."""
    return {name: request.args[name] for name in QUESTIONS[step] if name in request.args}


def _address(lot_id: str, step: str, given: dict[str, str]) -> str:
    return f"{url_for('lots.tell', lot_id=lot_id, step=step)}?{urlencode(given)}"


def _recipient(rows: Session, form: RecipientForm) -> str:
    if form.pick.data == NOBODY_HERE:
        return NOBODY_HERE
    return telling.seller_called(rows, form.to.data or "", g.acting).reference


def _answers(step: str) -> tuple[Told, str | None]:
    """Read the answers in the address; give the first question that has none that can be read."""
    told = {name: request.args.get(name, "") for name in QUESTIONS[step]}
    on = read_day(told["day"], today=_today())
    if on is None:
        return Told(step=step, on=_today()), "day"
    to = None
    if "to" in told and told["to"] != NOBODY_HERE:
        try:
            to = telling.seller_called(reading(), told["to"], g.acting).id
        except NotFound:
            return Told(step=step, on=on), "to"
    amount = None if told.get("amount", "-") == "-" else read_amount(told["amount"])
    if amount is None and told.get("amount", "-") != "-":
        return Told(step=step, on=on, to=to), "amount"
    if "result" in told and told["result"] not in RESULTS:
        return Told(step=step, on=on), "result"
    passed = told["result"] == PASSED if "result" in told else None
    return Told(step=step, on=on, to=to, amount_kg=amount, passed=passed), None


def _question_page(goods: Goods, step: str, asks: str, form: Any, status: int) -> Any:
    number, of = QUESTIONS[step].index(asks) + 1, len(QUESTIONS[step]) + 1
    return render_template(
        f"epcis/{asks}.html", goods=goods, step=step, form=form, when=WHEN[step], number=number, of=of,
        given=_given(step),
    ), status  # fmt: skip


def _check_page(goods: Goods, told: Told, status: int) -> Any:
    rows = reading()
    seller = rows.get_one(Organisation, g.acting.organisation_id)
    to = None if told.to is None else rows.get_one(Organisation, told.to)
    return render_template(
        "epcis/check.html", goods=goods, told=told, form=StepForm(), do=DO[told.step],
        place=place_name(rows, seller.current_unit_id), to=to and (to.public_name or to.reference),
        given=_given(told.step),
    ), status  # fmt: skip


@blueprint.post(f"/my/lots/<lot_id>/{STEP}")
def tell_save(lot_id: str, step: str) -> Any:
    """Keep the step: once, however often the page is sent."""
    acting, form = g.acting, StepForm()
    told, asks = _answers(step)
    if asks is not None or not form.validate_on_submit():
        return redirect(_address(lot_id, step, _given(step)))
    with begin() as session:
        telling.tell_step(
            session, now=current_world().clock.now(), acting=acting, goods=_goods(session, lot_id), told=told,
            client_id=form.client_id.data, public_url=_public_url(),
        )  # fmt: skip
    flash(_("This step is noted. Buyers see it now."), "success")
    return redirect(url_for("lots.lot", lot_id=lot_id))


@blueprint.get("/my/lots/<lot_id>/wrong/<int:number>")
def wrong(lot_id: str, number: int) -> Any:
    """Ask what was wrong with an own step."""
    rows = reading()
    goods = _goods(rows, lot_id)
    return _wrong_page(rows, goods, telling.told_by(goods, g.acting, number), WrongForm(), 200)


@blueprint.post("/my/lots/<lot_id>/wrong/<int:number>")
def wrong_save(lot_id: str, number: int) -> Any:
    """Take an own step back, with the reason."""
    rows, acting, form = reading(), g.acting, WrongForm()
    if telling.taken_back(rows, acting, number):  # sent twice
        return redirect(url_for("lots.lot", lot_id=lot_id))
    goods = _goods(rows, lot_id)
    step = telling.told_by(goods, acting, number)
    if not form.validate_on_submit():
        return _wrong_page(rows, goods, step, form, 400)
    with begin() as session:
        telling.take_back(
            session, now=current_world().clock.now(), acting=acting, goods=goods, step=step, reason=form.reason.data
        )
    flash(_("This step is taken back. Note it again if it was only wrong."), "success")
    return redirect(url_for("lots.lot", lot_id=lot_id))


def _wrong_page(rows: Session, goods: Goods, step: JourneyStep, form: WrongForm, status: int) -> Any:
    unit = None if step.place is None else unit_of(_public_url(), step.place)
    place = place_name(rows, unit)
    words = STEP_WORDS.get(step.code, step.code.value)
    return render_template("epcis/wrong.html", goods=goods, step=step, form=form, place=place, words=words), status
