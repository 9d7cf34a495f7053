"""One institution with every way to pay, whose payers, cashiers and providers do what a seed deals, kills in between.

The providers' own books are in the stand-ins' file: whatever is said twice, late, falsely or never, those are true.
"""

import contextlib
import csv
import time

import requests
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from payments import Wanted
from payments.days import business_date
from payments.errors import PaymentsError
from payments.models import Attempt, Feed, Refund, StoredNotice, Suspense, Transaction
from payments.models import Request as Asked
from payments.overpaying import overpayments
from payments.refunds.asking import allocations_of
from payments.settlement.tables import Difference, FileRow, Outcome, SettlementFile
from payments.states import FeedStatus
from portal.acting import Acting
from portal.cashier import actions, exceptions, odd, settlement, statements
from portal.db import begin
from portal.errors import PortalError
from portal.pay import refunding
from tests.faults.ledgers import differences
from tests.faults.passing import (
    MONEY_TIMES,
    lost_notices_come,
    minutes_pass,
    partners_behave,
    partners_due,
    partners_hours_pass,
)
from tests.faults.payers import WALLETS, Payers
from tests.faults.steps import LAST, LOST_S, REFUND_FAULTS, Step
from tests.faults.town import WAIT_S
from tests.supervisor import until

ROUNDS = 4
"""So often are hours let pass in which everything that is due is done; then whatever still differs, differs."""
_HAS_COME = sa.exists(
    sa.select(FileRow.row_no)
    .join(SettlementFile, SettlementFile.no == FileRow.file_no)
    .join(
        Transaction,
        (Transaction.provider == SettlementFile.provider)
        & (Transaction.provider_txn_id == FileRow.provider_txn_id)
        & (Transaction.amount_minor == FileRow.amount_minor),
    )
    .where(
        FileRow.file_no == Difference.file_no, FileRow.row_no == Difference.row_no,
        Difference.outcome == Outcome.MISSING_HERE.value,
    )
)  # fmt: skip
"""A difference of money that has come since it was missing: the worker joins them within half a minute."""
ANSWERED_S = 10
"""So long a worker waits for a provider's answer."""
_SIGNED_FOR_EVER = ("vnpay", "momo", "zalopay", "payos")
_NO_ANSWER = (requests.RequestException, OperationalError)
_REFUSED = (PaymentsError, PortalError)


