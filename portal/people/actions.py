"""What can be done with people: find or make a login, grant and end roles, hand out one-time links, note consent."""

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import Act, record, record_many
from portal.crypto import FieldKeys
from portal.db import ids, insert_new, new_id
from portal.errors import NotFound
from portal.people.errors import ConsentMissing, GrantError, LinkSpent
from portal.people.models import ApiKey, Consent, Login, RoleGrant, SignInLink, WebSession
from portal.people.phones import Phone
from portal.people.roles import EXCLUSIVE_DUTIES, ROLES

LINK_LIFE = timedelta(hours=24)


def login_for(
    session: Session, *, now: datetime, acting: Acting, phone: Phone, keys: FieldKeys, name: str | None = None
) -> Login:
    """Return the login of a confirmed phone; the first confirmation makes it."""
    index = keys.index("phone", phone.e164)
    known = select(Login).where(Login.phone_index == index)
    login = session.scalars(known).one_or_none()
    if login is None:
        made = ids("lo")()
        sealed = keys.seal(phone.e164, place=f"logins.phone.{made}")
        insert_new(session, Login, id=made, phone_index=index, phone_sealed=sealed, created_at=now)
        login = session.scalars(known).one()
        if login.id == made:  # else another act made it this very moment
            record(session, now=now, acting=acting, act="person.login_made", object_id=login.id, subject=login.id)
    if name is not None:
        login.name_sealed = keys.seal(name, place=f"logins.name.{login.id}")
    return login


def login_phone(login: Login, keys: FieldKeys) -> Phone:
    """Return a login's phone."""
    return Phone(keys.open(login.phone_sealed, place=f"logins.phone.{login.id}"))


def login_name(login: Login, keys: FieldKeys) -> str | None:
    """Return a login's name, if it gave one."""
    return keys.open(login.name_sealed, place=f"logins.name.{login.id}") if login.name_sealed else None


def grant_role(
    session: Session, *, now: datetime, acting: Acting, login_id: str, role: str,
    organisation_id: str | None = None, unit_id: str | None = None, duties: Iterable[str] = (),
) -> RoleGrant:  # fmt: skip
    """Grant a role; the same open grant twice is one. Raises `GrantError` for one's own, unknown or clashing duties."""
    if role not in ROLES:
        raise GrantError("grant.unknown_role")
    if acting.login_id == login_id and acting.role not in ("system", "household"):
        raise GrantError("grant.own")
    wanted = sorted(set(duties))
    if set(wanted) | duties_of(session, login_id, organisation_id, now=now) >= EXCLUSIVE_DUTIES and (
        set(wanted) & EXCLUSIVE_DUTIES
    ):
        raise GrantError("grant.duties")
    same = [RoleGrant.login_id == login_id, RoleGrant.role == role, RoleGrant.to_at.is_(None)]
    for column, value in ((RoleGrant.organisation_id, organisation_id), (RoleGrant.unit_id, unit_id)):
        same.append(column.is_(None) if value is None else column == value)
    grant = session.scalars(select(RoleGrant).where(*same)).one_or_none()
    if grant is not None:
        return grant
    grant = RoleGrant(
        login_id=login_id, role=role, organisation_id=organisation_id, unit_id=unit_id, duties=wanted, from_at=now
    )
    session.add(grant)
    session.flush()
    record(
        session,
        now=now,
        acting=acting,
        act="role.granted",
        object_id=grant.id,
        subject=login_id,
        changed={"role": (None, role)},
        public=frozenset({"role"}),
    )
    return grant


def duties_of(session: Session, login_id: str, organisation_id: str | None, *, now: datetime) -> frozenset[str]:
    """Return the duties that a login holds in one organisation by all its grants that have not ended."""
    if organisation_id is None:
        return frozenset()
    held = select(RoleGrant).where(RoleGrant.login_id == login_id, RoleGrant.organisation_id == organisation_id)
    lasting = [one for one in session.scalars(held) if one.to_at is None or one.to_at > now]
    return frozenset(duty for one in lasting for duty in one.duties)


