"""The payers of a run: they ask, pay, pay too much or twice, decline, and pay what nobody asked them for."""

import contextlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import requests
import sqlalchemy as sa

from payments import Money
from payments.gateways.protocol import Order
from payments.models import Attempt
from payments.models import Request as Asked
from payments.types import new_merchant_ref
from portal.acting import Acting
from portal.cashier import actions
from portal.db import begin
from tests.faults.passing import busy_wait, partner_never_lies, partners_behave
from tests.faults.steps import WAYS, Step
from tests.faults.town import WAIT_S, Town
from tests.portal.pay.making import asked, open_school

WALLETS = ("vnpay", "momo", "zalopay")


@dataclass(frozen=True, slots=True)
class Try:
    """A payer before a provider's page, or with a code in the bank's app."""

    request_id: str
    code: str
    way: str
    ref: str


class Payers:
    """Who pays at one institution in this run, by which ways, and what its providers were told to do."""

    def __init__(self, town: Town, seed: int) -> None:
        self.town, self.seed, self.done = town, seed, Counter[str]()
        self._file = town.portal.instance / "sandboxes-payments.sqlite"
        self._engine = sa.create_engine(town.address, connect_args=busy_wait(town.address))
        self._tries: list[Try] = []
        self._strangers: set[tuple[str, str]] = set()
        self._fees: dict[str, int] = {}
        self._number, self._heard_all = 0, False
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
        fault = fault or {}
        if not one.request_id:  # nobody could contradict a provider that lies about an order which we don't know
            partners_behave(self._file)
            fault = {} if fault.get("do") == "wrong_amount" else fault
        self._disturbed(one.way, fault)
        if does == "decline":
            partner_never_lies(self._file, one.way)
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
        way = step.way if step.way in WALLETS else "vnpay"
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
