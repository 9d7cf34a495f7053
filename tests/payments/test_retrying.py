"""Calls tried again: when, how long after, and never past one call's time."""

import pytest

from payments.errors import NoAnswer
from payments.gateways.http import Answer
from payments.gateways.retrying import Retrying
from tests.payments.scene import Peer

BROKEN, GOOD = Answer(503, b""), Answer(200, b"{}")
CUT = NoAnswer(reason="ConnectionError")


class Time:
    """A clock that only sleep moves."""

    def __init__(self) -> None:
        self.at = 100.0
        self.waits: list[float] = []

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.at += seconds


def sent(*answers: Answer | NoAnswer, seconds: float = 30.0, spread: float = 1.0) -> tuple[object, Time, Peer]:
    """Return what a call ended with, the time it took, and what the peer was asked."""
    clock, peer = Time(), Peer(*answers)
    calling = Retrying(peer, sleep=clock.sleep, clock=clock.now, spread=lambda: spread)
    try:
        ended: object = calling.send("GET", "https://x.test", headers={}, body=b"", seconds=seconds)
    except NoAnswer as fault:
        ended = fault
    return ended, clock, peer


@pytest.mark.parametrize("first", [Answer(408, b""), Answer(429, b""), Answer(500, b""), BROKEN, CUT])
def test_what_may_help_is_tried_again(first):
    ended, clock, _ = sent(first, first, GOOD)
    assert (ended, clock.waits) == (GOOD, [0.5, 1.0])


@pytest.mark.parametrize("first", [GOOD, Answer(302, b""), Answer(400, b""), Answer(404, b""), Answer(409, b"")])
def test_what_is_an_answer_is_taken(first):
    ended, clock, peer = sent(first)
    assert (ended, clock.waits, len(peer.asked)) == (first, [], 1)


@pytest.mark.parametrize("last", [BROKEN, CUT])
def test_two_more_tries_and_no_more(last):
    ended, clock, peer = sent(CUT, BROKEN, last, GOOD)
    assert (ended, len(peer.asked)) == (last, 3)
    assert len(clock.waits) == 2


def test_waits_are_spread():
    assert sent(BROKEN, BROKEN, GOOD, spread=0.0)[1].waits == [0.375, 0.75]


@pytest.mark.parametrize(("asked_s", "waited"), [(7.0, 7.0), (0.0, 0.5), (-3.0, 0.5), (60.5, 0.5), (None, 0.5)])
def test_the_wait_that_is_asked_for_is_kept(asked_s, waited):
    assert sent(Answer(429, b"", asked_s), GOOD)[1].waits == [waited]


def test_all_tries_end_within_one_call_s_time():
    # A wait that would end after the call's time is not begun, and each try gets what is left.
    ended, clock, peer = sent(Answer(429, b"", 20.0), Answer(429, b"", 20.0), GOOD, seconds=30.0)
    assert (ended, clock.waits) == (Answer(429, b"", 20.0), [20.0])
    assert [one["seconds"] for one in peer.asked] == [30.0, 10.0]
    assert sent(Answer(503, b"", 8.0), seconds=8.0)[1].waits == []
