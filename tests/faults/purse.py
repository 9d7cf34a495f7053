"""One institution with every way to pay, whose payers, cashiers and providers do what a seed deals, kills in between.

The providers' own books are in the stand-ins' file: whatever is said twice, late, falsely or never, those are true.
"""

import contextlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import requests
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from payments import Money, Wanted
from payments.errors import PaymentsError
from payments.gateways.protocol import Order
from payments.models import Attempt, Feed, Refund, StoredNotice, Suspense
from payments.models import Request as Asked
from payments.states import FeedStatus
from payments.types import new_merchant_ref
from portal.acting import Acting
from portal.cashier import actions, exceptions
from portal.db import begin
from portal.errors import PortalError
from portal.pay import refunding
from tests.faults.ledgers import differences
from tests.faults.passing import (
    MONEY_TIMES,
    busy_wait,
    lost_notices_come,
    minutes_pass,
    partners_behave,
    partners_due,
    partners_hours_pass,
)
from tests.faults.steps import REFUND_FAULTS, WAYS, Step
from tests.faults.town import WAIT_S, Town
from tests.portal.pay.making import asked, open_school
from tests.supervisor import until

ROUNDS = 4
"""So often are hours let pass in which everything that is due is done; then whatever still differs, differs."""
_WALLETS = ("vnpay", "momo", "zalopay")
_SIGNED_FOR_EVER = ("vnpay", "momo", "zalopay", "payos")
_NO_ANSWER = (requests.RequestException, OperationalError)
_REFUSED = (PaymentsError, PortalError)


@dataclass(frozen=True, slots=True)
class Try:
    """A payer before a provider's page, or with a code in the bank's app."""

    request_id: str
    code: str
    way: str
    ref: str


