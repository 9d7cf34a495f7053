"""The second factor: an authenticator app (30 s steps, cleaned of spaces before the replay check, never twice)."""

import re
from datetime import datetime, timedelta

import pyotp
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.crypto import FieldKeys
from portal.people.errors import AuthenticatorError
from portal.people.models import Authenticator

STEP_S = 30
TRIES = 5
TRY_WINDOW = timedelta(minutes=5)


def confirmed(session: Session, login_id: str) -> bool:
    """Say whether the login has an authenticator that was confirmed."""
    row = session.get(Authenticator, login_id)
    return row is not None and row.confirmed_at is not None


def enrol(session: Session, *, login_id: str, keys: FieldKeys) -> str:
    """Return the secret to enter into an app; a fresh one until it is confirmed, never a confirmed one's."""
    row = session.get(Authenticator, login_id)
    if row is not None and row.confirmed_at is not None:
        raise AuthenticatorError("authenticator.used")
    if row is not None:
        return keys.open(row.secret_sealed, place=f"authenticators.secret.{login_id}")
    secret = pyotp.random_base32()
    session.add(
        Authenticator(login_id=login_id, secret_sealed=keys.seal(secret, place=f"authenticators.secret.{login_id}"))
    )
    session.flush()
    return secret


def check_authenticator(
    session: Session, *, now: datetime, acting: Acting, login_id: str, code: str, keys: FieldKeys
) -> None:
    """Accept the code of this or the last step, once; a wrong one is counted, so the caller commits it (`keep`)."""
    row = session.scalars(
        select(Authenticator).where(Authenticator.login_id == login_id).with_for_update()
    ).one_or_none()
    if row is None:
        raise AuthenticatorError("authenticator.wrong")
    if row.tries_since is None or now - row.tries_since > TRY_WINDOW:
        row.tries, row.tries_since = 0, now
    if row.tries >= TRIES:
        raise AuthenticatorError("authenticator.too_many", retry_after_s=int(TRY_WINDOW.total_seconds()))
    digits = re.sub(r"\D", "", code)
    totp = pyotp.TOTP(keys.open(row.secret_sealed, place=f"authenticators.secret.{login_id}"))
    step_now = int(now.timestamp()) // STEP_S
    step = next(
        (
            s
            for s in (step_now, step_now - 1, step_now + 1)
            if len(digits) == 6 and pyotp.utils.strings_equal(totp.at(s * STEP_S), digits)
        ),
        None,
    )
    if step is None:
        row.tries += 1
        raise AuthenticatorError("authenticator.wrong", keep=True)
    if step <= row.last_step:
        row.tries += 1
        raise AuthenticatorError("authenticator.used", keep=True)
    row.last_step, row.tries = step, 0
    if row.confirmed_at is None:
        row.confirmed_at = now
        record(session, now=now, acting=acting, act="person.authenticator_added", object_id=login_id, subject=login_id)


def provisioning_uri(secret: str, *, label: str) -> str:
    """Return the otpauth address that an app's camera reads."""
    return pyotp.TOTP(secret).provisioning_uri(name=label, issuer_name="Cho So")
