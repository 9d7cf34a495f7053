"""What can be done with stalls: open and close them, and look whether a board's code is still the stall's own."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

import payments
from payments.models import Payee
from portal.acting import Acting
from portal.audit import record
from portal.cases import open_case
from portal.cashier.actions import close_desk, open_desk
from portal.errors import NotFound
from portal.pay.owners import own_payee, own_payees, owner_of
from portal.stalls.errors import StallNumberTaken, StallUnnamed
from portal.stalls.models import ALARMS, Stall, StallCheck
from portal.stalls.pictures import Board, judge
from portal.stalls.waiting import REPLACED

MOST_NUMBER, MOST_SELLS = 12, 60


def own_accounts(session: Session, acting: Acting) -> list[Payee]:
    """Return the accounts of the market for which somebody acts, oldest first; raise `NotFound` where it has none."""
    payees = own_payees(session, acting)
    if not payees:
        raise NotFound
    return payees


def own_stall(session: Session, acting: Acting, stall_id: str) -> Stall:
    """Return a stall of one's own market; raise `NotFound` for any other."""
    stall = session.get(Stall, stall_id)
    if stall is None:
        raise NotFound
    own_payee(session, acting, stall.payee)
    return stall


def open_stall(session: Session, *, now: datetime, acting: Acting, payee_id: str, number: str, sells: str) -> Stall:
    """Open a stall: a desk of its own, which counts as a cashless point, and a code for its board.

    `payee_id` is the market's account that its money goes to: its holder's name stands on the board. Raises `NotFound`
    for another's account, `StallUnnamed` and `StallNumberTaken`.
    """
    payee = own_payee(session, acting, payee_id)
    number, sells = " ".join(number.split()), " ".join(sells.split())
    if not 0 < len(number) <= MOST_NUMBER or not 0 < len(sells) <= MOST_SELLS:
        raise StallUnnamed
    accounts = [one.id for one in own_payees(session, acting)]  # one stall of a number, whosever account it has
    session.execute(select(Payee.id).where(Payee.id.in_(accounts)).order_by(Payee.id).with_for_update(key_share=True))
    same = select(Stall.id).where(Stall.payee.in_(accounts), Stall.number == number, Stall.closed_at.is_(None))
    if session.scalar(same) is not None:
        raise StallNumberTaken
    desk = open_desk(session, now=now, acting=acting, payee_id=payee.id, name=f"{number} · {sells}")
    board = payments.open_standing(
        session, payee_id=payee.id, item=f"{number} · {sells}", desk_ref=desk.desk_ref, now=now
    )
    stall = Stall(
        payee=payee.id, number=number, sells=sells, desk_ref=desk.desk_ref, standing_id=board.id, code=board.code,
        opened_at=now, closed_at=None,
    )  # fmt: skip
    session.add(stall)
    session.flush()
    _tell(session, now, acting, "stall.opened", stall)
    return stall


def close_stall(session: Session, *, now: datetime, acting: Acting, stall_id: str) -> Stall:
    """Close a stall with its desk and code; closed twice it is closed once."""
    stall = own_stall(session, acting, stall_id)
    if stall.closed_at is None:
        stall.closed_at = now
        payments.close_standing(session, standing_id=stall.standing_id, now=now)
        close_desk(session, now=now, acting=acting, desk_ref=stall.desk_ref)
        _tell(session, now, acting, "stall.closed", stall)
    return stall


def check(session: Session, *, now: datetime, acting: Acting, stall_id: str, codes: Sequence[str]) -> StallCheck:
    """Compare the codes on a picture of a board with the stall's own; another's opens a case for the province.

    Raises `NotFound`.
    """
    stall = own_stall(session, acting, stall_id)
    session.refresh(stall, with_for_update=True)  # its case may be closing: this look comes before that, or after
    payee = session.get_one(Payee, stall.payee)
    board = Board(bank_bin=payee.bin, account=payee.account, code=stall.code)
    seen = judge(codes, board)
    row = StallCheck(
        stall_id=stall.id, at=now, by=acting.login_id, result=seen.result, found_bin=seen.bank_bin,
        found_account_end=seen.account_end,
    )  # fmt: skip
    session.add(row)
    session.flush()
    if seen.result in ALARMS:
        open_case(session, now=now, kind=REPLACED, subject=stall.id, reason=seen.result)
    _tell(session, now, acting, "stall.checked", stall, result=seen.result)
    return row


def _tell(session: Session, now: datetime, acting: Acting, act: str, stall: Stall, **facts: str) -> None:
    """Leave an audit row in the chain of the market."""
    own = replace(acting, organisation_id=owner_of(session, stall.payee))
    changed: dict[str, tuple[object, object]] = {name: (None, value) for name, value in facts.items()}
    record(session, now=now, acting=own, act=act, object_id=stall.id, changed=changed, public=frozenset(changed))
