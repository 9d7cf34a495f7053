"""Guards of who collects money: the till, accounts, market stalls, class lists."""

from portal.cashier import (  # noqa: F401  they join the blueprints below
    day_views,
    exception_views,
    going_on_views,
    refund_views,
    report_views,
    statement_views,
)
from portal.cashier.settlement_views import blueprint as accounts
from portal.cashier.views import blueprint as cashier
from portal.guards import Table, anyone
from portal.hospital.views import blueprint as hospital
from portal.receipts import invoice_views, sales_views  # noqa: F401  their views join those of receipts
from portal.receipts.views import blueprint as receipts
from portal.routes.who import (
    ACCOUNTS,
    APPROVES,
    COLLECTS,
    GET,
    MANAGES,
    OF_INSTITUTION,
    POST,
    PROVINCE,
    RECONCILES,
    Room,
)
from portal.schools import list_views  # noqa: F401  its views join those of schools
from portal.schools.views import blueprint as schools
from portal.stalls import case_views  # noqa: F401  its views join those of stalls
from portal.stalls.views import blueprint as stalls
from portal.systems import address_views  # noqa: F401  its views join those of systems
from portal.systems.views import blueprint as systems

BLUEPRINTS: tuple[Room, ...] = (
    (cashier, False),
    (accounts, False),
    (stalls, False),
    (schools, False),
    (receipts, False),
    (hospital, False),
    (systems, False),
)
GUARDS: Table = {
    # systems
    "systems.overview": {GET: MANAGES},
    "systems.payee": {GET: MANAGES},
    "systems.make_key": {POST: MANAGES},
    "systems.key": {GET: MANAGES},
    "systems.roll_key": {POST: MANAGES},
    "systems.end_key": {POST: MANAGES},
    "systems.add_address": {POST: MANAGES},
    "systems.address": {GET: MANAGES},
    "systems.roll_secret": {POST: MANAGES},
    "systems.switch": {POST: MANAGES},
    "systems.remove_address": {POST: MANAGES},
    "systems.send_again": {POST: MANAGES},
    # cashier
    "cashier.till": {GET: COLLECTS},
    "cashier.till_ask": {POST: COLLECTS},
    "cashier.asked": {GET: COLLECTS},
    "cashier.slip": {GET: COLLECTS},
    "cashier.code": {POST: COLLECTS},
    "cashier.check": {POST: COLLECTS},
    "cashier.cancel": {POST: COLLECTS},
    "cashier.search": {GET: COLLECTS},
    "cashier.more_time": {POST: COLLECTS},
    "cashier.in_parts": {POST: COLLECTS},
    "cashier.live_till": {GET: COLLECTS},
    "cashier.day": {GET: COLLECTS},
    "cashier.day_close": {POST: COLLECTS},
    "cashier.days_page": {GET: OF_INSTITUTION},
    "cashier.closed_day": {GET: OF_INSTITUTION},
    "cashier.exceptions_page": {GET: OF_INSTITUTION},
    "cashier.suspense_page": {GET: RECONCILES},
    "cashier.exceptions_looked_at": {POST: RECONCILES},
    "cashier.suspense_assign": {POST: RECONCILES},
    "cashier.suspense_undo": {POST: RECONCILES},
    "cashier.suspense_send_back": {POST: RECONCILES},
    "cashier.paid_by_code": {GET: RECONCILES},
    "cashier.paid_by": {GET: RECONCILES},
    "cashier.paid_undo": {POST: RECONCILES},
    "cashier.refund_form": {GET: COLLECTS},
    "cashier.refund_ask": {POST: COLLECTS},
    "cashier.refunds_waiting": {GET: OF_INSTITUTION},
    "cashier.refund": {GET: OF_INSTITUTION},
    "cashier.refund_decide": {POST: APPROVES},
    "cashier.refund_sent": {POST: APPROVES},
    "cashier.refund_cancel": {POST: OF_INSTITUTION},
    # hospital
    "hospital.stays": {GET: OF_INSTITUTION},
    "hospital.stay": {GET: OF_INSTITUTION},
    "hospital.stay_open": {POST: COLLECTS},
    "hospital.advance": {POST: COLLECTS},
    "hospital.charge": {POST: COLLECTS},
    "hospital.discharge": {POST: COLLECTS},
    "hospital.account": {POST: COLLECTS},
    "hospital.account_check": {POST: APPROVES},
    "hospital.give_back": {POST: COLLECTS},
    "hospital.use_undo": {POST: RECONCILES},
    # receipts; which duty each act needs stands in the action
    "receipts.receipts": {GET: OF_INSTITUTION},
    "receipts.one": {GET: OF_INSTITUTION},
    "receipts.print_again": {POST: OF_INSTITUTION},
    "receipts.copy": {GET: OF_INSTITUTION},
    "receipts.void": {POST: OF_INSTITUTION},
    "receipts.correct": {POST: OF_INSTITUTION},
    "receipts.issue_new": {POST: OF_INSTITUTION},
    # invoices: who reconciles sees the buyer
    "receipts.invoices_page": {GET: RECONCILES},
    "receipts.sales_page": {GET: RECONCILES},
    "receipts.invoice": {GET: RECONCILES},
    "receipts.invoice_correct": {POST: RECONCILES},
    "receipts.invoice_number": {POST: RECONCILES},
    "receipts.invoice_change": {POST: RECONCILES},
    # settlement
    "accounts.overview": {GET: ACCOUNTS},
    "accounts.upload": {POST: PROVINCE},
    "accounts.books": {GET: ACCOUNTS},
    "accounts.report": {GET: ACCOUNTS},
    "accounts.report_paper": {GET: ACCOUNTS},
    "accounts.suspense_paper": {GET: ACCOUNTS},
    "accounts.file_page": {GET: ACCOUNTS},
    "accounts.statement_upload": {POST: RECONCILES},
    "accounts.statement_page": {GET: ACCOUNTS},
    "accounts.difference_page": {GET: ACCOUNTS},
    "accounts.explain": {POST: ACCOUNTS},
    "accounts.correct": {POST: ACCOUNTS},
    "accounts.corrections": {GET: ACCOUNTS},
    "accounts.correction_decide": {POST: ACCOUNTS},
    # stalls
    "stalls.stalls": {GET: OF_INSTITUTION},
    "stalls.stall_open": {POST: MANAGES},
    "stalls.stall_close": {POST: MANAGES},
    "stalls.boards": {GET: OF_INSTITUTION},
    "stalls.board": {GET: OF_INSTITUTION},
    "stalls.stall": {GET: OF_INSTITUTION},
    "stalls.live_board": {GET: OF_INSTITUTION},
    "stalls.check": {GET: OF_INSTITUTION},
    "stalls.check_picture": {POST: OF_INSTITUTION},
    "stalls.case_page": {GET: MANAGES},
    "stalls.case_close": {POST: MANAGES},
    "stalls.genuine": {GET: anyone},
    # schools
    "schools.classes": {GET: OF_INSTITUTION},
    "schools.one_class": {GET: OF_INSTITUTION},
    "schools.letters": {GET: OF_INSTITUTION},
    "schools.remind": {POST: COLLECTS},
    "schools.more_time": {POST: COLLECTS},
    "schools.list_new": {GET: COLLECTS},
    "schools.list_send": {POST: COLLECTS},
    "schools.list_sample": {GET: COLLECTS},
    "schools.list_page": {GET: OF_INSTITUTION},
    "schools.list_import": {POST: COLLECTS},
    "schools.list_stop": {POST: COLLECTS},
    "schools.list_refused": {GET: COLLECTS},
}
