"""What may follow what: the seller's states and a draft's, one table each. Pure."""

from collections.abc import Mapping

from portal.onboarding.errors import IllegalTransition

Table = Mapping[tuple[str, str], str]

SELLER_STATES = (
    "recorded",
    "onboarding",
    "submitted",
    "approved",
    "suspended",
    "returned",
    "rejected",
    "closed",
    "erased",
)
SELLER: Table = {
    ("recorded", "begin"): "onboarding",
    ("onboarding", "submit"): "submitted",
    ("submitted", "approve"): "approved",
    ("submitted", "return"): "returned",
    ("submitted", "reject"): "rejected",
    ("returned", "submit"): "submitted",
    ("rejected", "reopen"): "onboarding",
    ("approved", "suspend"): "suspended",
    ("suspended", "resume"): "approved",
    **{(state, "close"): "closed" for state in SELLER_STATES if state not in ("closed", "erased")},
    ("closed", "erase"): "erased",
}

DRAFT_STATES = ("begun", "saved", "captured", "phone_confirmed", "read_back", "sent", "expired")
DRAFT: Table = {
    ("begun", "save"): "saved",
    ("saved", "save"): "saved",
    ("begun", "confirm_phone"): "phone_confirmed",
    ("saved", "confirm_phone"): "phone_confirmed",
    ("captured", "confirm_phone"): "phone_confirmed",
    ("phone_confirmed", "save"): "phone_confirmed",
    ("phone_confirmed", "read_back"): "read_back",
    ("read_back", "save"): "phone_confirmed",
    ("read_back", "read_back"): "read_back",
    ("read_back", "send"): "sent",
    **{(state, "expire"): "expired" for state in DRAFT_STATES if state not in ("sent", "expired")},
}


CLAIM_STATES = ("asked", "accepted", "refused", "void")
CLAIM: Table = {
    ("asked", "accept"): "accepted",
    ("asked", "refuse"): "refused",
    ("asked", "void"): "void",
}


def follow(table: Table, state: str, event: str) -> str:
    """Return the state that an event leads to; raise `IllegalTransition` where it leads nowhere."""
    try:
        return table[state, event]
    except KeyError:
        raise IllegalTransition(state=state, event=event) from None
