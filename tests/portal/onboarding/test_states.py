"""Both tables row by row: every step that is listed leads where it says, every other one is a typed error."""

from itertools import product

import pytest

from portal.onboarding.errors import IllegalTransition
from portal.onboarding.states import DRAFT, DRAFT_STATES, SELLER, SELLER_STATES, follow

SELLER_EVENTS = ("begin", "submit", "approve", "return", "reject", "reopen", "suspend", "resume", "close", "erase")
DRAFT_EVENTS = ("save", "confirm_phone", "read_back", "send", "expire")
SELLER_STEPS = {
    ("recorded", "begin", "onboarding"),
    ("onboarding", "submit", "submitted"),
    ("submitted", "approve", "approved"),
    ("submitted", "return", "returned"),
    ("submitted", "reject", "rejected"),
    ("returned", "submit", "submitted"),
    ("rejected", "reopen", "onboarding"),
    ("approved", "suspend", "suspended"),
    ("suspended", "resume", "approved"),
    ("closed", "erase", "erased"),
    *((state, "close", "closed") for state in SELLER_STATES[:7]),
}


def test_the_sellers_table_is_the_documents() -> None:
    assert {(*key, to) for key, to in SELLER.items()} == SELLER_STEPS


@pytest.mark.parametrize(("state", "event"), list(product(SELLER_STATES, SELLER_EVENTS)))
def test_each_step_of_a_seller(state: str, event: str) -> None:
    wanted = {to for start, what, to in SELLER_STEPS if (start, what) == (state, event)}
    if wanted:
        assert follow(SELLER, state, event) in wanted
    else:
        with pytest.raises(IllegalTransition) as refused:
            follow(SELLER, state, event)
        assert refused.value.fields == {"state": state, "event": event}


@pytest.mark.parametrize(("state", "event"), list(product(DRAFT_STATES, DRAFT_EVENTS)))
def test_each_step_of_a_draft(state: str, event: str) -> None:
    if (state, event) in DRAFT:
        assert follow(DRAFT, state, event) in DRAFT_STATES
    else:
        with pytest.raises(IllegalTransition):
            follow(DRAFT, state, event)


def test_a_draft_is_sent_only_after_it_was_read_back() -> None:
    assert [state for (state, event) in DRAFT if event == "send"] == ["read_back"]
    assert "sent" not in {state for state, _event in DRAFT}
