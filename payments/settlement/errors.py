"""Why a settlement file is refused whole, and what else settlement refuses.

Refused
├── FileRefused
│   ├── IncompleteFile        incomplete_file: cut short, or count and sums are not those of its rows
│   ├── FileUnreadable        settlement_unreadable: no CSV in UTF-8 or UTF-16 and no workbook
│   ├── ColumnsMissing        settlement_columns: field columns names them
│   ├── RowInvalid            bad_row: fields row, column
│   ├── ForeignRow            foreign_row: a row of another provider; field row
│   ├── KeyDiffers            key_differs: one transaction twice with other figures; field provider_txn_id
│   ├── TotalsMissing         totals_missing: the format has none, so count and net come from the covering letter
│   ├── FormatUnknown         settlement_format: no column map for this provider
│   ├── BalanceBroken         statement_balance: a balance does not follow from the one before; field row
│   ├── StatementCut          statement_cut: the rows end before the closing balance; field row
│   └── ForeignAccount        foreign_account: the statement of another account; field account_end
└── AdjustmentRefused
    ├── OwnAdjustment         own_adjustment: who proposed it may not approve it
    └── AccountsInvalid       accounts_invalid: the two accounts are no accounts of this payee, or the same
"""

from __future__ import annotations

from payments.errors import Missing, Refused


class FileRefused(Refused):
    """A settlement file that is refused whole: nothing of it is stored."""


class IncompleteFile(FileRefused):
    """Cut short, or its count and sums are not those of its rows; field what."""

    code = "incomplete_file"


class FileUnreadable(FileRefused):
    """No CSV in UTF-8 or UTF-16 and no workbook."""

    code = "settlement_unreadable"


class ColumnsMissing(FileRefused):
    """Columns that the format needs are not there; field columns."""

    code = "settlement_columns"


class RowInvalid(FileRefused):
    """A value that the column cannot hold; fields row and column."""

    code = "bad_row"


class ForeignRow(FileRefused):
    """A row, or the whole file, belongs to another provider; field row."""

    code = "foreign_row"


class KeyDiffers(FileRefused):
    """One transaction stands twice in the file with other figures; field provider_txn_id."""

    code = "key_differs"


class TotalsMissing(FileRefused):
    """The format has no totals, and nobody gave them."""

    code = "totals_missing"


class FormatUnknown(FileRefused):
    """There is no column map for this provider; field provider."""

    code = "settlement_format"


class BalanceBroken(FileRefused):
    """A balance in a bank's statement does not follow from the one before; field row."""

    code = "statement_balance"


class StatementCut(FileRefused):
    """A bank's statement ends before its closing balance; field row, its last."""

    code = "statement_cut"


class ForeignAccount(FileRefused):
    """A bank's statement is of another account than the chosen one; field account_end."""

    code = "foreign_account"


class DifferenceUnknown(Missing):
    """No such open difference."""

    code = "difference_unknown"


class AdjustmentUnknown(Missing):
    """No such adjustment."""

    code = "adjustment_unknown"


class AdjustmentRefused(Refused):
    """An adjustment that may not be made so."""


class OwnAdjustment(AdjustmentRefused):
    """Who proposed an adjustment may not approve it."""

    code = "own_adjustment"


class AccountsInvalid(AdjustmentRefused):
    """The two accounts are the same, or not of this payee."""

    code = "accounts_invalid"
