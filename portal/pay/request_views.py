"""What a payer sees: whom, what for and how much, then the choice of a way; "paid" only when the bank has said so."""

from typing import Any

from flask import Response, after_this_request, current_app, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.exc import SQLAlchemyError

import payments
from payments.errors import GatewayResting, ProviderRefused
from payments.gateways.protocol import Authenticity, Raw
from payments.models import Attempt
from payments.v1 import recovering
from portal.acting import Acting
from portal.db import begin, reading
from portal.errors import NotFound
from portal.i18n import current_language
from portal.pay import live
from portal.pay.blueprint import blueprint
from portal.pay.errors import AmountChanged
from portal.pay.picture import draw, lines_of
from portal.pay.showing import Shown, by_reference, ended_unpaid, shown, worth_asking
from portal.pay.standing import State, detail, ended_detail, ended_says, says
from portal.pay.starting import live_try, start
from portal.pay.wiring import origin_of, page_origins, sender, simulated
from portal.pay.words import BRANDS, WAYS_SAID
from portal.qr import qr_svg
from portal.security import form_targets
from portal.world import World, current_world


@blueprint.get("/pay/requests/<request_id>")
def request_page(request_id: str) -> str:
    """Show whom, what for and how much with the ways to pay, or how the payment stands."""
    world = current_world()
    page = shown(reading(), request_id, world=world)
    _ask_again_later(page, world)
    if page.standing.state is State.PAID:
        return _render("pay/paid.html", page)
    if page.final:
        return _render("pay/closed.html", page)
    if page.under_way is not None and "choose" not in request.args:
        return _render("pay/waiting.html", page, goes_on=_page_open(page.under_way, world))
    form_targets(*page_origins(world.settings))
    visit = page.visit
    choosable = visit is not None and recovering.choosable(reading(), visit, page.request)
    return _render("pay/choose.html", page, choosable=choosable)


@blueprint.post("/pay/requests/<request_id>")
def choose(request_id: str) -> Any:
    """Begin a try by the chosen way and lead on: to the provider's page, or to the code."""
    world = current_world()
    page = shown(reading(), request_id, world=world)
    way, due = request.form.get("way", ""), request.form.get("due", "")
    here = url_for("pay.request_page", request_id=request_id)
    if page.final:
        return redirect(here, 303)
    if way in page.resting:  # it began to rest while the payer chose
        return redirect(here, 303)
    if way not in page.ways:
        raise NotFound
    if due != str(page.request.due_minor):
        raise AmountChanged(due_minor=page.request.due_minor)
    try:
        attempt = start(
            world,
            acting=Acting.system("payer", request_id=g.request_id),
            request_id=request_id,
            way=way,
            payer_ip=request.remote_addr or "127.0.0.1",
            language=current_language(),
            due_minor=page.request.due_minor,
        )
    except (ProviderRefused, GatewayResting):  # noted with its reason: the page offers the other ways
        return redirect(here, 303)
    if attempt.redirect_url is not None:
        # A page elsewhere than its provider told us beforehand is reached by a link of ours, not by the form.
        known = origin_of(attempt.redirect_url) in page_origins(world.settings)
        return redirect(attempt.redirect_url if known else here, 303)
    code_page = "pay.viettel_qr" if way == "viettel_qr" else "pay.vietqr"
    return redirect(url_for(code_page, request_id=request_id) if attempt.qr is not None else here, 303)


@blueprint.get("/pay/requests/<request_id>/vietqr")
def vietqr(request_id: str) -> Any:
    """Show the code to scan with any bank's app, with the same facts as text."""
    page = shown(reading(), request_id, world=current_world())
    payload = _payload(page)
    if payload is None:
        return redirect(url_for("pay.request_page", request_id=request_id), 303)
    return _render(
        "pay/vietqr.html", page, qr=qr_svg(payload), text=payload, bank=payments.bank_name(page.payee.bin),
        file_name=_file_name(page),
    )  # fmt: skip


@blueprint.get("/pay/requests/<request_id>/vietqr.png")
def vietqr_picture(request_id: str) -> Any:
    """Give the code as a picture to save, with whom, how much and the code; while it may be paid."""
    page = shown(reading(), request_id, world=current_world())
    payload = _payload(page)
    if payload is None or page.code is None:
        return redirect(url_for("pay.request_page", request_id=request_id), 303)
    play = simulated(current_world().settings)
    lines = lines_of(page.payee, amount_minor=page.code.amount_minor, code=page.request.code, simulated=play)
    headers = {"Content-Disposition": f'attachment; filename="{_file_name(page)}"'}
    return Response(draw(payload, lines), content_type="image/png", headers=headers)


