"""The pages of the register: the officer's, and the public list with its file."""

from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _

from portal.db import begin, reading
from portal.errors import NotFound, PortalError, error_line
from portal.limits import SEARCHES, limited
from portal.onboarding.models import Organisation
from portal.onboarding.persons import seller_name
from portal.onboarding.validators import plain
from portal.places.areas import day_of
from portal.registers import actions, listing
from portal.registers.forms import PaperForm, WithdrawForm
from portal.registers.papers import MOST_BYTES, keep_paper, read_paper
from portal.sheets import csv_file
from portal.stamps.errors import ReasonMissing
from portal.world import current_world
from traceability import CertificateFacts
from traceability.errors import CertificateMove

blueprint = Blueprint("registers", __name__)


def _today() -> Any:
    return day_of(current_world().clock.now())


@blueprint.get("/officer/certificates")
def certificates() -> Any:
    """List the register within reach, what ends next on top."""
    show, text = request.args.get("show", "all"), plain(request.args.get("q", ""))[:60]
    if show not in listing.SHOWS:
        raise NotFound
    rows, keys, today = reading(), current_world().field_keys, _today()
    query = listing.register_query(rows, g.acting, show=show, text=text, today=today)
    if request.args.get("format") == "csv":
        return _file("certificates", listing.all_lines(rows, query, today=today, keys=keys), whole=True)
    page = listing.page_of(rows, query, asked=request.args.get("page", 1, type=int), today=today, keys=keys)
    return render_template("registers/register.html", page=page, show=show, text=text)


def _file(name: str, lines: list[listing.PaperLine], *, whole: bool) -> Response:
    columns = [
        _("Establishment"),
        _("Address"),
        _("Certificate"),
        _("Number"),
        _("Issuer"),
        _("Valid from"),
        _("Valid to"),
    ]
    cells: list[list[object]] = [
        [one.name, one.place, one.kind, one.row.number, one.row.issuer, one.row.valid_from, one.row.valid_to]
        for one in lines
    ]
    if whole:
        columns += [_("Reference number"), _("State")]
        cells = [[*cell, one.reference, one.standing] for cell, one in zip(cells, lines, strict=True)]
    return csv_file(name, columns, cells)


@blueprint.get("/officer/certificates/new")
def new() -> Any:
    """Ask for a certificate; with `renew` the fields begin with what an old one says."""
    old = request.args.get("renew")
    if old is None:
        return _form_page(PaperForm(data={"reference": request.args.get("reference", "")}), 200)
    row = actions.find_paper(reading(), g.acting, old)
    facts, seller = actions.renewed(row), reading().get_one(Organisation, row.establishment)
    data = {"reference": seller.reference, "kind": facts.kind, "issuer": facts.issuer, "valid_from": facts.valid_from}
    return _form_page(PaperForm(data={**data, "number": facts.number}), 200)


def _form_page(form: PaperForm, status: int) -> Any:
    return render_template("registers/new.html", form=form), status


@blueprint.post("/officer/certificates/new")
def new_save() -> Any:
    """Put a certificate into the register and the log."""
    form, acting, world = PaperForm(), g.acting, current_world()
    if not form.validate_on_submit():
        return _form_page(form, 400)
    try:
        content = form.paper.data.read(MOST_BYTES + 1) if form.paper.data else b""
        paper = keep_paper(world.settings.instance, content) if content else None
        with begin() as session:
            seller = actions.establishment_named(session, acting, form.reference.data)
            facts = CertificateFacts(
                establishment=seller.id, kind=form.kind.data, number=plain(form.number.data),
                issuer=plain(form.issuer.data), valid_from=form.valid_from.data, valid_to=form.valid_to.data,
                paper=paper,
            )  # fmt: skip
            row_id = actions.record_paper(session, now=world.clock.now(), acting=acting, facts=facts).id
    except PortalError as error:
        field = {"register.establishment": form.reference, "register.paper": form.paper}.get(error.code, form.number)
        field.errors = [error_line(error.code, **error.fields)]
        return _form_page(form, 400)
    flash(_("The certificate is in the register."), "success")
    return redirect(url_for("registers.certificate", certificate_id=row_id))


@blueprint.get("/officer/certificates/<certificate_id>")
def certificate(certificate_id: str) -> Any:
    """Show one certificate."""
    return _paper_page(certificate_id, WithdrawForm(), 200)


def _paper_page(certificate_id: str, form: WithdrawForm, status: int) -> Any:
    rows = reading()
    row = actions.find_paper(rows, g.acting, certificate_id)
    seller = rows.get_one(Organisation, row.establishment)
    name = seller_name(rows, seller, current_world().field_keys)
    line = listing.PaperLine(row, name, "", seller.reference, listing.standing_of(row, _today()))
    return render_template("registers/certificate.html", line=line, form=form), status


@blueprint.post("/officer/certificates/<certificate_id>/withdraw")
def withdraw(certificate_id: str) -> Any:
    """Withdraw a certificate."""
    form, acting = WithdrawForm(), g.acting
    if not form.validate_on_submit():
        return _paper_page(certificate_id, form, 400)
    try:
        with begin() as session:
            now = current_world().clock.now()
            actions.withdraw(session, now=now, acting=acting, certificate_id=certificate_id, reason=form.reason.data)
    except (CertificateMove, ReasonMissing) as error:
        flash(error_line(error.code, **error.fields), "error")
    else:
        flash(_("The certificate is withdrawn."), "success")
    return redirect(url_for("registers.certificate", certificate_id=certificate_id))


@blueprint.get("/officer/certificates/<certificate_id>/paper")
def paper(certificate_id: str) -> Response:
    """Give the paper as an attachment."""
    row = actions.find_paper(reading(), g.acting, certificate_id)
    content = read_paper(current_world().settings.instance, row.paper or "")
    if content is None:
        raise NotFound
    answer = Response(content, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="{row.id}.pdf"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get("/safe-chain")
@limited(SEARCHES, by="q")
def safe_chain() -> str:
    """Show everybody which establishments' safe food chain is confirmed today."""
    lines = listing.public_lines(reading(), today=_today(), keys=current_world().field_keys)
    text = " ".join(request.args.get("q", "").split())[:60]
    wanted = text.lower()
    found = [one for one in lines if not wanted or wanted in f"{one.name} {one.row.number} {one.place}".lower()]
    return render_template("registers/safe_chain.html", lines=found, text=text, total=len(lines))


@blueprint.get("/open-data/safe-chain.csv")
def safe_chain_file() -> Response:
    """Give the public list as open data."""
    lines = listing.public_lines(reading(), today=_today(), keys=current_world().field_keys)
    answer = _file("safe-chain", lines, whole=False)
    answer.headers["Cache-Control"] = "public, max-age=300"
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer
