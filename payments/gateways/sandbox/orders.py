"""What stand-ins with orders share: the payer's page, the outbox of notices, and misbehaving on command.

How a message is written, signed and read is each provider's own file; nothing of that is here.
"""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from payments.gateways.sandbox import pages
from payments.gateways.sandbox.sending import Wire
from payments.gateways.sandbox.state import State

WAITING, PAID, DECLINED = "waiting", "paid", "declined"
NOTICE_FAULTS: Final = ("duplicate", "reorder", "delay", "forge", "time_out", "wrong_amount")
CALL_FAULTS: Final = ("answer_500", "unreadable", "hang_then_success", "time_out_call")
_MOST_HANG_SECONDS: Final = 60.0
View = Callable[..., Response]


@dataclass(frozen=True, slots=True)
class Order:
    """One order as a provider keeps it: what the shop sent, what was asked, what was paid under which number."""

    ref: str
    fields: dict[str, Any]
    amount: int
    status: str
    paid: int
    number: str
    at: float

    @property
    def when(self) -> datetime:
        """Return when it was settled."""
        return datetime.fromtimestamp(self.at, UTC)


class OrderSandbox(ABC):
    """One simulated provider; a subclass writes its wire."""

    name: str = ""
    title: str = ""
    retry_seconds: tuple[float, ...] = ()
    tells_failures = True

    def __init__(
        self,
        state: State,
        *,
        portal_url: str,
        keys: Mapping[str, str],
        now: Callable[[], datetime],
        retry_seconds: tuple[float, ...] | None = None,
    ) -> None:
        self._state = state
        self._portal = portal_url.rstrip("/")
        self._hook = f"{self._portal}/hooks/{self.name}"
        self._keys = keys
        self._now = now
        if retry_seconds is not None:
            self.retry_seconds = retry_seconds

    def rules(self) -> tuple[tuple[str, str, View], ...]:
        """Return what this provider answers: method, path under its name, view."""
        return (("GET", "/pay/<ref>", self.pay_page), ("POST", "/pay/<ref>", self.decide), *self.calls())

    @abstractmethod
    def calls(self) -> tuple[tuple[str, str, View], ...]:
        """Return the interface that shops call."""

    @abstractmethod
    def signed(self, order: Order, *, forged: str) -> Wire:
        """Write a notice; forged "key": by another key, "field": changed after signing."""

    @abstractmethod
    def is_taken(self, status: int, body: bytes) -> bool:
        """Say whether an answer ends the repeats."""

    @abstractmethod
    def return_url(self, order: Order) -> str:
        """Return where the payer's browser goes at the end."""

    @abstractmethod
    def facts(self, order: Order) -> tuple[tuple[str, str], ...]:
        """Return what the payer's page shows beside the sum."""

    def wire(self, message: dict[str, Any]) -> Wire:
        """Write a message of the outbox at the moment of sending."""
        return self.signed(Order(**message["order"]), forged=message.get("forge", ""))

    def pay_page(self, request: Request, ref: str) -> Response:
        """Show what is to be paid, and the four ways on."""
        order = self.order(ref)
        if order is None:
            return html("Không có đơn này", pages.message("Không tìm thấy đơn.", bad=True), status=404)
        if order.status != WAITING:
            return html("Đã xong", pages.message("Đơn này đã có kết quả."))
        action = f"{request.script_root}{request.path}"
        body = pages.facts(self.facts(order), total=pages.dong(order.amount))
        body += pages.form(action, pages.button("Trả tiền", value="pay", main=True))
        other = pages.field("Số tiền khác", "amount", str(order.amount + 1000), numeric=True)
        body += pages.form(action, other + pages.button("Trả số tiền khác", value="pay_other"))
        body += pages.form(action, pages.button("Từ chối", value="decline"))
        body += pages.form(action, pages.button("Đóng cửa sổ", value="close"))
        return html(f"Thanh toán {self.title}", body)

    def decide(self, request: Request, ref: str) -> Response:
        """Do what the payer chose, tell the shop, and lead the browser back."""
        order = self.order(ref)
        if order is None:
            return html("Không có đơn này", pages.message("Không tìm thấy đơn.", bad=True), status=404)
        choice = request.form.get("do", "")
        typed = request.form.get("amount", "")
        if choice == "close":
            return html("Đã đóng", pages.message("Bạn chưa trả tiền. Có thể đóng cửa sổ này."))
        if choice == "pay_other":
            if not (typed.isascii() and typed.isdecimal() and 0 < int(typed) < 10**10):
                return html("Số tiền sai", pages.message("Hãy nhập số tiền bằng chữ số.", bad=True), status=400)
            self.settle(order, paid=int(typed))
        elif choice == "pay":
            self.settle(order, paid=order.amount)
        elif choice == "decline":
            self.settle(order, paid=0)
        else:
            return html("Chưa chọn", pages.message("Hãy chọn một nút.", bad=True), status=400)
        answer: Response = redirect(self.return_url(order), code=303, Response=Response)
        return answer

    def settle(self, order: Order, *, paid: int) -> None:
        """Fix an order's result, the first time only, and tell the shop."""
        if order.status == WAITING:
            done = replace(
                order, status=PAID if paid else DECLINED, paid=paid, number=str(self._state.next_number()),
                at=self._now().timestamp(),
            )  # fmt: skip
            self.write(done)
        settled = self.order(order.ref)
        if settled is not None:
            self.tell(settled)

    def write(self, order: Order) -> None:
        """Keep what became of a waiting order."""
        with self._state.write() as rows:
            rows.execute(
                "UPDATE provider_orders SET fields = ?, status = ?, paid = ?, number = ?, at = ? "
                "WHERE provider = ? AND ref = ? AND status = ?",
                (
                    json.dumps(order.fields), order.status, order.paid, order.number, order.at, self.name, order.ref,
                    WAITING,
                ),
            )  # fmt: skip

    def remember(self, ref: str, fields: dict[str, Any], *, amount: int) -> Order:
        """Keep a new order, or return the one that is there."""
        with self._state.write() as rows:
            rows.execute(
                "INSERT INTO provider_orders VALUES (?, ?, ?, ?, ?, 0, '', 0) ON CONFLICT DO NOTHING",
                (self.name, ref, json.dumps(fields), amount, WAITING),
            )
        found = self.order(ref)
        if found is None:
            raise LookupError(ref)
        return found

    def order(self, ref: str) -> Order | None:
        """Return an order, or None."""
        with self._state.write() as rows:
            row = rows.execute(
                "SELECT ref, fields, amount, status, paid, number, at FROM provider_orders "
                "WHERE provider = ? AND ref = ?",
                (self.name, ref),
            ).fetchone()
        return None if row is None else Order(**{**dict(row), "fields": json.loads(row["fields"])})

    def by_number(self, number: str) -> Order | None:
        """Return the order that was paid under a number, or None."""
        with self._state.write() as rows:
            row = rows.execute(
                "SELECT ref FROM provider_orders WHERE provider = ? AND number = ? AND status = ?",
                (self.name, number, PAID),
            ).fetchone()
        return None if row is None else self.order(row["ref"])

    def answered(self, request: Request, answer: Callable[[], Response]) -> Response:
        """Answer a call of a shop, or misbehave as planned."""
        return hampered(self._state, self.name, request, answer)

    def tell(self, order: Order) -> None:
        """Put the notice into the outbox, spoiled as planned."""
        if order.status == DECLINED and not self.tells_failures:
            return
        act, options = self._state.take_fault(self.name, NOTICE_FAULTS) or ("", {})
        now, seconds = time.time(), float(options.get("seconds", 1))
        if act == "reorder" and self.tells_failures:
            first = str(options.get("first", "true")) == "true"
            other = {"order": asdict(self._opposite(order)), "only_once": True}
            self._state.send(self.name, other, due_at=now + (seconds if first else 0))
            self._state.send(self.name, {"order": asdict(order)}, due_at=now + (0 if first else seconds))
            return
        if act == "wrong_amount":
            order = replace(order, paid=spoiled(order.paid, str(options.get("by", "+1"))))
        message: dict[str, Any] = {"order": asdict(order)}
        if act == "time_out":
            message["ignore_answers"] = 1
        if act == "forge":
            forged = {**message, "forge": options.get("how", "key"), "only_once": True}
            self._state.send(self.name, forged, due_at=now)
        later = seconds if act in ("delay", "forge") else 0
        for _ in range(int(options.get("copies", 2)) if act == "duplicate" else 1):
            self._state.send(self.name, message, due_at=now + later)

    def _opposite(self, order: Order) -> Order:
        if order.status == PAID:
            return replace(order, status=DECLINED, paid=0)
        return replace(order, status=PAID, paid=order.amount, number=str(self._state.next_number()))