def end_role(session: Session, *, now: datetime, acting: Acting, login_id: str, role: str) -> None:
    """End all open grants of a role; raise `GrantError` for one's own. Sessions with such a grant lose it at once."""
    if acting.login_id == login_id and acting.role != "system":
        raise GrantError("grant.own")
    query = select(RoleGrant).where(RoleGrant.login_id == login_id, RoleGrant.role == role, RoleGrant.to_at.is_(None))
    for grant in session.scalars(query):
        grant.to_at = now
        record(
            session,
            now=now,
            acting=acting,
            act="role.ended",
            object_id=grant.id,
            subject=login_id,
            changed={"role": (role, None)},
            public=frozenset({"role"}),
        )


def open_grants(session: Session, login_id: str, *, now: datetime) -> list[RoleGrant]:
    """Return the roles of a login that hold now, the strongest first."""
    query = select(RoleGrant).where(
        RoleGrant.login_id == login_id, RoleGrant.from_at <= now, or_(RoleGrant.to_at.is_(None), RoleGrant.to_at > now)
    )
    return sorted(session.scalars(query), key=lambda grant: -ROLES[grant.role].rank)


def make_link(session: Session, *, now: datetime, acting: Acting, login_id: str) -> str:
    """Return the token of a new one-time sign-in link; only its hash is kept."""
    token = secrets.token_urlsafe(24)
    session.add(SignInLink(token_hash=_hash(token), login_id=login_id, expires_at=now + LINK_LIFE))
    record(session, now=now, acting=acting, act="person.link_made", object_id=login_id, subject=login_id)
    return token


def peek_link(session: Session, *, now: datetime, token: str) -> SignInLink:
    """Return the link without using it; raise `LinkSpent`."""
    link = session.get(SignInLink, _hash(token))
    if link is None or link.used_at is not None or link.expires_at <= now:
        raise LinkSpent
    return link


def use_link(session: Session, *, now: datetime, token: str) -> Login:
    """Use a link up and return its login; raise `LinkSpent` where it was used or is too old."""
    query = update(SignInLink).where(
        SignInLink.token_hash == _hash(token), SignInLink.used_at.is_(None), SignInLink.expires_at > now
    )
    login_id = session.scalar(query.values(used_at=now).returning(SignInLink.login_id))
    if login_id is None:
        raise LinkSpent
    login = session.get_one(Login, login_id)
    if login.disabled_at is not None:
        raise LinkSpent
    return login


def note_sign_in(session: Session, *, now: datetime, acting: Acting, login_id: str, method: str) -> None:
    """Leave the audit row of a sign-in."""
    record(
        session,
        now=now,
        acting=acting,
        act="person.signed_in",
        object_id=login_id,
        subject=login_id,
        changed={"method": (None, method)},
        public=frozenset({"method"}),
    )


def live_sessions(session: Session, login_id: str) -> list[WebSession]:
    """Return a login's sessions that were not ended, newest first."""
    return list(
        session.scalars(
            select(WebSession)
            .where(WebSession.login_id == login_id, WebSession.ended_at.is_(None))
            .order_by(WebSession.last_seen_at.desc())
        )
    )


def end_sessions(session: Session, *, now: datetime, acting: Acting, login_id: str, keep: str | None = None) -> int:
    """End all sessions of a login but one; return how many."""
    query = update(WebSession).where(
        WebSession.login_id == login_id, WebSession.ended_at.is_(None), WebSession.token_hash != (keep or "")
    )
    ended = len(session.scalars(query.values(ended_at=now).returning(WebSession.token_hash)).all())
    record(session, now=now, acting=acting, act="person.sessions_ended", object_id=login_id, subject=login_id)
    return ended


