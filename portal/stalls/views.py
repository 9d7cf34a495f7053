"""The market's pages: its stalls today, the shared board, one stall, the boards to print, the daily look at a code."""

from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as WerkzeugResponse

import payments
from payments.models import Payee
from portal.db import begin, reading
from portal.errors import NotFound, error_line
from portal.i18n import ZONE, money, number
from portal.pay import live
from portal.pay.standing import came_aloud
from portal.people.forms import PressForm
from portal.places.areas import day_of
from portal.stalls import actions, coming, listing
from portal.stalls.boards import boards_pdf
from portal.stalls.case_words import task
from portal.stalls.errors import PictureUnreadable, StallNumberTaken
from portal.stalls.forms import PictureForm, StallForm
from portal.stalls.models import Stall
from portal.stalls.pictures import MOST_BYTES, codes_in_picture
from portal.stalls.waiting import MOST, waiting
from portal.world import current_world

blueprint = Blueprint("stalls", __name__)


def result_words(result: str | None) -> tuple[str, str]:
    """Return what a look at a board found, with a tone."""
    return {
        None: (_("not looked at"), "grey"),
        "own": (_("its own code"), "green"),
        "other_account": (_("another's account! Take the sticker off"), "red"),
        "other_stall": (_("another stall's code"), "red"),
        "no_vietqr": (_("no code to pay by"), "red"),
    }.get(result, (_("not readable, take it again"), "amber"))


@blueprint.get("/stalls")
def stalls() -> str:
    """List the stalls with today's figures, those whose code nobody looked at today first among the words."""
    return _stalls_page(StallForm())


def _stalls_page(form: StallForm) -> str:
    accounts, now = actions.own_accounts(reading(), g.acting), current_world().clock.now()
    ids = [one.id for one in accounts]
    lines = listing.day_lines(reading(), ids, on=day_of(now))
    _count, came_minor = payments.day_credits(reading(), payee_ids=ids, on=day_of(now))
    form.offer(accounts)
    manages = g.acting.role != "cashier"
    tasks = [task(one, g.acting) for one in waiting(reading(), ids)] if manages else []
    return render_template(
        "stalls/stalls.html", payee=accounts[0], form=form, words=result_words, on=now, lines=lines, tasks=tasks,
        ends={one.id: one.account[-4:] for one in accounts} if len(accounts) > 1 else {},
        full=sum(one.waits.stall is None for one in tasks) >= MOST,
        unchecked=[one for one in lines if not (one.checked_today or one.stall.closed_at)],
        without_stall=came_minor - sum(one.sum_minor for one in lines),
        alarms=[one for one in lines if one.alarm], manages=manages,
    )  # fmt: skip


@blueprint.post("/stalls")
def stall_open() -> Any:
    """Open a stall with a code of its own."""
    form, acting = StallForm(), g.acting
    form.offer(actions.own_accounts(reading(), acting))
    if not form.validate_on_submit():
        return _stalls_page(form), 400
    try:
        with begin() as rows:
            now = current_world().clock.now()
            stall = actions.open_stall(
                rows, now=now, acting=acting, payee_id=form.account.data, number=form.number.data,
                sells=form.sells.data,
            )  # fmt: skip
    except StallNumberTaken as error:
        form.number.errors = [error_line(error.code)]
        return _stalls_page(form), 400
    flash(_("Stall %(number)s is open. Print its board.", number=stall.number), "success")
    return redirect(url_for("stalls.stalls"), 303)


@blueprint.post("/stalls/<stall_id>/close")
def stall_close(stall_id: str) -> Any:
    """Close a stall; money that still comes by its code waits for a person."""
    acting = g.acting
    with begin() as rows:
        stall = actions.close_stall(rows, now=current_world().clock.now(), acting=acting, stall_id=stall_id)
    flash(_("Stall %(number)s is closed. Take its board down.", number=stall.number), "success")
    return redirect(url_for("stalls.stalls"), 303)


@blueprint.get("/stalls/boards.pdf")
def boards() -> WerkzeugResponse:
    """Give the boards of all stalls, or of one, as one file."""
    rows, world = reading(), current_world()
    accounts = actions.own_accounts(rows, g.acting)
    one = request.args.get("stall")
    own = [account.id for account in accounts]
    chosen = [actions.own_stall(rows, g.acting, one)] if one else listing.stalls_of(rows, own)
    if not chosen:
        raise NotFound
    address = world.settings.public_url.rstrip("/") + url_for("stalls.genuine", stall_id="-")[:-1]
    file = boards_pdf(accounts, chosen, address=address)
    return send_file(file, mimetype="application/pdf", download_name="boards.pdf", max_age=0)


@blueprint.get("/stalls/board")
def board() -> str:
    """Show what the whole market receives, as it comes."""
    return _board_page(None)


