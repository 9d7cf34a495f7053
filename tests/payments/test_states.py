"""The transition tables, row by row: each listed pair is allowed, every other pair is refused."""

import pytest

from payments.errors import IllegalTransition
from payments.states import ATTEMPT, FEED, NOTICE, RECEIPT, REFUND, REQUEST, SUSPENSE

LISTED = {
    REQUEST: """- draft, - open, draft open, draft canceled, open canceled, expired canceled, open expired,
        expired open, open paid, expired paid, open open, expired expired, paid paid, canceled canceled, paid open""",
    ATTEMPT: """- created, created pending, created failed, created unknown, created canceled, created succeeded,
        pending succeeded, unknown succeeded, pending failed, unknown failed, pending canceled, unknown canceled,
        pending expired, unknown expired, pending unknown, unknown pending, failed succeeded, canceled succeeded,
        expired succeeded, succeeded succeeded""",
    NOTICE: """- received, received refused, received duplicate, received applied, received parked, parked applied,
        parked refused, parked duplicate""",
    SUSPENSE: "- open, open assigned, open refunded, open adjusted, assigned open",
    REFUND: """- requested, requested approved, requested canceled, approved pending, approved succeeded,
        approved failed, approved unknown, approved by_hand, by_hand succeeded, by_hand canceled, pending succeeded,
        pending failed, pending pending, pending unknown, unknown succeeded, unknown failed, unknown pending,
        unknown unknown, succeeded failed""",
    RECEIPT: "- issued, issued voided, issued replaced",
    FEED: "- live, live gap, gap live, live closed, gap closed",
}
NAMES = {
    REQUEST: "draft open expired paid canceled",
    ATTEMPT: "created pending unknown succeeded failed canceled expired",
    NOTICE: "received refused duplicate applied parked",
    SUSPENSE: "open assigned refunded adjusted",
    REFUND: "requested approved by_hand pending unknown succeeded failed canceled",
    RECEIPT: "issued voided replaced",
    FEED: "live gap closed",
}


def pairs(table):
    found = set()
    for row in LISTED[table].split(","):
        before, after = row.split()
        found.add((None if before == "-" else before, after))
    return found


ROWS = [
    pytest.param(table, before, after, (before, after) in pairs(table), id=f"{table.name}-{before}-{after}")
    for table in LISTED
    for before in (None, *NAMES[table].split())
    for after in NAMES[table].split()
]


@pytest.mark.parametrize(("table", "before", "after", "listed"), ROWS)
def test_every_pair(table, before, after, listed):
    assert table.allows(before, after) is listed
    if listed:
        assert table.move(before, after) == after
    else:
        with pytest.raises(IllegalTransition) as refusal:
            table.move(before, after)
        assert refusal.value.fields == {"table": table.name, "from_status": before, "to_status": after}
