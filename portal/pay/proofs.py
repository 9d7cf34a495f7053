"""Which paper a payment has: a receipt of a public fee, or the invoice of a sale. Dated rows; new law is a new row.

Sources (secondary): Decrees 51/2010, 123/2020 and 70/2025 on invoices, Circular 32/2025; public fees: Law 97/2015.
An accountant says which row fits; what a row says is looked up by the day of the payment. Pure.
"""

from dataclasses import dataclass
from datetime import date

from portal.places.names import fold

RECEIPT, INVOICE = "receipt", "invoice"
PUBLIC_FEE, SALE, ADVANCE = "public_fee", "sale", "advance"
ANY = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row: from when till when, for which payees and items, from which sum on, which paper must be given."""

    valid_from: date
    valid_to: date | None = None
    payee_type: str = ANY
    item_kind: str
    least_minor: int = 0
    paper: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What a payment has: the paper that must be given, and whether its buyer may ask for an invoice."""

    paper: str
    invoice_on_demand: bool


RULES: tuple[Rule, ...] = (
    Rule(valid_from=date(2011, 1, 1), item_kind=PUBLIC_FEE, paper=RECEIPT),
    Rule(valid_from=date(2011, 1, 1), item_kind=ADVANCE, paper=RECEIPT),
    # Below 200,000 ₫ only a buyer who asked had an invoice, until every sale had one.
    Rule(
        valid_from=date(2011, 1, 1), valid_to=date(2022, 7, 1), item_kind=SALE, least_minor=200_000, paper=INVOICE
    ),
    Rule(valid_from=date(2022, 7, 1), item_kind=SALE, paper=INVOICE),
)  # fmt: skip
# What is asked for, by the words in it, the first that fits; what fits none is as most are at such a payee.
KINDS_BY_WORDS: tuple[tuple[str, str], ...] = (
    ("tam ung", ADVANCE), ("hoc phi", PUBLIC_FEE), ("vien phi", PUBLIC_FEE), ("bao hiem", PUBLIC_FEE),
    ("le phi", PUBLIC_FEE), ("phi ve sinh", PUBLIC_FEE), ("tien cho", PUBLIC_FEE), ("thuoc", SALE), ("tien an", SALE),
    ("tien dien", SALE), ("dong phuc", SALE),
)  # fmt: skip
KINDS_ELSE = {"school": PUBLIC_FEE, "hospital": PUBLIC_FEE, "market": PUBLIC_FEE}


def item_kind(item: str, *, payee_type: str) -> str:
    """Return as what a payment counts, by the words of what it is for."""
    words = f" {fold(item)} "
    found = next((kind for phrase, kind in KINDS_BY_WORDS if f" {phrase} " in words), None)
    return found or KINDS_ELSE.get(payee_type, SALE)


def proof_of(item: str, *, payee_type: str, amount_minor: int, on: date, rules: tuple[Rule, ...] = RULES) -> Proof:
    """Return which paper a payment of that day has; where no row asks for an invoice it is a receipt."""
    kind = item_kind(item, payee_type=payee_type)
    fitting = [
        rule
        for rule in rules
        if rule.valid_from <= on and (rule.valid_to is None or on < rule.valid_to)
        and rule.item_kind == kind and rule.payee_type in (ANY, payee_type) and amount_minor >= rule.least_minor
    ]  # fmt: skip
    paper = fitting[-1].paper if fitting else RECEIPT
    return Proof(paper, kind == SALE)
