"""What a file's rows met, in memory while it is imported: what the file comes to is counted here, not by the engine.

The table of matches says the same; who changes one changes both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import polars as pl

from payments.settlement.tables import Outcome

# What of each row the whole file is judged by.
COLUMNS: Final = (
    "row_no", "type", "provider_txn_id", "status", "amount_minor", "fee_minor", "net_minor", "batch_id",
)  # fmt: skip
_MATCH: Final = {"row_no": pl.Int64, "transaction_seq": pl.Int64, "account_id": pl.Int64, "outcome": pl.Int64}

# Batch, account, outcome, fee, net.
Sum = tuple[str, int | None, int, int, int]


class Met:
    """All rows of a file (COLUMNS) and the matches of those that met something or were judged."""

    def __init__(self, rows: pl.DataFrame, matches: pl.DataFrame) -> None:
        self.rows = rows
        self.matches = matches.select(pl.col(name).cast(kind) for name, kind in _MATCH.items())

    @property
    def is_whole(self) -> bool:
        """Whether every row has its match."""
        return self.matches.height == self.rows.height

    @property
    def seqs(self) -> tuple[int | None, int | None]:
        """The first and the last of our transactions that were met."""
        found: Any = self.matches["transaction_seq"]
        return found.min(), found.max()

    def note(self, matches: Iterable[Mapping[str, Any]]) -> None:
        """Add matches of further rows."""
        more = [[one[name] for name in _MATCH] for one in matches]
        self.matches = pl.concat([self.matches, pl.DataFrame(more, schema=_MATCH, orient="row")])

    def mark_duplicates(self, row_nos: Iterable[int]) -> None:
        """Note that some rows tell what was counted elsewhere."""
        again = pl.col("row_no").is_in(pl.Series(row_nos, dtype=pl.Int64).implode())
        outcome = pl.when(again).then(Outcome.DUPLICATE.value).otherwise(pl.col("outcome"))
        self.matches = self.matches.with_columns(outcome.cast(pl.Int64).alias("outcome"))

    def has_met(self, seq: int) -> bool:
        """Say whether one of our transactions stands in the file already."""
        return seq in self.matches["transaction_seq"]

    def counts(self) -> dict[int, int]:
        """Return how many rows had which outcome."""
        return dict(self.matches["outcome"].value_counts().iter_rows())

    def agreeing(self) -> int:
        """Return how many of our transactions stand in the file as they stand here."""
        same = pl.col("transaction_seq").is_not_null() & (pl.col("outcome") == Outcome.MATCHED.value)
        return self.matches.filter(same).height

    def sums(self) -> Iterator[Sum]:
        """Yield fee and net of each batch, account and outcome."""
        keys = ("batch_id", "account_id", "outcome")
        both = self.rows.join(self.matches, on="row_no")
        yield from both.group_by(keys).agg(_exact("fee_minor"), _exact("net_minor")).sort(keys).iter_rows()

    def own_fees(self) -> Mapping[str, int]:
        """Return by batch what the provider's fees without a payment come to."""
        fees = self.rows.filter(pl.col("type") == "fee").group_by("batch_id").agg(_exact("net_minor"))
        return dict(fees.iter_rows())


def _exact(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.Int128).sum()  # 64 bits would not hold a million of the largest sums
