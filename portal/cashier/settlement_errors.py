"""The sentences for what a settlement file or an adjustment is refused for; the errors are the library's."""

from flask_babel import lazy_gettext as _l

from portal.errors import Sentences

SENTENCES: Sentences = {
    "incomplete_file": (400, _l("The file is not whole: its rows, sums or last line are wrong. Ask for it again.")),
    "settlement_unreadable": (400, _l("We can't read this file. Choose the CSV or the XLSX workbook as you got it.")),
    "settlement_columns": (400, _l("Columns are missing: %(columns)s")),
    "bad_row": (400, _l("Row %(row)s holds something that cannot stand in the column “%(column)s”.")),
    "foreign_row": (400, _l("Row %(row)s belongs to another gateway. Choose the right one.")),
    "key_differs": (400, _l("Transaction %(provider_txn_id)s stands there twice with other figures.")),
    "totals_missing": (400, _l("This file has no totals. Enter count and net of the covering letter.")),
    "settlement_format": (400, _l("We can't read files of this gateway.")),
    "statement_balance": (
        400,
        _l("Row %(row)s: the balance does not follow from the row before. Ask the bank for the file again."),
    ),
    "statement_cut": (
        400,
        _l("The statement ends at row %(row)s, before its closing balance. Ask the bank for the file again."),
    ),
    "foreign_account": (400, _l("This is the statement of another account, which ends in %(account_end)s.")),
    "difference_unknown": (404, _l("We can't find this difference.")),
    "adjustment_unknown": (404, _l("We can't find this correction.")),
    "own_adjustment": (403, _l("Another person must decide about your own correction.")),
    "day_closed": (409, _l("This day is closed already. What still comes stands in the next close.")),
    "day_to_come": (400, _l("This day has not begun yet.")),
    "accounts_invalid": (400, _l("Choose two different accounts and a sum above zero.")),
}
