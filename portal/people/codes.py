"""One-time codes: random, hashed, bound to the request that asked, used once; every limit is counted in rows.

No database, no code: all of this runs inside the caller's transaction.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.crypto import FieldKeys
from portal.people.errors import CodeError
from portal.people.models import OneTimeCode
from portal.people.phones import Phone
from portal.people.sms import queue_sms

LIFE = timedelta(minutes=10)
GUESSES = 5
LIVE = 5
# (column, window, most): security.md, "codes"
SENDS = (
    ("phone_index", timedelta(minutes=10), 3),
    ("phone_index", timedelta(days=1), 10),
    ("address_hash", timedelta(hours=1), 20),
    ("prefix", timedelta(minutes=10), 100),
)


def ask_code(
    session: Session,
    *,
    now: datetime,
    phone: Phone,
    purpose: str,
    bound_to: str,
    address: str,
    keys: FieldKeys,
    text: str,
) -> str:
    """Make a challenge and queue its SMS; return the challenge's id.

    `text` holds `%(code)s`. Raises `CodeError` code.too_many where a number, address or prefix had its share: the
    same for known and unknown phones.
    """
    index = keys.index("phone", phone.e164)
    values = {"phone_index": index, "address_hash": keys.index("address", address), "prefix": phone.e164[:6]}
    for column, window, most in SENDS:
        query = select(func.count()).where(
            getattr(OneTimeCode, column) == values[column], OneTimeCode.issued_at > now - window
        )
        if (session.scalar(query) or 0) >= most:
            raise CodeError("code.too_many", retry_after_s=int(window.total_seconds() // 2))
    live = [OneTimeCode.phone_index == index, OneTimeCode.status == "issued"]
    session.execute(update(OneTimeCode).where(*live, OneTimeCode.bound_to == bound_to).values(status="superseded"))
    if (session.scalar(select(func.count()).where(*live, OneTimeCode.expires_at > now)) or 0) >= LIVE:
        raise CodeError("code.too_many", retry_after_s=int(LIFE.total_seconds()))
    code = f"{secrets.randbelow(10**6):06d}"
    row = OneTimeCode(
        **values,
        phone_sealed="",
        purpose=purpose,
        bound_to=bound_to,
        code_hash="",
        status="issued",
        guesses=0,
        issued_at=now,
        expires_at=now + LIFE,
    )
    session.add(row)
    session.flush()
    row.phone_sealed = keys.seal(phone.e164, place=f"one_time_codes.phone.{row.id}")
    row.code_hash = _hash(row.id, code)
    queue_sms(
        session, now=now, phone=phone, body=text % {"code": code}, purpose=purpose, expires_at=row.expires_at, keys=keys
    )
    return row.id


def check_code(
    session: Session, *, now: datetime, challenge_id: str, code: str, bound_to: str, keys: FieldKeys
) -> Phone:
    """Use a code up and return the phone that it confirms.

    A wrong guess is counted on the row, so the caller must commit it: `CodeError` carries `keep=True` then.
    """
    row = session.scalars(select(OneTimeCode).where(OneTimeCode.id == challenge_id).with_for_update()).one_or_none()
    if row is None or row.bound_to != bound_to or row.status in ("used", "superseded"):
        raise CodeError("code.expired")
    if row.status == "locked":
        raise CodeError("code.locked")
    if row.expires_at <= now:
        row.status = "expired"
        raise CodeError("code.expired", keep=True)
    if not hmac.compare_digest(row.code_hash, _hash(row.id, "".join(c for c in code if c.isdigit()))):
        row.guesses += 1
        row.status = "locked" if row.guesses >= GUESSES else row.status
        raise CodeError("code.locked" if row.status == "locked" else "code.wrong", keep=True)
    row.status = "used"
    return Phone(keys.open(row.phone_sealed, place=f"one_time_codes.phone.{row.id}"))


def _hash(challenge_id: str, code: str) -> str:
    return hashlib.sha256(f"{challenge_id}:{code}".encode()).hexdigest()
