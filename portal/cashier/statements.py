"""A bank's statement as people read it in: what is new in it pays, waits or goes out, all else as with a feed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from payments.models import Payee, Transaction
from payments.settlement.statement_importing import WAITS, ImportedStatement, import_statement
from payments.settlement.statement_tables import BankStatement, StatementLine
from portal.acting import Acting
from portal.audit import record
from portal.cashier.settlement import reach
from portal.errors import NotFound
from portal.pay.money_in import follow
from portal.pay.owners import own_payee, own_payees, owner_of
from portal.pay.refunding import follow_returned


def read_in(session: Session, *, now: datetime, acting: Acting, path: Path, payee_id: str) -> ImportedStatement:
    """Import a statement of one's own account, or as the system of any; raises FileRefused, `NotFound`."""
    if acting.organisation_id is not None:
        own_payee(session, acting, payee_id)
    done = import_statement(session, path=path, payee_id=payee_id, now=now, actor=acting.actor)
    for booked in done.booked:
        follow(session, now=now, acting=acting, allocations=booked.allocations, request_ids=booked.request_ids)
        if booked.returned is not None:
            follow_returned(session, now=now, acting=acting, returned=booked.returned)
    if not done.already_imported:
        changed: dict[str, tuple[object, object]] = {"rows": (None, done.rows)}
        own = replace(acting, organisation_id=owner_of(session, payee_id) or acting.organisation_id)
        record(
            session, now=now, acting=own, act="statement.imported", object_id=done.statement_id, changed=changed,
            public=frozenset(changed),
        )  # fmt: skip
    return done


def statements_of(session: Session, acting: Acting, *, limit: int) -> Sequence[tuple[BankStatement, Payee]]:
    """Return the newest statements within reach, each with whose account it is."""
    query = select(BankStatement, Payee).join(Payee, Payee.id == BankStatement.payee_id)
    own = reach(session, acting)
    if own is not None:
        query = query.where(BankStatement.payee_id.in_(own))
    return [(one, payee) for one, payee in session.execute(query.order_by(BankStatement.no.desc()).limit(limit))]


def own_statement(session: Session, acting: Acting, statement_id: str) -> BankStatement:
    """Return a statement within reach; raise `NotFound` for any other."""
    found = session.scalar(select(BankStatement).where(BankStatement.id == statement_id))
    own = reach(session, acting)
    if found is None or (own is not None and found.payee_id not in own):
        raise NotFound
    return found


def waiting_lines(session: Session, statement: BankStatement, *, limit: int) -> Sequence[tuple[StatementLine, str]]:
    """Return the lines that no payment claimed when they were read, each with its memo."""
    query = (
        select(StatementLine, Transaction.memo)
        .join(Transaction, Transaction.seq == StatementLine.transaction_seq)
        .where(StatementLine.statement_no == statement.no, StatementLine.outcome == WAITS)
        .order_by(StatementLine.row_no)
        .limit(limit)
    )
    return [(line, memo or "") for line, memo in session.execute(query)]


def own_accounts(session: Session, acting: Acting) -> Sequence[Payee]:
    """Return the payees whose bank's statements somebody may read in; none where that is not their duty."""
    return own_payees(session, acting) if acting.organisation_id and "reconcile" in acting.duties else []
