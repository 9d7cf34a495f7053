"""Our wire format over HTTPS: the adapter for marketplaces that agree to it, and for their stand-ins."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlsplit

from portal.marketplaces.channels.protocol import (
    Capabilities,
    Delivery,
    Offer,
    Problem,
    Receipt,
    RemoteEvent,
    RemoteOffer,
    RemotePage,
)
from portal.marketplaces.channels.transport import Answer, call
from portal.marketplaces.channels.webhooks import verified_id
from portal.marketplaces.errors import ChannelUnreachable, ChannelUnreadable

TOTAL_S = 30.0
TITLE_MAX, DESCRIPTION_MAX, TEXT_MAX, PROBLEMS_MAX = 150, 5_000, 500, 50
PAGE = 200
RETRY_DEFAULT_S, RETRY_MAX_S, LOCKED_OUT_S = 60, 86_400, 3_600
_PATHS = {"content": "offers", "price_stock": "price-stock", "account": "accounts"}


@dataclass(frozen=True, kw_only=True)
class RestChannel:
    """A marketplace that speaks our wire format. `secrets` are its live callback secrets, any of which verifies."""

    code: str
    name: str
    base: str
    token: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    clock: Callable[[], datetime]
    simulation: bool = False
    total_s: float = TOTAL_S

    def capabilities(self) -> Capabilities:
        """Say what the wire format can do."""
        return Capabilities(
            offers=True, accounts=True, price_stock=True, callbacks=True, full_poll=True, remembers_keys=True,
            batch_max=100, per_second=20, needs_person=False,
        )  # fmt: skip

    def validate(self, offer: Offer) -> tuple[Problem, ...]:
        """Return every problem of an offer at once."""
        found = []
        if not offer.title.strip():
            found.append(Problem("title", "title.missing", "Give the product a name."))
        elif len(offer.title) > TITLE_MAX:
            cut = offer.title[: TITLE_MAX + 1].rsplit(" ", 1)[0][:TITLE_MAX]
            found.append(Problem("title", "title.too_long", "The name is too long for this marketplace.", cut))
        if len(offer.description) > DESCRIPTION_MAX:
            found.append(Problem("description", "description.too_long", "The description is too long."))
        if not offer.category:
            found.append(Problem("category", "category.unmapped", "This kind of goods has no place there yet."))
        if not offer.images:
            found.append(Problem("images", "images.missing", "Add at least one photo."))
        if not offer.variants:
            found.append(Problem("variants", "variants.missing", "Add at least one pack with its price."))
        if any(not str(one.get("price", "")).isdecimal() or int(one["price"]) <= 0 for one in offer.prices):
            found.append(Problem("price", "price.missing", "Every pack needs a price above 0."))
        return tuple(found)

    def push(self, batch: Sequence[Delivery]) -> tuple[Receipt, ...]:
        """Hand over deliveries of one flow."""
        flows = {one.flow for one in batch}
        if len(flows) != 1:
            raise ValueError("a batch holds deliveries of one flow")
        return self._post(_PATHS[flows.pop()], batch)

    def withdraw(self, batch: Sequence[Delivery]) -> tuple[Receipt, ...]:
        """Ask to take offers off."""
        return self._post("withdrawals", batch)

    def poll(self, cursor: str | None) -> RemotePage:
        """Return one page of what stands there; raise `ChannelUnreachable` or `ChannelUnreadable`."""
        url = f"{self.base}/v1/offers?limit={PAGE}" + (f"&cursor={quote(cursor, safe='')}" if cursor else "")
        answer = call("GET", url, headers=self._headers(), body=None, total_s=self.total_s, private=self.simulation)
        if answer.status != 200:
            raise ChannelUnreachable(reason=f"status_{answer.status}")
        return _page(_json(answer.body))

    def parse_callback(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> tuple[RemoteEvent, ...]:
        """Check a callback's signature and time, then read it."""
        event_id = verified_id(headers, body, secrets=self.secrets, now=now)
        return (_event(event_id, _json(body)),)

    def owns(self, url: str) -> bool:
        """Say whether an address is on this channel's own hosts: https there, or a stand-in's own origin."""
        given, ours = urlsplit(url), urlsplit(self.base)
        if self.simulation:
            return (given.scheme, given.netloc) == (ours.scheme, ours.netloc)
        host, own = given.hostname or "", ours.hostname or ""
        return given.scheme == "https" and (host == own or host.endswith("." + own))

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Accept": "application/json", "User-Agent": "cho-so/1"}

    def _post(self, path: str, batch: Sequence[Delivery]) -> tuple[Receipt, ...]:
        items = [{"delivery": one.id, "ref": one.ref, "version": one.version, **one.payload} for one in batch]
        body = json.dumps({"items": items}, ensure_ascii=False).encode()
        key = hashlib.sha256("\n".join(one.id for one in batch).encode()).hexdigest()
        headers = {
            **self._headers(), "Idempotency-Key": key, "Content-Type": "application/json; charset=utf-8",
        }  # fmt: skip
        url = f"{self.base}/v1/{path}:batch"
        try:
            answer = call("POST", url, headers=headers, body=body, total_s=self.total_s, private=self.simulation)
        except ChannelUnreachable as error:
            return tuple(Receipt(one.id, "unknown", note=str(error.fields.get("reason", ""))) for one in batch)
        return _receipts(batch, answer, now=self.clock())


