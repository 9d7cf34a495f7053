"""The accountant's pages: files and what they came to, what differs and what to do, corrections by two persons."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from wtforms.fields.choices import SelectChoice

from payments import business_date
from payments.errors import PaymentsError
from payments.models import Payee
from payments.settlement import adjustments, differences, listing
from payments.settlement.tables import Difference, FileRow, Payout, SettlementFile
from portal.acting import Acting
from portal.cashier import settlement, statements
from portal.cashier.settlement_forms import CorrectionForm, ExplainForm, FileForm, StatementForm
from portal.cashier.settlement_words import OUTCOMES, PAYOUTS, account_name, gateway_name, to_do
from portal.db import begin, reading
from portal.errors import NotFound, Refused, error_line
from portal.people.forms import PressForm
from portal.sheets import Sheet, xlsx_file
from portal.uploads.errors import FileRefused as UploadRefused
from portal.uploads.kinds import kind_of
from portal.uploads.sealed import SealedFiles
from portal.world import current_world

blueprint = Blueprint("accounts", __name__)
blueprint.add_app_template_global(gateway_name, "gateway_name")
_SHOWN = 30


@blueprint.get("/accounts")
def overview() -> str:
    """Show the newest files, the payouts, and how much waits."""
    return overview_page(FileForm(), StatementForm())


@blueprint.post("/accounts/files")
def upload() -> Any:
    """Read a gateway's file in: all of it or nothing."""
    form, world, acting = FileForm(), current_world(), g.acting
    if not form.validate_on_submit():
        return overview_page(form, StatementForm(formdata=None)), 400
    files = SealedFiles(world.settings.instance, world.field_keys)
    try:
        with files.received(form.file.data.stream) as path:
            kind_of(path)
            with begin() as rows:
                done = settlement.read_in(
                    rows, now=world.clock.now(), acting=acting, path=path, provider=form.provider.data,
                    given=form.given, waiver=(form.waiver.data or "").strip() or None,
                )  # fmt: skip
    except (UploadRefused, PaymentsError) as error:
        form.file.errors = [error_line(error.code, **error.fields)]
        return overview_page(form, StatementForm(formdata=None)), 400
    flash(
        _("This file was read in before. Nothing was changed.") if done.already_imported else _("The file is read in.")
    )
    return redirect(url_for("accounts.file_page", file_id=done.file_id), 303)


@blueprint.get("/accounts/files/<file_id>")
def file_page(file_id: str) -> Any:
    """Show what a file came to, outcome by outcome, and each row that does not agree yet."""
    rows, acting = reading(), g.acting
    file = rows.scalar(select(SettlementFile).where(SettlementFile.id == file_id))
    if file is None:
        raise NotFound
    own = settlement.reach(rows, acting)
    if request.args.get("format") == "xlsx":
        return _workbook(file, own)
    found = list(listing.open_differences(rows, payee_ids=own, file_no=file.no, limit=_SHOWN * 10))
    payouts = rows.scalars(select(Payout).where(Payout.file_no == file.no).order_by(Payout.seq)).all()
    return render_template(
        "cashier/settlement_file.html", file=file, whole=own is None, found=found, outcomes=OUTCOMES, to_do=to_do,
        payouts=payouts, payout_words=PAYOUTS, names=_payee_names(one.payee_id for one, *_more in found),
        total=listing.count_open(rows, payee_ids=own, file_no=file.no),
    )  # fmt: skip


@blueprint.get("/accounts/differences/<difference_id>")
def difference_page(difference_id: str) -> str:
    """Show both figures of a difference, and how it can be put right."""
    return _difference(difference_id, ExplainForm(), CorrectionForm())


@blueprint.post("/accounts/differences/<difference_id>/explain")
def explain(difference_id: str) -> Any:
    """Close a difference that moves no money."""
    form, world, acting = ExplainForm(), current_world(), g.acting
    _require_duty(acting, "reconcile")
    if not form.validate_on_submit():
        return _difference(difference_id, form, CorrectionForm(formdata=None)), 400
    with begin() as rows:
        settlement.explain(rows, now=world.clock.now(), acting=acting, difference_id=difference_id, note=form.note.data)
    flash(_("The difference is explained."))
    return redirect(url_for("accounts.difference_page", difference_id=difference_id), 303)


@blueprint.post("/accounts/differences/<difference_id>/correct")
def correct(difference_id: str) -> Any:
    """Propose a correction that explains a difference."""
    form, world, acting = CorrectionForm(), current_world(), g.acting
    _require_duty(acting, "reconcile")
    _offer_accounts(form, settlement.own_difference(reading(), acting, difference_id))
    if form.validate_on_submit():
        try:
            with begin() as rows:
                settlement.propose(
                    rows, now=world.clock.now(), acting=acting, debit=form.debit.data, credit=form.credit.data,
                    amount_minor=form.amount_minor, reason=form.reason.data, difference_id=difference_id,
                )  # fmt: skip
        except PaymentsError as error:
            form.form_errors.append(error_line(error.code, **error.fields))
        else:
            flash(_("The correction waits for a second person."))
            return redirect(url_for("accounts.corrections"), 303)
    return _difference(difference_id, ExplainForm(formdata=None), form), 400


@blueprint.get("/accounts/corrections")
def corrections() -> str:
    """Show the corrections that wait for a second person."""
    rows, acting = reading(), g.acting
    waiting = adjustments.proposed(rows, payee_ids=settlement.reach(rows, acting))
    return render_template(
        "cashier/corrections.html", waiting=waiting, own=acting.actor, account_name=account_name, press=PressForm(),
        names=_payee_names(one.payee_id for one in waiting),
    )  # fmt: skip