@blueprint.get("/stalls/<stall_id>")
def stall(stall_id: str) -> str:
    """Show what one stall receives, as it comes."""
    return _board_page(actions.own_stall(reading(), g.acting, stall_id))


def _board_page(stall: Stall | None) -> str:
    rows, world = reading(), current_world()
    accounts = _accounts(stall)
    today = day_of(world.clock.now())
    mark = coming.mark_now(rows, accounts)  # read before the payments: what comes between is told, not missed
    came = coming.latest(rows, accounts, on=today, desk_ref=stall.desk_ref if stall else None)
    return render_template(
        "stalls/board.html", payee=accounts[0], stall=stall, seq=mark,
        came=[_news(one) for one in came], press=PressForm(),
        today=_today(accounts, stall),
        manages=g.acting.role != "cashier",
    )  # fmt: skip


@blueprint.get("/stalls/live")
def live_board() -> Response:
    """Send the payments of a market, or of one stall, that came after a number, and end."""
    rows, one = reading(), request.args.get("stall")
    stall = actions.own_stall(rows, g.acting, one) if one else None
    accounts, was = _accounts(stall), live.last_seen()
    seen = coming.read_mark(was, accounts)
    mark = coming.mark_now(rows, accounts)  # read before the payments: what follows finds all that came up to it
    if seen is None or mark == was:
        return live.stream(())  # a board asks each second
    found = coming.came_after(rows, accounts, seen, desk_ref=stall.desk_ref if stall else None)
    if not found:  # others' payments alone: a quiet stall need not go through them again each second
        return live.stream([live.Event(mark, {})])
    sums = _today(accounts, stall)
    return live.stream([live.Event(came.mark, {**_news(came), **sums}) for came in found])


def _today(accounts: list[Payee], stall: Stall | None) -> dict[str, str]:
    """Return today's count and sum of one stall, or of a market with what named no stall, as the board shows them."""
    on, ids = day_of(current_world().clock.now()), [one.id for one in accounts]
    if stall is None:
        count, total = payments.day_credits(reading(), payee_ids=ids, on=on)
    else:
        came = listing.day_sums(reading(), ids, on=on, desk_ref=stall.desk_ref)
        count, total = came.get(stall.desk_ref, (0, 0))
    return {"count": number(count), "total": money(total)}


def _accounts(stall: Stall | None) -> list[Payee]:
    """Return the account of a stall, or all of the market's."""
    return [reading().get_one(Payee, stall.payee)] if stall else actions.own_accounts(reading(), g.acting)


def _news(came: coming.Came) -> dict[str, object]:
    return {
        "says": _("₫%(number)s received", number=number(came.amount_minor)),
        "where": _("Stall %(number)s", number=came.stall.number) if came.stall else _("No stall named"),
        "at": f"{came.paid_at.astimezone(ZONE):%H:%M:%S}",
        "ends": came.ends,
        "aloud": came_aloud(came.amount_minor),
    }


@blueprint.get("/stalls/<stall_id>/check")
def check(stall_id: str) -> str:
    """Ask for a picture of a stall's board."""
    return _check_page(actions.own_stall(reading(), g.acting, stall_id), PictureForm())


def _check_page(stall: Stall, form: PictureForm, *, found: Any = None) -> str:
    payee = reading().get_one(Payee, stall.payee)
    words = result_words(found.result) if found is not None else None
    return render_template("stalls/check.html", stall=stall, payee=payee, form=form, found=found, words=words)


@blueprint.post("/stalls/<stall_id>/check")
def check_picture(stall_id: str) -> Any:
    """Compare the code on a picture with the stall's own."""
    form, acting = PictureForm(), g.acting
    stall = actions.own_stall(reading(), acting, stall_id)
    if not form.validate_on_submit():
        return _check_page(stall, form), 400
    content = form.picture.data.read(MOST_BYTES + 1) if form.picture.data else b""
    try:
        codes = codes_in_picture(content)  # takes a while: not while a transaction is open
        with begin() as rows:
            found = actions.check(rows, now=current_world().clock.now(), acting=acting, stall_id=stall_id, codes=codes)
    except PictureUnreadable as error:
        form.picture.errors = [error_line(error.code)]
        return _check_page(stall, form), 400
    return _check_page(stall, PictureForm(formdata=None), found=found)


@blueprint.get("/b/<stall_id>")
def genuine(stall_id: str) -> str:
    """Tell anybody who stands before a board whose name the app must show."""
    rows = reading()
    stall = rows.get(Stall, stall_id)
    if stall is None or stall.closed_at is not None:
        raise NotFound
    payee = rows.get_one(Payee, stall.payee)
    return render_template(
        "stalls/genuine.html", stall=stall, payee=payee, bank=payments.bank_name(payee.bin) or payee.bin
    )
