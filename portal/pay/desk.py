"""What payments put on a province officer's desk: money that a person must decide about."""

from collections.abc import Mapping
from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.models import Case
from portal.acting import Acting
from portal.queues import PROVINCE, Queue, Rows

ACTS: Mapping[str, Any] = {
    "institution.opened": _l("An institution began to take payments."),
    "payee_key.made": _l("A system was given a key to ask for payments."),
    "suspense.assigned": _l("Money without a code was given to a payment."),
    "exception.looked_at": _l("Somebody has looked at a payment that differs."),
    "exception.again": _l("A payment that differs is to be looked at once more."),
    "suspense.undone": _l("Money was taken from a payment again."),
    "refund.asked": _l("A refund was asked for."),
    "refund.agreed": _l("A second person agreed to a refund."),
    "refund.refused": _l("A second person refused a refund."),
    "refund.canceled": _l("A refund was withdrawn."),
    "refund.done": _l("A refund has left."),
    "refund.failed": _l("A refund failed; the money is where it was."),
    "payee_key.revoked": _l("A system's key to ask for payments was ended."),
    "receipt.printed_again": _l("A receipt was printed again."),
    "invoice.asked": _l("A buyer asked for an invoice."),
    "invoice.corrected": _l("A buyer's data were corrected for an invoice."),
    "invoice.issued": _l("An invoice was issued."),
    "invoice.refused": _l("The issuer refused an invoice."),
    "invoice.change_asked": _l("The issuer was asked to change an invoice."),
    "invoice.changed": _l("An invoice was cancelled, replaced or adjusted."),
    "receipt.voided": _l("A receipt was made void."),
    "receipt.replaced": _l("A receipt was replaced by a corrected one."),
    "day.closed": _l("A desk's day was closed."),
    "settlement.imported": _l("A gateway's settlement file was read in."),
    "statement.imported": _l("A bank's statement was read in."),
    "settlement.explained": _l("A difference with a gateway was explained."),
    "adjustment.proposed": _l("A correction in the books was proposed."),
    "adjustment.approved": _l("A second person approved a correction in the books."),
    "adjustment.refused": _l("A second person refused a correction in the books."),
    "adjustment.withdrawn": _l("A proposed correction was taken back."),
}
CASES: Mapping[str, Any] = {
    "unmatched": _l("Money came without a payment that it belongs to."),
    "order_unknown": _l("A gateway tells of a payment that we don't know."),
    "money_for_canceled": _l("Money came for a payment that was cancelled."),
    "amount_differs": _l("Another amount was paid than was asked for."),
    "paid_again": _l("The same payment was paid twice."),
    "contradiction": _l("A gateway contradicts what it said before."),
    "suspected": _l("A gateway suspects fraud."),
    "stuck": _l("A payment has waited too long for its gateway."),
    "feed_gap": _l("A bank's list of credits has a gap."),
    "account_unknown": _l("Money came to an account that we don't know."),
    "notice_stuck": _l("A gateway's notice could not be read."),
    "endpoint_paused": _l("A system does not take our messages about payments."),
    "not_told": _l("A system never took a message about a payment."),
    "refund_stuck": _l("A gateway has not said clearly whether money went back."),
    "refund_returned": _l("Money that went back to a payer has come back."),
    "refund_again": _l("The same refund left the bank account twice."),
    "refund_unfit": _l("A transfer left for a refund that was called off, or with another sum."),
    "gateway_down": _l("A gateway does not answer. It is asked again by itself."),
    "clock_skew": _l("A gateway's clock and ours are minutes apart."),
    "file_differs": _l("A gateway's settlement file and our books disagree."),
    "payout_differs": _l("A gateway paid out another sum than its file says."),
    "payout_missing": _l("A gateway's payout has not come to the bank."),
    "bank_lacks": _l("Money that was reported does not stand in the bank's statement."),
    "maybe_twice": _l("One transfer may stand in the books twice."),
}


def money_cases(_session: Session, _acting: Acting) -> Rows:
    """Select the open cases of money."""
    columns = (Case.opened_at.label("since"), Case.id.label("id"), Case.kind.label("about"))
    return select(*columns).where(Case.closed_at.is_(None))


QUEUES: tuple[Queue, ...] = (
    Queue(
        code="money",
        name=_l("Questions about money"),
        rows=money_cases,
        address=lambda: url_for("desk.cases_page", kind="money"),
        one=lambda case_id, kind: (CASES.get(kind, kind), url_for("desk.case_page", case_id=case_id)),
        roles=PROVINCE,
    ),
)