@blueprint.post("/accounts/corrections/<adjustment_id>/<any(approve, refuse, withdraw):what>")
def correction_decide(adjustment_id: str, what: str) -> Any:
    """Approve or refuse another's correction, or take back one's own."""
    world, acting = current_world(), g.acting
    _require_duty(acting, "reconcile" if what == "withdraw" else "approve")
    with begin() as rows:
        settlement.decide(rows, now=world.clock.now(), acting=acting, adjustment_id=adjustment_id, what=what)
    flash({"approve": _("The correction is booked."), "refuse": _("The correction is refused.")}.get(
        what, _("The correction is taken back.")
    ))  # fmt: skip
    return redirect(url_for("accounts.corrections"), 303)


def _require_duty(acting: Acting, duty: str) -> None:
    """Let a province's officer do what an institution's people do by duty."""
    if acting.role != settlement.WHOLE and duty not in acting.duties:
        raise Refused


def overview_page(form: FileForm, statement: StatementForm) -> str:
    """Show all that is in the accountant's hands, with both forms as they stand."""
    rows, acting = reading(), g.acting
    accounts = statements.own_accounts(rows, acting)
    statement.offer(accounts)
    own = settlement.reach(rows, acting)
    files = rows.scalars(select(SettlementFile).order_by(SettlementFile.no.desc()).limit(_SHOWN)).all()
    payouts = rows.scalars(select(Payout).order_by(Payout.seq.desc()).limit(_SHOWN)).all() if own is None else []
    found = list(listing.open_differences(rows, payee_ids=own, limit=_SHOWN))
    return render_template(
        "cashier/settlement.html", form=form, whole=own is None, files=files, payouts=payouts, payout_words=PAYOUTS,
        found=found, outcomes=OUTCOMES, to_do=to_do, names=_payee_names(one.payee_id for one, *_more in found),
        total=listing.count_open(rows, payee_ids=own),
        waiting=len(adjustments.proposed(rows, payee_ids=own)), statement=statement, accounts=accounts,
        to_try=_to_try(accounts, whole=own is None),
        statements=statements.statements_of(rows, acting, limit=_SHOWN),
    )  # fmt: skip


def _to_try(accounts: Sequence[Payee], *, whole: bool) -> list[tuple[str, str]]:
    """Return what the simulated partners give for today, outside production: what it is called, its address."""
    world = current_world()
    if world.settings.production or not world.settings.sandbox_url:
        return []
    base, day = f"{world.settings.sandbox_url}/_settlement", business_date(world.clock.now())
    found = [
        (_("Statement of account …%(end)s with a payment nobody reported", end=one.account[-4:]),
         f"{base}/bank?account={one.account}&date={day}&spoil=extra")
        for one in accounts
    ]  # fmt: skip
    if whole:
        found.append((_("VNPay's file of today with a wrong sum"), f"{base}/vnpay?date={day}&spoil=amount"))
        found.append((_("VNPay's file of today as it should be"), f"{base}/vnpay?date={day}"))
    return found


def _difference(difference_id: str, form: ExplainForm, correction: CorrectionForm) -> str:
    rows = reading()
    one = settlement.own_difference(rows, g.acting, difference_id)
    file = rows.get_one(SettlementFile, one.file_no)
    row = rows.get(FileRow, (one.file_no, one.row_no)) if one.row_no is not None else None
    _offer_accounts(correction, one)
    return render_template(
        "cashier/difference.html", one=one, file=file, row=row, form=form, correction=correction, outcomes=OUTCOMES,
        to_do=to_do(one.outcome, one.state), names=_payee_names([one.payee_id]),
        following=listing.next_open(rows, payee_ids=settlement.reach(rows, g.acting), after=one.id),
    )  # fmt: skip


def _offer_accounts(form: CorrectionForm, one: Difference) -> None:
    names = adjustments.accounts_of(reading(), differences.payee_of(reading(), one))
    offered = [SelectChoice("", _("Choose an account")), *(SelectChoice(name, account_name(name)) for name in names)]
    form.debit.choices = form.credit.choices = offered


def _payee_names(payee_ids: Iterable[str | None]) -> dict[str | None, str]:
    known = {one for one in payee_ids if one}
    return {payee.id: payee.name for payee in reading().scalars(select(Payee).where(Payee.id.in_(known)))}


def _workbook(file: SettlementFile, own: Sequence[str] | None) -> Any:
    """Return all that does not agree in a file; what the whole file came to is for those who see all of it."""
    columns = (
        _("What differs"), _("Transaction"), _("Payee"), _("In our books"), _("In the file"), _("What to do"),
        _("Note"),
    )  # fmt: skip
    sheets: list[Sheet] = [(_("Differences"), columns, _lines(file, own))]
    if own is None:
        counted = [(str(OUTCOMES[word]), count) for word, count in file.counts.items()]
        sums = [(_("All rows"), file.rows), (_("Net"), file.net_minor)]
        sheets.insert(0, (_("Result"), (_("Outcome"), _("Rows")), [*counted, *sums]))
    return xlsx_file(f"doi-soat-{file.provider}-{file.business_date}", *sheets)


def _lines(file: SettlementFile, own: Sequence[str] | None) -> Iterator[tuple[object, ...]]:
    names: dict[str | None, str] = {None: ""}
    for one, _file, row, paid in listing.open_differences(reading(), payee_ids=own, file_no=file.no):
        if one.payee_id not in names:
            names |= _payee_names([one.payee_id])
        yield (
            OUTCOMES[one.word], row.provider_txn_id if row else (paid.provider_txn_id if paid else ""),
            names[one.payee_id], one.ours_minor, one.theirs_minor, to_do(one.outcome, one.state), one.note,
        )  # fmt: skip
