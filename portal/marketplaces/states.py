"""What may follow what: a listing, an account on a marketplace, an outbox row. One table each, pure.

A listing's `state` is how the newest wish fares; what buyers see now is `live_version`, another matter.
"""

from collections.abc import Mapping

from portal.marketplaces.errors import ListingStep

Table = Mapping[tuple[str, str], str]

LISTING_STATES = (
    "draft", "invalid", "ready", "queued", "sent", "accepted", "live", "rejected", "paused", "withdrawn", "error",
)  # fmt: skip
_UNSENT = ("draft", "invalid", "ready")

LISTING: Table = {
    **{(state, "checked_bad"): "invalid" for state in ("draft", "invalid", "ready", "rejected")},
    **{(state, "checked_good"): "ready" for state in ("draft", "invalid", "rejected")},
    ("ready", "publish"): "queued",
    ("paused", "publish"): "queued",
    ("withdrawn", "publish"): "queued",
    ("queued", "claimed"): "sent",
    ("sent", "accepted"): "accepted",
    ("sent", "withdrawal_accepted"): "withdrawn",
    ("sent", "refused"): "rejected",
    ("sent", "unsettled"): "queued",
    ("sent", "said_live"): "live",
    ("accepted", "said_live"): "live",
    ("accepted", "said_refused"): "rejected",
    ("live", "said_refused"): "rejected",
    ("accepted", "said_removed"): "rejected",
    ("live", "said_removed"): "rejected",
    ("accepted", "edited"): "queued",
    ("live", "edited"): "queued",
    ("live", "repriced"): "live",
    ("accepted", "pause"): "paused",
    ("live", "pause"): "paused",
    **{(state, "withdraw"): "queued" for state in LISTING_STATES if state not in _UNSENT},
    ("queued", "spent"): "error",
    ("sent", "spent"): "error",
    ("error", "redriven"): "queued",
    ("accepted", "drifted"): "queued",
    ("live", "drifted"): "queued",
}

ACCOUNT_STATES = (
    "wanted", "queued", "sent", "created", "verified", "suspended", "refused", "closing", "closed",
)  # fmt: skip
ACCOUNT: Table = {
    ("wanted", "queue"): "queued",
    ("queued", "claimed"): "sent",
    ("sent", "unsettled"): "queued",
    ("sent", "said_created"): "created",
    ("created", "said_verified"): "verified",
    ("verified", "said_suspended"): "suspended",
    ("suspended", "said_verified"): "verified",
    ("suspended", "said_open"): "created",
    ("sent", "refused"): "refused",
    ("refused", "want"): "wanted",
    **{(state, "close"): "closing" for state in ACCOUNT_STATES if state not in ("closing", "closed")},
    ("closing", "said_closed"): "closed",
}
EXISTS = ("created", "verified")

OUTBOX_STATES = ("due", "leased", "done", "superseded", "dead")
OUTBOX: Table = {
    ("due", "claimed"): "leased",
    ("leased", "claimed"): "leased",  # the lease ran out: its holder died, or will write too late
    ("leased", "settled"): "done",
    ("leased", "unsettled"): "due",
    ("leased", "spent"): "dead",
    ("due", "superseded"): "superseded",
    ("leased", "superseded"): "superseded",
    ("dead", "superseded"): "superseded",
    ("dead", "redriven"): "due",
}


def step(table: Table, state: str, event: str) -> str:
    """Return the state that an event leads to; raise `ListingStep` where it leads nowhere."""
    try:
        return table[state, event]
    except KeyError:
        raise ListingStep(state=state, event=event) from None


def may(table: Table, state: str, event: str) -> bool:
    """Say whether an event leads anywhere from a state."""
    return (state, event) in table
