"""A small log with a batch, made through the front door, as the tests of this folder need it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import traceability as trace

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
ROOT_KEY = bytes(range(32))
GTIN = "08938505974194"
ORIGIN = "stamps.example/log"
PRODUCT = "pr_rice"
ESTABLISHMENT = "or_farm"
PREFIX = trace.url_prefix(public_url="https://stamps.example", gtin=GTIN)


def never_far(one: str, other: str) -> bool:
    return False


@dataclass
class Made:
    """Keys and files of one test; `session` is the fixture's."""

    session: Any
    folder: Path

    def __post_init__(self) -> None:
        self.keys = trace.StampKeys({1: ROOT_KEY})
        self.log_keys = trace.SigningKeys({1: bytes([7]) * 32})
        self.book = trace.BatchBook(self.keys)
        self.head = trace.HeadFile(self.folder / "head")
        self.ledger = self.open_notary()
        trace.open_log(self.session, now=NOW, origin=ORIGIN)

    def open_notary(self) -> trace.NotaryLedger:
        keys = trace.SigningKeys({1: bytes([9]) * 32})
        return trace.NotaryLedger(self.folder / "notary.jsonl", keys=keys, clock=lambda: NOW)

    def issue(self, count: int = 300, **changes: Any) -> trace.IssuedBatch:
        order = trace.reserve_batch(self.session, keys=self.keys, count=count)
        facts: dict[str, Any] = {"establishment": ESTABLISHMENT, "product": PRODUCT, "gtin": GTIN, "prefix": PREFIX}
        return trace.issue_batch(
            self.session,
            now=NOW,
            derived=trace.derive_batch(order, keys=self.keys),
            log_keys=self.log_keys,
            **{**facts, **changes},
        )

    def lot(self, number: str = "L1", **changes: Any) -> str:
        facts: dict[str, Any] = {"product": PRODUCT, "establishment": ESTABLISHMENT, "expires_on": date(2027, 1, 1)}
        return trace.record_lot(self.session, now=NOW, facts=trace.LotFacts(number=number, **{**facts, **changes})).id

    def activate(self, batch: int, first: int, last: int, lot: str) -> trace.Activation:
        return trace.activate_range(self.session, now=NOW, batch=batch, first=first, last=last, lot=lot)

    def void(self, batch: int, first: int, last: int) -> trace.Voiding:
        return trace.void_range(self.session, now=NOW, batch=batch, first=first, last=last, reason="torn roll")

    def publish(self) -> trace.SignedCheckpoint | None:
        while trace.integrate_entries(self.session, now=NOW):
            pass
        return trace.publish_checkpoint(self.session, now=NOW, keys=self.log_keys, head=self.head)

    def anchor(self) -> trace.AnchorState:
        trace.plan_anchor(self.session, now=NOW, ledger="notary")
        claim = trace.claim_anchor(self.session, now=NOW, ledger="notary")
        assert claim is not None
        return trace.record_anchor(self.session, now=NOW, claim=claim, answer=trace.call_ledger(self.ledger, claim))

    def code(self, batch: int, index: int) -> trace.StampCode:
        return next(trace.stamp_codes(self.session, book=self.book, batch=batch, first=index, last=index))

    def scan(
        self, code: trace.StampCode, *, now: datetime = NOW, place: str | None = None, address: str = "ab"
    ) -> tuple[trace.Outcome, trace.Recorded]:
        sight = trace.look(self.session, book=self.book, code=trace.ScanCode(code.serial))
        detail = trace.ScanDetail(sight.header.batch, sight.index, now, place, address)
        recorded = trace.record_scan(self.session, sight=sight, detail=detail)
        if recorded.counted:
            trace.record_details(self.session, [detail])
        outcome = trace.conclude(
            sight, recorded.counts, now=now, thresholds=trace.Thresholds(), far=lambda one, other: one != other
        )
        return outcome, recorded

    def fsck(self, **changes: Any) -> list[str]:
        self.session.expire_all()
        given: dict[str, Any] = {"now": NOW, "keys": self.keys, "ledgers": {"notary": self.ledger}}
        return [f"{item.area} {item.detail}" for item in trace.fsck(self.session, **{**given, **changes})]
