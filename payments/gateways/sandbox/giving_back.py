"""Refunds as stand-ins with orders keep them: each taken once, never more than came, done now, later or not at all."""

from __future__ import annotations

from typing import Any

from payments.gateways.sandbox.state import State

DONE, GOING, REFUSED = "done", "going", "refused"
DUPLICATE, TOO_MUCH = "duplicate", "too_much"
REFUND_FAULTS = ("refund_later", "refund_refused")


def give_back(
    state: State, provider: str, *, ref: str, paid: int, refund_ref: str, amount: int, at: float, later: bool = False
) -> dict[str, Any] | str:
    """Take a refund of an order; return its row, or why not: duplicate or too_much."""
    act = (state.take_fault(provider, REFUND_FAULTS) or ("", {}))[0]
    status = REFUSED if act == "refund_refused" else GOING if later or act == "refund_later" else DONE
    number = str(state.next_number())
    if refund_of(state, provider, refund_ref) is not None:
        return DUPLICATE
    with state.write() as rows:
        gone = rows.execute(
            "SELECT coalesce(sum(amount), 0) AS sum FROM provider_refunds "
            "WHERE provider = ? AND ref = ? AND status <> ?",
            (provider, ref, REFUSED),
        ).fetchone()["sum"]
        if gone + amount > paid:
            return TOO_MUCH
        row = (provider, refund_ref, ref, amount, status, number, at)
        rows.execute("INSERT INTO provider_refunds VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    return {"refund_ref": refund_ref, "ref": ref, "amount": amount, "status": status, "number": number, "at": at}


def refund_of(state: State, provider: str, refund_ref: str) -> dict[str, Any] | None:
    """Return a refund as it stands; one that was to be done later is done by the next question."""
    with state.write() as rows:
        row = rows.execute(
            "SELECT * FROM provider_refunds WHERE provider = ? AND refund_ref = ?", (provider, refund_ref)
        ).fetchone()
        if row is not None and row["status"] == GOING:
            rows.execute(
                "UPDATE provider_refunds SET status = ? WHERE provider = ? AND refund_ref = ?",
                (DONE, provider, refund_ref),
            )
    return None if row is None else dict(row)


def refunds_of(state: State, provider: str, ref: str) -> list[dict[str, Any]]:
    """Return an order's refunds, oldest first."""
    with state.write() as rows:
        found = rows.execute(
            "SELECT refund_ref FROM provider_refunds WHERE provider = ? AND ref = ? ORDER BY at", (provider, ref)
        ).fetchall()
    return [row for one in found if (row := refund_of(state, provider, one["refund_ref"])) is not None]