class Purse(Payers):
    """Who pays, takes, gives back and cheats in this run."""

    def do(self, step: Step) -> None:
        """Do one step; what is refused, or finds nobody there, is left, as people leave it."""
        with self.town.app.app_context(), contextlib.suppress(*_NO_ANSWER, *_REFUSED):
            if getattr(self, f"_{step.act}")(step) is not False:
                self.done[step.act] += 1

    def pay_unheard(self) -> None:
        """Whatever the seed dealt: have one payment made of which no notice comes, and that only asking finds."""
        self.town.up()
        partners_behave(self._file)
        done = self.done["ask"], self.done["pay"]
        self.do(Step("ask", "momo", 50_000, {}, (), 0.9))
        self.do(Step("pay", "momo", 50_000, {"do": "delay", "seconds": LOST_S}, (), LAST))
        assert (self.done["ask"], self.done["pay"]) == (done[0] + 1, done[1] + 1)

    def differences(self) -> list[str]:
        """Return where providers, journal and requests disagree now."""
        with self.town.rows() as session:
            own = sa.select(Attempt.gateway, Attempt.merchant_ref).join(Asked, Asked.id == Attempt.request_id)
            known = session.execute(own.where(Asked.payee_id == self.payee)).all()
        refs = dict.fromkeys(known, True)
        return differences(
            self._engine,
            self._file,
            payee=self.payee,
            account=self.school.payee.account,
            refs=refs | (dict.fromkeys(self._strangers, False) if self._heard_all else {}),
            fees=self._fees,
        )

    def settle(self) -> list[str]:
        """Let hours pass until all agree, or nothing is left that could change; then let the lost notices come too.

        What notices lost must have been found by asking before. Of a stranger's payment nobody can ask: it comes last.
        """
        partners_behave(self._file)
        for _ in range(ROUNDS):
            self._hours_pass()
            if self._agree_soon():
                break
        if apart := self.differences():
            return ["before the lost notices came:", *apart]
        self._heard_all = True
        lost_notices_come(self._file)
        self._hours_pass()
        self._agree_soon()
        return self.differences()

    def _agree_soon(self) -> bool:
        """Let what is asked about just now be answered: made due once more meanwhile, its answer would be refused."""
        ends = time.monotonic() + ANSWERED_S
        while apart := self.differences():
            if time.monotonic() > ends:
                break
            time.sleep(0.5)
        return not apart

    def _hours_pass(self) -> None:
        self.town.up()
        minutes_pass(self._engine, MONEY_TIMES)
        until(self._quiet, seconds=WAIT_S, why="something stayed under way")

    def _quiet(self) -> bool:
        partners_hours_pass(self._file)
        return not self._under_way()

    def _under_way(self) -> int:
        now, count = self.town.world.clock.now(), self.town.count
        return (
            partners_due(self._file)
            + count(StoredNotice, StoredNotice.status.in_(("received", "parked")))
            + count(Attempt, Attempt.next_query_at <= now)
            + count(Refund, Refund.next_try_at <= now)
            + count(Feed, Feed.next_pull_at <= now, Feed.status != FeedStatus.CLOSED)
            + count(Difference, Difference.next_query_at <= now)
            + count(Difference, Difference.state == "open", _HAS_COME)
        )

    # Those who take the money

    def _cancel(self, step: Step) -> object:
        """Withdraw a request, whatever its payer does meanwhile."""
        found = [one for one in self._requests() if one.status == "open"]
        if not found:
            return False
        with begin() as session:
            actions.cancel(
                session, now=self.town.world.clock.now(), acting=self.school.cashier, request_id=step.of(found).id,
                reason="nhầm lớp",
            )  # fmt: skip
        return True

    def _refund(self, step: Step) -> object:
        """Give back a payment, or a part of it."""
        found = [one for one in self._requests() if one.allocated_minor > one.refunded_minor]
        if not found:
            return False
        request = step.of(found)
        left = request.allocated_minor - request.refunded_minor
        amount = left if step.amount % 3 == 0 else max(1000, left * step.amount // 1_000_000 + self._number)
        with begin() as session:
            row = refunding.ask(
                session, now=self.town.world.clock.now(), acting=self.school.cashier, request_id=request.id,
                wanted=Wanted(why="học sinh chuyển trường", amount_minor=amount),
            )  # fmt: skip
        if row.gateway in WALLETS and step.fault in REFUND_FAULTS:
            self._disturbed(row.gateway, step.fault)
        return True

    def _send(self, step: Step) -> object:
        """Transfer by hand what no gateway gives back."""
        with self.town.rows() as session:
            query = sa.select(Refund).where(Refund.payee_id == self.payee, Refund.status == "by_hand")
            waiting = list(session.scalars(query.order_by(Refund.seq)))
        if not waiting:
            return False
        row = step.of(waiting)
        self._transfer(row.amount_minor, f"hoan tien {row.code}", direction="out")
        return True

    def _assign(self, step: Step) -> object:
        """Give money that waits to a request that owes."""
        owing = [one for one in self._requests() if one.status == "open" and one.due_minor]
        with self.town.rows() as session:
            query = sa.select(Suspense).where(Suspense.payee_id == self.payee, Suspense.status == "open")
            waiting = list(session.scalars(query.order_by(Suspense.opened_at, Suspense.id)))
        if not owing or not waiting:
            return False
        with begin() as session:
            exceptions.assign(
                session, now=self.town.world.clock.now(), acting=self.school.cashier, suspense_id=waiting[0].id,
                request_id=step.of(owing).id,
            )  # fmt: skip
        return True

    def _undo(self, step: Step) -> object:
        """Take a payment that was matched wrongly from its request; it waits for the right one."""
        found = [one for one in self._requests() if one.allocated_minor]
        if not found:
            return False
        request = step.of(found)
        with begin() as session:
            paid = step.of(allocations_of(session, request.id))[0]
            exceptions.undo_payment(
                session, now=self.town.world.clock.now(), acting=self.school.cashier, request_id=request.id,
                allocation_id=paid.id, why="nhầm em khác",
            )  # fmt: skip
        return True

    def _release(self, step: Step) -> object:
        """Take from a request what a payment brought too much; it waits for another."""
        found = [one for one in self._requests() if one.over_left_minor]
        if not found:
            return False
        request = step.of(found)
        with begin() as session:
            brought = overpayments(session, request)
            if not brought:  # an advance's, used meanwhile
                return False
            money, _over = step.of(brought)
            exceptions.release_over(
                session, now=self.town.world.clock.now(), acting=self.school.cashier, request_id=request.id,
                transaction_id=money.id, why="trả cho em khác",
            )  # fmt: skip
        return True

    def _look(self, _step: Step) -> object:
        """Look at the list of odd money as far as its first page goes."""
        with begin() as session:
            total = sum(odd.counts(session, self.school.cashier)[kind] for kind in odd.KINDS)
            page = odd.listed(session, self.school.cashier, view=None, total=total, asked=1)
            seen = {one.request_id: one.amount_minor for one in page.lines if one.request_id}
            return bool(odd.look_at(session, now=self.town.world.clock.now(), acting=self.school.cashier, seen=seen))

    def _statement(self, step: Step) -> object:
        """Read in what the bank's statement of today lists by now, half the time one that gives no references."""
        now, account = self.town.world.clock.now(), self.school.payee.account
        day = {"account": account, "date": str(business_date(now))}
        said = requests.get(f"{self.town.portal.sandbox_url}/_settlement/bank", params=day, timeout=WAIT_S)
        lines = list(csv.reader(said.text.splitlines()))
        if step.amount % 2000:
            lines = [[one[0], "", *one[2:]] if one[0].startswith("20") else one for one in lines]
        file = self.town.portal.instance / f"statement-{self.seed}.csv"
        with file.open("w", newline="") as out:
            csv.writer(out).writerows(lines)
        with begin() as session:
            done = statements.read_in(session, now=now, acting=self.school.cashier, path=file, payee_id=self.payee)
        return not done.already_imported

    def _settlement(self, step: Step) -> object:
        """Read in what VNPay settles for today by now: each file has all of the one before."""
        now = self.town.world.clock.now()
        said = requests.get(
            f"{self.town.portal.sandbox_url}/_settlement/vnpay",
            params={"date": str(business_date(now))},
            timeout=WAIT_S,
        )
        file = self.town.portal.instance / f"vnpay-{self.seed}.csv"
        file.write_bytes(said.content)
        with begin() as session:
            done = settlement.read_in(session, now=now, acting=Acting.system("test"), path=file, provider="vnpay")
        head, *rows = list(csv.reader(said.text.splitlines()))[1:-1]
        number, fee = head.index("provider_txn_id"), head.index("fee")
        self._fees |= {one[number]: int(one[fee]) for one in rows}
        return not done.already_imported

    # Those who disturb

    def _disturb(self, step: Step) -> object:
        """Have a provider answer the next call badly."""
        self._disturbed(step.way, step.fault)
        return True

    def _replay(self, step: Step) -> object:
        """Send an old message once more, as whoever overheard it would."""
        way = step.way if step.way in _SIGNED_FOR_EVER else "vnpay"
        said = requests.get(f"{self.town.portal.sandbox_url}/_log/{way}", timeout=WAIT_S).json()["messages"]
        sent = [one for one in said if one["way"] == "out"]
        if not sent:
            return False
        old = step.of(sent)
        self._at_the_portal(
            lambda _url: requests.request(
                old["method"], old["url"], data=old["body"].encode(), headers={"Content-Type": "application/json"},
                timeout=WAIT_S,
            )
        )  # fmt: skip
        return True

    def _kill(self, step: Step) -> object:
        """Kill with SIGKILL what runs, and start it again without waiting for it."""
        for name in step.killed:
            self.town.portal.kill(name)
        for name in step.killed:
            self.town.portal.start(name)
        return True
