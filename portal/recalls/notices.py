"""Messages about a recall, due in its own transaction: to the seller, to the officers, to who has the goods."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.catalogue.models import Product
from portal.crypto import FieldKeys
from portal.onboarding.models import Organisation
from portal.people.actions import login_phone
from portal.people.models import Login, RoleGrant
from portal.people.sms import queue_sms
from portal.places.actions import lineage
from portal.recalls.models import RecallFile, RecallNotice
from portal.recalls.telling import holders_of
from traceability import Recall, affected, get_lot, lot_facts

LIFE = timedelta(hours=24)
MOST_NOTICES = 200
TWO_PARTS = 134  # a message with marks holds 70 characters, two of them 67 each
OFFICERS = ("province_officer", "commune_officer")


def tell(
    session: Session, file: RecallFile, recall: Recall, *, now: datetime, acting: Acting, keys: FieldKeys,
    public_url: str,
) -> int:  # fmt: skip
    """Make a message due to everybody concerned but the one who acts; return how many."""
    concerned = _concerned(session, file, recall, public_url=public_url)
    concerned.pop(acting.login_id or "", None)
    names = {login.id: login for login in session.scalars(select(Login).where(Login.id.in_(concerned)))}
    product = session.get_one(Product, file.product_id).name
    for login_id, role in list(concerned.items())[:MOST_NOTICES]:
        login = names[login_id]
        with force_locale(login.language):
            text = _text(recall, product)
        message = queue_sms(
            session, now=now, phone=login_phone(login, keys), body=text, purpose="recall", expires_at=now + LIFE,
            keys=keys,
        )  # fmt: skip
        session.add(RecallNotice(recall_id=file.id, login_id=login_id, role=role, message_id=message.id))
    session.flush()
    return len(concerned)


def _text(recall: Recall, product: str) -> str:
    whole = _(
        "Recall: %(product)s. Do not sell or use it. %(instruction)s Call %(contact)s.",
        product=product[:40], instruction=recall.instruction, contact=recall.contact[:24],
    )  # fmt: skip
    if len(whole) <= TWO_PARTS:
        return whole
    return _("Recall: %(product)s. Do not sell or use it. Call %(contact)s.", product=product[:40],
             contact=recall.contact[:24])  # fmt: skip


def _concerned(session: Session, file: RecallFile, recall: Recall, *, public_url: str) -> dict[str, str]:
    """Return the logins to tell, as what; who is concerned twice is told once."""
    organisations = {file.organisation_id: "seller"} | {
        party: "holder" for party in _parties(session, recall, public_url) if party != file.organisation_id
    }
    found = _of_officers(session, file)
    for login_id, organisation_id in session.execute(
        select(RoleGrant.login_id, RoleGrant.organisation_id)
        .join(Login, Login.id == RoleGrant.login_id)
        .where(
            RoleGrant.organisation_id.in_(organisations), RoleGrant.to_at.is_(None), Login.disabled_at.is_(None),
            RoleGrant.role.in_(("household", "seller_staff")),
        )
    ):  # fmt: skip
        found[login_id] = organisations[str(organisation_id)]
    return found


def _parties(session: Session, recall: Recall, public_url: str) -> Iterable[str]:
    for lot_id in affected(session, recall.id).lots or ((recall.lot,) if recall.lot else ()):
        facts = lot_facts(get_lot(session, lot_id))
        yield from (one.party for one in holders_of(session, lot_id, facts, public_url=public_url))


def _of_officers(session: Session, file: RecallFile) -> dict[str, str]:
    unit = session.get_one(Organisation, file.organisation_id).current_unit_id
    of_commune = RoleGrant.unit_id.in_(lineage(session, unit) if unit is not None else ())
    query = (
        select(RoleGrant.login_id)
        .join(Login, Login.id == RoleGrant.login_id)
        .where(
            RoleGrant.role.in_(OFFICERS), RoleGrant.to_at.is_(None), Login.disabled_at.is_(None),
            or_(RoleGrant.role == "province_officer", of_commune),
        )
    )  # fmt: skip
    return dict.fromkeys(session.scalars(query), "officer")


def told(session: Session, recall_id: str) -> Mapping[str, int]:
    """Return how many were told, by what they are."""
    counts: dict[str, int] = {}
    for role in session.scalars(select(RecallNotice.role).where(RecallNotice.recall_id == recall_id)):
        counts[role] = counts.get(role, 0) + 1
    return counts
