"""Callbacks late, doubled, shuffled, forged, of another time or another's: one effect, the right end."""

import json
import secrets
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.cases import open_cases
from portal.db import db
from portal.marketplaces import due
from portal.marketplaces.models import ChannelEvent, ListingLive
from portal.sandboxes.signing import signed_headers
from tests.portal.marketplaces.conftest import Shop
from tests.portal.marketplaces.test_publishing import counts


def say(shop: Shop, kind: str, *, at: datetime | None = None, secret: str | None = None, **more: Any) -> int:
    """Send one callback of our own making; return our answer's status."""
    listing = shop.listing()
    body = {
        "type": kind, "ref": listing.id, "version": listing.content_version, "remote_id": listing.remote_id,
        "url": None,
        "at": (at or shop.clock.now()).isoformat(), "problems": [], **more,
    }  # fmt: skip
    if kind == "offer.live" and "url" not in more:
        body["url"] = f"{shop.stage.running.base_url}/postmart/p/{listing.remote_id}"
    raw = json.dumps(body).encode()
    key = secret or shop.stage.settings.postmart_webhook_secret
    headers = signed_headers(
        secret=key, event_id="msg_" + secrets.token_hex(8), timestamp=int(shop.clock.now().timestamp()), body=raw
    )
    status = shop.deliver("postmart", dict(headers), raw)
    shop.work()
    return status


def accepted(shop: Shop) -> Shop:
    """Bring the listing to accepted, undecided by the shop."""
    shop.publish()
    shop.work()
    shop.hear()
    assert shop.listing().state == "accepted"
    return shop


def test_a_hundred_copies_have_one_effect(shop: Shop) -> None:
    accepted(shop)
    shop.stage.decide()
    letters = shop.stage.box.take()
    for _ in range(100):
        assert [shop.deliver(*letter) for letter in letters] == [200] * len(letters)
    shop.work()
    assert shop.listing().state == "live"
    assert counts()[("LISTING", "_T")] == 1
    assert len(db.session.scalars(select(ListingLive)).all()) == 1
    assert len(db.session.scalars(select(ChannelEvent)).all()) == 2


def test_live_said_before_our_own_record(shop: Shop) -> None:
    from portal.db import begin
    from portal.marketplaces.channels.protocol import Receipt
    from portal.marketplaces.outbox import claim
    from portal.marketplaces.recording import record_batch

    shop.publish()
    shop.work()
    shop.stage.decide()
    for letter in shop.stage.box.take():
        shop.deliver(*letter)
    assert due.apply_due(shop.world)
    with begin() as session:
        claims = claim(session, now=shop.clock.now(), channel="postmart", limit=1)
    say(shop, "offer.live", remote_id="PO-7", url=f"{shop.stage.running.base_url}/postmart/p/PO-7")
    assert (shop.listing().state, shop.listing().live_version, shop.listing().remote_id) == ("live", 1, "PO-7")
    with begin() as session:
        receipts = [Receipt(claims[0].delivery.id, "accepted", remote_id="PO-7")]
        record_batch(session, now=shop.clock.now(), channel="postmart", claims=claims, receipts=receipts, ms=1)
    assert (shop.listing().state, shop.listing().live_version) == ("live", 1)
    assert counts()[("LISTING", "_T")] == 1


@pytest.mark.parametrize("removed_first", [False, True])
def test_shuffled_live_and_removed_end_alike(shop: Shop, removed_first: bool) -> None:
    accepted(shop)
    t0 = shop.clock.now()
    events = [("offer.live", t0), ("offer.removed", t0 + timedelta(seconds=5))]
    for kind, at in reversed(events) if removed_first else events:
        assert say(shop, kind, at=at) == 200
    listing = shop.listing()
    assert (listing.state, listing.live_version) == ("rejected", None)
    assert ("LISTING", "_T") not in counts()
    assert all(row.to_at is not None for row in db.session.scalars(select(ListingLive)))


def test_an_older_version_late_changes_nothing(shop: Shop) -> None:
    shop.go_live()
    shop.clock.move(seconds=61)
    shop.rename("Bưởi da xanh loại một")
    shop.work()
    shop.hear()
    assert shop.listing().live_version == 2
    assert say(shop, "offer.removed", version=1) == 200
    assert say(shop, "offer.live", version=1, at=shop.clock.now() + timedelta(hours=1)) == 200
    assert say(shop, "offer.refused", version=1) == 200
    assert (shop.listing().state, shop.listing().live_version) == ("live", 2)
    assert counts()[("LISTING", "_T")] == 1


def test_removed_by_the_channel_is_counted_down_with_its_reasons(shop: Shop) -> None:
    shop.go_live()
    shop.clock.move(seconds=60)
    say(shop, "offer.removed", problems=[{"field": "title", "code": "x", "message": "Khách than phiền"}])
    listing = shop.listing()
    assert (listing.state, listing.live_version, listing.problems[0]["sentence"]) == (
        "rejected",
        None,
        "Khách than phiền",
    )
    assert ("SELLER_ACTIVE", "_T") not in counts()


