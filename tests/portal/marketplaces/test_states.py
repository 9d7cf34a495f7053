"""Every row of the tables passes, and every other pair is a typed error."""

import pytest

from portal.marketplaces.errors import ListingStep
from portal.marketplaces.states import (
    ACCOUNT,
    ACCOUNT_STATES,
    LISTING,
    LISTING_STATES,
    OUTBOX,
    OUTBOX_STATES,
    Table,
    may,
    step,
)

# from | event | to, as the design has it
LISTING_ROWS = """
draft invalid ready rejected | checked_bad | invalid
draft invalid rejected | checked_good | ready
ready paused withdrawn | publish | queued
queued | claimed | sent
sent | accepted | accepted
sent | withdrawal_accepted | withdrawn
sent | refused | rejected
sent | unsettled | queued
sent accepted | said_live | live
accepted live | said_refused | rejected
accepted live | said_removed | rejected
accepted live | edited | queued
live | repriced | live
accepted live | pause | paused
queued sent accepted live rejected paused withdrawn error | withdraw | queued
queued sent | spent | error
error | redriven | queued
accepted live | drifted | queued
"""
ACCOUNT_ROWS = """
wanted | queue | queued
queued | claimed | sent
sent | unsettled | queued
sent | said_created | created
created suspended | said_verified | verified
suspended | said_open | created
verified | said_suspended | suspended
sent | refused | refused
refused | want | wanted
wanted queued sent created verified suspended refused | close | closing
closing | said_closed | closed
"""
OUTBOX_ROWS = """
due leased | claimed | leased
leased | settled | done
leased | unsettled | due
leased | spent | dead
due leased dead | superseded | superseded
dead | redriven | due
"""


def _rows(text: str) -> dict[tuple[str, str], str]:
    found = {}
    for line in text.strip().splitlines():
        states, event, target = (part.strip() for part in line.split("|"))
        found |= {(state, event): target for state in states.split()}
    return found


@pytest.mark.parametrize(
    ("table", "rows", "states"),
    [
        (LISTING, LISTING_ROWS, LISTING_STATES),
        (ACCOUNT, ACCOUNT_ROWS, ACCOUNT_STATES),
        (OUTBOX, OUTBOX_ROWS, OUTBOX_STATES),
    ],
    ids=["listing", "account", "outbox"],
)
def test_the_table_is_the_design_s_and_nothing_else_is_allowed(
    table: Table, rows: str, states: tuple[str, ...]
) -> None:
    wanted = _rows(rows)
    for state in states:
        for event in {event for _, event in wanted}:
            assert may(table, state, event) == ((state, event) in wanted), (state, event)
            if (state, event) in wanted:
                assert step(table, state, event) == wanted[state, event]
            else:
                with pytest.raises(ListingStep) as raised:
                    step(table, state, event)
                assert raised.value.fields == {"state": state, "event": event}
    assert set(table.values()) <= set(states)
