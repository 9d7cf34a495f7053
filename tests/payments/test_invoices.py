"""Invoices: one a receipt, asked for until the issuer has said yes or no, changed only when it has confirmed."""

from datetime import timedelta

import pytest

import payments
from payments import invoices
from payments.errors import BadAnswer, IllegalTransition, LeaseLost, NotPaid, ReasonMissing, ReceiptUnknown
from payments.invoice_errors import InvoiceAsked, InvoiceNumberInvalid, InvoiceUnknown
from payments.issuer import InvoiceOrder, IssuerSaid, SimulatedIssuer
from payments.models import Invoice
from payments.states import INVOICE
from tests.payments.scene import AT, CASHIER, Peer, ask, bank_notice, hear, json_answer, school, sepay


@pytest.fixture
def receipt(session):
    request = ask(session, school(session))
    hear(session, sepay(), bank_notice(number=1, amount=450_000, memo=request.code))
    return payments.issue_receipt(session, request_id=request.id, now=AT, actor=CASHIER)


def asked(session, receipt, sealed="sealed"):
    return invoices.request_invoice(session, receipt_id=receipt.id, sealed_buyer=sealed, now=AT)


def says(session, said, *, now=AT):
    claimed = invoices.claim_invoice(session, now=now)
    return invoices.record_said(session, claimed=claimed, said=said, now=now)


def test_one_a_receipt_and_only_of_one_that_counts(session, receipt):
    with pytest.raises(ReceiptUnknown):
        invoices.request_invoice(session, receipt_id="rc_x", sealed_buyer="s", now=AT)
    row = asked(session, receipt)
    assert (row.status, row.amount_minor, row.item) == ("requested", 450_000, receipt.item)
    with pytest.raises(InvoiceAsked):
        asked(session, receipt)
    assert says(session, IssuerSaid(number="C26TAA-1")).number == "C26TAA-1"
    with pytest.raises(InvoiceAsked):
        asked(session, receipt)
    payments.void_receipt(session, receipt_id=receipt.id, reason="x", now=AT, actor=CASHIER)
    other = payments.issue_receipt(session, request_id=receipt.request_id, now=AT, actor=CASHIER)
    payments.void_receipt(session, receipt_id=other.id, reason="x", now=AT, actor=CASHIER)
    with pytest.raises(NotPaid):
        asked(session, other)


def test_refused_it_is_asked_for_anew_with_other_data(session, receipt):
    row = asked(session, receipt, "wrong")
    says(session, IssuerSaid(refusal="Không có mã này"))
    assert (row.status, row.refusal, invoices.claim_invoice(session, now=AT)) == ("refused", "Không có mã này", None)
    assert asked(session, receipt, "right").id == row.id
    assert (row.status, row.sealed_buyer, row.refusal) == ("requested", "right", None)
    with pytest.raises(IllegalTransition):
        invoices.correct_invoice(session, invoice_id=row.id, sealed_buyer="x", now=AT)


def test_of_a_receipt_that_counts_no_more_none_is_asked_for(session, receipt):
    """What the issuer was never asked is refused with it; what it may have issued waits for its word."""
    void = {"reason": "x", "now": AT, "actor": CASHIER}
    unsent = asked(session, receipt)
    payments.void_receipt(session, receipt_id=receipt.id, **void)
    assert (unsent.status, invoices.claim_invoice(session, now=AT)) == ("refused", None)
    for again in (invoices.correct_invoice, invoices.request_invoice):
        of = {"invoice_id": unsent.id} if again is invoices.correct_invoice else {"receipt_id": receipt.id}
        with pytest.raises(NotPaid):
            again(session, sealed_buyer="s", now=AT, **of)
    second = payments.issue_receipt(session, request_id=receipt.request_id, now=AT, actor=CASHIER)
    sent = asked(session, second)
    claimed = invoices.claim_invoice(session, now=AT)
    payments.void_receipt(session, receipt_id=second.id, **void)
    invoices.record_said(session, claimed=claimed, said=IssuerSaid(number="N1"), now=AT)
    assert (sent.status, sent.number) == ("issued", "N1")