def give_consent(
    session: Session, *, now: datetime, acting: Acting, person_id: str, purpose: str, text_version: int,
    language: str, method: str,
) -> Consent:  # fmt: skip
    """Note an agreement; the same open one again is the same row, a new text version supersedes it."""
    found = give_consents(
        session, now=now, acting=acting, person_id=person_id, versions={purpose: text_version}, language=language,
        method=method,
    )  # fmt: skip
    return found[purpose]


def give_consents(
    session: Session, *, now: datetime, acting: Acting, person_id: str, versions: Mapping[str, int], language: str,
    method: str,
) -> dict[str, Consent]:  # fmt: skip
    """Note what `give_consent` does for several purposes, each with the version of its text; return the open rows."""
    open_rows = select(Consent).where(Consent.person_id == person_id, Consent.withdrawn_at.is_(None))
    found = {row.purpose: row for row in session.scalars(open_rows) if row.purpose in versions}
    fresh = [one for one, version in versions.items() if one not in found or found[one].text_version < version]
    ended = [found[one] for one in fresh if one in found]
    for row in ended:
        row.withdrawn_at = now
    if ended:
        session.flush()
    for one in fresh:
        found[one] = Consent(
            id=new_id("co"), person_id=person_id, purpose=one, text_version=versions[one], language=language,
            method=method, asked_by=acting.actor, given_at=now,
        )  # fmt: skip
        session.add(found[one])
    session.flush()
    public = frozenset({"purpose"})
    acts = [Act("consent.given", found[one].id, person_id, {"purpose": (None, one)}, public) for one in fresh]
    if acts:
        record_many(session, now=now, acting=acting, acts=acts)
    return found


def withdraw_consent(session: Session, *, now: datetime, acting: Acting, person_id: str, purpose: str) -> Consent:
    """End an agreement; raise `NotFound` where there is none."""
    row = _open_consent(session, person_id, purpose)
    if row is None:
        raise NotFound
    row.withdrawn_at = now
    record(
        session,
        now=now,
        acting=acting,
        act="consent.withdrawn",
        object_id=row.id,
        subject=person_id,
        changed={"purpose": (purpose, None)},
        public=frozenset({"purpose"}),
    )
    return row


def has_consent(session: Session, *, person_id: str, purpose: str) -> bool:
    """Say whether the person agrees to this purpose now."""
    return _open_consent(session, person_id, purpose) is not None


def need_consent(session: Session, *, person_id: str, purpose: str) -> None:
    """Raise `ConsentMissing` unless the person agrees to this purpose now."""
    if not has_consent(session, person_id=person_id, purpose=purpose):
        raise ConsentMissing(purpose=purpose)


def make_api_key(
    session: Session, *, now: datetime, acting: Acting, name: str, scopes: Iterable[str],
    organisation_id: str | None = None, prefix: str = "ck", life: timedelta = timedelta(days=365),
) -> str:  # fmt: skip
    """Return a new machine key in clear, once; only its hash is kept."""
    key = f"{prefix}_{secrets.token_urlsafe(24)}"
    session.add(
        ApiKey(
            key_hash=_hash(key),
            name=name,
            organisation_id=organisation_id,
            scopes=sorted(scopes),
            expires_at=now + life,
        )
    )
    record(
        session,
        now=now,
        acting=acting,
        act="key.made",
        object_id=_hash(key)[:32],
        changed={"name": (None, name)},
        public=frozenset({"name"}),
    )
    return key


def find_api_key(session: Session, *, now: datetime, key: str) -> ApiKey | None:
    """Return the live key with this text, or None."""
    row = session.get(ApiKey, _hash(key))
    return row if row is not None and row.revoked_at is None and row.expires_at > now else None


def _open_consent(session: Session, person_id: str, purpose: str) -> Consent | None:
    return session.scalars(
        select(Consent).where(
            Consent.person_id == person_id, Consent.purpose == purpose, Consent.withdrawn_at.is_(None)
        )
    ).one_or_none()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