def hampered(state: State, name: str, request: Request, answer: Callable[[], Response]) -> Response:
    """Answer a call, or misbehave as planned; what hangs or is unreadable has been done all the same."""
    state.note(name, "in", {"url": request.full_path, "body": request.get_data(as_text=True)}, at=time.time())
    act, options = state.take_fault(name, CALL_FAULTS) or ("", {})
    seconds = min(float(options.get("seconds", 30)), _MOST_HANG_SECONDS)
    if act == "answer_500":
        return Response("sandbox fault", status=500)
    if act == "time_out_call":
        time.sleep(seconds)
        return Response("sandbox fault", status=504)
    made = answer()
    if act == "unreadable":
        return Response("<html>sandbox fault</html>", content_type="text/html")
    if act == "hang_then_success":
        time.sleep(seconds)
    return made


def spoiled(amount: int, by: str) -> int:
    """Return an amount that is wrong in a planned way."""
    return {"+1": amount + 1, "-1": amount - 1, "x100": amount * 100, "/100": amount // 100}[by]


def html(title: str, body: str, *, status: int = 200) -> Response:
    """Return a page."""
    return Response(pages.page(title, body), status=status, content_type="text/html; charset=utf-8")


def json_of(content: Mapping[str, Any], *, status: int = 200) -> Response:
    """Return JSON."""
    return Response(json.dumps(content, ensure_ascii=False), status=status, content_type="application/json")


def read_json(request: Request) -> dict[str, Any] | None:
    """Return the object that a shop sent, or None."""
    try:
        found = json.loads(request.get_data())
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
