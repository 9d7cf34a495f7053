"""Anchors: the table row by row, a crash at each step, and what a ledger may answer."""

from collections.abc import Callable
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import func, select

import traceability as trace
from tests.traceability.making import NOW, Made
from tests.traceability.test_log import add_events
from traceability import AnchorState, EntryState, errors
from traceability.anchors import MOVES, AnchorAnswer, Trouble, move
from traceability.ledger.protocol import Finality, Head, NotAnchored, Receipt
from traceability.models import TraceAnchor, TraceEntry

S = AnchorState


class Answering:
    """A ledger that gives one answer to `find` and one to `anchor`."""

    kind = "answering"

    def __init__(self, *, find: Any = None, anchor: Any = None, finality: Any = Finality.FINAL) -> None:
        self._find, self._anchor, self._finality = find, anchor, finality
        self.anchored = 0

    def _give(self, answer: Any) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    def find(self, origin: str, size: int) -> Receipt | NotAnchored:
        found: Receipt | NotAnchored = self._give(self._find or NotAnchored(origin, size))
        return found

    def anchor(self, checkpoint: trace.Checkpoint) -> Receipt:
        self.anchored += 1
        receipt: Receipt = self._give(self._anchor or receipt_of(checkpoint))
        return receipt

    def head(self) -> Head:
        return Head(self.kind, 0, "")

    def finality(self, receipt: Receipt) -> Finality:
        settled: Finality = self._give(self._finality)
        return settled

    def alarms(self) -> tuple[str, ...]:
        return ()

    def check_whole(self) -> int:
        return 0


def receipt_of(checkpoint: trace.Checkpoint, *, root: bytes | None = None) -> Receipt:
    return Receipt("answering", checkpoint.origin, checkpoint.size, root or checkpoint.root, {"seq": 1})


def published(made: Made, session: Any, count: int = 3, *, start: int = 0) -> None:
    add_events(session, count, start=start)
    made.publish()


def claimed(session: Any, *, now: Any = NOW) -> trace.AnchorClaim:
    trace.plan_anchor(session, now=now, ledger="answering")
    claim = trace.claim_anchor(session, now=now, ledger="answering")
    assert claim is not None
    return claim


def advance(session: Any, claim: trace.AnchorClaim, ledger: Answering, *, now: Any = NOW) -> AnchorState:
    return trace.record_anchor(session, now=now, claim=claim, answer=trace.call_ledger(ledger, claim))


def states(session: Any) -> list[str]:
    session.expire_all()
    return list(session.scalars(select(TraceAnchor.state).order_by(TraceAnchor.size)))


def test_every_move_is_in_the_table_or_an_error() -> None:
    legal = {
        (S.PENDING, S.SENT),
        (S.PENDING, S.COVERED),
        (S.SENT, S.SENT),
        (S.SENT, S.CONFIRMED),
        (S.SENT, S.FAILED),
        (S.SENT, S.COVERED),
        (S.CONFIRMED, S.FINAL),
        (S.CONFIRMED, S.SENT),
        (S.FINAL, S.DISPUTED),
        (S.FAILED, S.PENDING),
        (S.DISPUTED, S.PENDING),
    }
    assert set(MOVES) == set(S)
    for current, to in product(S, S):
        if (current, to) in legal:
            assert move(current, to) is to
        else:
            with pytest.raises(errors.AnchorMove):
                move(current, to)


def test_a_checkpoint_on_the_notary_is_final_at_once(made: Made, session: Any) -> None:
    assert trace.plan_anchor(session, now=NOW, ledger="notary") is None
    published(made, session)
    entry = session.execute(select(TraceEntry.id).limit(1)).scalar_one()
    assert trace.entry_state(session, entry) is EntryState.PUBLISHED
    assert made.anchor() is S.FINAL
    assert trace.entry_state(session, entry) is EntryState.FINAL
    assert trace.plan_anchor(session, now=NOW, ledger="notary") is None
    standing = trace.ledger_standing(session, ledger="notary")
    assert (standing.published_size, standing.anchored_size, standing.under_way) == (3, 3, ())
    assert made.fsck() == []


def test_the_states_of_an_entry(made: Made, session: Any) -> None:
    add_events(session, 1)
    entry = session.execute(select(TraceEntry.id)).scalar_one()
    assert trace.entry_state(session, entry) is EntryState.PENDING
    trace.integrate_entries(session, now=NOW)
    assert trace.entry_state(session, entry) is EntryState.INTEGRATED
    made.publish()
    claim = claimed(session)
    assert trace.entry_state(session, entry) is EntryState.PUBLISHED
    assert advance(session, claim, Answering(finality=Finality.CONFIRMED)) is S.CONFIRMED
    assert trace.entry_state(session, entry) is EntryState.ANCHORED


def test_one_is_under_way_and_a_newer_one_replaces_it_before_it_is_sent(made: Made, session: Any) -> None:
    published(made, session)
    first = trace.plan_anchor(session, now=NOW, ledger="answering")
    published(made, session, start=10)
    second = trace.plan_anchor(session, now=NOW, ledger="answering")
    assert states(session) == ["covered", "pending"]
    assert session.get(TraceAnchor, first).covered_by == second
    trace.claim_anchor(session, now=NOW, ledger="answering")
    published(made, session, start=20)
    assert trace.plan_anchor(session, now=NOW, ledger="answering") is None
    assert trace.plan_anchor(session, now=NOW, ledger="notary") is not None


