"""The books of a span of days as the sheets of one workbook."""

from collections.abc import Callable, Iterator, Sequence

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from payments import reports
from payments.reports import Balanced, Span, Summed
from payments.settlement import listing
from portal.cashier.settlement_words import OUTCOMES, account_name, gateway_name, movement_name, to_do
from portal.sheets import Row, Sheet


def sheets_of(rows: Session, span: Span) -> list[Sheet]:
    """Return the sheets; the long ones are read while they are written."""
    debit, credit = _("Debit"), _("Credit")
    return [
        (_("Day book"), (_("Day"), _("Payee"), _("Number"), _("Kind"), _("Account"), debit, credit),
         _entered(rows, span)),
        (_("Accounts"), (_("Payee"), _("Account"), _("Rows"), *side_names()),
         _balanced(reports.by_account(rows, span))),
        (_("Gateways"), (_("Payee"), _("Gateway"), _("Payments"), _("In")),
         _summed(reports.by_gateway(rows, span), "debit_minor", name=gateway_name)),
        (_("Items"), (_("Payee"), _("What for"), _("Payments"), _("Amount")),
         _summed(reports.by_item(rows, span), "credit_minor")),
        (_("Not yet assigned"), (_("Payee"), _("Transaction"), _("Payments"), _("Amount")),
         _summed(reports.not_assigned(rows, span), "credit_minor")),
        (_("Differences"), (_("What differs"), _("In our books"), _("In the file"), _("What to do")),
         _differing(rows, span)),
    ]  # fmt: skip


def side_names() -> tuple[str, ...]:
    """Return what the sides of an account are called, in the order of `Balanced.sides`."""
    return (
        _("Opening debit"), _("Opening credit"), _("Debit"), _("Credit"), _("Closing debit"), _("Closing credit"),
    )  # fmt: skip


def _entered(rows: Session, span: Span) -> Iterator[Row]:
    debit = credit = 0
    for one in reports.day_book(rows, span):
        debit, credit = debit + (one.debit_minor or 0), credit + (one.credit_minor or 0)
        yield (
            f"{one.day:%d/%m/%Y}", one.payee, one.seq, movement_name(one.kind), account_name(one.account),
            one.debit_minor, one.credit_minor,
        )  # fmt: skip
    yield "", _("Total"), None, "", "", debit, credit


def _balanced(lines: Sequence[Balanced]) -> Iterator[Row]:
    for one in lines:
        yield one.payee, account_name(one.name), one.count, *one.sides
    sums = (sum(one.sides[side] or 0 for one in lines) for side in range(6))
    yield "", _("Total"), sum(one.count for one in lines), *sums


def _summed(lines: Sequence[Summed], side: str, *, name: Callable[[str], object] = str) -> Iterator[Row]:
    for one in lines:
        yield one.payee, name(one.name), one.count, getattr(one, side)
    yield "", _("Total"), sum(one.count for one in lines), sum(getattr(one, side) for one in lines)


def _differing(rows: Session, span: Span) -> Iterator[Row]:
    for one, *_more in listing.open_differences(rows, payee_ids=span.payee_ids, days=(span.first, span.last)):
        yield OUTCOMES[one.word], one.ours_minor, one.theirs_minor, to_do(one.outcome, one.state)
