"""Cashless payments: requests, attempts by gateways, notices, a double-entry journal, receipts.

Functions over a SQLAlchemy Session: they flush and never commit, never call out, and take `now` as aware UTC.

Who is paid         create_payee get_payee open_feed has_feed set_ways
A printed board     open_standing close_standing static_vietqr
What is asked       create_request open_request give_time cancel_request expire_due get_request
                    create_requests revise_request Listed (of a list)
One try             start_attempt order_of record_started record_refused record_unknown get_attempt live_attempts
                    due_by_reference · look_up (a provider asks for a Bill)
What providers say  store apply_notice claim_notice park forget_refused · decide
Going back          ask_refund decide_refund cancel_refund confirm_by_hand came_back refunds_of
                    claim_refund record_refund
Advances            payments.advances: credit_left use_credit undo_use ask_return uses_of
Sums that wait      payments.suspense: meant_for assign send_back send_back_over
A wrong match       undo_allocation · overpayments release_over
Janitor             claim_query ask_again record_finding record_no_answer · claim_pull record_pull record_pull_failed
What a till shows   credits_after newest_credits day_credits last_seq · open_cases candidates
Receipts            issue_receipt receipt_if_due current_receipt reprint_receipt void_receipt replace_receipt
                    receipt_in_public find_receipt
Invoices            payments.invoices: request_invoice invoice_of correct_invoice ask_change enter_number claim_invoice
                    record_said · payments.issuer: Issuer SimulatedIssuer InvoiceOrder IssuerSaid
The books           balances check
Values              Money askable business_date bank_name can_receive read_vietqr encode_vietqr
Gateways            VnPay VietQr SePay HttpTransport, and the words of payments.gateways.protocol

Others may also import payments.errors, payments.credit_errors, payments.refunds.errors, payments.approvals,
payments.states, payments.models and payments.gateways.protocol.
Names are loaded when first used, so that a sandbox or a command line starts without SQLAlchemy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from payments.attempts import Began as Began
    from payments.attempts import due_by_reference as due_by_reference
    from payments.attempts import get_attempt as get_attempt
    from payments.attempts import live_attempts as live_attempts
    from payments.attempts import order_of as order_of
    from payments.attempts import record_refused as record_refused
    from payments.attempts import record_started as record_started
    from payments.attempts import record_unknown as record_unknown
    from payments.attempts import start_attempt as start_attempt
    from payments.bills import Bill as Bill
    from payments.bills import look_up as look_up
    from payments.booking import Allocated as Allocated
    from payments.cases import open_cases as open_cases
    from payments.days import business_date as business_date
    from payments.events import Applied as Applied
    from payments.events import apply_notice as apply_notice
    from payments.events import claim_notice as claim_notice
    from payments.events import forget_refused as forget_refused
    from payments.events import park as park
    from payments.events import store as store
    from payments.feeds import Pull as Pull
    from payments.feeds import Taken as Taken
    from payments.feeds import claim_pull as claim_pull
    from payments.feeds import record_pull as record_pull
    from payments.feeds import record_pull_failed as record_pull_failed
    from payments.gateways.banks import bank_name as bank_name
    from payments.gateways.banks import can_receive as can_receive
    from payments.gateways.http import HttpTransport as HttpTransport
    from payments.gateways.sepay import SePay as SePay
    from payments.gateways.vietqr import VietQr as VietQr
    from payments.gateways.vietqr_text import encode_vietqr as encode_vietqr
    from payments.gateways.vietqr_text import read_vietqr as read_vietqr
    from payments.gateways.vnpay import VnPay as VnPay
    from payments.invariants import Checked as Checked
    from payments.invariants import check as check
    from payments.janitor import Found as Found
    from payments.janitor import ask_again as ask_again
    from payments.janitor import claim_query as claim_query
    from payments.janitor import record_finding as record_finding
    from payments.janitor import record_no_answer as record_no_answer
    from payments.journal import balances as balances
    from payments.matching import candidates as candidates
    from payments.money import Money as Money
    from payments.money import askable as askable
    from payments.overpaying import overpayments as overpayments
    from payments.overpaying import release_over as release_over
    from payments.payees import create_payee as create_payee
    from payments.payees import get_payee as get_payee
    from payments.payees import has_feed as has_feed
    from payments.payees import open_feed as open_feed
    from payments.payees import set_ways as set_ways
    from payments.receipts import PublicReceipt as PublicReceipt
    from payments.receipts import current_receipt as current_receipt
    from payments.receipts import find_receipt as find_receipt
    from payments.receipts import issue_receipt as issue_receipt
    from payments.receipts import receipt_if_due as receipt_if_due
    from payments.receipts import receipt_in_public as receipt_in_public
    from payments.receipts import replace_receipt as replace_receipt
    from payments.receipts import reprint_receipt as reprint_receipt
    from payments.receipts import void_receipt as void_receipt
    from payments.refunds.asking import Wanted as Wanted
    from payments.refunds.asking import ask_refund as ask_refund
    from payments.refunds.asking import came_back as came_back
    from payments.refunds.asking import cancel_refund as cancel_refund
    from payments.refunds.asking import confirm_by_hand as confirm_by_hand
    from payments.refunds.asking import decide_refund as decide_refund
    from payments.refunds.asking import refunds_of as refunds_of
    from payments.refunds.booking import Returned as Returned
    from payments.refunds.calls import RefundAsked as RefundAsked
    from payments.refunds.calls import RefundChanged as RefundChanged
    from payments.refunds.calls import claim_refund as claim_refund
    from payments.refunds.calls import record_refund as record_refund
    from payments.request_lists import Listed as Listed
    from payments.request_lists import create_requests as create_requests
    from payments.request_lists import revise_request as revise_request
    from payments.requests import cancel_request as cancel_request
    from payments.requests import create_request as create_request
    from payments.requests import expire_due as expire_due
    from payments.requests import get_request as get_request
    from payments.requests import give_time as give_time
    from payments.requests import open_request as open_request
    from payments.settling import decide as decide
    from payments.standing import close_standing as close_standing
    from payments.standing import open_standing as open_standing
    from payments.standing import static_vietqr as static_vietqr
    from payments.till import CreditShown as CreditShown
    from payments.till import credits_after as credits_after
    from payments.till import day_credits as day_credits
    from payments.till import last_seq as last_seq
    from payments.till import newest_credits as newest_credits
    from payments.undoing import undo_allocation as undo_allocation

_MODULES = {
    "attempts": "Began due_by_reference get_attempt live_attempts order_of"
    " record_refused record_started record_unknown start_attempt",
    "bills": "Bill look_up",
    "booking": "Allocated",
    "cases": "open_cases",
    "days": "business_date",
    "events": "Applied apply_notice claim_notice forget_refused park store",
    "feeds": "Pull Taken claim_pull record_pull record_pull_failed",
    "gateways.banks": "bank_name can_receive",
    "gateways.http": "HttpTransport",
    "gateways.sepay": "SePay",
    "gateways.vietqr": "VietQr",
    "gateways.vietqr_text": "encode_vietqr read_vietqr",
    "gateways.vnpay": "VnPay",
    "invariants": "Checked check",
    "janitor": "Found ask_again claim_query record_finding record_no_answer",
    "journal": "balances",
    "matching": "candidates",
    "money": "Money askable",
    "overpaying": "overpayments release_over",
    "payees": "create_payee get_payee has_feed open_feed set_ways",
    "receipts": "PublicReceipt current_receipt find_receipt issue_receipt receipt_if_due"
    " receipt_in_public replace_receipt reprint_receipt void_receipt",
    "refunds.booking": "Returned",
    "refunds.calls": "RefundAsked RefundChanged claim_refund record_refund",
    "refunds.asking": "Wanted ask_refund came_back cancel_refund confirm_by_hand decide_refund refunds_of",
    "request_lists": "Listed create_requests revise_request",
    "requests": "cancel_request create_request expire_due get_request give_time open_request",
    "settling": "decide",
    "standing": "close_standing open_standing static_vietqr",
    "till": "CreditShown credits_after day_credits last_seq newest_credits",
    "undoing": "undo_allocation",
}
_WHERE = {name: (module, name) for module, names in _MODULES.items() for name in names.split()}

__all__ = sorted(_WHERE)  # noqa: PLE0605 - computed, so that the front door has one list


def __getattr__(name: str) -> Any:
    """Load a name of the front door when it is first asked for."""
    if name not in _WHERE:
        raise AttributeError(f"module 'payments' has no attribute {name!r}")
    module, attribute = _WHERE[name]
    return getattr(import_module(f"payments.{module}"), attribute)


def __dir__() -> list[str]:
    """List the front door."""
    return __all__