def test_anchors_keep_their_distance(made: Made, session: Any) -> None:
    hour = timedelta(hours=1)
    published(made, session)
    assert trace.plan_anchor(session, now=NOW, ledger="notary", every=hour) is not None
    published(made, session, start=10)
    assert trace.plan_anchor(session, now=NOW + hour / 2, ledger="notary", every=hour) is None
    assert trace.plan_anchor(session, now=NOW + hour, ledger="notary", every=hour) is not None


@pytest.mark.parametrize("crash", ["after the intent", "after sending", "after the receipt"])
def test_a_crash_leaves_one_line_and_one_row(made: Made, session: Any, crash: str) -> None:
    published(made, session)
    trace.plan_anchor(session, now=NOW, ledger="notary")
    lost = trace.claim_anchor(session, now=NOW, ledger="notary")
    assert lost is not None
    if crash != "after the intent":
        answer = trace.call_ledger(made.ledger, lost)
        if crash == "after the receipt":
            trace.record_anchor(session, now=NOW, claim=lost, answer=answer)
    assert trace.claim_anchor(session, now=NOW, ledger="notary") is None
    later = NOW + timedelta(minutes=2)
    again = trace.claim_anchor(session, now=later, ledger="notary")
    if again is not None:
        trace.record_anchor(session, now=later, claim=again, answer=trace.call_ledger(made.ledger, again))
        late = AnchorAnswer(trouble=Trouble.REFUSED, reason="late")
        with pytest.raises(errors.AnchorLeaseLost):
            trace.record_anchor(session, now=later, claim=lost, answer=late)
    assert states(session) == ["final"]
    assert made.ledger.head().position == 1


def test_a_ledger_that_is_down_delays_and_nothing_else(made: Made, session: Any) -> None:
    published(made, session)
    claim = claimed(session)
    down = Answering(find=errors.LedgerUnreachable(reason="down"))
    assert advance(session, claim, down) is S.SENT
    assert trace.ledger_standing(session, ledger="answering").under_way == (3,)
    moment = NOW
    for _ in range(12):
        moment += timedelta(minutes=10)
        again = trace.claim_anchor(session, now=moment, ledger="answering")
        assert again is not None
        assert advance(session, again, down, now=moment) is S.SENT
    again = trace.claim_anchor(session, now=moment + timedelta(minutes=10), ledger="answering")
    assert again is not None
    assert advance(session, again, Answering()) is S.FINAL


Make = Callable[[trace.Checkpoint], Answering]


@pytest.mark.parametrize(
    ("make", "state", "trouble"),
    [
        (lambda wanted: Answering(anchor=errors.LedgerRefused(holds=wanted.size + 1)), S.COVERED, Trouble.COVERED),
        (lambda wanted: Answering(anchor=errors.LedgerRefused(reason="no")), S.FAILED, Trouble.REFUSED),
        (lambda wanted: Answering(anchor=errors.LedgerStopped(reason="fork")), S.SENT, Trouble.STOPPED),
        (lambda wanted: Answering(find=receipt_of(wanted, root=bytes(32))), S.SENT, Trouble.STOPPED),
        (lambda wanted: Answering(finality=Finality.SENT), S.SENT, None),
        (lambda wanted: Answering(finality=Finality.CONFIRMED), S.CONFIRMED, None),
    ],
)
def test_what_a_ledger_may_answer(
    made: Made, session: Any, make: Make, state: AnchorState, trouble: Trouble | None
) -> None:
    published(made, session)
    claim = claimed(session)
    answer = trace.call_ledger(make(claim.checkpoint), claim)
    assert answer.trouble is trouble
    assert trace.record_anchor(session, now=NOW, claim=claim, answer=answer) is state
    assert (session.get(TraceAnchor, claim.anchor).reason is None) == (trouble is None)


def test_a_confirmed_anchor_that_is_gone_is_sent_again(made: Made, session: Any) -> None:
    published(made, session)
    claim = claimed(session)
    advance(session, claim, Answering(finality=Finality.CONFIRMED))
    entry = session.execute(select(TraceEntry.id).limit(1)).scalar_one()
    later = NOW + timedelta(minutes=5)
    again = trace.claim_anchor(session, now=later, ledger="answering")
    assert again is not None
    gone = Answering(finality=errors.ReceiptDiffers(reason="in no block"))
    assert advance(session, again, gone, now=later) is S.SENT
    assert gone.anchored == 0
    assert trace.entry_state(session, entry) is EntryState.PUBLISHED
    third = trace.claim_anchor(session, now=later, ledger="answering")
    assert third is not None
    assert advance(session, third, Answering(), now=later) is S.FINAL
    assert trace.entry_state(session, entry) is EntryState.FINAL


def test_a_person_releases_what_failed(made: Made, session: Any) -> None:
    published(made, session)
    claim = claimed(session)
    advance(session, claim, Answering(anchor=errors.LedgerRefused(reason="no")))
    assert trace.ledger_standing(session, ledger="answering").needs_person == (claim.anchor,)
    assert trace.claim_anchor(session, now=NOW + timedelta(days=1), ledger="answering") is None
    trace.release_anchor(session, now=NOW, anchor=claim.anchor, note="the contract was replaced")
    again = trace.claim_anchor(session, now=NOW, ledger="answering")
    assert again is not None
    assert advance(session, again, Answering()) is S.FINAL
    with pytest.raises(errors.AnchorMove):
        trace.release_anchor(session, now=NOW, anchor=claim.anchor, note="again")
    assert session.execute(select(func.count()).select_from(TraceAnchor)).scalar_one() == 1