@blueprint.get("/pay/requests/<request_id>/vietqr.svg")
def vietqr_drawing(request_id: str) -> Any:
    """Give the code alone, to be shown at any size on an institution's own page; while it may be paid."""
    payload = _payload(shown(reading(), request_id, world=current_world()))
    if payload is None:
        return redirect(url_for("pay.request_page", request_id=request_id), 303)
    return Response(str(qr_svg(payload)), content_type="image/svg+xml; charset=utf-8")


@blueprint.get("/pay/requests/<request_id>/back")
def back_to_shop(request_id: str) -> Any:
    """Lead the browser to where the payee's own system wants it, once the bank has said that it is paid."""
    page = shown(reading(), request_id, world=current_world())
    if page.standing.state is not State.PAID or page.back_url is None:
        return redirect(url_for("pay.request_page", request_id=request_id), 303)
    return redirect(page.back_url, 303)


@blueprint.get("/pay/requests/<request_id>/viettel-qr")
def viettel_qr(request_id: str) -> Any:
    """Show the code that the Viettel Money app reads."""
    world = current_world()
    page = shown(reading(), request_id, world=world)
    code = live_try(reading(), request=page.request, way="viettel_qr", world=world)
    if code is None or code.qr is None or page.final:
        return redirect(url_for("pay.request_page", request_id=request_id), 303)
    return _render("pay/viettel_qr.html", page, qr=qr_svg(code.qr), code=code)


@blueprint.get("/pay/requests/<request_id>/live")
def live_request(request_id: str) -> Response:
    """Send how the payment stands if it has changed, and end; 204 when nothing can change any more.

    A page that waits for one try is told, too, that this ended without money: its own, not another one of the request.
    """
    world = current_world()
    page = shown(reading(), request_id, world=world)
    _ask_again_later(page, world)
    ended = ended_unpaid(reading(), page, request.args.get("attempt", ""))
    mark = f"{page.mark}-{ended.status}" if ended else page.mark
    if live.last_seen() == mark:
        return live.over() if page.final else live.stream(())
    news = {
        "about": page.request.id,
        "tone": "refused" if ended else str(page.standing.state),
        "says": ended_says(ended.status) if ended else says(page.standing),
        "detail": ended_detail(page.standing) if ended else detail(page.standing),
        "link": url_for("pay.request_page", request_id=request_id),
    }
    return live.stream([live.Event(mark, news)])


@blueprint.get("/pay/return/vnpay")
def returned() -> Any:
    """Receive the browser that comes back from VNPay: lead on to what the books say; by itself this changes nothing."""
    world = current_world()
    raw = Raw("GET", {}, request.query_string, b"")
    notice = sender(world, "vnpay").parse_notice(raw, now=world.clock.now())
    reference = notice.finding.merchant_ref if notice.finding is not None else None
    attempt = by_reference(reading(), gateway="vnpay", merchant_ref=reference or "")
    if notice.authenticity is not Authenticity.AUTHENTIC or attempt is None:
        return render_template("pay/returned.html")
    return redirect(url_for("pay.request_page", request_id=attempt.request_id), 303)


def _render(template: str, page: Shown, **more: Any) -> str:
    world = current_world()
    return render_template(
        template,
        page=page,
        request_=page.request,
        payee=page.payee,
        standing=page.standing,
        says=says(page.standing),
        detail=detail(page.standing),
        simulated=simulated(world.settings),
        sandbox_url=world.settings.sandbox_url,
        ways_said=WAYS_SAID,
        wallet=BRANDS.get(page.under_way.gateway, "") if page.under_way else "",
        cut=_("No connection. We do not know yet whether it was paid."),
        **more,
    )


def _payload(page: Shown) -> str | None:
    """Return what the code says while it may be paid."""
    return None if page.final or page.code is None else page.code.qr


def _file_name(page: Shown) -> str:
    """Return the name under which a phone keeps the picture: others see it, so it names nobody."""
    return f"vietqr-{page.request.code}.png"


def _page_open(attempt: Attempt, world: World) -> bool:
    return attempt.redirect_url is not None and attempt.expires_at > world.clock.now()


def _ask_again_later(page: Shown, world: World) -> None:
    """Have the worker ask the provider again, in a short transaction after the answer is made."""
    attempt = page.under_way
    if attempt is None or not worth_asking(attempt, world=world):
        return
    attempt_id = attempt.id

    @after_this_request
    def ask(answer: Response) -> Response:
        try:
            with begin() as session:
                payments.ask_again(session, attempt_id=attempt_id, now=world.clock.now())
        except SQLAlchemyError as error:
            current_app.extensions["log"].warning("attempt.not_asked", error=type(error).__name__)
        return answer
