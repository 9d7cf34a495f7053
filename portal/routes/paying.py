"""Guards of who pays and of programs that collect: payment pages, `/v1`, providers' notices."""

from portal.guards import Table, bill_asker, payer, sender
from portal.pay import api_balance, api_catalog, api_endpoints, api_links, api_reading, api_refunds, api_sessions  # noqa: F401  their views join those of api
from portal.pay.api import blueprint as v1
from portal.pay.hooks import blueprint as pay_hooks
from portal.pay.keyed import keyed
from portal.pay.views import blueprint as pay
from portal.receipts.invoice_views import open_pages as invoices
from portal.routes.who import GET, POST, Room

BLUEPRINTS: tuple[Room, ...] = ((pay, True), (invoices, True), (v1, True), (pay_hooks, True))
GUARDS: Table = {
    # pay
    "pay.request_page": {GET: payer},
    "pay.choose": {POST: payer},
    "pay.vietqr": {GET: payer},
    "pay.vietqr_picture": {GET: payer},
    "pay.vietqr_drawing": {GET: payer},
    "pay.viettel_qr": {GET: payer},
    "pay.live_request": {GET: payer},
    "pay.back_to_shop": {GET: payer},
    "pay.returned": {GET: payer},
    "pay.link_page": {GET: payer},
    "pay.visit_link": {POST: payer},
    "pay.session_page": {GET: payer},
    "pay.session_answer": {POST: payer},
    "pay.done": {POST: payer},
    "pay.receipt": {GET: payer},
    "pay.receipt_paper": {GET: payer},
    "pay.receipt_sheet": {GET: payer},
    "pay.receipt_check": {GET: payer},
    "invoices.ask_page": {GET: payer},
    "invoices.ask": {POST: payer},
    # /v1
    "v1.create_intent": {POST: keyed},
    "v1.list_intents": {GET: keyed},
    "v1.show_intent": {GET: keyed},
    "v1.modify_intent": {POST: keyed},
    "v1.confirm_intent": {POST: keyed},
    "v1.cancel_intent": {POST: keyed},
    "v1.capture_intent": {POST: keyed},
    "v1.list_charges": {GET: keyed},
    "v1.show_charge": {GET: keyed},
    "v1.list_events": {GET: keyed},
    "v1.show_event": {GET: keyed},
    "v1.create_product": {POST: keyed},
    "v1.list_products": {GET: keyed},
    "v1.show_product": {GET: keyed},
    "v1.modify_product": {POST: keyed},
    "v1.delete_product": {"DELETE": keyed},
    "v1.create_price": {POST: keyed},
    "v1.list_prices": {GET: keyed},
    "v1.show_price": {GET: keyed},
    "v1.modify_price": {POST: keyed},
    "v1.create_link": {POST: keyed},
    "v1.list_links": {GET: keyed},
    "v1.show_link": {GET: keyed},
    "v1.modify_link": {POST: keyed},
    "v1.list_line_items": {GET: keyed},
    "v1.create_endpoint": {POST: keyed},
    "v1.list_endpoints": {GET: keyed},
    "v1.show_endpoint": {GET: keyed},
    "v1.modify_endpoint": {POST: keyed},
    "v1.delete_endpoint": {"DELETE": keyed},
    "v1.create_session": {POST: keyed},
    "v1.list_sessions": {GET: keyed},
    "v1.show_session": {GET: keyed},
    "v1.modify_session": {POST: keyed},
    "v1.expire_session": {POST: keyed},
    "v1.list_session_lines": {GET: keyed},
    "v1.show_balance": {GET: keyed},
    "v1.list_balance_transactions": {GET: keyed},
    "v1.show_balance_transaction": {GET: keyed},
    "v1.create_refund": {POST: keyed},
    "v1.list_refunds": {GET: keyed},
    "v1.show_refund": {GET: keyed},
    "v1.modify_refund": {POST: keyed},
    "v1.cancel_refund": {POST: keyed},
    "v1.nothing_here": {GET: keyed, POST: keyed, "DELETE": keyed},
    # what providers tell us
    "pay_hooks.vnpay": {GET: sender},
    "pay_hooks.sepay": {POST: sender},
    "pay_hooks.notice": {POST: sender},
    "pay_hooks.viettel_confirm": {POST: sender},
    "pay_hooks.keypay_bills": {POST: bill_asker},
}
