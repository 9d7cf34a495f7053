"""What must hold for each row of a settlement file, over a whole table at once; the first that breaks it is named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import polars as pl

from payments.settlement.columns import STATUSES, TYPES, WHOLE
from payments.settlement.errors import FileRefused, ForeignRow, IncompleteFile, RowInvalid

SUMS: Final = ("amount", "fee", "net")
_CURRENCY: Final = "VND"
# So long the columns of pay_settlement_rows are.
_MOST: Final = {"provider_txn_id": 64, "merchant_ref": 64, "original_ref": 64, "batch_id": 64, "txn_time": 32}


@dataclass(frozen=True, slots=True)
class Rule:
    """`broken` is true of a row for which `refusal`, given the row's number, says what is wrong."""

    broken: pl.Expr
    refusal: Callable[..., FileRefused]


def texts_hold(provider: str) -> Sequence[Rule]:
    """Return what must hold for the cells of one provider's file as they are written."""
    whole = [Rule(~pl.col(name).str.contains(f"^{WHOLE}$"), partial(RowInvalid, column=name)) for name in SUMS]
    words = [
        Rule(~pl.col(name).is_in(known), partial(RowInvalid, column=name))
        for name, known in (("type", TYPES), ("status", STATUSES), ("currency", (_CURRENCY,)))
    ]
    short = [
        Rule(pl.col(name).str.len_chars() > most, partial(RowInvalid, column=name)) for name, most in _MOST.items()
    ]
    return [*whole, Rule(pl.col("provider") != provider, ForeignRow), *words, *short]


def sums_hold() -> Sequence[Rule]:
    """Return what must hold for sums: net is amount less fee, what goes back is no gain, what failed moves nothing."""
    amount, fee, net, kind = (pl.col(name) for name in (*SUMS, "type"))
    broken = (
        pl.when(pl.col("status") != "ok").then(net != 0)
        .when(kind == "payment").then(net != amount - fee)
        .otherwise((net > 0) & (kind != "adjustment"))
    )  # fmt: skip
    return [Rule(amount < 0, partial(RowInvalid, column="amount")), Rule(broken, partial(IncompleteFile, what="net"))]


def require(rows: pl.DataFrame, rules: Sequence[Rule], first_row: int) -> None:
    """Raise the refusal of the first rule that some row breaks, with that row's number."""
    broken = rows.select(rule.broken.any().alias(str(place)) for place, rule in enumerate(rules)).row(0)
    for rule, is_broken in zip(rules, broken, strict=True):
        if is_broken:
            at: int = rows.select(rule.broken.arg_true().first()).item()
            raise rule.refusal(row=first_row + at)