def _receipts(batch: Sequence[Delivery], answer: Answer, *, now: datetime) -> tuple[Receipt, ...]:
    """Return one receipt a delivery; whatever the documented shape does not cover is `unknown`."""
    if answer.status == 429:
        wait = _retry_after(answer.headers, now=now)
        return tuple(Receipt(one.id, "throttled", retry_after_s=wait, status=429) for one in batch)
    if answer.status in (401, 403):  # our key is refused: the channel waits for a person, no listing is to blame
        return tuple(
            Receipt(one.id, "throttled", retry_after_s=LOCKED_OUT_S, status=answer.status, note="locked_out")
            for one in batch
        )
    note = answer.body[:TEXT_MAX].decode(errors="replace")
    results: Any = None
    if answer.status == 200:
        try:
            results = _json(answer.body).get("results")
        except ChannelUnreadable:
            results = None
    if not isinstance(results, list):
        return tuple(Receipt(one.id, "unknown", status=answer.status, note=note) for one in batch)
    by_id = {str(one.get("delivery")): one for one in results if isinstance(one, dict)}
    return tuple(_receipt(one.id, by_id.get(one.id), status=answer.status) for one in batch)


def _receipt(delivery: str, result: Mapping[str, Any] | None, *, status: int) -> Receipt:
    match result:
        case {"outcome": "accepted", "remote_id": str(remote_id)} if 0 < len(remote_id) <= 100:
            return Receipt(delivery, "accepted", remote_id=remote_id, status=status)
        case {"outcome": "accepted", **rest} if rest.get("remote_id") is None:
            return Receipt(delivery, "accepted", status=status)
        case {"outcome": "refused", "problems": list(problems)} if problems:
            return Receipt(delivery, "refused", problems=_problems(problems), status=status)
        case {"outcome": "stale"}:
            return Receipt(delivery, "stale", status=status)
        case {"outcome": "throttled"}:
            return Receipt(delivery, "throttled", retry_after_s=RETRY_DEFAULT_S, status=status)
    return Receipt(delivery, "unknown", status=status, note=json.dumps(result)[:TEXT_MAX])


def _retry_after(headers: Mapping[str, str], *, now: datetime) -> int:
    """Return seconds to wait: a number, or a date seen from the answer's own Date (their clock, not ours)."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdecimal():
        return min(int(value), RETRY_MAX_S)
    try:
        until = parsedate_to_datetime(value)
        since = parsedate_to_datetime(headers["Date"]) if headers.get("Date") else now
        return min(max(int((until - since).total_seconds()), 1), RETRY_MAX_S)
    except (ValueError, TypeError):
        return RETRY_DEFAULT_S


def _json(body: bytes) -> dict[str, Any]:
    try:
        read = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ChannelUnreadable(reason="not_json") from error
    if not isinstance(read, dict):
        raise ChannelUnreadable(reason="not_an_object")
    return read


def _text(value: object) -> str:
    return value[:TEXT_MAX] if isinstance(value, str) else ""


def _problems(rows: Sequence[object]) -> tuple[Problem, ...]:
    return tuple(
        Problem(
            _text(row.get("field")), _text(row.get("code")), _text(row.get("message")), _text(row.get("suggestion"))
        )
        for row in rows[:PROBLEMS_MAX]
        if isinstance(row, dict)
    )


def _event(event_id: str, body: Mapping[str, Any]) -> RemoteEvent:
    match body:
        case {"type": str(kind), "ref": str(ref), "at": str(at)}:
            pass
        case _:
            raise ChannelUnreadable(reason="fields")
    version, remote_id, url = body.get("version"), body.get("remote_id"), body.get("url")
    try:
        moment = datetime.fromisoformat(at)
    except ValueError as error:
        raise ChannelUnreadable(reason="at") from error
    if moment.tzinfo is None or not isinstance(version, int | None) or not isinstance(body.get("problems", []), list):
        raise ChannelUnreadable(reason="fields")
    return RemoteEvent(
        event_id=event_id, type=kind[:64], ref=ref[:64], version=version, at=moment.astimezone(UTC),
        remote_id=remote_id[:100] if isinstance(remote_id, str) else None,
        url=url[:TEXT_MAX] if isinstance(url, str) else None, problems=_problems(body.get("problems", [])),
    )  # fmt: skip


def _page(body: Mapping[str, Any]) -> RemotePage:
    rows, following = body.get("offers"), body.get("next")
    if not isinstance(rows, list) or not isinstance(following, str | None):
        raise ChannelUnreadable(reason="fields")
    try:
        offers = tuple(
            RemoteOffer(
                ref=str(row["ref"]), version=int(row["version"]), remote_id=str(row["remote_id"]), url=row["url"],
                live_version=row["live_version"], variants=tuple(row["variants"]),
            )
            for row in rows
        )  # fmt: skip
    except (KeyError, TypeError, ValueError) as error:
        raise ChannelUnreadable(reason="offer") from error
    return RemotePage(offers=offers, next=following)
