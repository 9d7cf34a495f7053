"""The accountant's bank statements: reading one in, and what its lines came to."""

from typing import Any

from flask import flash, g, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from payments.errors import PaymentsError
from payments.models import Payee, Suspense, Transaction
from payments.settlement.statement_importing import lines_by_outcome
from portal.cashier import statements
from portal.cashier.settlement_forms import FileForm, StatementForm
from portal.cashier.settlement_views import blueprint, overview_page
from portal.cashier.settlement_words import LINES
from portal.db import begin, reading
from portal.errors import error_line
from portal.uploads.errors import FileRefused as UploadRefused
from portal.uploads.kinds import kind_of
from portal.uploads.sealed import SealedFiles
from portal.world import current_world

_SHOWN = 200


@blueprint.post("/accounts/statements")
def statement_upload() -> Any:
    """Read a bank's statement in: all of it or nothing."""
    form, world, acting = StatementForm(), current_world(), g.acting
    form.offer(statements.own_accounts(reading(), acting))
    if not form.validate_on_submit():
        return overview_page(FileForm(formdata=None), form), 400
    files = SealedFiles(world.settings.instance, world.field_keys)
    try:
        with files.received(form.statement.data.stream) as path:
            kind_of(path)
            with begin() as rows:
                done = statements.read_in(
                    rows, now=world.clock.now(), acting=acting, path=path, payee_id=form.account.data
                )
    except (UploadRefused, PaymentsError) as error:
        form.statement.errors = [error_line(error.code, **error.fields)]
        return overview_page(FileForm(formdata=None), form), 400
    flash(
        _("This file was read in before. Nothing was changed.")
        if done.already_imported
        else _("The statement is read in.")
    )
    return redirect(url_for("accounts.statement_page", statement_id=done.statement_id), 303)


@blueprint.get("/accounts/statements/<statement_id>")
def statement_page(statement_id: str) -> str:
    """Show what a statement came to, and the lines that belong to no payment yet."""
    rows, acting = reading(), g.acting
    one = statements.own_statement(rows, acting, statement_id)
    waiting = statements.waiting_lines(rows, one, limit=_SHOWN)
    return render_template(
        "cashier/statement.html", one=one, payee=rows.get_one(Payee, one.payee_id), words=LINES,
        found=lines_by_outcome(rows, one), waiting=waiting, suspense=_open_of([line for line, _memo in waiting]),
        works="reconcile" in acting.duties,
    )  # fmt: skip


def _open_of(lines: list[Any]) -> dict[int, str]:
    """Return by transaction the sums of these lines that wait still."""
    query = (
        select(Transaction.seq, Suspense.id)
        .join(Suspense, Suspense.transaction_id == Transaction.id)
        .where(Transaction.seq.in_([one.transaction_seq for one in lines]), Suspense.status == "open")
    )
    return {row[0]: row[1] for row in reading().execute(query)}