def test_no_clear_answer_is_asked_again_and_a_late_one_is_lost(session, receipt):
    row = asked(session, receipt)
    first = invoices.claim_invoice(session, now=AT)
    assert invoices.claim_invoice(session, now=AT) is None
    again = invoices.claim_invoice(session, now=AT + timedelta(minutes=2))
    with pytest.raises(LeaseLost):
        invoices.record_said(session, claimed=first, said=IssuerSaid(number="N1"), now=AT)
    invoices.record_said(session, claimed=again, said=None, now=AT)
    assert (row.status, row.next_try_at) == ("requested", AT + timedelta(minutes=1))
    with pytest.raises(InvoiceNumberInvalid), session.begin_nested():
        says(session, IssuerSaid(number="x y"), now=AT + timedelta(minutes=1))
    assert says(session, IssuerSaid(number="N1"), now=AT + timedelta(minutes=9)).status == "issued"


def test_a_number_by_hand_is_nobody_elses(session, receipt):
    row = asked(session, receipt)
    enter = {"invoice_id": row.id, "now": AT, "actor": CASHIER}
    for number in ("", "a b\x00", "x" * 41):
        with pytest.raises(InvoiceNumberInvalid):
            invoices.enter_number(session, number=number, **enter)
    assert invoices.enter_number(session, number=" c26taa - 7 ", **enter).number == "C26TAA-7"
    assert (row.status, row.by_hand, invoices.claim_invoice(session, now=AT)) == ("issued", CASHIER, None)
    with pytest.raises(IllegalTransition):
        invoices.enter_number(session, number="N2", **enter)
    with pytest.raises(InvoiceUnknown):
        invoices.enter_number(session, number="N2", invoice_id="iv_x", now=AT, actor=CASHIER)


@pytest.mark.parametrize(("change", "number"), [("cancelled", None), ("replaced", "N2"), ("adjusted", "N2")])
def test_changed_only_when_the_issuer_has_confirmed(session, receipt, change, number):
    row = asked(session, receipt)
    wish = {"invoice_id": row.id, "change": change, "now": AT}
    with pytest.raises(IllegalTransition):
        invoices.ask_change(session, reason="x", **wish)
    says(session, IssuerSaid(number="N1"))
    with pytest.raises(ReasonMissing):
        invoices.ask_change(session, reason=" ", **wish)
    invoices.ask_change(session, reason="Sai tên", **wish)
    says(session, IssuerSaid(refusal="Quá hạn"))
    assert (row.status, row.refusal, row.change) == ("issued", "Quá hạn", None)
    invoices.ask_change(session, reason="Sai tên", **wish)
    says(session, IssuerSaid(number=number))
    assert (row.status, row.number) == (change, "N1")
    found = [(one.number, one.of_id) for one in session.query(Invoice).filter_by(status="issued")]
    assert found == ([("N2", row.id)] if number else [])
    current = invoices.invoice_of(session, receipt.id)
    assert (current.number if current else None) == number


def test_every_pair_of_the_table():
    moves = {(before, after) for before, following in INVOICE.follows.items() for after in following}
    assert moves == {
        (None, "requested"), ("requested", "issued"), ("requested", "refused"), ("refused", "requested"),
        ("issued", "replaced"), ("issued", "adjusted"), ("issued", "cancelled"),
    }  # fmt: skip


ORDER = InvoiceOrder(
    invoice_id="iv_1", payee_name="A", amount_minor=1_000, item="B", receipt_number="HP-1", buyer={"tax_code": "1"}
)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (json_answer({"number": "N1"}), IssuerSaid(number="N1")),
        (json_answer({"refusal": "no"}, status=422), IssuerSaid(refusal="no")),
        (json_answer({"number": None}), None),
        (json_answer({}), None),
        (json_answer([]), None),
        (json_answer({"number": "N1"}, status=500), None),
    ],
)
def test_what_the_simulated_issuer_may_answer(answer, said):
    issuer = SimulatedIssuer(url="https://issuer.test", transport=Peer(answer))
    if said is None:
        with pytest.raises(BadAnswer):
            issuer.tell(ORDER, seconds=1.0)
    else:
        assert issuer.tell(ORDER, seconds=1.0) == said
