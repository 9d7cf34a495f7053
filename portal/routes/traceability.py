"""Guards of stamps and their history: scanning, the log, events, recalls, registers."""

from portal.epcis.views import epcis, lots
from portal.guards import Table, anyone, anyone_or_key, scoped, visitor
from portal.recalls.views import blueprint as recalls
from portal.registers.views import blueprint as registers
from portal.routes.who import CAPTURES, GET, OFFICER, POST, SELLER, SELLER_OR_OFFICER, Room
from portal.stamps.views import log, scan, stamps
from portal.supply.views import blueprint as supply
from portal.watch.views import blueprint as watch

BLUEPRINTS: tuple[Room, ...] = (
    (scan, True),
    (log, True),
    (stamps, False),
    (epcis, True),
    (lots, False),
    (watch, False),
    (supply, False),
    (registers, False),
    (recalls, False),
)
GUARDS: Table = {
    # a stamp scanned
    "scan.stamp": {GET: anyone},
    "scan.no_code": {GET: anyone},
    "scan.link": {GET: anyone},
    "scan.resolver": {GET: anyone},
    "scan.pin": {POST: visitor},
    "scan.pin_page": {GET: anyone},
    "scan.place": {POST: visitor},
    "scan.place_page": {GET: anyone},
    "scan.proof": {GET: anyone},
    "scan.lot": {GET: anyone},
    "scan.place_number": {GET: anyone},
    "scan.shipment": {GET: anyone},
    # the public log
    "log.checkpoint": {GET: anyone},
    "log.cosignatures": {POST: scoped("log:cosign")},
    "log.key": {GET: anyone},
    "log.tile": {GET: anyone},
    "log.entries": {GET: anyone},
    # stamps ordered, printed, activated
    "stamps.batches": {GET: SELLER},
    "stamps.order": {GET: SELLER},
    "stamps.order_count": {POST: SELLER},
    "stamps.order_check": {GET: SELLER},
    "stamps.order_send": {POST: SELLER},
    "stamps.ordered": {GET: SELLER},
    "stamps.batch_page": {GET: SELLER},
    "stamps.sheets": {GET: SELLER},
    "stamps.sheets_print": {POST: SELLER},
    "stamps.print_page": {GET: SELLER},
    "stamps.print_file": {GET: SELLER},
    "stamps.lot": {GET: SELLER},
    "stamps.lot_new": {GET: SELLER},
    "stamps.lot_begin": {GET: SELLER},
    "stamps.lot_asks": {GET: SELLER},
    "stamps.lot_answer": {POST: SELLER},
    "stamps.lot_save": {POST: SELLER},
    "stamps.activate": {GET: SELLER},
    "stamps.activate_save": {POST: SELLER},
    "stamps.void": {GET: SELLER},
    "stamps.void_save": {POST: SELLER},
    "stamps.request_decide": {POST: SELLER},
    "stamps.officer_requests": {GET: OFFICER},
    "stamps.officer_request_decide": {POST: OFFICER},
    # EPCIS
    "epcis.capture": {POST: CAPTURES},
    "epcis.capture_job": {GET: CAPTURES},
    "epcis.events": {GET: anyone_or_key("epcis:read")},
    # lots and what happened to them
    "lots.lots": {GET: SELLER},
    "lots.lot": {GET: SELLER},
    "lots.tell": {GET: SELLER},
    "lots.tell_save": {POST: SELLER},
    "lots.asked": {GET: SELLER},
    "lots.answer": {POST: SELLER},
    "lots.wrong": {GET: SELLER},
    "lots.wrong_save": {POST: SELLER},
    # counterfeit watch
    "watch.watch": {GET: OFFICER},
    "watch.alarms": {GET: SELLER},
    # supply
    "supply.ask": {GET: SELLER_OR_OFFICER},
    "supply.give": {POST: SELLER_OR_OFFICER},
    # registers
    "registers.certificates": {GET: OFFICER},
    "registers.new": {GET: OFFICER},
    "registers.new_save": {POST: OFFICER},
    "registers.certificate": {GET: OFFICER},
    "registers.withdraw": {POST: OFFICER},
    "registers.paper": {GET: OFFICER},
    "registers.safe_chain": {GET: anyone},
    "registers.safe_chain_file": {GET: anyone},
    # recalls
    "recalls.recalls": {GET: SELLER_OR_OFFICER},
    "recalls.new": {GET: SELLER_OR_OFFICER},
    "recalls.lot": {GET: SELLER_OR_OFFICER},
    "recalls.lot_recall": {POST: SELLER_OR_OFFICER},
    "recalls.stamps": {GET: SELLER_OR_OFFICER},
    "recalls.stamps_recall": {POST: SELLER_OR_OFFICER},
    "recalls.recall": {GET: SELLER_OR_OFFICER},
    "recalls.close": {POST: SELLER_OR_OFFICER},
}
