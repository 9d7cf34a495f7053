"""Settlement as people do it: read a file in, explain what differs, propose and approve corrections; each act told."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from payments import Money
from payments.payees import HOUSE_PAYEE_ID
from payments.settlement import adjustments, differences
from payments.settlement.tables import Adjustment, Difference
from payments.settlement.totals import Totals
from portal.acting import Acting
from portal.audit import record
from portal.bulk import without_collecting
from portal.errors import NotFound
from portal.pay.owners import own_payees, owner_of

if TYPE_CHECKING:
    from payments.settlement.importing import Imported

WHOLE = "province_officer"


def read_in(
    session: Session,
    *,
    now: datetime,
    acting: Acting,
    path: Path,
    provider: str,
    given: Totals | None = None,
    waiver: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> "Imported":
    """Import a gateway's file of a day; raises FileRefused."""
    # Only here: it brings polars, forty megabytes that a process does without until it reads a file.
    from payments.settlement.importing import import_file

    with without_collecting():
        done = import_file(
            session, path=path, provider=provider, now=now, actor=acting.actor, given=given, waiver=waiver,
            progress=progress,
        )  # fmt: skip
    if not done.already_imported:
        changed: dict[str, tuple[object, object]] = {"rows": (None, done.rows)}
        if waiver:
            changed["waiver"] = (None, waiver)
        record(
            session, now=now, acting=acting, act="settlement.imported", object_id=done.file_id, changed=changed,
            public=frozenset(changed),
        )  # fmt: skip
    return done


def reach(session: Session, acting: Acting) -> Sequence[str] | None:
    """Return the payees whose books somebody may look at; None is all of them, the house's too."""
    if acting.role == WHOLE:
        return None
    return [payee.id for payee in own_payees(session, acting)]


def own_difference(session: Session, acting: Acting, difference_id: str) -> Difference:
    """Return a difference within reach; raise `NotFound` for any other."""
    row = differences.lock_difference(session, difference_id)
    _require(session, acting, row.payee_id)
    return row


def own_adjustment(session: Session, acting: Acting, adjustment_id: str) -> Adjustment:
    """Return an adjustment within reach; raise `NotFound` for any other."""
    row = adjustments.lock_adjustment(session, adjustment_id)
    _require(session, acting, row.payee_id)
    return row


def explain(session: Session, *, now: datetime, acting: Acting, difference_id: str, note: str) -> Difference:
    """Close a difference that moves no money, with a reason."""
    own_difference(session, acting, difference_id)
    row = differences.explain(session, difference_id=difference_id, note=note, now=now, actor=acting.actor)
    _tell(session, now, acting, "settlement.explained", row.payee_id, row.id)
    return row


def propose(
    session: Session,
    *,
    now: datetime,
    acting: Acting,
    debit: str,
    credit: str,
    amount_minor: int,
    reason: str,
    difference_id: str | None = None,
    payee_id: str | None = None,
    payout_id: str | None = None,
) -> Adjustment:
    """Propose a correction in the books of a difference's payee, or of the one named."""
    if difference_id is not None:
        payee_id = differences.payee_of(session, own_difference(session, acting, difference_id))
    payee_id = payee_id or HOUSE_PAYEE_ID
    _require(session, acting, payee_id)
    row = adjustments.propose(
        session, payee_id=payee_id, debit=debit, credit=credit, amount=Money(amount_minor), reason=reason, now=now,
        actor=acting.actor, difference_id=difference_id, payout_id=payout_id,
    )  # fmt: skip
    _tell(session, now, acting, "adjustment.proposed", payee_id, row.id, amount_minor)
    return row


def decide(session: Session, *, now: datetime, acting: Acting, adjustment_id: str, what: str) -> Adjustment:
    """Approve or refuse another's correction, or take back one's own."""
    own_adjustment(session, acting, adjustment_id)
    act, word = {
        "approve": (adjustments.approve, "adjustment.approved"),
        "refuse": (adjustments.refuse, "adjustment.refused"),
        "withdraw": (adjustments.withdraw, "adjustment.withdrawn"),
    }[what]
    row = act(session, adjustment_id=adjustment_id, now=now, actor=acting.actor)
    _tell(session, now, acting, word, row.payee_id, row.id, row.amount_minor)
    return row


def _require(session: Session, acting: Acting, payee_id: str | None) -> None:
    own = reach(session, acting)
    if own is not None and payee_id not in own:
        raise NotFound


def _tell(
    session: Session,
    now: datetime,
    acting: Acting,
    act: str,
    payee_id: str | None,
    object_id: str,
    amount_minor: int | None = None,
) -> None:
    """Leave an audit row in the chain of the organisation whose money it is, or of the actor's own."""
    owner = owner_of(session, payee_id) if payee_id else None
    changed: dict[str, tuple[object, object]] = {"amount_minor": (None, amount_minor)} if amount_minor else {}
    own = replace(acting, organisation_id=owner) if owner else acting
    record(session, now=now, acting=own, act=act, object_id=object_id, changed=changed, public=frozenset(changed))