def test_forged_old_and_altered_callbacks_are_401_and_leave_nothing(shop: Shop) -> None:
    accepted(shop)
    before = len(db.session.scalars(select(ChannelEvent)).all())
    assert say(shop, "offer.live", secret="not the secret") == 401
    raw = json.dumps({"type": "offer.live"}).encode()
    key, moment = shop.stage.settings.postmart_webhook_secret, int(shop.clock.now().timestamp())
    good = signed_headers(secret=key, event_id="msg_1", timestamp=moment, body=raw)
    old = signed_headers(secret=key, event_id="msg_1", timestamp=moment - 301, body=raw)
    for headers, body in [
        (good, raw + b" "),
        (old, raw),
        ({**good, "webhook-id": "msg_2"}, raw),
        ({**good, "webhook-timestamp": str(moment + 1)}, raw),
        ({**good, "webhook-signature": "v1,!!"}, raw),
        ({**good, "webhook-signature": ""}, raw),
        ({**good, "webhook-timestamp": "x"}, raw),
    ]:
        assert shop.deliver("postmart", dict(headers), body) == 401
    voso = shop.stage.settings.voso_webhook_secret
    assert say(shop, "offer.live", secret=voso) == 401
    assert len(db.session.scalars(select(ChannelEvent)).all()) == before
    assert (shop.listing().state, shop.listing().live_version) == ("accepted", None)
    answer = shop.client.post("/hooks/channels/postmart", data=raw)
    assert answer.status_code == 401
    assert answer.get_json()["code"] == "callback.forged"
    assert shop.client.post("/hooks/channels/nowhere", data=raw).status_code == 404


def test_both_secrets_verify_while_they_rotate(shop: Shop) -> None:
    accepted(shop)
    channel = shop.world.channels["postmart"]
    object.__setattr__(channel, "secrets", (*channel.secrets, "whsec_bmV4dCBzZWNyZXQ="))
    assert say(shop, "offer.live", secret="whsec_bmV4dCBzZWNyZXQ=") == 200
    assert shop.listing().state == "live"


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"kind": "offer.exploded"}, "unknown_type"),
        ({"ref": "ls_unknown"}, "unknown_ref"),
        ({"version": 99}, "version"),
        ({"version": None}, "version"),
        ({"remote_id": "another"}, "remote_id"),
        ({"url": "javascript:alert(1)"}, "remote_url.host"),
        ({"url": "https://evil.example/p/1"}, "remote_url.host"),
        ({"at": "yesterday"}, "at"),
        ({"version": "7"}, "fields"),
    ],
)
def test_what_cannot_be_placed_is_a_case_and_changes_nothing(shop: Shop, more: dict[str, Any], reason: str) -> None:
    accepted(shop)
    kind = more.pop("kind", "offer.live")
    at = more.pop("at", None)
    if at is not None:
        raw = json.dumps({"type": kind, "ref": shop.listing().id, "version": 1, "at": at}).encode()
        key, moment = shop.stage.settings.postmart_webhook_secret, int(shop.clock.now().timestamp())
        headers = signed_headers(secret=key, event_id="msg_9", timestamp=moment, body=raw)
        assert shop.deliver("postmart", dict(headers), raw) == 200
        shop.work()
    else:
        assert say(shop, kind, **more) == 200
    assert [(case.kind, case.reason) for case in open_cases(db.session)] == [("channel.event", reason)]
    assert (shop.listing().state, shop.listing().live_version) == ("accepted", None)
    more.update({"kind": kind} if kind != "offer.live" else {}, **({"at": at} if at else {}))


def test_a_signed_letter_that_is_no_json_is_kept_and_is_a_case(shop: Shop) -> None:
    raw = b"\xff\xfe not json"
    key, moment = shop.stage.settings.postmart_webhook_secret, int(shop.clock.now().timestamp())
    assert (
        shop.deliver("postmart", dict(signed_headers(secret=key, event_id="msg_3", timestamp=moment, body=raw)), raw)
        == 200
    )
    shop.work()
    assert [row.body for row in db.session.scalars(select(ChannelEvent))] == [raw]
    assert [case.reason for case in open_cases(db.session)] == ["not_json"]


def test_an_account_verified_closed_and_said_twice(shop: Shop) -> None:
    shop.go_live()
    account = shop.account()
    for kind in ("account.verified", "account.verified", "account.created", "account.closed", "account.closed"):
        say(shop, kind, ref=account.id, version=1, remote_id=account.remote_id)
    account = shop.account()
    assert account.state == "closed"
    assert account.created_at is not None
    assert account.verified_at is not None
    assert counts()[("HH_ACCOUNT", "_T")] == 1  # a closure is recorded, not subtracted


def test_one_that_cannot_be_applied_spoils_the_others_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    accepted(shop)
    shop.stage.decide()
    (live,) = shop.stage.box.take()
    raw = json.dumps({"type": "offer.live"}).encode()
    key, moment = shop.stage.settings.postmart_webhook_secret, int(shop.clock.now().timestamp())
    bad = signed_headers(secret=key, event_id="msg_bad", timestamp=moment, body=raw)
    assert (shop.deliver("postmart", dict(bad), raw), shop.deliver(*live)) == (200, 200)
    read = due._heard

    def heard(world: Any, row: ChannelEvent) -> Any:
        if row.event_id == "msg_bad":
            raise ZeroDivisionError
        return read(world, row)

    monkeypatch.setattr(due, "_heard", heard)
    with pytest.raises(ZeroDivisionError):
        due.apply_due(shop.world)
    assert not due.apply_due(shop.world)
    shop.clock.move(seconds=31)
    with pytest.raises(ZeroDivisionError):
        due.apply_due(shop.world)
    assert due.apply_due(shop.world)
    assert shop.listing().state == "live"
    db.session.rollback()
    rows = db.session.execute(select(ChannelEvent.status, ChannelEvent.attempts).order_by(ChannelEvent.id.desc())).all()
    assert [tuple(row) for row in rows[:2]] == [("applied", 2), ("due", 2)]