class Purse:
    """Who pays, takes, gives back and cheats in this run."""

    def __init__(self, town: Town, seed: int) -> None:
        self.town, self.seed, self.done = town, seed, Counter[str]()
        self._file = town.portal.instance / "sandboxes-payments.sqlite"
        self._engine = sa.create_engine(town.address, connect_args=busy_wait(town.address))
        self._tries: list[Try] = []
        self._strangers: set[tuple[str, str]] = set()
        self._number = 0
        with town.app.app_context():
            self.school = open_school(
                town.world, name="Bệnh viện Tân Thạnh", number=f"77{seed:09d}", prefix="RD", phone="0966100209"
            )
            with begin() as session:
                actions.set_ways(
                    session, now=town.world.clock.now(), acting=Acting.system("test"), payee_id=self.payee, ways=WAYS
                )

    @property
    def payee(self) -> str:
        """Return whose books are compared."""
        return self.school.payee.id

    def do(self, step: Step) -> None:
        """Do one step; what is refused, or finds nobody there, is left, as people leave it."""
        with self.town.app.app_context(), contextlib.suppress(*_NO_ANSWER, *_REFUSED):
            if getattr(self, f"_{step.act}")(step) is not False:
                self.done[step.act] += 1

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
            refs=refs | dict.fromkeys(self._strangers, False),
        )

    def settle(self) -> list[str]:
        """Let hours pass until all agree, or nothing is left that could change; then let the lost notices come too."""
        partners_behave(self._file)
        for _ in range(ROUNDS):
            self._hours_pass()
            if not self.differences():
                break
        lost_notices_come(self._file)
        self._hours_pass()
        return self.differences()

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
        )

    # Payers

    def _ask(self, step: Step) -> object:
        """Ask for a payment, or take one that is still owed, and let the payer choose a way."""
        owed = [one for one in self._requests() if one.status == "open" and one.due_minor]
        if owed and step.pick < 0.3:
            request = Step.of(step, owed)
        else:
            self._number += 1
            request = asked(
                self.town.world, self.school, amount=step.amount, form_id=f"purse {self.seed} {self._number}"
            )
        answer = self._at_the_portal(
            lambda url: requests.post(
                f"{url}/pay/requests/{request.id}", data={"way": step.way, "due": str(request.due_minor)},
                headers={"Origin": self.town.portal.url}, allow_redirects=False, timeout=WAIT_S,
            )
        )  # fmt: skip
        if answer.status_code != 303:
            return False
        with self.town.rows() as session:
            query = sa.select(Attempt).where(Attempt.request_id == request.id, Attempt.gateway == step.way)
            attempt = session.scalars(query.order_by(Attempt.seq.desc())).first()
        if attempt is None or (step.way != "vietqr" and attempt.redirect_url is None):
            return False
        if step.way == "vnpay":
            requests.get(str(attempt.redirect_url), timeout=WAIT_S)
        self._tries.append(Try(request.id, request.code, step.way, attempt.merchant_ref))
        return True

    def _pay(self, step: Step) -> object:
        """Pay what was asked; the notice of it goes wrong as dealt."""
        return self._payer(step, "pay", fault=step.fault)

    def _pay_other(self, step: Step) -> object:
        """Pay another amount than asked."""
        return self._payer(step, "pay_other", amount=step.amount)

    def _decline(self, step: Step) -> object:
        """Have the bank refuse; the payer may choose again."""
        return self._payer(step, "decline")

    def _payer(
        self, step: Step, does: str, *, amount: int | None = None, fault: Mapping[str, Any] | None = None
    ) -> object:
        if not self._tries:
            return False
        one = step.of(self._tries)
        if one.way != "payos" or does != "pay_other":
            self._tries.remove(one)
        self._disturbed(one.way, fault or {})
        if one.way == "vietqr":
            if does != "decline":
                self._transfer(amount or self._owed(one.request_id) or step.amount, one.code)
            return True
        data = {"do": does, "amount": str(amount)}
        requests.post(
            f"{self.town.portal.sandbox_url}/{one.way}/pay/{one.ref}", data=data, allow_redirects=False, timeout=WAIT_S
        )
        return True

    def _stranger(self, step: Step) -> object:
        """Pay an order that a provider knows and we don't: as after a restore, or by a mix-up of theirs."""
        way = step.way if step.way in _WALLETS else "vnpay"
        now, ref = self.town.world.clock.now(), new_merchant_ref()
        started = self.town.world.gateways[way].create(
            Order(
                merchant_ref=ref, amount=Money(step.amount), code="RD00000000", bank_bin="970436", bank_account="1",
                created_at=now, expires_at=now + timedelta(minutes=15), return_url=self.town.portal.url + "/",
                payer_ip="127.0.0.1",
            ),
            now=now,
        )  # fmt: skip
        requests.get(str(started.redirect_url), timeout=WAIT_S)
        self._strangers.add((way, ref))
        self._tries.append(Try("", "", way, ref))
        return True

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
        if row.gateway in _WALLETS and step.fault in REFUND_FAULTS:
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

    def _requests(self) -> list[Asked]:
        with self.town.rows() as session:
            query = sa.select(Asked).where(Asked.payee_id == self.payee).order_by(Asked.seq)
            return list(session.scalars(query))

    def _owed(self, request_id: str) -> int:
        with self.town.rows() as session:
            return session.scalars(sa.select(Asked).where(Asked.id == request_id)).one().due_minor

    def _transfer(self, amount: int, memo: str, *, direction: str = "in") -> None:
        body = {"account": self.school.payee.account, "amount": amount, "memo": memo, "direction": direction}
        requests.post(f"{self.town.portal.sandbox_url}/bank/transfer", json=body, timeout=WAIT_S).raise_for_status()

    def _disturbed(self, way: str, fault: Mapping[str, Any]) -> None:
        """Plan how a provider goes wrong next; a bank and payOS never name another amount than what came."""
        provider, does = ("sepay" if way == "vietqr" else way), fault.get("do")
        if provider in ("sepay", "payos") and does == "wrong_amount":
            return
        if provider == "sepay" and fault.get("seconds", 0) > 60:
            fault = {"do": "gap"}
        if provider in ("sepay", "vnpay") and does == "unreadable":
            fault = {"do": "answer_500"}
        if fault:
            url = f"{self.town.portal.sandbox_url}/_control/{provider}"
            requests.post(url, json=dict(fault), timeout=WAIT_S).raise_for_status()

    def _at_the_portal(self, call: Callable[[str], requests.Response]) -> requests.Response:
        """Call the portal; if it is not there, wait until it is, and call once more."""
        for last in (False, True):
            with contextlib.suppress(*(() if last else (requests.ConnectionError,))):
                return call(self.town.portal.url)
            self.town.up()
        raise AssertionError("unreachable")
