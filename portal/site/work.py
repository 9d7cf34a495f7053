"""Where who works with an institution's money goes: the till, the classes or stalls, odd money, the books."""

from flask import url_for
from flask_babel import gettext as _

from portal.acting import Acting
from portal.db import reading
from portal.pay.owners import own_payees, type_of
from portal.world import current_world


def work_links(acting: Acting) -> list[tuple[str, str]]:
    """Return the pages of somebody's institution as (words, address)."""
    rows, now = reading(), current_world().clock.now()
    kinds = {type_of(rows, payee.id, at=now) for payee in own_payees(rows, acting)}
    pages = [
        (_("Till"), "cashier.till", acting.role == "cashier" and "collect" in acting.duties),
        (_("Stays"), "hospital.stays", "hospital" in kinds),
        (_("Classes"), "schools.classes", "school" in kinds),
        (_("Stalls"), "stalls.stalls", "market" in kinds),
        (_("Receipts"), "receipts.receipts", True),
        (_("Invoices"), "receipts.invoices_page", "reconcile" in acting.duties),
        (_("Sales without an invoice"), "receipts.sales_page", "reconcile" in acting.duties),
        (_("Refunds"), "cashier.refunds_waiting", True),
        (_("Money that needs a look"), "cashier.exceptions_page", True),
        (_("Closed days"), "cashier.days_page", True),
        (_("Settlement with gateways"), "accounts.overview", acting.role != "cashier"),
        (_("Your own software"), "systems.overview", acting.role != "cashier"),
    ]
    return [(words, url_for(endpoint)) for words, endpoint, shown in pages if shown]
