"""Tables of people: logins, codes, sessions, roles, consent, and the messages that leave by SMS."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime, ids

_OPEN_GRANT = text("to_at IS NULL")


class Login(Base):
    """A confirmed phone, sealed; found by its blind index."""

    __tablename__ = "logins"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=ids("lo"))
    phone_index: Mapped[str] = mapped_column(String(64), unique=True)
    phone_sealed: Mapped[str] = mapped_column(String(200))
    name_sealed: Mapped[str | None] = mapped_column(String(600))
    language: Mapped[str] = mapped_column(String(2), default="vi")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Authenticator(Base):
    """A login's authenticator app: the sealed secret and the last time step that was accepted."""

    __tablename__ = "authenticators"

    login_id: Mapped[str] = mapped_column(ForeignKey("logins.id"), primary_key=True)
    secret_sealed: Mapped[str] = mapped_column(String(200))
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_step: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)
    tries_since: Mapped[datetime | None] = mapped_column(UtcDateTime)


class OneTimeCode(Base):
    """One challenge: a random code, hashed, bound to the request that asked, used once."""

    __tablename__ = "one_time_codes"
    __table_args__ = (Index("ix_one_time_codes_sends", "phone_index", "issued_at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=ids("cd"))
    phone_index: Mapped[str] = mapped_column(String(64))
    phone_sealed: Mapped[str] = mapped_column(String(200))
    prefix: Mapped[str] = mapped_column(String(8), index=True)
    address_hash: Mapped[str] = mapped_column(String(64), index=True)
    purpose: Mapped[str] = mapped_column(String(24))
    bound_to: Mapped[str] = mapped_column(String(64))
    code_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(12))
    guesses: Mapped[int] = mapped_column(default=0)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SignInLink(Base):
    """A one-time link that an admin or the demo hands out; only its hash is kept, and it acts on POST alone."""

    __tablename__ = "sign_in_links"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    login_id: Mapped[str] = mapped_column(ForeignKey("logins.id"))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class WebSession(Base):
    """One browser's session: it lives while this row says so."""

    __tablename__ = "web_sessions"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    login_id: Mapped[str | None] = mapped_column(ForeignKey("logins.id"), index=True)
    grant_id: Mapped[str | None] = mapped_column(ForeignKey("role_grants.id"))
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    signed_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    second_factor_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    content: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class RoleGrant(Base):
    """A role of a login, inside an organisation or over a unit, from one time to another."""

    __tablename__ = "role_grants"
    __table_args__ = (
        Index(
            "uq_role_grants_open",
            "login_id",
            "role",
            "organisation_id",
            "unit_id",
            unique=True,
            sqlite_where=_OPEN_GRANT,
            postgresql_where=_OPEN_GRANT,
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=ids("gr"))
    login_id: Mapped[str] = mapped_column(ForeignKey("logins.id"), index=True)
    role: Mapped[str] = mapped_column(String(32))
    organisation_id: Mapped[str | None] = mapped_column(String(32), index=True)
    unit_id: Mapped[str | None] = mapped_column(String(32))
    duties: Mapped[list[str]] = mapped_column(JSON, default=list)
    from_at: Mapped[datetime] = mapped_column(UtcDateTime)
    to_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ConsentText(Base):
    """The words that were agreed to, by purpose, language and version; a new version asks again."""

    __tablename__ = "consent_texts"
    __table_args__ = (UniqueConstraint("purpose", "language", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(String(48))
    language: Mapped[str] = mapped_column(String(2))
    version: Mapped[int]
    text: Mapped[str] = mapped_column(String(4000))
    recipients: Mapped[str] = mapped_column(String(400))


class Consent(Base):
    """One agreement: who, for what, to which words, how it was asked, when given and when withdrawn."""

    __tablename__ = "consents"
    __table_args__ = (
        Index(
            "uq_consents_open",
            "person_id",
            "purpose",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL"),
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=ids("co"))
    person_id: Mapped[str] = mapped_column(String(32), index=True)
    purpose: Mapped[str] = mapped_column(String(48))
    text_version: Mapped[int]
    language: Mapped[str] = mapped_column(String(2))
    method: Mapped[str] = mapped_column(String(12))
    asked_by: Mapped[str] = mapped_column(String(64))
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SmsMessage(Base):
    """A message due to leave: sealed until sent, then only the fact remains."""

    __tablename__ = "sms_messages"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=ids("sm"))
    phone_sealed: Mapped[str | None] = mapped_column(String(200))
    body_sealed: Mapped[str | None] = mapped_column(String(2000))
    purpose: Mapped[str] = mapped_column(String(24))
    status: Mapped[str] = mapped_column(String(12), index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    lease: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ApiKey(Base):
    """A machine's key: hashed, scoped, bound to an organisation, expiring."""

    __tablename__ = "api_keys"

    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    organisation_id: Mapped[str | None] = mapped_column(String(32))
    scopes: Mapped[list[str]] = mapped_column(JSON, default=list)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ApiKeySeller(Base):
    """A seller of whose goods a partner's key may tell; the key itself is bound to no seller."""

    __tablename__ = "api_key_sellers"

    key_hash: Mapped[str] = mapped_column(ForeignKey("api_keys.key_hash"), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(String(32), primary_key=True, index=True)
