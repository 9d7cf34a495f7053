"""The SMS port: messages are due rows, sealed until they leave, and then only the fact remains."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

import requests
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.crypto import FieldKeys
from portal.db import begin
from portal.people.models import SmsMessage
from portal.people.phones import Phone

if TYPE_CHECKING:
    from portal.world import World

TRIES = (timedelta(seconds=2), timedelta(seconds=5), timedelta(seconds=15), timedelta(minutes=1), timedelta(minutes=3))
LEASE = timedelta(seconds=40)


class Sms(Protocol):
    """A provider that takes a message once by its id."""

    def send(self, *, message_id: str, to: str, text: str) -> bool:
        """Hand the message over; say whether the provider took it."""


class HttpSms:
    """A provider by HTTP: POST JSON {id, to, text} with a bearer token; 2xx means taken."""

    def __init__(self, *, url: str, token: str) -> None:
        self._url, self._headers = url, {"Authorization": f"Bearer {token}"}

    def send(self, *, message_id: str, to: str, text: str) -> bool:
        """Hand the message over within 8 seconds; say whether the provider took it."""
        body: Mapping[str, str] = {"id": message_id, "to": to, "text": text}
        try:
            answer = requests.post(self._url, json=body, headers=self._headers, timeout=8, allow_redirects=False)
        except requests.RequestException:
            return False
        return 200 <= answer.status_code < 300


def queue_sms(
    session: Session, *, now: datetime, phone: Phone, body: str, purpose: str, expires_at: datetime, keys: FieldKeys
) -> SmsMessage:
    """Add a message to what is due, in the caller's transaction."""
    row = SmsMessage(
        purpose=purpose,
        status="due",
        next_attempt_at=now,
        expires_at=expires_at,
        created_at=now,
        phone_sealed=None,
        body_sealed=None,
    )
    session.add(row)
    session.flush()
    row.phone_sealed = keys.seal(phone.e164, place=f"sms_messages.phone.{row.id}")
    row.body_sealed = keys.seal(body, place=f"sms_messages.body.{row.id}")
    return row


def send_due(world: "World") -> bool:
    """Send one due message: claim, hand over outside any transaction, record."""
    now = world.clock.now()
    with begin() as session:
        due = or_(SmsMessage.status == "due", SmsMessage.status == "leased")
        query = (
            select(SmsMessage)
            .where(due, SmsMessage.next_attempt_at <= now)
            .order_by(SmsMessage.next_attempt_at)
            .limit(1)
        )
        row = session.scalars(query.with_for_update(skip_locked=True)).one_or_none()
        if row is None:
            return False
        if row.expires_at <= now or row.phone_sealed is None or row.body_sealed is None:
            _finish(row, "expired")
            return True
        row.status, row.lease, row.attempts, row.next_attempt_at = (
            "leased",
            row.lease + 1,
            row.attempts + 1,
            now + LEASE,
        )
        claim = (row.id, row.lease)
        to = world.field_keys.open(row.phone_sealed, place=f"sms_messages.phone.{row.id}")
        text = world.field_keys.open(row.body_sealed, place=f"sms_messages.body.{row.id}")
    taken = world.sms.send(message_id=claim[0], to=to, text=text)
    with begin() as session:
        row = session.scalars(
            select(SmsMessage).where(SmsMessage.id == claim[0], SmsMessage.lease == claim[1]).with_for_update()
        ).one_or_none()
        if row is None or row.status != "leased":
            return True
        if taken:
            _finish(row, "sent")
        elif row.attempts > len(TRIES):
            _finish(row, "failed")
        else:
            row.status, row.next_attempt_at = "due", world.clock.now() + TRIES[row.attempts - 1]
    return True


def _finish(row: SmsMessage, status: str) -> None:
    row.status, row.phone_sealed, row.body_sealed = status, None, None
