"""Answers that hold something of the notice that they answer."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from payments.gateways.protocol import Raw, Reply, Sender, Verdict


@runtime_checkable
class Echoing(Protocol):
    """A sender that wants its own fields back."""

    def reply_to(self, raw: Raw, verdict: Verdict) -> Reply:
        """Return the provider's own spelling of a verdict about this notice."""
        ...


def answer_to(sender: Sender, raw: Raw, verdict: Verdict) -> Reply:
    """Return the answer to a notice."""
    return sender.reply_to(raw, verdict) if isinstance(sender, Echoing) else sender.reply(verdict)
