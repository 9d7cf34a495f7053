"""The seller's labels: which stamps on which sheet; few at once, many as a file that the worker makes."""

from typing import Any

from flask import Response, g, redirect, render_template, send_file, url_for

from portal.db import begin, reading
from portal.errors import error_line
from portal.i18n import current_language, number
from portal.stamps import actions
from portal.stamps.forms import PrintForm
from portal.stamps.my_views import blueprint, own_header, range_page
from portal.stamps.prints import INLINE_MOST, ask_print, file_of, own_print
from portal.stamps.wiring import book_of
from portal.world import current_world
from traceability import PrintRun, plan_run
from traceability.errors import LabelTooSmall, PrintRunTooLong, StampRefused


@blueprint.get("/my/stamps/<int:batch>/print")
def sheets(batch: int) -> Any:
    """Ask which stamps to print, and on what."""
    header = own_header(reading(), batch)
    last = min(header.count, INLINE_MOST) - 1
    asked = {"first": "0", "last": str(last), "sheet": "a4-40", "width": "50", "height": "30"}
    return range_page("print", PrintForm(data=asked), header, 200)


@blueprint.post("/my/stamps/<int:batch>/print")
def sheets_print(batch: int) -> Any:
    """Give a few sheets at once as a PDF; have the worker make more. Codes leave the house: it is noted."""
    rows, world, acting, form = reading(), current_world(), g.acting, PrintForm()
    header = own_header(rows, batch)
    if not form.validate_on_submit():
        return range_page("print", form, header, 400)
    first, last = form.range
    book = book_of(world.stamp_keys)
    try:
        run = plan_run(rows, book=book, batch=batch, first=first, last=last, sheet=form.sheet_name)
        if run.labels > INLINE_MOST:
            return _ask(run, form)
        pdf = actions.labels_pdf(rows, run, book=book)
    except LabelTooSmall as error:
        form.sheet.errors = [error_line(error.code, **error.fields)]
    except PrintRunTooLong as error:
        form.last.errors = [error_line(error.code, most=number(int(error.fields["most"])))]
    except StampRefused as error:
        form.last.errors = [error_line(error.code, **error.fields)]
    else:
        with begin() as session:
            actions.note_printing(session, now=world.clock.now(), acting=acting, batch=batch, first=first, last=last)
        return _kept_by_nobody(Response(pdf, mimetype="application/pdf"), f"tem-{batch}-{first}-{last}.pdf")
    return range_page("print", form, header, 400)


def _ask(run: PrintRun, form: PrintForm) -> Any:
    with begin() as session:
        asked = ask_print(
            session, now=current_world().clock.now(), acting=g.acting, run=run, sheet=form.sheet_name,
            language=current_language(), client_id=form.client_id.data,
        )  # fmt: skip
    return redirect(url_for("stamps.print_page", print_id=asked.id))


@blueprint.get("/my/stamps/prints/<print_id>")
def print_page(print_id: str) -> str:
    """Show how far a file is, and where to fetch it; the page can be left."""
    rows = reading()
    found = own_print(rows, g.acting, print_id)
    return render_template("stamps/my/printing.html", found=found, header=own_header(rows, found.batch))


@blueprint.get("/my/stamps/prints/<print_id>/file")
def print_file(print_id: str) -> Response:
    """Give a finished file."""
    found = own_print(reading(), g.acting, print_id)
    path = file_of(found, current_world().settings)
    answer = send_file(path, mimetype="application/pdf", conditional=True, etag=False)
    return _kept_by_nobody(answer, f"tem-{found.batch}-{found.first}-{found.last}.pdf")


def _kept_by_nobody(answer: Response, name: str) -> Response:
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
